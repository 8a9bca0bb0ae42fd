"""The most gas that a step can take, from its bytes and the tokens listed. SPEC DP-05.

No chain is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.artifacts import load_deployed_code
from pmkit.chain.contracts import LIBRARIES
from pmkit.deploy.plan import STAND_IN
from pmkit.deploy.references import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.deploy.plan import Step

TRANSACTION = 21_000
CREATION = 32_000
ZERO_BYTE, BYTE = 4, 16
INITCODE_WORD = 2
CODE_BYTE = 200
"""For each byte of code that stays on the chain (EIP-170's rule)."""
FIRST_WRITE = 22_100
"""A word of storage written for the first time, never touched before in its transaction."""
WORD = 32
CONSTRUCTOR_WORDS = 12
"""More words than any constructor here writes beside its arguments."""
CALL_WORDS = 6
"""More words than any call here writes beside its arguments."""
KEEPS_CODE = frozenset({"listToken", "listDex", "setPolicy", "reportPrices"})
"""The plan's calls after which the registry writes its listing anew as code. SPEC CR-09."""
HEAD_WORDS, TOKEN_WORDS, IDS_A_WORD = 8, 6, 4
"""The words of that code: before the tokens, of each token, and ids that one word holds."""
KEPT_WORD = WORD * CODE_BYTE + 2_500
"""A word of it: read from storage untouched before, copied and left on the chain."""
RESERVE_PERCENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A step and the most gas that it takes."""

    step: Step
    gas: int


def costs_of(steps: Sequence[Step]) -> tuple[Cost, ...]:
    """Return the bound of every step of a plan."""
    made = dict.fromkeys([*LIBRARIES, *(s.creates for s in steps if s.creates)], STAND_IN)
    costs = []
    tokens = 0
    for step in steps:
        tokens += step.function == "listToken"
        costs.append(Cost(step=step, gas=gas_up(step, step.encoded(made)[1], tokens)))
    return tuple(costs)


def gas_up(step: Step, data: bytes, tokens: int) -> int:
    """Return the most gas that a step with these bytes takes, with so many tokens listed after it.

    A call stores at most a word for each word of its arguments and a few beside.
    """
    gas = TRANSACTION + sum(BYTE if byte else ZERO_BYTE for byte in data)
    if step.creates is None:
        gas += (len(data) // WORD + CALL_WORDS) * FIRST_WRITE
    else:
        stays = load_deployed_code(step.contract).size
        gas += CREATION + CODE_BYTE * stays + INITCODE_WORD * -(-len(data) // WORD)
        gas += CONSTRUCTOR_WORDS * FIRST_WRITE
    if step.function in KEEPS_CODE or step.creates == REGISTRY:
        words = HEAD_WORDS + TOKEN_WORDS * tokens + -(-tokens // IDS_A_WORD)
        gas += CREATION + words * KEPT_WORD
    return gas * (100 + RESERVE_PERCENT) // 100
