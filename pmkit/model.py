"""What an account is: balances, dex equities and positions, with the parameters they are judged by.

Twin of the structs in `contracts/libraries/AccountTypes.sol`. Everything is an integer in the
venue's units (see `pmkit.units`); nothing here knows where the numbers came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from pmkit.tiers import MarginTable


class Mode(IntEnum):
    """How an account is margined. SPEC AC-01."""

    STANDARD = 0
    """Each perp dex has its own margin; spot does not back perps."""
    UNIFIED = 1
    """Spot balances back the perps of their token; nothing is borrowed."""
    PORTFOLIO_MARGIN = 2
    """Spot, perps and borrow/lend count as one."""


class Health(IntEnum):
    """The venue's four states of an account. SPEC LQ-05."""

    HEALTHY = 0
    AT_RISK = 1
    MARKET_LIQUIDATABLE = 2
    BACKSTOP_LIQUIDATABLE = 3

    @property
    def label(self) -> str:
        """The venue's own spelling."""
        return ("healthy", "atRisk", "marketLiquidatable", "backstopLiquidatable")[self]


class ReserveStatus(IntFlag):
    """What limits a reserve. SPEC BL-20."""

    FULLY_USED = 1
    """Nothing is left to lend or to pay out while something is owed."""
    SUPPLY_CAPPED = 2
    """The global supply cap is reached."""
    BORROW_CAPPED = 4
    """The global borrow cap is reached."""
    LOCKED = 8
    """Supply waits, since the deficit exceeds the insurance account's balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenState:
    """One token of an account: parameters, the account's balances, the room the pool leaves."""

    token: int
    """The venue's token id."""
    px: int
    """Borrow oracle price on the spot grid, 10^-(8 - sz_decimals) USD; zero when unknown."""
    wei_decimals: int
    sz_decimals: int
    ltv_bps: int
    """Loan to value; zero for tokens that are no collateral."""
    borrowable: bool
    user_supply_cap: int
    """Token wei of one account that count as collateral."""
    user_borrow_cap: int
    """Token wei that one account may borrow."""
    idle: int
    """Spot balance outside the pool, token wei."""
    supplied: int
    """Supplied to the pool with interest, token wei."""
    borrowed: int
    """Owed to the pool with interest, token wei."""
    borrow_floor: int
    """Explicitly borrowed debt, which the sweep does not repay, token wei."""
    supply_room: int
    """Token wei that the pool still takes before its caps."""
    borrow_room: int
    """Token wei that the account may still borrow before caps."""
    cash: int
    """Token wei that the pool can pay out now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DexState:
    """One perp dex of an account."""

    collateral: int
    """Index of the dex's collateral token in `Account.tokens`."""
    raw_usd: int
    """Equity without the positions' marked value, 1e-6 of the collateral token, signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpState:
    """One cross position."""

    asset: int
    """The venue's asset id."""
    dex: int
    """Index in `Account.dexes`."""
    szi: int
    """Signed size, 10^-sz_decimals."""
    mark: int
    """Mark price, 10^-(6 - sz_decimals) USD; zero when unknown."""
    leverage: int
    """Leverage chosen by the account, for initial margin."""
    table: MarginTable


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginPolicy:
    """The choices that the venue's documents leave open, as far as margin depends on them."""

    trigger: int
    """Ratio (WAD) beyond which a portfolio-margin or unified account is liquidatable."""
    trigger_inclusive: bool
    """Whether the trigger itself is already beyond."""
    borrow_offset: int
    """USD (WAD) added to the requirement of a token with net debt (20 in the reading `docs`)."""
    strict_ltv: bool
    """Whether the sweep stops borrowing where the health factor would fall below one."""
    cap_each: bool
    """Whether the borrow cap bounds what each collateral carries, not their sum."""
    second_trigger: bool
    """Whether net debts beyond the collateral at its thresholds liquidate, whatever the ratio."""
    perp_shortfall_trigger: bool
    """Whether a dex below maintenance liquidates, whatever the ratio; a standard account's always
    does."""
    sweep_dust: int
    """Equity (1e-6 USD) beyond its transfer margin that the sweep leaves in a dex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that the margin of one account depends on."""

    mode: Mode
    tokens: tuple[TokenState, ...]
    dexes: tuple[DexState, ...]
    perps: tuple[PerpState, ...]
    policy: MarginPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class DexMargin:
    """Margin figures of one dex, 1e-6 of its collateral token."""

    account_value: int
    notional: int
    initial_margin: int
    maintenance: int
    transfer_margin: int
    """Equity that the sweep keeps in the dex: max(initial margin, 10 % of notional)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMargin:
    """Margin figures of one token, token wei."""

    net_total: int
    """Equity of the token's dexes + idle + supplied − borrowed, signed."""
    maintenance: int
    borrow_capacity: int
    """What the collateral can carry in this token at the liquidation thresholds, capped."""
    requirement: int
    liquidation_value: int

    @property
    def available_after_maintenance(self) -> int:
        """Liquidation value − requirement, signed."""
        return self.liquidation_value - self.requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMargin:
    """Margin figures of an account; USD values and ratios are WAD."""

    tokens: tuple[TokenMargin, ...]
    dexes: tuple[DexMargin, ...]
    ratio: int
    """Largest requirement / liquidation value; INFINITE where a requirement meets nothing."""
    net_debt: int
    """USD value of the net debts of all tokens."""
    shortfall: int
    """USD value of maintenance + net debt over the tokens in net debt."""
    gross_debt: int
    """USD value of everything borrowed."""
    borrow_power: int
    """Collateral at its LTV, USD."""
    threshold_value: int
    """Collateral at its liquidation threshold, USD, up to the supply caps."""
    takeover_value: int
    """Collateral at the takeover price, USD, all of it."""
    health_factor: int
    """Borrow power / gross debt; INFINITE without debt."""
    perp_shortfall: bool
    """A dex holds less than its maintenance."""
    liquidatable: bool
    health: Health
