"""What the venue leaves open, and its dated parameters, as frozen values; nothing here does I/O.

`Policy` holds the choices (SPEC PM-20), `Params` a dated set of listings, caps, curves, tiers and
markets. Amounts are integers in the venue's units (`pmkit.units`); a cap that the venue never
stated is NO_CAP, written `"none"` in a parameter file, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from pmkit.errors import InputError
from pmkit.margin import NO_CONDITION
from pmkit.model import MarginPolicy
from pmkit.rates import RateCurve
from pmkit.tiers import MarginTable, margin_table
from pmkit.units import UINT128_MAX, WAD

NO_CAP = UINT128_MAX
"""A cap that the venue never stated."""
FIRST_TIERED_TABLE = 50
"""A margin table id below this one means a single tier with that leverage."""
USD = 10**6
"""One dollar in 1e-6 USD, the unit of perp amounts."""
CURVE_DECIMALS = 15
"""Decimals of a rate curve's figures: a curve is one word of the registry. SPEC BL-23."""
MAX_REWARD_PPM = 100_000
"""The most of `Policy.trigger_reward_ppm`: a tenth. SPEC LQ-24."""
DOCS_OFFSET = 20 * WAD
"""What the venue's page adds to a requirement with net debt, USD WAD."""


def condition_of(figure: int | None) -> int:
    """Return a condition for portfolio margin as the contracts keep it. SPEC AC-10."""
    return NO_CONDITION if figure is None else figure


class Reading(StrEnum):
    """How the requirement of a token in net debt is read. SPEC PM-12."""

    RECORDED = "recorded"
    """As every recorded account shows it: no offset."""
    DOCS = "docs"
    """As the venue's page states it: 20 USD on top."""

    @property
    def borrow_offset(self) -> int:
        """USD (WAD) added to the requirement of a token with net debt."""
        return DOCS_OFFSET if self is Reading.DOCS else 0


class LegOrder(StrEnum):
    """Which leg a liquidation takes first; the venue promises no order. SPEC LQ-06."""

    PERP_FIRST_IF_CURES = "perp_first_if_cures"
    """The perp leg when closing it alone cures the account, else the debt leg."""
    DEBT_FIRST = "debt_first"
    SEEDED = "seeded"
    """By a coin that the seed, the account and the time toss."""


class Compounding(StrEnum):
    """What a rate per year means for a debt; no recording tells the two apart. SPEC BL-16."""

    CONTINUOUS = "continuous"
    """Growth e^(r·t): 5 % make 1.0513 in a year."""
    ANNUAL = "annual"
    """Growth (1 + r)^t: 5 % make 1.05 in a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every choice that the venue's documents leave open and that has an effect here. SPEC PM-20.

    What would have none is no field: a parameter file that names it is refused.
    """

    reading: Reading = Reading.RECORDED
    trigger: int = 95 * WAD // 100
    """Ratio (WAD) beyond which an account is liquidatable."""
    trigger_inclusive: bool = False
    """Whether the trigger itself is already beyond."""
    strict_ltv: bool = False
    """Whether the sweep stops borrowing where the health factor would fall below one."""
    cap_each_collateral: bool = False
    """Whether the borrow cap bounds what each collateral carries, not their sum."""
    sweep_dust: int = 0
    """Equity (1e-6 USD) beyond its transfer margin that the sweep leaves in a dex."""
    second_trigger: bool = True
    """Whether net debts beyond the collateral at its thresholds liquidate, whatever the ratio."""
    perp_shortfall_trigger: bool = True
    """Whether a dex below maintenance liquidates, whatever the ratio; a standard account's always
    does."""
    disable_needs_flat: bool = True
    """Whether an account leaves portfolio margin only without positions and dex equity."""

    compounding: Compounding = Compounding.CONTINUOUS
    """Stands in the rate curve of every token."""
    enable_min_volume: int | None = None
    """Weighted volume (1e-6 USD) above which an account may enable portfolio margin; None, as in
    the next two, where there is no such condition. SPEC AC-10."""
    enable_min_value: int | None = None
    """Account value (1e-6 USD) above which it may do so too, whatever its volume."""
    enable_max_value: int | None = None
    """Account value (1e-6 USD) below which it must be."""
    enable_volume_days: int = 14
    """UTC days, today's included, over which volume counts; zero for all of them."""

    debt_step: int = WAD // 5
    """Part (WAD) of the episode's first debt that one step of the debt leg takes."""
    debt_step_cadence: int = 3
    """Seconds between two steps of the debt leg."""
    debt_step_minimum: int = 10 * WAD
    """Least debt of a step, USD WAD."""
    episode_timeout: int = 600
    """Seconds without a step after which the next one opens a new episode."""
    debt_step_needs_low_health: bool = True
    """Whether a step of the debt leg needs a health factor below one."""

    perp_step_threshold: int = 100_000 * USD
    """Notional (1e-6 USD) above which the perp leg closes a part first."""
    perp_step: int = WAD // 5
    """Part (WAD) of such a position that the first step closes."""
    perp_cooldown: int = 30
    """Seconds after such a step in which positions close whole."""
    perp_backstop_ratio: int = 3 * WAD // 2
    """Ratio (WAD) beyond which the backstop takes positions, of an account, a dex or an isolated
    position: two thirds turned over."""
    leg_order: LegOrder = LegOrder.PERP_FIRST_IF_CURES
    leg_seed: int = 0
    """Seed of the order `seeded`, 64 bits."""

    price_max_age_risk: int = 60
    """Seconds that a price serves for actions that add risk."""
    price_max_age_liquidation: int = 600
    """Seconds that a price serves for liquidation."""
    price_move_limit_bps: int | None = None
    """Largest move of one price update in basis points; None where updates are not bounded."""

    funding_interval: int = 3_600
    """Seconds of an hour of funding, the venue's 3600; zero switches funding off. SPEC FD-05."""

    twap_half_life: int = 600
    """Seconds in which the backstop sells half of what it took over; zero sells all at once."""
    buffer_sweep_interval: int = 3_600
    """Seconds, counted from the epoch, in each of which the buffer is swept once; zero: never."""
    trigger_reward_ppm: int = 0
    """Part of the collateral taken that goes to whoever triggered the step, millionths."""

    perp_taker_fee_ppm: int = 0
    """Fee of a perp fill, millionths of notional."""
    spot_taker_fee_ppm: int = 0
    """Fee of a spot fill, millionths of the amount received."""
    activation_fee: int = 0
    """What the first receipt of an account that CoreWriter or bridging opens pays, wei of USDC; the
    venue takes one USDC. SPEC HC-23."""

    @property
    def borrow_offset(self) -> int:
        """USD (WAD) added to the requirement of a token with net debt. SPEC PM-12."""
        return self.reading.borrow_offset

    @property
    def margin(self) -> MarginPolicy:
        """The part of the policy that margin depends on."""
        return MarginPolicy(
            trigger=self.trigger,
            trigger_inclusive=self.trigger_inclusive,
            borrow_offset=self.borrow_offset,
            strict_ltv=self.strict_ltv,
            cap_each=self.cap_each_collateral,
            sweep_dust=self.sweep_dust,
            second_trigger=self.second_trigger,
            perp_shortfall_trigger=self.perp_shortfall_trigger,
        )

    def with_reading(self, reading: Reading) -> Policy:
        """Return the policy under another reading of the requirement."""
        return replace(self, reading=reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenParams:
    """One token: what it is, and how portfolio margin lists it. SPEC CR-01."""

    id: int
    name: str
    sz_decimals: int
    wei_decimals: int
    evm_decimals: int
    listed: bool
    """Whether portfolio margin knows the token; an unlisted one has zero caps and no value."""
    borrowable: bool
    ltv_bps: int
    """Loan to value; zero for tokens that are no collateral."""
    global_supply_cap: int
    """Token wei, as all caps; NO_CAP where the venue stated none."""
    global_borrow_cap: int
    user_supply_cap: int
    user_borrow_cap: int
    curve: RateCurve
    liquidation_width: int
    """Most of it (USD WAD) that one partial liquidation step takes; zero is no bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpParams:
    """One perp asset. SPEC CR-04."""

    id: int
    """The venue's asset id."""
    name: str
    """The venue's coin, with `dex:` before it on a builder's dex."""
    dex: str
    """Name of the dex; the venue's own dex has the empty name."""
    sz_decimals: int
    max_leverage: int
    table_id: int
    collateral: int | None
    """Token whose price moves with this coin (UBTC with BTC); None where no token does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DexParams:
    """One perp dex and the token that its equity is counted in."""

    name: str
    collateral: int
    """Token id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairParams:
    """One spot pair."""

    id: int
    """The number in the venue's `@id`."""
    base: int
    """Token id."""
    quote: int
    """Token id."""

    @property
    def name(self) -> str:
        """The venue's spelling, `@107`."""
        return f"@{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """A dated set of the venue's parameters, with the policy that they are read by. SPEC CR-05."""

    name: str
    date: str
    """Day from which the venue showed these parameters, YYYY-MM-DD."""
    tokens: tuple[TokenParams, ...]
    """Ordered by token id."""
    perps: tuple[PerpParams, ...]
    """Ordered by asset id."""
    dexes: tuple[DexParams, ...]
    """The venue's own dex first."""
    pairs: tuple[PairParams, ...]
    """Ordered by id."""
    tables: tuple[tuple[int, MarginTable], ...]
    """Tiered margin tables by id; single tiers need no table."""
    policy: Policy

    def token(self, token: int | str) -> TokenParams:
        """Return a token by its id or name. Raises InputError for one that is not there."""
        for found in self.tokens:
            if token in (found.id, found.name):
                return found
        raise InputError(place=f"params {self.name}", problem=f"there is no token {token}")

    def has_token(self, token: int) -> bool:
        """Return whether a token id is known."""
        return any(found.id == token for found in self.tokens)

    def perp(self, coin: str) -> PerpParams:
        """Return a perp asset by its coin. Raises InputError for one that is not there."""
        for found in self.perps:
            if found.name == coin:
                return found
        raise InputError(place=f"params {self.name}", problem=f"there is no perp {coin}")

    def pair(self, base: int, quote: int) -> PairParams:
        """Return the spot pair of two tokens. Raises InputError where they have none."""
        for found in self.pairs:
            if (found.base, found.quote) == (base, quote):
                return found
        raise InputError(
            place=f"params {self.name}", problem=f"tokens {base} and {quote} have no spot pair"
        )

    def table(self, table_id: int) -> MarginTable:
        """Return a margin table; ids below 50 are one tier with that leverage. SPEC PM-05.

        Raises InputError for an id that is not there.
        """
        if 0 < table_id < FIRST_TIERED_TABLE:
            return margin_table((0,), (table_id,))
        for known, table in self.tables:
            if known == table_id:
                return table
        raise InputError(
            place=f"params {self.name}", problem=f"there is no margin table {table_id}"
        )

    def local(self) -> Params:
        """Return these parameters as a local chain has them. SPEC AC-10, OR-03.

        Without the conditions for enabling, which nobody on a fresh chain could meet, and without
        the bound on one update's move, which time travel would break.
        """
        return self.with_policy(
            replace(
                self.policy,
                enable_min_volume=None,
                enable_min_value=None,
                enable_max_value=None,
                price_move_limit_bps=None,
            )
        )

    def with_policy(self, policy: Policy) -> Params:
        """Return these parameters under another policy."""
        annual = policy.compounding is Compounding.ANNUAL
        tokens = tuple(
            replace(token, curve=replace(token.curve, annual=annual)) for token in self.tokens
        )
        return replace(self, tokens=tokens, policy=policy)
