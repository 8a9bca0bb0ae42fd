"""Which answers of an RPC mean "not now", and how long they are waited for. SPEC HE-25."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
BUSY_CODES = (429, -32_029, -32_097)
"""Codes of JSON-RPC errors by which providers say the same."""
BUSY_WORDS = re.compile(
    r"rate.?limit|too many requests|requests? limit|throttl|per second|try again", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long a request is repeated."""

    attempts: int = 10
    first: float = 0.25
    """Seconds before the first repetition; each further one waits twice as long."""
    most: float = 15.0
    """Seconds of one wait, whatever the upstream asks for. All together are a minute, over which
    public RPCs count."""
    reconnects: int = 2
    """Repetitions where no connection comes about: a node that is gone is soon told."""

    def wait(self, tried: int, asked: str | None = None) -> float:
        """Return the seconds to wait after so many attempts; `asked` is a Retry-After.

        >>> Patience().wait(3), Patience().wait(1, "2"), Patience().wait(9, "600")
        (1.0, 2.0, 15.0)
        """
        doubled: float = self.first * 2 ** (tried - 1)
        wanted = float(asked) if asked is not None and asked.isascii() and asked.isdigit() else 0.0
        return min(self.most, max(doubled, wanted))


def is_busy(answer: Any) -> bool:
    """Return whether a JSON-RPC answer says that too much was asked for.

    >>> is_busy({"error": {"code": -32005, "message": "rate limited"}})
    True
    """
    if isinstance(answer, list):
        return any(is_busy(one) for one in answer)
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return False
    return error.get("code") in BUSY_CODES or bool(BUSY_WORDS.search(str(error.get("message", ""))))
