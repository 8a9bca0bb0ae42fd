"""Whose account check waits for the end of a batch. SPEC AC-14.

Twin of `contracts/libraries/Deferral.sol`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Deferral:
    """The running batch."""

    account: str
    """Whose check waits."""
    debt_before: int
    """The gross debt, USD WAD, beyond which the check at the end asks for the health factor."""
    due: bool = False
    """Whether a check was put off."""

    def put(self, gross_debt_before: int) -> None:
        """Put a check off.

        One that asks for the health factor whatever the debt makes the last one do so.
        """
        self.due = True
        self.debt_before = min(self.debt_before, gross_debt_before)
