"""Errors and events that stand in a function's code, or in what it calls, and never come about."""

from __future__ import annotations

ACCRUING = (
    "accountOf accrue batch borrow coverDeficitFromInsurance deposit displayLiquidationPx "
    "inventoryOf liquidate liquidateAsTaker liquidateBatch liquidateIsolated marginOf "
    "matchOrders order repay reserveOf reserveStatus sellInventory setLeverage setMode "
    "socialise spotSend storedMarginOf supply survey sweep sweepBuffer transferPerp "
    "updateIsolatedMargin withdraw"
)
JUDGING = (
    "batch borrow deposit displayLiquidationPx isolatedOf liquidate liquidateAsTaker "
    "liquidateBatch liquidateIsolated survey marginOf repay sellInventory setLeverage setMode "
    "spotSend storedMarginOf supply sweep transferPerp updateIsolatedMargin withdraw"
)
JUDGED_OR_PAYING = (
    "DebtAboveThreshold HealthFactorBelowOne InsufficientBalance InsufficientCash "
    "InsufficientMargin RatioAboveTrigger WithdrawLocked"
)
BRINGING_MARGIN = (
    "BorrowCapExceeded InsufficientBalance InsufficientCash InsufficientMargin StalePrice "
    "WithdrawLocked"
)
PAID_FROM_WALLETS = "coverDeficit deposit repay supply"

REASONS: tuple[tuple[str, str, str, str], ...] = (
    (
        "Venue",
        "ExponentTooLarge",
        ACCRUING,
        "what grows in one accrual is cut at e^20, and an inventory at a half-life",
    ),
    (
        "Venue",
        "MarkMissing",
        JUDGING,
        "a position was opened at a mark, and no report takes a mark away",
    ),
    (
        "Venue",
        "UnknownToken",
        "matchOrders order sellInventory transferPerp",
        "the tokens of a listed pair or dex are listed",
    ),
    (
        "Venue",
        "PriceMissing",
        "liquidateIsolated repay sellInventory sweep",
        "only an account in an episode is judged, as it was before, and no price is taken away",
    ),
    # The tokens' own.
    (
        "Venue",
        "ERC20InvalidSender",
        f"{PAID_FROM_WALLETS} withdraw",
        "neither the venue nor who calls it is the zero address",
    ),
    (
        "Venue",
        "ERC20InvalidApprover",
        PAID_FROM_WALLETS,
        "who calls is not the zero address",
    ),
    (
        "Venue",
        "ERC20InvalidSpender",
        PAID_FROM_WALLETS,
        "the venue is not the zero address",
    ),
    (
        "Venue",
        "ERC20InvalidReceiver",
        PAID_FROM_WALLETS,
        "the venue is not the zero address",
    ),
    (
        "Venue",
        "Approval",
        PAID_FROM_WALLETS,
        "an allowance that is used up is not announced",
    ),
    ("LocalToken", "Approval", "transferFrom", "an allowance that is used up is not announced"),
    ("LocalToken", "ERC20InsufficientBalance", "mint", "what is minted is taken from nobody"),
    ("LocalToken", "ERC20InvalidApprover", "approve", "who calls is not the zero address"),
    ("LocalToken", "ERC20InvalidSender", "transfer", "who calls is not the zero address"),
    (
        "LocalToken",
        "ERC20InvalidSender",
        "transferFrom",
        "the zero address has allowed nothing, which is looked at first",
    ),
    ("LocalToken", "ERC20InvalidSpender", "transferFrom", "who calls is not the zero address"),
    # The registry's.
    (
        "CollateralRegistry",
        "InvalidMarginTable",
        "listPerp",
        "the table that it names itself has one tier of 1 to 49",
    ),
    # Liquidation.
    (
        "Venue",
        JUDGED_OR_PAYING,
        "liquidate",
        "the backstop takes over without paying and without being judged",
    ),
    (
        "Venue",
        JUDGED_OR_PAYING,
        "liquidateBatch",
        "a step that is refused is an outcome, by the name that liquidateAsTaker has for it",
    ),
    (
        "Venue",
        "HealthFactorBelowOne",
        "liquidateAsTaker",
        "a taker pays with what it has, so its own debt does not grow",
    ),
    (
        "Venue",
        "TriggerRewarded",
        "liquidateAsTaker",
        "who takes the debt has all the collateral for it",
    ),
    (
        "Venue",
        BRINGING_MARGIN,
        "liquidateIsolated",
        "margin only ever leaves a position that is liquidated; none is brought",
    ),
    # Modes, leverage, money.
    (
        "Venue",
        "DebtAboveThreshold HealthFactorBelowOne",
        "setMode",
        "only an account without debt leaves its mode",
    ),
    (
        "Venue",
        "NoPosition",
        "matchOrders setLeverage",
        "margin of its own is asked for of isolated positions that are open",
    ),
    (
        "Venue",
        "StalePrice",
        "transferPerp",
        "a standard account owes nothing, and nothing is its collateral",
    ),
    ("Venue", "InexactAmount", "spotSend", "an amount that stays on the venue has any wei"),
    (
        "Venue",
        "DoesNotFit128",
        "coverDeficitFromInsurance socialise",
        "what is covered or written off is a part of the deficit, which fits",
    ),
)
"""Contract, names, functions, and why."""


def unreachable() -> dict[tuple[str, str], str]:
    """Return the reason of every pair of a function and an error or event."""
    return {
        (f"{contract}.{function}", name): reason
        for contract, names, functions, reason in REASONS
        for name in names.split()
        for function in functions.split()
    }
