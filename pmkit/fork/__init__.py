"""A fork of a HyperEVM: its contracts as they are, its HyperCore read once, and then frozen.

The chain comes from the upstream's RPC, through a relay that knows the limits of public ones. Of
HyperCore, which no fork of the EVM brings along, chosen accounts and the markets are read from the
upstream's own precompiles and written into a venue on the fork. SPEC HE-20.
"""
