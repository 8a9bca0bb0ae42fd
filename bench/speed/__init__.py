"""How fast the local HyperEVM is: blocks in their time, start, front, isolated tests.

Every figure is taken from outside, from `pmkit up` and from pytest as processes of their own, and
stands beside the machine's load and the CPU time that it cost: on a busy machine the wall clock
tells of the others.
"""
