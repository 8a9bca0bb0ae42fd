"""Account margin: dex figures, token figures, the ratio and the health factor.

Twin of `contracts/libraries/MarginMath.sol`. Every figure is computed from the state as given; to
judge an account as the venue does, sweep it first (`pmkit.sweep.swept`).
"""

from __future__ import annotations

from pmkit.errors import MarkMissing, PriceMissing
from pmkit.liquidation import DISPLAY_DECIMALS
from pmkit.model import (
    Account,
    AccountMargin,
    DexMargin,
    Health,
    MarginPolicy,
    Mode,
    PerpState,
    TokenMargin,
    TokenState,
)
from pmkit.tiers import maintenance_margin_down
from pmkit.units import (
    BPS,
    INFINITE,
    PERP_DECIMALS,
    UINT64_MAX,
    WAD,
    amount_down,
    amount_up,
    checked,
    mul_div_down,
    mul_div_nearest,
    mul_div_up,
    value_down,
    value_up,
)

NO_CONDITION = UINT64_MAX
"""A condition for portfolio margin that is none."""


def notional(szi: int, mark: int) -> int:
    """Return |szi| · mark, exact in 1e-6 USD. SPEC PM-03."""
    return abs(szi) * mark


def initial_margin_down(notional_: int, leverage: int) -> int:
    """Return notional / leverage in 1e-6 USD, rounded down as the venue prints it. SPEC PM-04."""
    return mul_div_down(notional_, 1, leverage)


def transfer_margin_up(initial_margin: int, notional_: int) -> int:
    """Return max(initial margin, 10 % of notional) in 1e-6 USD, rounded up. SPEC PM-07."""
    return max(initial_margin, mul_div_up(notional_, 1, 10))


def wei_per_perp_usd(wei_decimals: int) -> int:
    """Return the token wei in 1e-6 of a dex's collateral token, which has 6 decimals or more.

    Raises ArithmeticOverflow for a token with fewer.
    """
    scale: int = 10 ** checked(wei_decimals - PERP_DECIMALS)
    return scale


def perp_to_wei(usd: int, wei_decimals: int) -> int:
    """Return perp USD (1e-6, signed) in wei of the collateral token. SPEC PM-01."""
    return usd * wei_per_perp_usd(wei_decimals)


def weight_ltv_down(value: int, ltv_bps: int) -> int:
    """Return value · LTV, rounded down. SPEC PM-08."""
    return mul_div_down(value, ltv_bps, BPS)


def weight_threshold_down(value: int, ltv_bps: int) -> int:
    """Return value · (1 + LTV) / 2, the liquidation threshold, rounded down. SPEC PM-09."""
    return mul_div_down(value, BPS + ltv_bps, 2 * BPS)


def weight_takeover_down(value: int, ltv_bps: int) -> int:
    """Return value · (2 + LTV) / 3, the takeover price, rounded down. SPEC LQ-02."""
    return mul_div_down(value, 2 * BPS + ltv_bps, 3 * BPS)


def ratio_up(requirement: int, liquidation_value: int) -> int:
    """Return requirement / liquidation value (WAD), rounded up. SPEC PM-12.

    Zero without a requirement; INFINITE when a requirement stands against nothing.
    """
    if requirement == 0:
        return 0
    if liquidation_value == 0:
        return INFINITE
    return mul_div_up(requirement, WAD, liquidation_value)


def is_beyond(requirement: int, liquidation_value: int, trigger: int, inclusive: bool) -> bool:
    """Return whether requirement / liquidation value is beyond a trigger (WAD). SPEC LQ-01."""
    if requirement == 0:
        return False
    scaled = checked(requirement * WAD)
    limit = checked(liquidation_value * trigger)
    return scaled >= limit if inclusive else scaled > limit


def health_factor_down(borrow_power: int, gross_debt: int) -> int:
    """Return borrow power / gross debt (WAD), rounded down; INFINITE without debt. SPEC PM-13."""
    if gross_debt == 0:
        return INFINITE
    return mul_div_down(borrow_power, WAD, gross_debt)


def display_available_down(account: Account, margin: AccountMargin, dex: int) -> int:
    """Return what a dex's positions have before they are liquidated, 1e-10 USD, down. SPEC LQ-07.

    The token's available after maintenance; in standard mode the dex's own equity − maintenance.
    """
    if account.mode == Mode.STANDARD:
        spare = margin.dexes[dex].account_value - margin.dexes[dex].maintenance
        return spare * int(10 ** (DISPLAY_DECIMALS - PERP_DECIMALS))
    token = account.dexes[dex].collateral
    available = margin.tokens[token].available_after_maintenance
    unit: int = 10 ** account.tokens[token].wei_decimals
    return available * int(10**DISPLAY_DECIMALS) // unit


def locked_collateral_up(
    debt_value: int, px: int, wei_decimals: int, sz_decimals: int, ltv_bps: int
) -> int:
    """Return the wei of a collateral that a debt (USD WAD) ties up, rounded up. SPEC PM-23.

    debt / (price · LTV): what must stay for a health factor of one. Raises DivisionByZero where the
    token is no collateral or has no price.

    >>> locked_collateral_up(100 * WAD, 40 * 10**6, 8, 2, 5_000) == 5 * 10**8
    True
    """
    return amount_up(mul_div_up(debt_value, BPS, ltv_bps), px, wei_decimals, sz_decimals)


def withdrawable_down(token: TokenState, borrow_power: int, gross_debt: int) -> int:
    """Return the supply that leaves the health factor at one or above, wei, down. SPEC PM-28.

    Without what the debt ties up beyond the borrow power of the other collaterals; both in USD WAD.
    The ratio may keep more. Raises PriceMissing, ArithmeticOverflow.
    """
    if gross_debt == 0 or token.ltv_bps == 0:
        return token.supplied
    own = weight_ltv_down(token_value_down(token, token.supplied), token.ltv_bps)
    rest = checked(borrow_power - own)
    if gross_debt <= rest:
        return token.supplied
    locked = locked_collateral_up(
        gross_debt - rest, token.px, token.wei_decimals, token.sz_decimals, token.ltv_bps
    )
    return max(0, token.supplied - locked)


def buying_power_down(token: TokenState, borrow_power: int) -> int:
    """Return the wei of a token that a borrow power (USD WAD) buys within the user cap. SPEC PM-24.

    Zero for tokens that cannot be borrowed. Raises PriceMissing.
    """
    if not token.borrowable or borrow_power == 0:
        return 0
    power = amount_down(borrow_power, px_of(token), token.wei_decimals, token.sz_decimals)
    return min(token.user_borrow_cap, power)


def hold_up(token: TokenState, total: int, equity: int, borrow_power: int) -> int:
    """Return what is held of a token, wei, signed, rounded up. SPEC PM-25.

    min(net total, equity of the token's dexes) − buying power: orders may use total − hold, which
    is negative by what they can borrow. `borrow_power` (USD WAD) is without the collateral that
    rests in orders of its own. Raises PriceMissing.
    """
    return min(total, equity) - buying_power_down(token, borrow_power)


def cap_used_nearest(amount: int, cap: int) -> int:
    """Return amount / cap (WAD), to nearest at the 10 decimals that the venue prints. SPEC PM-26.

    INFINITE for an amount under a cap of zero.

    >>> cap_used_nearest(1, 3) == 3333333333 * 10**8
    True
    """
    if amount == 0:
        return 0
    if cap == 0:
        return INFINITE
    printed = mul_div_nearest(amount, 10**DISPLAY_DECIMALS, cap)
    return checked(printed * (WAD // 10**DISPLAY_DECIMALS))


def dex_margin(raw_usd: int, perps: tuple[PerpState, ...]) -> DexMargin:
    """Return the figures of one dex from its raw USD and its cross positions. SPEC PM-03 to PM-07.

    Raises MarkMissing for a position without a mark.
    """
    account_value = raw_usd
    total = 0
    initial_margin = 0
    maintenance = 0
    for perp in perps:
        if perp.mark == 0:
            raise MarkMissing(asset=perp.asset)
        size = notional(perp.szi, perp.mark)
        account_value += size if perp.szi > 0 else -size
        total += size
        initial_margin += initial_margin_down(size, perp.leverage)
        maintenance += maintenance_margin_down(size, perp.table)
    return DexMargin(
        account_value=account_value,
        notional=total,
        initial_margin=initial_margin,
        maintenance=maintenance,
        transfer_margin=transfer_margin_up(initial_margin, total),
    )


def kept_margin_up(equity: int, initial_margin: int, szi_before: int, szi_now: int) -> int:
    """Return what of its equity an isolated position keeps after a fill, 1e-6 USD. SPEC CH-08.

    Closed, it keeps nothing; turned, the initial margin of what it is now; grown, what it has, and
    no less than initial margin; shrunk, the part of its equity that its size has left, rounded up.
    What it keeps beyond its equity is brought to it.

    >>> kept_margin_up(equity=100, initial_margin=30, szi_before=10, szi_now=5)
    50
    """
    if szi_now == 0:
        return 0
    if szi_before * szi_now < 0:
        return initial_margin
    if abs(szi_now) >= abs(szi_before):
        return max(equity, initial_margin)
    return mul_div_up(equity, abs(szi_now), abs(szi_before)) if equity > 0 else equity


def dex_margins(account: Account) -> tuple[DexMargin, ...]:
    """Return the figures of every dex of an account, in the order of `account.dexes`."""
    return tuple(
        dex_margin(dex.raw_usd, tuple(p for p in account.perps if p.dex == i))
        for i, dex in enumerate(account.dexes)
    )


def px_of(token: TokenState) -> int:
    """Return the token's price. Raises PriceMissing when there is none."""
    if token.px == 0:
        raise PriceMissing(token=token.token)
    return token.px


def token_value_down(token: TokenState, amount: int) -> int:
    """Return the USD value (WAD) of an amount of the token, down. Raises PriceMissing."""
    return value_down(amount, px_of(token), token.wei_decimals, token.sz_decimals)


def token_value_up(token: TokenState, amount: int) -> int:
    """Return the USD value (WAD) of an amount of the token, up. Raises PriceMissing."""
    return value_up(amount, px_of(token), token.wei_decimals, token.sz_decimals)


def net_total(token: TokenState, equity: int) -> int:
    """Return dex equity + idle + supplied − borrowed of a token, wei, signed. SPEC PM-10."""
    return equity + token.idle + token.supplied - token.borrowed


def borrow_capacity_down(token: TokenState, values: tuple[int, ...], cap_each: bool) -> int:
    """Return min(user borrow cap, collateral at thresholds) in wei of the token. SPEC PM-11.

    `values` are the collaterals' (USD WAD); with `cap_each` the cap bounds what each of them
    carries, not their sum. Zero for tokens that cannot be borrowed. Raises PriceMissing.
    """
    if cap_each:
        return sum(buying_power_down(token, value) for value in values)
    return buying_power_down(token, sum(values))


def token_margin(
    token: TokenState,
    equity: int,
    maintenance: int,
    threshold_values: tuple[int, ...],
    policy: MarginPolicy,
) -> TokenMargin:
    """Return the figures of one token; equity and maintenance in token wei. SPEC PM-10 to PM-12."""
    net = net_total(token, equity)
    # Where nothing is required, nothing depends on the price: an amount of an unpriced token, which
    # anybody could send, must not stand in the way of the account's judgement.
    needed = token.px != 0 or maintenance != 0 or net < 0
    capacity = borrow_capacity_down(token, threshold_values, policy.cap_each) if needed else 0
    requirement = maintenance
    if net < 0:
        requirement += -net
        if policy.borrow_offset != 0:
            requirement += amount_up(
                policy.borrow_offset, px_of(token), token.wei_decimals, token.sz_decimals
            )
    return TokenMargin(
        net_total=net,
        maintenance=maintenance,
        borrow_capacity=capacity,
        requirement=requirement,
        liquidation_value=max(0, net) + capacity,
    )


def is_owing_too_much(net_debt: int, threshold_value: int, second_trigger: bool) -> bool:
    """Return whether net debts exceed the collateral at its thresholds. SPEC LQ-01.

    Where that is a trigger; both in USD WAD.
    """
    return second_trigger and net_debt > threshold_value


def account_margin(account: Account) -> AccountMargin:
    """Return every margin figure of an account. SPEC PM-03 to PM-13, LQ-01 to LQ-05.

    Raises PriceMissing, MarkMissing when the answer depends on a price that was never set.
    """
    dexes = dex_margins(account)
    gross_debt = borrow_power = takeover_value = 0
    carried = [0] * len(account.tokens)
    for i, token in enumerate(account.tokens):
        if token.borrowed != 0:
            gross_debt += token_value_up(token, token.borrowed)
        if account.mode == Mode.PORTFOLIO_MARGIN and token.ltv_bps != 0 and token.supplied != 0:
            value = token_value_down(token, token.supplied)
            takeover_value += weight_takeover_down(value, token.ltv_bps)
            borrow_power += weight_ltv_down(value, token.ltv_bps)
            if token.supplied > token.user_supply_cap:
                value = token_value_down(token, token.user_supply_cap)
            carried[i] = weight_threshold_down(value, token.ltv_bps)
    threshold_value = sum(carried)

    tokens: list[TokenMargin] = []
    ratio = net_debt = shortfall = 0
    beyond = False
    for i, token in enumerate(account.tokens):
        equity = maintenance = 0
        for dex, margin in zip(account.dexes, dexes, strict=True):
            if dex.collateral == i:
                equity += perp_to_wei(margin.account_value, token.wei_decimals)
                maintenance += perp_to_wei(margin.maintenance, token.wei_decimals)
        figures = token_margin(token, equity, maintenance, tuple(carried), account.policy)
        tokens.append(figures)
        ratio = max(ratio, ratio_up(figures.requirement, figures.liquidation_value))
        beyond = beyond or is_beyond(
            figures.requirement,
            figures.liquidation_value,
            account.policy.trigger,
            account.policy.trigger_inclusive,
        )
        # In standard mode a dex's shortage is its own, and no debt of the account.
        if figures.net_total < 0 and account.mode != Mode.STANDARD:
            net_debt += token_value_up(token, -figures.net_total)
            shortfall += token_value_up(token, maintenance - figures.net_total)

    perp_shortfall = any(dex.account_value < dex.maintenance for dex in dexes)
    if account.mode == Mode.STANDARD:
        ratio = 0
        for held in dexes:
            ratio = max(ratio, ratio_up(held.maintenance, max(0, held.account_value)))
        liquidatable = perp_shortfall
    else:
        second = is_owing_too_much(net_debt, threshold_value, account.policy.second_trigger)
        short = account.policy.perp_shortfall_trigger and perp_shortfall
        liquidatable = beyond or second or short
    health_factor = health_factor_down(borrow_power, gross_debt)
    return AccountMargin(
        tokens=tuple(tokens),
        dexes=dexes,
        ratio=ratio,
        net_debt=net_debt,
        shortfall=shortfall,
        gross_debt=gross_debt,
        borrow_power=borrow_power,
        threshold_value=threshold_value,
        takeover_value=takeover_value,
        health_factor=health_factor,
        perp_shortfall=perp_shortfall,
        liquidatable=liquidatable,
        health=health_of(liquidatable, net_debt, shortfall, takeover_value, health_factor),
    )


def account_value_down(account: Account) -> int:
    """Return the net totals of all tokens with a price, 1e-6 USD, signed, down. SPEC AC-12.

    A token without a price counts nothing. Raises MarkMissing.
    """
    margins = dex_margins(account)
    value = 0
    for i, token in enumerate(account.tokens):
        if token.px == 0:
            continue
        equity = sum(
            perp_to_wei(margin.account_value, token.wei_decimals)
            for dex, margin in zip(account.dexes, margins, strict=True)
            if dex.collateral == i
        )
        net = net_total(token, equity)
        value += token_value_down(token, net) if net >= 0 else -token_value_up(token, -net)
    return value // int(WAD // 10**PERP_DECIMALS)


def is_admitted(volume: int, value: int, min_volume: int, min_value: int, max_value: int) -> bool:
    """Return whether portfolio margin is open to an account; all in 1e-6 USD. SPEC AC-10.

    (volume > min_volume or value > min_value) and value < max_value; NO_CONDITION stands for none.

    >>> is_admitted(0, 10_001, 5_000_000, 10_000, 25_000_000)
    True
    """
    if max_value != NO_CONDITION and value >= max_value:
        return False
    if min_volume == NO_CONDITION and min_value == NO_CONDITION:
        return True
    if min_volume != NO_CONDITION and volume > min_volume:
        return True
    return min_value != NO_CONDITION and value > min_value


def health_of(
    liquidatable: bool, net_debt: int, shortfall: int, takeover_value: int, health_factor: int
) -> Health:
    """Return the venue's state of an account. SPEC LQ-05."""
    if liquidatable:
        full_band = net_debt != 0 and shortfall > takeover_value
        return Health.BACKSTOP_LIQUIDATABLE if full_band else Health.MARKET_LIQUIDATABLE
    return Health.AT_RISK if health_factor < WAD else Health.HEALTHY
