"""One liquidation step. Twin of `contracts/libraries/Liquidation.sol`. SPEC LQ-01 to LQ-14."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmkit.errors import (
    NothingToLiquidate,
    NotLiquidatable,
    VenueError,
)
from pmkit.margin import is_beyond, is_owing_too_much
from pmkit.model import Health, Mode
from pmkit.units import WAD
from pmkit.venue import debt_leg, perp_leg
from pmkit.venue.account_store import idle_moves
from pmkit.venue.acting import actor
from pmkit.venue.acting import caller as caller_of
from pmkit.venue.events import Liquidated
from pmkit.venue.integers import Address
from pmkit.venue.keccak import keccak256, words
from pmkit.venue.liquidation_context import Context, Hands, hole_of, load_context
from pmkit.venue.liquidation_guard import require_allowed
from pmkit.venue.margin_engine import judge, require_beyond_doubt, sweep, sweep_and_judge
from pmkit.venue.price_age import require_young
from pmkit.venue.records import NO_STEP, Leg, LegChoice, LiquidationOutcome, LiquidationStep
from pmkit.venue.refusal import Refusal

if TYPE_CHECKING:
    from pmkit.venue.state import VenueState


def liquidate(s: VenueState, sender: Address, account: Address) -> LiquidationStep:
    """Take one liquidation step on an account, in which the backstop takes debt over.

    Raises NotAUserAccount, SelfLiquidation, Paused, NotLiquidatable, StalePrice, StaleMark,
    NothingToLiquidate, StepTooEarly, and what the sweep raises.
    """
    return _step(s, sender, account, as_taker=False)


def liquidate_as_taker(s: VenueState, sender: Address, account: Address) -> LiquidationStep:
    """Take one liquidation step on an account, and its debt with own funds. SPEC LQ-23.

    Raises what `liquidate` and `debt_leg.take` raise.
    """
    return _step(s, sender, account, as_taker=True)


def liquidate_batch(
    s: VenueState, sender: Address, accounts: tuple[Address, ...], as_taker: bool
) -> tuple[LiquidationOutcome, ...]:
    """Take one liquidation step on each of some accounts; tell of each how it ended. SPEC LQ-26.

    One that is refused is left as it was.
    """
    return tuple([_outcome(s, sender, account, as_taker=as_taker) for account in accounts])


def _outcome(s: VenueState, sender: str, account: str, *, as_taker: bool) -> LiquidationOutcome:
    before, touched = s.block.mark(), set(s.touched)
    try:
        step = _step(s, sender, account, as_taker=as_taker)
    except VenueError as error:
        s.block.roll_back_to(before)
        s.touched.intersection_update(touched)
        return LiquidationOutcome(done=False, step=NO_STEP, reason=Refusal.of(error))
    return LiquidationOutcome(done=True, step=step, reason=None)


def _step(s: VenueState, sender: str, account: str, *, as_taker: bool) -> LiquidationStep:
    caller = actor(s, sender)
    require_allowed(s, account, caller, caller_of(s, sender))
    sweep(s, account)
    c = load_context(s, account)
    if not c.m.liquidatable:
        raise NotLiquidatable(account=account, ratio=c.m.ratio, trigger=c.policy.margin.trigger)
    maximum = c.policy.max_liquidation_price_age
    stale = require_young(s, c.a, c.params, maximum)
    if stale != 0:
        require_beyond_doubt(s, account, stale, maximum)

    leg = _leg(c, s.block.now)
    debt_value = collateral_value = loss = 0
    if leg == Leg.PERP:
        perp_leg.close(s, c)
    elif leg == Leg.PERP_TAKEOVER:
        perp_leg.take_over(s, c)
    elif leg == Leg.SETTLE:
        debt_value, loss = debt_leg.settle(s, c, _holes(c)[1])
    else:
        hands = Hands(caller=caller, taker=caller if as_taker else s.parties.backstop)
        full = leg == Leg.DEBT_FULL
        debt_value, collateral_value, loss = debt_leg.take(s, c, hands, full)
    # But for holes, a step of the debt leg changes no dex; idle balance may be free to repay.
    only_tokens = leg in (Leg.DEBT_PARTIAL, Leg.DEBT_FULL) and not _holes(c)[0]
    still = only_tokens and not idle_moves(s, account)
    liquidatable = (judge if still else sweep_and_judge)(s, account)
    s.block.emit(
        Liquidated(
            account=account,
            caller=caller,
            leg=leg,
            debt_value=debt_value,
            collateral_value=collateral_value,
            loss=loss,
            liquidatable=liquidatable,
        )
    )
    return LiquidationStep(
        leg=leg,
        debt_value=debt_value,
        collateral_value=collateral_value,
        loss=loss,
        liquidatable=liquidatable,
    )


def _leg(c: Context, now: int) -> Leg:
    """Return which leg the step takes.

    Perps go before debt where the backstop must take them, where closing them alone cures, and
    where a dex is short of maintenance and the policy looks at that.
    """
    lends = c.a.mode == Mode.PORTFOLIO_MARGIN
    full_band = c.m.health == Health.BACKSTOP_LIQUIDATABLE
    hole, fillable = _holes(c)
    has_debt = lends and c.m.net_debt != 0 and (_takes_debt(c) or hole)
    if perp_leg.is_cause(c):
        if perp_leg.must_take_over(c, lends and full_band):
            return Leg.PERP_TAKEOVER
        short = c.policy.margin.perp_shortfall_trigger and c.m.perp_shortfall
        perps = not has_debt or short or _perps_first(c, now)
        return Leg.PERP if perps else Leg.DEBT_PARTIAL
    if hole and (not lends or fillable):
        return Leg.SETTLE
    if not has_debt:
        raise NothingToLiquidate(account=c.account, health_factor=c.m.health_factor)
    return Leg.DEBT_FULL if full_band or c.m.takeover_value == 0 else Leg.DEBT_PARTIAL


def _holes(c: Context) -> tuple[bool, bool]:
    """Return whether a dex has a hole, and whether own supply can fill some of one. SPEC LQ-14."""
    hole = fillable = False
    for i, token in enumerate(c.a.tokens):
        if hole_of(c, i) != 0:
            hole = True
            # Spot backs the perps of every mode but the standard one.
            fillable = fillable or (c.a.mode != Mode.STANDARD and token.supplied != 0)
    return hole, fillable


def _takes_debt(c: Context) -> bool:
    """Return whether the policy allows a debt step at this health factor. SPEC LQ-03."""
    return not c.policy.debt_step_needs_low_health or c.m.health_factor < WAD


def _perps_first(c: Context, now: int) -> bool:
    """Return which of two possible legs goes first. SPEC LQ-06."""
    if c.policy.leg_order == LegChoice.DEBT_FIRST:
        return False
    if c.policy.leg_order == LegChoice.PERP_FIRST_IF_CURES:
        return _perps_alone_cure(c)
    return keccak256(words(c.policy.leg_seed, int(c.account, 16), now))[-1] % 2 == 0


def _perps_alone_cure(c: Context) -> bool:
    second = c.policy.margin.second_trigger
    if is_owing_too_much(c.m.net_debt, c.m.threshold_value, second):
        return False
    return not any(
        is_beyond(
            token.requirement - token.maintenance,
            token.liquidation_value,
            c.policy.margin.trigger,
            c.policy.margin.trigger_inclusive,
        )
        for token in c.m.tokens
    )
