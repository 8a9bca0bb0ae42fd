"""A venue on any chain, from a file of parameters.

Pure, and done before any request: `document.py` (the file), `references.py` (what `$name` stands
for), `spec.py` (what is asked for), `plan.py` (its transactions), `gas.py` (what they may cost).
Around them: `preflight.py` and `big_blocks.py` (what the chain must offer), `journal.py` (what was
signed, before it is sent), `runner.py` (sending, and going on after any interruption), `verify.py`
(the chain read back), `registry.py` (what is where), `run.py` (all of it in order).
"""
