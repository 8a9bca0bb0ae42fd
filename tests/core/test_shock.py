"""Shocks: one factor for a coin and the collateral that follows it. SPEC PM-21."""

from __future__ import annotations

import pytest
from core.bundles import CROSS_LONGS, SHORT_BOOK, read, recorded

from pmkit.errors import InputError
from pmkit.margin import account_margin
from pmkit.model import Health
from pmkit.report import margin_report
from pmkit.shock import Shock, parse_shock, shocked
from pmkit.units import INFINITE, WAD


def test_shock_moves_mark_and_collateral_by_one_factor_on_their_grids():
    view = shocked(read(recorded(SHORT_BOOK)), (parse_shock("BTC=-10%"),))
    # 78,347.0 · 0.9 = 70,512.3 and 78,316.638 · 0.9 = 70,484.9742, to nearest on a grid of 0.001.
    assert view.position("BTC").perp.mark == 705_123
    assert view.account.tokens[2].px == 70_484_974
    assert view.account.perps[0] is view.position("BTC").perp


def test_shock_of_a_short_book_pays_what_the_shorts_gain():
    view = read(recorded(SHORT_BOOK))
    before = account_margin(view.account).tokens[0].net_total
    after = account_margin(shocked(view, (parse_shock("BTC=-10%"),)).account).tokens[0].net_total
    # 21.8931 BTC · 7,834.7 = 171,525.87057.
    assert after - before == 171_525_87057000


def test_shocks_of_several_coins_act_together_and_leave_the_others():
    view = shocked(read(recorded(SHORT_BOOK)), (parse_shock("BTC=5%"), parse_shock("HYPE=+25.5%")))
    assert view.position("HYPE").perp.mark == 1_011_963  # 80.6345 · 1.255 = 101.1963 (nearest)
    assert view.position("BTC").perp.mark == 822_644  # 82,264.35, a tie, goes up
    assert view.position("SOL").perp.mark == 1_015_900


def test_shock_of_a_coin_without_position_moves_its_collateral():
    bundle = recorded(SHORT_BOOK)
    state = bundle["clearinghouseStates"][""]
    state["assetPositions"].pop(0)
    # 48,101.566245 less 21,440.733821 of the short that is gone.
    state["crossMaintenanceMarginUsed"] = "26660.832424"
    # 2,622,806.467628 less its value, 1,715,258.7057.
    state["crossMarginSummary"]["totalRawUsd"] = "907547.761928"
    view = shocked(read(bundle), (parse_shock("BTC=-50%"),))
    assert view.account.tokens[2].px == 39_158_319


def test_shock_of_an_isolated_position_is_its_own_loss():
    view = read(recorded("unified_isolated_long"))
    after = shocked(view, (parse_shock("MEGA=-10%"),))
    # 0.045715 · 0.9 = 0.0411435, a tie, goes up to 0.041144; 75,000 · 0.004571 = 342.825.
    assert after.positions[0].isolated_margin == 2_123_360_586 - 342_825_000
    assert after.account == view.account


def test_shock_that_makes_debt_shows_in_health_factor_health_and_cap_use():
    report = margin_report(shocked(read(recorded(SHORT_BOOK)), (parse_shock("BTC=+200%"),)))
    # BTC at 235,041: 21.8931 · 156,694 = 3,430,517.41 lost of the total of 230,489.92. The sweep
    # keeps 10 % of notional, 5,842,041.42, in the dex: 3,200,027.49 + 584,204.14 are owed against
    # 19.99994 · 234,949.914 · 0.5 = 2,349,492.50 of borrow power.
    assert round(report.health_factor * 1_000 / WAD) == 621
    assert report.health is Health.AT_RISK
    assert not report.liquidatable
    # Of 50,000,000.
    assert round(report.tokens[0].borrow_cap_used * 10_000 / WAD) == 757


def test_shock_that_pays_the_debt_leaves_no_health_factor_and_no_cap_use():
    report = margin_report(shocked(read(recorded(SHORT_BOOK)), (parse_shock("BTC=-99%"),)))
    assert report.health_factor == INFINITE
    assert report.health is Health.HEALTHY
    assert report.tokens[0].borrow_cap_used == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BTC",
        "BTC=",
        "BTC=10",
        "BTC=-10 %",
        "=5%",
        "BTC=ten%",
        "BTC=1e2%",
        "BTC=--5%",
        "BTC=∞%",
        "BTC=-100%",
        "BTC=-100.0001%",
        "BTC=-1000%",
        "B TC=1%",
        "BTC=9999999999%",
    ],
)
def test_shock_that_is_malformed_or_leaves_no_price_is_refused(text):
    with pytest.raises(InputError) as failed:
        parse_shock(text)
    assert failed.value.place == "--shock"


@pytest.mark.parametrize(
    ("text", "factor"),
    [("BTC=0%", WAD), ("BTC=-99.99%", WAD // 10_000), ("xyz:GOLD=+0.5%", 1_005 * WAD // 1_000)],
)
def test_shock_is_read_exactly(text, factor):
    assert parse_shock(text) == Shock(coin=text.partition("=")[0], factor=factor)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BTC=10", "--shock: 'BTC=10' is not of the form BTC=-10%"),
        ("BTC=-100%", "--shock: 'BTC=-100%' leaves no price above zero"),
    ],
)
def test_refusal_of_a_shock_says_what_is_wrong_with_it(text, said):
    with pytest.raises(InputError) as failed:
        parse_shock(text)
    assert str(failed.value) == said


def refusal_of(name, *texts):
    with pytest.raises(InputError) as failed:
        shocked(read(recorded(name)), tuple(parse_shock(text) for text in texts))
    return str(failed.value)


@pytest.mark.parametrize("coin", ["PURR", "btc", "UBTC"])
def test_shock_of_an_unknown_coin_is_refused(coin):
    said = refusal_of(CROSS_LONGS, f"{coin}=-10%")
    assert said == f"--shock: there is no perp coin {coin!r}"


def test_shock_of_one_coin_twice_is_refused():
    assert refusal_of(SHORT_BOOK, "BTC=1%", "BTC=2%") == "--shock: BTC is named twice"
    assert refusal_of(SHORT_BOOK, "ETH=1%", "BTC=1%", "BTC=1%") == "--shock: BTC is named twice"


def test_shock_below_the_price_grid_is_refused():
    said = refusal_of(CROSS_LONGS, "PENGU=-99.999%")
    assert said == "--shock: PENGU falls below its price grid"


def test_account_after_a_shock_is_no_recorded_one():
    view = read(recorded(SHORT_BOOK))
    assert view.recorded
    assert shocked(view, (parse_shock("BTC=0%"),)).recorded is False
