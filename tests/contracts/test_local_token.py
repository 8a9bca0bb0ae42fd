"""The token of a local chain: what its wallets refuse and tell."""

from __future__ import annotations

from typing import Any

import pytest
from support.venue import BORROWER, EVERYTHING, TRADER, USDC, Market, refusal

NOBODY = "0x" + "00" * 20


def test_mint_tells_of_units_from_nowhere(market: Market) -> None:
    market.erc20[USDC]("mint", TRADER, 5)
    assert market.evm.logs == [("Transfer", {"from": NOBODY, "to": TRADER, "value": 5})]


def test_transfer_tells_who_paid_whom(market: Market) -> None:
    market.erc20[USDC]("mint", TRADER, 5)
    market.erc20[USDC]("transfer", BORROWER, 3, sender=TRADER)
    assert market.evm.logs == [("Transfer", {"from": TRADER, "to": BORROWER, "value": 3})]


def test_approved_units_are_taken_up_to_the_allowance(market: Market) -> None:
    token = market.erc20[USDC]
    token("mint", TRADER, 5)
    token("approve", BORROWER, 4, sender=TRADER)
    approved = {"owner": TRADER, "spender": BORROWER, "value": 4}
    assert market.evm.logs == [("Approval", approved)]
    token("transferFrom", TRADER, BORROWER, 3, sender=BORROWER)
    assert market.evm.logs == [("Transfer", {"from": TRADER, "to": BORROWER, "value": 3})]
    refused = refusal(token, "transferFrom", TRADER, BORROWER, 2, sender=BORROWER)
    assert refused == ("ERC20InsufficientAllowance", (BORROWER, 1, 2))


@pytest.mark.parametrize(
    ("function", "args", "error"),
    [
        ("mint", (NOBODY, 1), ("ERC20InvalidReceiver", (NOBODY,))),
        ("approve", (NOBODY, 1), ("ERC20InvalidSpender", (NOBODY,))),
        ("transfer", (NOBODY, 1), ("ERC20InvalidReceiver", (NOBODY,))),
        ("transfer", (BORROWER, 6), ("ERC20InsufficientBalance", (TRADER, 5, 6))),
        ("transferFrom", (TRADER, NOBODY, 1), ("ERC20InvalidReceiver", (NOBODY,))),
        ("transferFrom", (TRADER, BORROWER, 6), ("ERC20InsufficientBalance", (TRADER, 5, 6))),
        ("transferFrom", (NOBODY, BORROWER, 0), ("ERC20InvalidApprover", (NOBODY,))),
    ],
)
def test_wallets_refuse_what_they_cannot_do(
    market: Market, function: str, args: tuple[Any, ...], error: tuple[str, tuple[Any, ...]]
) -> None:
    token = market.erc20[USDC]
    token("mint", TRADER, 5)
    token("approve", TRADER, EVERYTHING, sender=TRADER)
    assert refusal(token, function, *args, sender=TRADER) == error
