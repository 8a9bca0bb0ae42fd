"""Account bundles: recorded ones as they are, wrong ones refused. SPEC HL-02 to HL-12."""

from __future__ import annotations

import re

import pytest
from core.bundles import CROSS_LONGS, SHORT_BOOK, changed, of_mode, read, recorded

from pmkit.errors import InputError
from pmkit.hyperliquid.tokens import UNSTATED_CASH
from pmkit.margin import account_margin, dex_margins
from pmkit.model import Mode

SPOT = "spotClearinghouseState"
BALANCES = (SPOT, "balances")
MAIN = ("clearinghouseStates", "")
POSITION = (*MAIN, "assetPositions", 0, "position")
RESERVES = "borrowLendReserveStates"
USDC_WEI = 10**8
EMPTY = {"crossMarginSummary": {"accountValue": "0.0"}, "assetPositions": []}
"""A dex in which the account has nothing."""


def test_recorded_short_book_keeps_the_spot_replys_net_total():
    view = read(recorded(SHORT_BOOK))
    margin = account_margin(view.account)
    # 230,489.9171232923 floored to the eight decimals of USDC; 19.9999434962 has its ten.
    assert margin.tokens[0].net_total == 230_489_91712329
    assert margin.tokens[2].net_total == 199_999_434_962
    # Equity 239,098.805691, debt 8,608.88868482 as the health figures have it.
    assert margin.dexes[0].account_value == 239_098_805_691
    assert view.account.tokens[0].borrowed == 860_888_868_482
    assert view.account.tokens[0].idle >= 0


def test_recorded_positions_come_out_on_the_mark_grid():
    marks = {p.coin: (p.perp.mark, p.px_decimals) for p in read(recorded(SHORT_BOOK)).positions}
    assert marks["BTC"] == (783_470, 1)
    assert marks["DOGE"] == (83_932, 6)
    assert marks["HYPE"] == (806_345, 4)


@pytest.mark.parametrize(
    ("name", "maintenance"),
    [(SHORT_BOOK, 48_101_566_245), (CROSS_LONGS, 1_022_150_324_494)],
)
def test_recorded_maintenance_is_the_sum_of_floors(name, maintenance):
    assert dex_margins(read(recorded(name)).account)[0].maintenance == maintenance


@pytest.mark.parametrize(
    ("name", "total_used"),
    [(SHORT_BOOK, 140_350_072_885), (CROSS_LONGS, 2_044_300_648_988)],
)
def test_recorded_initial_margin_is_the_sum_of_floors(name, total_used):
    assert dex_margins(read(recorded(name)).account)[0].initial_margin == total_used


def test_collateral_that_is_not_supplied_stays_out_of_the_pool():
    # 0.00338262 HYPE lie idle in the recording: no collateral, and no room to make it one.
    hype = read(recorded(CROSS_LONGS)).account.tokens[1]
    assert (hype.idle, hype.supplied, hype.supply_room) == (338_262, 0, 0)


def test_perp_reply_of_a_later_moment_gives_way_to_the_spot_reply():
    # A thousand dollars more equity than the total leaves room for: equity is cut, the net total
    # stays.
    bundle = recorded(SHORT_BOOK)
    summary = bundle["clearinghouseStates"][""]["crossMarginSummary"]
    summary.update(accountValue="240098.805691", totalRawUsd="2623806.467628")
    view = read(bundle)
    margin = account_margin(view.account)
    assert margin.tokens[0].net_total == 230_489_91712329
    assert margin.tokens[0].maintenance == 48_101_566_245 * 100
    assert 0 <= view.account.tokens[0].idle < 100
    assert "more equity" in view.notes[0]


def test_debt_and_balance_finer_than_a_wei_round_against_the_account():
    bundle = changed(recorded(SHORT_BOOK), ("borrowLendUserState",), None)
    view = read(bundle)
    # 8,608.8885677101 up; 230,489.9171232923 down.
    assert view.account.tokens[0].borrowed == 860_888_856_772
    assert account_margin(view.account).tokens[0].net_total == 230_489_91712329


def test_reserve_figures_limit_what_the_sweep_may_borrow():
    bundle = recorded(SHORT_BOOK)
    reserve = bundle[RESERVES][0][1]
    reserve["balance"], reserve["totalBorrowed"] = "1000.5", "499999999.0"
    usdc = read(bundle).account.tokens[0]
    assert (usdc.cash, usdc.borrow_room) == (1_000_50000000, 1 * USDC_WEI)
    silent = read(recorded(SHORT_BOOK)).account.tokens[0]
    assert silent.cash == UNSTATED_CASH
    assert silent.borrow_room == 50_000_000 * USDC_WEI - silent.borrowed


def test_ltv_comes_from_the_reserve_then_the_balance_then_the_parameters():
    bundle = recorded(SHORT_BOOK)
    bundle[RESERVES][1][1]["ltv"] = "0.4"
    assert read(bundle).account.tokens[2].ltv_bps == 4_000
    del bundle[RESERVES][1][1]["ltv"]
    bundle[SPOT]["balances"][2]["ltv"] = "0.45"
    assert read(bundle).account.tokens[2].ltv_bps == 4_500
    del bundle[SPOT]["balances"][2]["ltv"]
    assert read(bundle).account.tokens[2].ltv_bps == 5_000


def test_token_that_the_parameters_do_not_list_counts_for_nothing_and_says_so():
    view = read(recorded(SHORT_BOOK), "pre-alpha")
    assert account_margin(view.account).threshold_value == 0
    assert any("UBTC" in note for note in view.notes)


def test_collateral_that_is_not_listed_is_named_whoever_states_its_supply():
    said = "UBTC is not listed by the parameters `pre-alpha` and counts for nothing."
    assert said in read(silent(recorded(SHORT_BOOK), 197, ratios=False), "pre-alpha").notes
    # Without a balance, or outside portfolio margin, there is nothing to say.
    longs = recorded(CROSS_LONGS)
    assert not any("UBTC" in note for note in read(longs, "pre-alpha").notes)
    unified = of_mode(recorded(SHORT_BOOK), "unifiedAccount")
    unified = changed(unified, (*BALANCES, 0, "total"), "239098.805691")
    assert read(unified, "pre-alpha").notes == ()


@pytest.mark.parametrize("reserve", [True, False])
def test_collateral_that_the_parameters_do_not_know_is_refused(reserve):
    bundle = recorded(SHORT_BOOK)
    new = {"coin": "NEW", "token": 9_999, "total": "5.0", "hold": "0.0"}
    bundle[SPOT]["balances"].append(new)
    read(bundle)
    if reserve:
        bundle[RESERVES].append([9_999, {"oraclePx": "2.0", "ltv": "0.5"}])
    else:
        new["ltv"] = "0.5"
    with pytest.raises(InputError, match=r"9999 \(NEW\) is not among the parameters") as failed:
        read(bundle)
    where = "borrowLendReserveStates[3][1].ltv" if reserve else f"{SPOT}.balances[6].ltv"
    assert failed.value.place == where
    new["total"] = "0.0"
    read(bundle)


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("portfolioMargin", Mode.PORTFOLIO_MARGIN),
        ("unifiedAccount", Mode.UNIFIED),
        ("disabled", Mode.STANDARD),
        ("default", Mode.STANDARD),
    ],
)
def test_mode_is_the_venues_word(word, mode):
    assert read(of_mode(recorded(CROSS_LONGS), word)).account.mode is mode


def two_dexes():
    """Return a bundle with a builder's dex beside the venue's own, margined in USDT0."""
    bundle = recorded(CROSS_LONGS)
    bundle["clearinghouseStates"]["xyz"] = {
        "crossMarginSummary": {"accountValue": "100.0"},
        "assetPositions": [
            {
                "position": {
                    "coin": "xyz:GOLD",
                    "szi": "-0.5",
                    "leverage": {"type": "cross", "value": 5},
                    "positionValue": "2000.5",
                    "marginUsed": "400.1",
                }
            }
        ],
    }
    gold = {"name": "xyz:GOLD", "szDecimals": 2, "maxLeverage": 20, "marginTableId": 20}
    bundle["meta"] = {
        "": bundle["meta"],
        "xyz": {"universe": [gold], "marginTables": [], "collateralToken": 268},
    }
    bundle[SPOT]["balances"][3]["total"] = "100.0"
    return bundle


def test_builders_dex_counts_in_its_own_collateral_token():
    view = read(two_dexes())
    margin = account_margin(view.account)
    # 2,000.5 / 40 = 50.0125 of maintenance against a total of 100 USDT0.
    assert margin.tokens[3].maintenance == 50_01250000
    assert margin.tokens[3].net_total == 100 * USDC_WEI
    assert view.position("xyz:GOLD").perp.mark == 40_010_000


def test_builders_dex_without_its_meta_is_refused():
    with pytest.raises(InputError) as failed:
        read(changed(two_dexes(), ("meta",), recorded(CROSS_LONGS)["meta"]))
    assert failed.value.place == "meta.xyz"


def test_dex_in_which_the_account_has_nothing_needs_no_meta():
    bundle = changed(recorded(CROSS_LONGS), ("clearinghouseStates", "abc"), EMPTY)
    assert len(read(bundle).account.dexes) == 1


def test_isolated_position_and_its_margin_stay_out_of_the_account():
    bundle = recorded(CROSS_LONGS)
    isolated = {
        "coin": "NEAR",
        "szi": "970359.0",
        "leverage": {"type": "isolated", "value": 10},
        "positionValue": "4299078.5136",
        "marginUsed": "429907.8513601",
    }
    position = ("clearinghouseStates", "", "assetPositions", 1, "position")
    crossed = (*MAIN, "crossMaintenanceMarginUsed")
    # 1,022,150.324494 less 214,953.92568 of the position that is isolated now, and
    # −36,430,067.941235 plus its 4,299,078.5136.
    bundle = changed(bundle, crossed, "807196.398814")
    raw_usd = (*MAIN, "crossMarginSummary", "totalRawUsd")
    bundle = changed(bundle, raw_usd, "-32130989.427635")
    view = read(changed(bundle, position, isolated))
    assert len(view.account.perps) == 3
    # 7,678,466.90417726 less 429,907.851361 (the margin, rounded up).
    assert (
        account_margin(view.account).tokens[0].net_total == 767_846_690_417_726 - 42_990_785_136_100
    )


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ((*BALANCES, 1, "ltv"), ...),
        ((*BALANCES, 1, "hold"), ...),
        ((SPOT, "tokenToAvailableAfterMaintenance"), ...),
        ((*MAIN, "crossMaintenanceMarginUsed"), ...),
        (("borrowLendUserState",), None),
        (("surprise",), {"any": ["thing"]}),
        ((*BALANCES, 4), {"coin": "PURR", "token": 1, "total": "123.45678"}),
        ((*BALANCES, 4), {"coin": "+12", "total": "1.0"}),
        ((*BALANCES, 4), {"coin": "o7", "total": "1.0"}),
    ],
)
def test_bundle_lacking_or_adding_what_nothing_depends_on_is_read(change, value):
    view = read(changed(recorded(SHORT_BOOK), change, value))
    assert account_margin(view.account).tokens[0].net_total == 230_489_91712329


def test_price_of_an_empty_token_is_not_needed():
    bundle = recorded(SHORT_BOOK)
    bundle[RESERVES] = [entry for entry in bundle[RESERVES] if entry[0] != 268]
    view = read(bundle)
    assert [t.capacity_known for t in view.tokens] == [True, True, True, False, True, True]


WRONG = [
    (("network",), ..., "network"),
    (("network",), None, "network"),
    (("network",), "testnet", "network"),
    (("network",), "Mainnet", "network"),
    (("time",), ..., "time"),
    (("time",), "1789395011606", "time"),
    (("time",), -1, "time"),
    (("userAbstraction",), ..., "userAbstraction"),
    (("userAbstraction",), "dexAbstraction", "userAbstraction"),
    (("userAbstraction",), 2, "userAbstraction"),
    ((SPOT,), ..., SPOT),
    (BALANCES, {}, "spotClearinghouseState.balances"),
    ((*BALANCES, 0, "total"), ..., "spotClearinghouseState.balances[0].total"),
    ((*BALANCES, 0, "total"), "NaN", "spotClearinghouseState.balances[0].total"),
    ((*BALANCES, 0, "total"), "1e9", "spotClearinghouseState.balances[0].total"),
    ((*BALANCES, 0, "total"), None, "spotClearinghouseState.balances[0].total"),
    ((*BALANCES, 0, "borrowed"), "-1", "spotClearinghouseState.balances[0].borrowed"),
    ((*BALANCES, 2, "total"), "-1.0", "spotClearinghouseState.balances[2].total"),
    ((*BALANCES, 2, "supplied"), "-1.0", "spotClearinghouseState.balances[2].supplied"),
    ((*BALANCES, 2, "supplied"), "25.0", "spotClearinghouseState.balances[2].supplied"),
    ((SPOT, "portfolioMarginEnabled"), False, "spotClearinghouseState.portfolioMarginEnabled"),
    (("userAbstraction",), "unifiedAccount", "spotClearinghouseState.portfolioMarginEnabled"),
    ((SPOT, "portfolioMarginEnabled"), "yes", "spotClearinghouseState.portfolioMarginEnabled"),
    ((*BALANCES, 2, "supplied"), [], "spotClearinghouseState.balances[2].supplied"),
    ((*BALANCES, 2, "token"), ..., "spotClearinghouseState.balances[2].token"),
    ((*BALANCES, 2, "token"), "197", "spotClearinghouseState.balances[2].token"),
    ((*BALANCES, 2, "token"), 0, "spotClearinghouseState.balances[2].token"),
    ((*BALANCES, 2, "token"), 9_999, "spotClearinghouseState.balances[2]"),
    ((*BALANCES, 5, "total"), "-0.1", "spotClearinghouseState.balances[5].total"),
    ((*BALANCES, 0), ..., "spotClearinghouseState.balances"),
    (("clearinghouseStates",), ..., "clearinghouseStates"),
    (("clearinghouseStates",), [], "clearinghouseStates"),
    (MAIN, ..., 'clearinghouseStates[""]'),
    ((*MAIN, "crossMarginSummary"), ..., 'clearinghouseStates[""].crossMarginSummary'),
    ((*MAIN, "assetPositions"), ..., 'clearinghouseStates[""].assetPositions'),
    ((*POSITION, "coin"), "PEPE", "position.coin"),
    ((*POSITION, "coin"), "ETH", "position.coin"),
    ((*POSITION, "szi"), "-21.893111", "position.szi"),
    ((*POSITION, "szi"), "-21.8932", "position.positionValue"),
    ((*POSITION, "positionValue"), "0.0", "position.positionValue"),
    ((*POSITION, "positionValue"), "-5", "position.positionValue"),
    ((*POSITION, "positionValue"), ..., "position.positionValue"),
    ((*POSITION, "leverage"), 20, "position.leverage"),
    ((*POSITION, "leverage", "type"), "both", "position.leverage.type"),
    ((*POSITION, "leverage", "value"), 0, "position.leverage.value"),
    ((*POSITION, "leverage", "value"), True, "position.leverage.value"),
    ((RESERVES,), ..., RESERVES),
    ((RESERVES, 1), ..., RESERVES),
    ((RESERVES, 0), ..., RESERVES),
    ((RESERVES, 1, 1, "oraclePx"), ..., RESERVES),
    ((RESERVES, 1, 1, "oraclePx"), "0.0", RESERVES),
    ((RESERVES, 1, 1, "oraclePx"), "78316.6381", "borrowLendReserveStates[1][1].oraclePx"),
    ((RESERVES, 1, 1, "oraclePx"), "-1", "borrowLendReserveStates[1][1].oraclePx"),
    ((RESERVES, 1, 1, "ltv"), "1.0", "borrowLendReserveStates[1][1].ltv"),
    ((RESERVES, 1, 0), 0, "borrowLendReserveStates[1][0]"),
    ((RESERVES, 1), [197], "borrowLendReserveStates[1]"),
    (("meta",), ..., "meta"),
    (("meta", "universe", 0), ..., "position.coin"),
    (("meta", "universe", 0, "szDecimals"), ..., "meta.universe[0].szDecimals"),
    (("meta", "universe", 0, "szDecimals"), 9, "meta.universe[0].szDecimals"),
    (("meta", "universe", 0, "marginTableId"), ..., "meta.universe[0].marginTableId"),
    (("meta", "universe", 1, "name"), "BTC", "meta.universe[1].name"),
    (("meta", "marginTables"), [], "meta.marginTables"),
    (("meta", "marginTables", 4, 1, "marginTiers"), [], "marginTiers"),
    (("meta", "collateralToken"), ..., "meta.collateralToken"),
    (("meta", "collateralToken"), 9_999, "spotClearinghouseState.balances"),
    (("borrowLendUserState",), ..., "borrowLendUserState"),
    (("borrowLendUserState",), {}, "borrowLendUserState.tokenToState"),
    (("clearinghouseStates",), {}, 'clearinghouseStates[""]'),
    ((*MAIN, "assetPositions"), [], 'clearinghouseStates[""].crossMaintenanceMarginUsed'),
    ((*MAIN, "assetPositions", 5), ..., 'clearinghouseStates[""].crossMaintenanceMarginUsed'),
    ((*MAIN, "crossMaintenanceMarginUsed"), "48101.5662", "crossMaintenanceMarginUsed"),
    (
        ("borrowLendUserState", "tokenToState", 0, 1, "borrow"),
        {},
        "borrowLendUserState.tokenToState[0][1].borrow.value",
    ),
]


@pytest.mark.parametrize(("path", "value", "place"), WRONG)
def test_bundle_that_is_wrong_is_refused_at_its_place(path, value, place):
    with pytest.raises(InputError) as failed:
        read(changed(recorded(SHORT_BOOK), path, value))
    assert place in failed.value.place
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("px", ["2.0", "0.9999", "0.0", "1.00000001"])
def test_usdc_at_any_price_but_one_dollar_is_refused_and_says_why(px):
    with pytest.raises(InputError, match="USDC is worth one USD") as failed:
        read(changed(recorded(SHORT_BOOK), (RESERVES, 0, 1, "oraclePx"), px))
    assert failed.value.place == "borrowLendReserveStates[0][1].oraclePx"


def test_bundle_of_another_network_is_told_apart_from_the_parameters():
    with pytest.raises(InputError, match="`alpha` have the ids of mainnet"):
        read(changed(recorded(SHORT_BOOK), ("network",), "testnet"), "alpha")


def test_more_supply_than_the_total_holds_is_refused():
    bundle = silent(recorded(SHORT_BOOK), 0)
    bundle[SPOT]["balances"][0]["borrowed"] = "8608.8885677101"
    bundle[SPOT]["balances"][2]["supplied"] = "25.0"
    with pytest.raises(InputError) as failed:
        read(bundle)
    assert failed.value.place == "spotClearinghouseState.balances[2].total"


USERS = ("borrowLendUserState", "tokenToState")
SAYS_SUPPLY, SAYS_DEBT = (*BALANCES, 2, "supplied"), (*BALANCES, 0, "borrowed")
USER_SUPPLY, USER_DEBT = (*USERS, 1, 1, "supply", "value"), (*USERS, 0, 1, "borrow", "value")


@pytest.mark.parametrize(
    ("path", "value", "place", "other"),
    [
        (SAYS_SUPPLY, "0.0", "balances[2].supplied", "tokenToState[1][1].supply.value"),
        (USER_SUPPLY, "0.0", "balances[2].supplied", "tokenToState[1][1].supply.value"),
        (SAYS_SUPPLY, "19.79", "balances[2].supplied", "tokenToState[1][1].supply.value"),
        (SAYS_DEBT, "0.0", "balances[0].borrowed", "tokenToState[0][1].borrow.value"),
        (USER_DEBT, "0.0", "balances[0].borrowed", "tokenToState[0][1].borrow.value"),
        (USER_DEBT, "8696.0", "balances[0].borrowed", "tokenToState[0][1].borrow.value"),
    ],
)
def test_replies_that_contradict_each_other_are_refused_naming_both(path, value, place, other):
    with pytest.raises(InputError, match=re.escape(other)) as failed:
        read(changed(recorded(SHORT_BOOK), path, value))
    assert failed.value.place.endswith(place)


@pytest.mark.parametrize(
    ("path", "value"),
    # A hundredth of 8,608.8885677101 is 86.09, of 19.9999434962 it is 0.2.
    [(USER_DEBT, "8694.9"), (USER_DEBT, "8523.0"), (USER_SUPPLY, "20.19")],
)
def test_replies_of_moments_apart_may_differ_by_a_hundredth(path, value):
    read(changed(recorded(SHORT_BOOK), path, value))


def test_equity_is_raw_usd_and_the_signed_value_of_the_cross_positions():
    raw_usd = (*MAIN, "crossMarginSummary", "totalRawUsd")
    # Ten positions may each have lost a millionth on the way; 2,622,806.467628 is the difference.
    read(changed(recorded(SHORT_BOOK), raw_usd, "2622806.467638"))
    read(changed(recorded(SHORT_BOOK), raw_usd, ...))
    wrong = changed(recorded(SHORT_BOOK), raw_usd, "2622806.467639")
    turned = changed(recorded(SHORT_BOOK), (*POSITION, "szi"), "21.8931")
    for bundle in (wrong, turned):
        with pytest.raises(InputError, match="10 cross positions are worth") as failed:
            read(bundle)
        assert failed.value.place == 'clearinghouseStates[""].crossMarginSummary.totalRawUsd'


@pytest.mark.parametrize("name", ["standard_isolated_short", "unified_isolated_long"])
def test_isolated_margin_is_its_raw_usd_and_its_signed_value(name):
    bundle = recorded(name)
    position = bundle["clearinghouseStates"][""]["assetPositions"][0]["position"]
    size = position["szi"]
    position["szi"] = size[1:] if size.startswith("-") else f"-{size}"
    with pytest.raises(InputError, match="rawUsd is") as failed:
        read(bundle)
    assert failed.value.place.endswith("position.marginUsed")
    del position["rawUsd"]
    read(bundle)


def test_token_owed_but_not_among_the_balances_is_refused():
    bundle = recorded(SHORT_BOOK)
    bundle["borrowLendUserState"]["tokenToState"][0][0] = 1_105
    with pytest.raises(InputError) as failed:
        read(bundle)
    assert failed.value.place == "borrowLendUserState.tokenToState[0][1]"


def test_standard_account_may_have_no_balance_of_its_collateral_token():
    bundle = of_mode(recorded(CROSS_LONGS), "disabled")
    view = read(changed(bundle, (*BALANCES, 0), ...))
    assert view.tokens[-1].name == "USDC"
    assert account_margin(view.account).dexes[0].account_value == 4_101_762_727_651


@pytest.mark.parametrize("word", ["portfolioMargin", "unifiedAccount", "disabled"])
@pytest.mark.parametrize("states", [{}, {"xyz": EMPTY}])
def test_bundle_without_the_venues_own_dex_is_refused_in_every_mode(word, states):
    # No printed ratio contradicts it: without its positions the account would be without risk.
    bundle = {**of_mode(recorded(CROSS_LONGS), word), "clearinghouseStates": states}
    del bundle[SPOT]["portfolioMarginRatio"]
    with pytest.raises(InputError, match="is missing") as failed:
        read(bundle)
    assert failed.value.place == 'clearinghouseStates[""]'


def test_ratio_above_zero_without_anything_that_needs_margin_is_refused():
    with pytest.raises(InputError, match="no dex has a position") as failed:
        read(changed(recorded(CROSS_LONGS), MAIN, EMPTY))
    assert failed.value.place == "clearinghouseStates"


def test_debt_that_only_the_total_shows_is_debt():
    # Without a dex nothing else makes a total negative; replies of other moments give way to it.
    bundle = recorded(SHORT_BOOK)
    bundle["clearinghouseStates"] = {"": EMPTY}
    bundle["spotClearinghouseState"]["balances"][0]["total"] = "-9000.0"
    usdc = read(bundle).account.tokens[0]
    assert (usdc.borrowed, usdc.idle, usdc.supplied) == (9_000 * USDC_WEI, 0, 0)


def test_maintenance_of_another_size_is_refused_beyond_the_floors():
    used = (*MAIN, "crossMaintenanceMarginUsed")
    # Ten positions may each have lost a millionth on the way; 48,101.566245 is their sum here.
    read(changed(recorded(SHORT_BOOK), used, "48101.566255"))
    with pytest.raises(InputError, match=r"48101\.566245"):
        read(changed(recorded(SHORT_BOOK), used, "48101.566256"))


def test_dex_without_equity_and_positions_may_not_tie_up_margin():
    empty = {**EMPTY, "crossMaintenanceMarginUsed": "1.0"}
    with pytest.raises(InputError) as failed:
        read(changed(recorded(SHORT_BOOK), ("clearinghouseStates", "abc"), empty))
    assert failed.value.place == "clearinghouseStates.abc.crossMaintenanceMarginUsed"


def silent(bundle, token, *, ratios=True):
    """Return a bundle in which the ratios, if anything, say what is lent or owed of a token."""
    bundle["borrowLendUserState"] = None
    spot = bundle[SPOT]
    for balance in spot["balances"]:
        if balance["token"] == token:
            balance.pop("supplied", None)
            balance.pop("borrowed", None)
    if not ratios:
        del spot["tokenToPortfolioBorrowRatio"], spot["tokenToPortfolioSupplyRatio"]
    return bundle


@pytest.mark.parametrize(
    ("token", "ratios", "place"),
    [
        (0, True, "spotClearinghouseState.tokenToPortfolioBorrowRatio[0][1]"),
        (0, False, "spotClearinghouseState.balances[0].borrowed"),
        (197, True, "spotClearinghouseState.tokenToPortfolioSupplyRatio[0][1]"),
        (197, False, "spotClearinghouseState.balances[2].supplied"),
    ],
)
def test_debt_or_supply_that_must_be_there_and_nobody_states_is_refused(token, ratios, place):
    with pytest.raises(InputError) as failed:
        read(silent(recorded(SHORT_BOOK), token, ratios=ratios))
    assert failed.value.place == place


def test_idle_collateral_is_zero_supply_only_where_the_ratio_says_so():
    # The recording: 0.00338262 HYPE, no `supplied`, a supply ratio of "0.0".
    assert read(recorded(CROSS_LONGS)).account.tokens[1].supplied == 0
    bundle = recorded(CROSS_LONGS)
    del bundle[SPOT]["tokenToPortfolioSupplyRatio"]
    with pytest.raises(InputError, match="supplied"):
        read(bundle)
    # Parameters that do not list the token make it no collateral: nothing depends on it.
    assert read(silent(recorded(SHORT_BOOK), 197, ratios=False), "pre-alpha").account.tokens[2].idle


def test_debt_that_the_users_state_leaves_out_is_none():
    # The state lists what is lent or owed; another token's supply says nothing of this one's debt.
    bundle = silent(recorded(CROSS_LONGS), 150, ratios=False)
    bundle[SPOT]["balances"][1]["supplied"] = "0.0"
    assert read(bundle).account.tokens[0].borrowed == 0
