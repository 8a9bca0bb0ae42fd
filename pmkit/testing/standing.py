"""The chain that a framework runs the tests of this session on, where one does. SPEC HE-42.

Whoever starts a chain for a session of tests offers it here, as the Ape provider does; the
fixtures then take it, so that both sides of a test are on one chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmkit.hyperevm.local import HyperEvm

_offered: list[HyperEvm] = []


def offer(chain: HyperEvm) -> None:
    """Let the fixtures take a chain."""
    _offered.append(chain)


def withdraw(chain: HyperEvm) -> None:
    """Let the fixtures take a chain no longer."""
    _offered.remove(chain)


def standing() -> HyperEvm | None:
    """Return the chain that was offered last, None where each session starts its own."""
    return _offered[-1] if _offered else None
