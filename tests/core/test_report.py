"""The report of recorded accounts against the venue's own answers. SPEC PM-19, PM-25, PM-26."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from core.bundles import CROSS_LONGS, SHORT_BOOK, changed, of_mode, read, recorded

from pmkit.decimals import parse_units
from pmkit.errors import InputError, MarkMissing
from pmkit.intervals import Interval
from pmkit.margin import (
    account_margin,
    dex_margins,
    hold_up,
    net_total,
    perp_to_wei,
    token_value_down,
    weight_ltv_down,
)
from pmkit.model import Health, Mode
from pmkit.report import margin_report
from pmkit.shock import parse_shock, shocked
from pmkit.sweep import swept
from pmkit.tiers import maintenance_margin_down
from pmkit.units import INFINITE, WAD

UBTC_AT_THE_HEALTH_FACTORS_MOMENT = "78346.630"


def venues_prices(bundle):
    """Return the liquidation prices that the venue printed, by coin."""
    positions = bundle["clearinghouseStates"][""]["assetPositions"]
    return {p["position"]["coin"]: p["position"]["liquidationPx"] for p in positions}


def test_ratio_of_the_recorded_short_book_is_the_venues_to_ten_decimals():
    report = margin_report(read(recorded(SHORT_BOOK)))
    assert round(Decimal(report.ratio) / WAD, 10) == Decimal("0.0342302364")
    assert not report.liquidatable
    assert report.health is Health.HEALTHY


def test_available_of_the_recorded_short_book_is_the_venues():
    tokens = {t.token: t for t in margin_report(read(recorded(SHORT_BOOK))).tokens}
    available = {
        token: Decimal(t.available_after_maintenance) / 10**t.wei_decimals
        for token, t in tokens.items()
    }
    assert abs(available[0] - Decimal("1357134.6019832834")) <= Decimal("6e-6")
    assert available[268] == 1_000_000
    assert available[197] == Decimal("19.9999434962")
    assert available[150] == available[360] == 0


def test_displayed_prices_of_the_recorded_short_book_are_the_venues():
    bundle = recorded(SHORT_BOOK)
    coins = margin_report(read(bundle)).coins
    found = {c.coin: c.displayed_px for c in coins}
    assert found == {c.coin: c.printed_px for c in coins}
    for coin, printed in venues_prices(bundle).items():
        if printed is None:
            assert found[coin] is None
        else:
            off = abs(Decimal(found[coin]) / 10**10 - Decimal(printed))
            assert off <= max(Decimal("2e-6"), Decimal(printed) * Decimal("1e-10"))
    assert sum(px is not None for px in found.values()) == 8
    assert found["AAVE"] is None
    assert found["NEAR"] is None


def test_health_factor_of_the_recorded_short_book_is_the_venues_at_its_moment():
    path = ("borrowLendReserveStates", 1, 1, "oraclePx")
    later = changed(recorded(SHORT_BOOK), path, UBTC_AT_THE_HEALTH_FACTORS_MOMENT)
    factor = Decimal(margin_report(read(later)).health_factor) / WAD
    printed = Decimal("91.0064138619")
    assert abs(factor / printed - 1) <= Decimal("1e-9")


def test_caps_used_of_the_recorded_short_book_are_the_venues():
    tokens = {t.token: t for t in margin_report(read(recorded(SHORT_BOOK))).tokens}
    assert tokens[0].borrow_cap_used == 1_721_778 * 10**8
    assert tokens[197].supply_cap_used == 999_997_175 * 10**8
    # What is not lent, is no collateral or has no cap uses none.
    assert tokens[197].borrow_cap_used is tokens[0].supply_cap_used is None
    assert tokens[268].borrow_cap_used == 0


def test_caps_never_stated_and_other_modes_have_no_part_that_is_used():
    pre_alpha = {t.token: t for t in margin_report(read(recorded(SHORT_BOOK), "pre-alpha")).tokens}
    assert pre_alpha[197].supply_cap_used is None
    unified = margin_report(read(recorded("unified_isolated_long"))).tokens[0]
    assert (unified.borrow_cap_used, unified.supply_cap_used) == (None, None)


def test_hold_of_the_recorded_short_book_is_the_venues():
    """SPEC PM-25: by what can be borrowed, without the UBTC that rests in orders."""
    book = recorded(SHORT_BOOK)
    balances = {b["token"]: b for b in book["spotClearinghouseState"]["balances"]}
    view = read(book)
    tokens = {t.token: t for t in view.account.tokens}
    ubtc = tokens[197]
    free = ubtc.supplied - parse_units(balances[197]["hold"], ubtc.wei_decimals, "hold")
    power = weight_ltv_down(token_value_down(ubtc, free), ubtc.ltv_bps)
    equity = perp_to_wei(dex_margins(view.account)[0].account_value, 8)
    total = net_total(tokens[0], equity)
    held = {0: hold_up(tokens[0], total, equity, power), 268: hold_up(tokens[268], 0, 0, power)}
    for token, wei in held.items():
        # The recording's amounts are recovered from published multiples.
        assert abs(Decimal(wei) / 10**8 - Decimal(balances[token]["hold"])) < Decimal("1e-6")


def test_hold_of_the_recorded_longs_is_their_perp_equity():
    # 4,104,640 against an account value of 4,101,762: the two replies are of different moments.
    longs = recorded(CROSS_LONGS)
    usdc = longs["spotClearinghouseState"]["balances"][0]
    view = read(longs)
    equity = perp_to_wei(dex_margins(view.account)[0].account_value, 8)
    state = next(t for t in view.account.tokens if t.token == 0)
    held = hold_up(state, net_total(state, equity), equity, 0)
    assert abs(Decimal(held) / 10**8 / Decimal(usdc["hold"]) - 1) < Decimal("1e-3")


def test_ratio_of_the_recorded_longs_is_the_venues_as_far_as_its_moments_agree():
    report = margin_report(read(recorded(CROSS_LONGS)))
    assert abs(Decimal(report.ratio) / WAD / Decimal("0.133131833") - 1) <= Decimal("2e-4")
    assert report.health_factor == INFINITE
    # The spot reply's own total is net, and idle HYPE dust is available as it is.
    available = {t.token: t.available_after_maintenance for t in report.tokens}
    assert available[150] == 338_262


def test_trigger_of_the_recorded_short_book_is_not_the_displayed_price():
    coins = {c.coin: c for c in margin_report(read(recorded(SHORT_BOOK))).coins}
    btc = coins["BTC"]
    assert btc.interval.lower is None
    # By hand for ETH, short 50.4494 with no collateral of its own, beyond the point where the net
    # total is used up: 0.95 K = MM + loss / 50 + loss − N.
    capacity, maintenance, net = (
        Fraction(text) for text in ("1174746.25110926", "48101.566245", "230489.91712329")
    )
    loss = (Fraction("0.95") * capacity + net - maintenance) / (1 + Fraction(1, 50))
    mark = Fraction("2508.4") + loss / Fraction("50.4494")
    # K as printed is floored to a wei, and the maintenance of the other nine to a millionth.
    assert abs(coins["ETH"].interval.upper / 100 - mark) < Fraction(1, 10**6)


def test_unified_account_with_an_isolated_long_has_the_venues_figures():
    report = margin_report(read(recorded("unified_isolated_long")))
    assert report.mode is Mode.UNIFIED
    assert report.tokens[0].available_after_maintenance == 172_99725228
    assert report.coins[0].displayed_px == report.coins[0].printed_px == 208_842_306


def test_standard_account_with_an_isolated_short_has_the_venues_figures():
    report = margin_report(read(recorded("standard_isolated_short")))
    assert report.mode is Mode.STANDARD
    assert report.tokens[0].available_after_maintenance == 182_36176930
    # 97.31209155555…: the twin of the contracts rounds down, the venue prints to nearest.
    assert report.coins[0].displayed_px == 973_120_915_555
    assert report.coins[0].printed_px == 973_120_915_556


def test_isolated_position_has_an_interval_of_its_own_and_a_note():
    """SPEC PM-29."""
    short = margin_report(read(recorded("standard_isolated_short")))
    # 95.063 + (106.720442 − 71.29725) / 15 / (1 + 1/20), in units of 1e-4.
    exact = (Fraction("95.063") + Fraction("35.423192") / 15 / Fraction("1.05")) * 10_000
    assert short.coins[0].interval == Interval(lower=None, upper=exact)
    assert short.notes == ("The account check leaves out isolated positions: HYPE.",)
    long = margin_report(read(recorded("unified_isolated_long")))
    # 0.045715 − (2,123.360586 − 571.4375) / 75,000 / (1 − 1/6), in units of 1e-6.
    exact = (Fraction("0.045715") - Fraction("1551.923086") / 75_000 * Fraction(6, 5)) * 10**6
    assert long.coins[0].interval == Interval(lower=exact, upper=None)
    assert long.notes == ("The account check leaves out isolated positions: MEGA.",)
    assert margin_report(read(recorded(SHORT_BOOK))).notes == ()


def test_isolated_position_beyond_its_own_trigger_is_named():
    """SPEC PM-29."""
    view = read(recorded("standard_isolated_short"))
    # The trigger, 97.31209, is 2.3659 % above the mark.
    inside = margin_report(shocked(view, (parse_shock("HYPE=+2.36%"),)))
    assert len(inside.notes) == 1
    assert not inside.coins[0].crossed
    beyond = margin_report(shocked(view, (parse_shock("HYPE=+2.37%"),)))
    assert beyond.notes[1] == "The isolated position in HYPE is beyond its own trigger."
    assert beyond.coins[0].interval == Interval(lower=None, upper=None)
    assert beyond.coins[0].crossed
    # It is the position's, not the account's.
    assert not beyond.liquidatable


def test_coin_of_an_isolated_position_and_of_collateral_has_the_nearest_of_both_triggers():
    """SPEC PM-29."""
    bundle = recorded(SHORT_BOOK)
    state = bundle["clearinghouseStates"][""]
    state["assetPositions"] = state["assetPositions"][:1]
    btc = state["assetPositions"][0]["position"]
    btc["leverage"]["type"] = "isolated"
    state["crossMarginSummary"] = {"accountValue": "0.0"}
    del state["crossMaintenanceMarginUsed"]
    spot = bundle["spotClearinghouseState"]
    # The total holds the isolated margin, which counts for nothing.
    spot["balances"][0].update(total=f"{Decimal('85762.935285') - 500_000}", borrowed="500000.0")
    bundle["borrowLendUserState"] = None
    (coin,) = (c for c in margin_report(read(bundle)).coins if c.coin == "BTC")
    # 500,000 = 0.95 · 0.75 · 19.9999434962 x in UBTC's price; at 78,316.638 the mark is 78,347.
    ubtc = Fraction(500_000) / (Fraction("0.7125") * Fraction("19.9999434962"))
    assert coin.interval.lower == ubtc / Fraction("78316.638") * 783_470
    # 78,347 + (85,762.935285 − 21,440.733821) / 21.8931 / (1 + 1/80); the floor of maintenance is
    # no part of it: 1,715,258.7057 / 80 = 21,440.73382125.
    spare = Fraction("85762.935285") - Fraction("1715258.7057") / 80
    mark = 78_347 + spare / Fraction("21.8931") * Fraction(80, 81)
    assert coin.interval.upper == mark * 10


def test_standard_account_whose_hold_nobody_states_is_refused():
    bundle = recorded("standard_isolated_short")
    with pytest.raises(InputError) as failed:
        margin_report(read(changed(bundle, ("spotClearinghouseState", "balances", 0, "hold"), ...)))
    assert str(failed.value) == "token 0 (USDC): has no hold"


def test_price_that_is_needed_and_missing_is_named():
    view = read(recorded(SHORT_BOOK))
    account = view.account
    place = next(i for i, t in enumerate(account.tokens) if t.token == 197)
    tokens = (
        *account.tokens[:place],
        replace(account.tokens[place], px=0),
        *account.tokens[place + 1 :],
    )
    with pytest.raises(InputError) as failed:
        margin_report(replace(view, account=replace(account, tokens=tokens)))
    said = "prices: token 197 has no price, and the answer depends on it"
    assert str(failed.value) == said
    perps = (replace(account.perps[0], mark=0), *account.perps[1:])
    with pytest.raises(InputError) as failed:
        margin_report(replace(view, account=replace(account, perps=perps)))
    assert failed.value.place == "prices"
    assert failed.value.problem == str(MarkMissing(asset=account.perps[0].asset))


def test_unified_account_with_cross_positions_shows_maintenance_over_total():
    bundle = of_mode(recorded(CROSS_LONGS), "unifiedAccount")
    report = margin_report(read(bundle))
    # The same quotient: nothing is borrowed, and the total holds what is supplied.
    assert abs(Decimal(report.ratio) / WAD - Decimal("0.1331190636")) < Decimal("1e-10")
    assert report.tokens[0].borrow_capacity == 0


def test_standard_account_with_cross_positions_is_judged_by_its_dex():
    bundle = of_mode(recorded(CROSS_LONGS), "disabled")
    report = margin_report(read(bundle))
    # 1,022,150.324494 / 4,101,762.727651.
    assert abs(Decimal(report.ratio) / WAD - Decimal("0.2491978")) < Decimal("1e-6")
    eth = next(c for c in report.coins if c.coin == "ETH")
    # 2,745.3 − 3,079,612.403157 / 12,500 / (1 − 1/50).
    assert abs(Decimal(eth.displayed_px) / 10**10 - Decimal("2493.9030691")) < Decimal("1e-6")


def test_collateral_without_position_has_an_interval_in_its_own_price():
    bundle = recorded(SHORT_BOOK)
    bundle["clearinghouseStates"][""]["assetPositions"] = []
    bundle["clearinghouseStates"][""]["crossMarginSummary"] = {"accountValue": "0.0"}
    bundle["clearinghouseStates"][""]["crossMaintenanceMarginUsed"] = "0.0"
    bundle["spotClearinghouseState"]["balances"][0].update(total="-500000.0", borrowed="500000.0")
    bundle["borrowLendUserState"] = None
    report = margin_report(read(bundle))
    btc = next(c for c in report.coins if c.coin == "BTC")
    assert btc.position is None
    assert (btc.displayed_px, btc.printed_px) == (None, None)
    # UBTC's price, 78,316.638, on its own grid of three decimals.
    assert (btc.mark, btc.px_decimals) == (78_316_638, 3)
    assert btc.crossed is report.liquidatable is False
    # 500,000 = 0.95 · 0.75 · 19.9999434962 x.
    exact = Fraction(500_000) / (Fraction("0.7125") * Fraction("19.9999434962")) * 1_000
    assert btc.interval.lower == exact
    assert btc.interval.upper is None


def test_capacity_of_a_token_without_balance_and_price_is_unknown_not_zero():
    bundle = recorded(SHORT_BOOK)
    bundle["borrowLendReserveStates"].pop(2)
    usdt0 = next(t for t in margin_report(read(bundle)).tokens if t.token == 268)
    assert usdt0.borrow_capacity is usdt0.liquidation_value is None
    assert usdt0.available_after_maintenance is None
    assert (usdt0.net_total, usdt0.requirement) == (0, 0)


@pytest.mark.parametrize(
    ("shock", "health"),
    [
        # 21.8931 BTC at three times 78,347 more lose 5,145,810; 4,915,320 are owed net, and 112,422
        # are maintenance. UBTC at 313,266.55 is 6,265,313: 75 % are less, five sixths more.
        ("BTC=+300%", Health.MARKET_LIQUIDATABLE),
        # At ten times more 16,922,190 are owed against five sixths of 17,229,612.
        ("BTC=+1000%", Health.BACKSTOP_LIQUIDATABLE),
    ],
)
def test_report_beyond_the_trigger_says_so_of_every_coin(shock, health):
    report = margin_report(shocked(read(recorded(SHORT_BOOK)), (parse_shock(shock),)))
    assert report.liquidatable is True
    assert report.health is health
    assert len(report.coins) == 10
    for coin in report.coins:
        assert coin.crossed is True
        assert coin.interval == Interval(lower=None, upper=None)


def test_coins_of_a_report_are_the_positions_at_their_marks():
    view = read(recorded(SHORT_BOOK))
    for coin, position in zip(margin_report(view).coins, view.positions, strict=True):
        assert coin.position is position
        assert (coin.coin, coin.mark) == (position.coin, position.perp.mark)
        assert coin.px_decimals == position.px_decimals
        assert coin.crossed is False


def test_tokens_of_a_report_carry_the_figures_of_their_margin():
    view = read(recorded(SHORT_BOOK))
    margins = account_margin(swept(view.account)).tokens
    tokens = margin_report(view).tokens
    names = [(t.token, t.name) for t in tokens]
    assert names[0] == (0, "USDC")
    assert (197, "UBTC") in names
    for figures, margin in zip(tokens, margins, strict=True):
        assert figures.maintenance == margin.maintenance
        assert figures.requirement == margin.requirement
        assert figures.borrow_capacity == margin.borrow_capacity
        assert figures.liquidation_value == margin.liquidation_value


def test_available_of_a_standard_account_is_all_that_is_not_held():
    view = read(recorded("standard_isolated_short"))
    account = view.account
    held = view.tokens[0].hold
    richer = replace(account.tokens[0], idle=100, supplied=40, borrowed=3)
    tokens = (richer, *account.tokens[1:])
    report = margin_report(replace(view, account=replace(account, tokens=tokens)))
    assert report.tokens[0].available_after_maintenance == 137 - held
    # Without balance nothing need be held.
    nothing = replace(account.tokens[0], idle=0, supplied=0, borrowed=0)
    unheld = (replace(view.tokens[0], hold=None), *view.tokens[1:])
    account = replace(account, tokens=(nothing, *account.tokens[1:]))
    report = margin_report(replace(view, account=account, tokens=unheld))
    assert report.tokens[0].available_after_maintenance == 0


def test_isolated_positions_are_noted_together():
    view = read(recorded("standard_isolated_short"))
    (short,) = view.positions
    pair = (short, replace(short, coin="HYPE2"))
    notes = margin_report(replace(view, positions=pair)).notes
    assert notes == ("The account check leaves out isolated positions: HYPE, HYPE2.",)


def test_isolated_position_with_just_its_maintenance_is_not_beyond_its_trigger():
    view = read(recorded("standard_isolated_short"))
    (short,) = view.positions
    size = abs(short.perp.szi) * short.perp.mark
    needed = maintenance_margin_down(size, short.perp.table)
    for margin, crossed in ((needed, False), (needed - 1, True)):
        positions = (replace(short, isolated_margin=margin),)
        (coin,) = margin_report(replace(view, positions=positions)).coins
        assert coin.crossed is crossed
