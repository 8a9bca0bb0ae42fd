"""The whole venue as a state machine in plain integers: the contracts without a chain.

Files stand beside the contracts' by name: `pool.py` is the twin of `Pool.sol`, and so on. Formulas
come from the pure twins (`pmkit.margin`, `pmkit.sweep`, ...) and are written nowhere else. Time is
part of the state (`venue.now`); nothing here reads a clock, a file or a chain.
"""

from pmkit.venue.actions import Action, Call
from pmkit.venue.actor import Actor
from pmkit.venue.custody import EVERYTHING
from pmkit.venue.genesis import Genesis
from pmkit.venue.refusal import Refusal
from pmkit.venue.venue import Venue

__all__ = ["EVERYTHING", "Action", "Actor", "Call", "Genesis", "Refusal", "Venue"]
