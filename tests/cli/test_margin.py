"""`pmkit margin`: the JSON contract on recorded accounts, and what people see. SPEC PM-22."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from core.bundles import ACCOUNTS, CROSS_LONGS, SHORT_BOOK

from pmkit.cli import main

TOKEN_KEYS = {
    "netTotal",
    "maintenance",
    "borrowCapacity",
    "requirement",
    "liquidationValue",
    "availableAfterMaintenance",
    "tokenToPortfolioBorrowRatio",
    "tokenToPortfolioSupplyRatio",
}


def run(*arguments):
    """Run the command line, which must succeed, and return what it prints."""
    result = CliRunner().invoke(main, ["margin", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def margin(name, *options):
    """Return the JSON of a recorded account."""
    return json.loads(run(str(ACCOUNTS / f"{name}.json"), "--json", *options))


def test_json_of_the_recorded_short_book_is_the_contract():
    printed = margin(SHORT_BOOK)
    assert set(printed) == {
        "portfolioMarginRatio",
        "liquidatable",
        "tokens",
        "healthFactor",
        "health",
        "liquidationPx",
        "liquidationIntervals",
        "exact",
        "notes",
    }
    assert printed["portfolioMarginRatio"] == "0.0342302364"
    assert printed["liquidatable"] is False
    assert printed["health"] == "healthy"
    assert printed["exact"] is True
    assert set(printed["tokens"]) == {"0", "150", "197", "268", "360", "235"}
    assert all(set(figures) == TOKEN_KEYS for figures in printed["tokens"].values())
    assert set(printed["liquidationPx"]) == set(printed["liquidationIntervals"])


def test_json_numbers_have_the_contracts_decimals():
    printed = margin(SHORT_BOOK)
    assert printed["tokens"]["0"]["maintenance"] == "48101.56624500"
    assert printed["tokens"]["197"]["netTotal"] == "19.9999434962"
    assert printed["tokens"]["268"]["availableAfterMaintenance"] == "1000000.00000000"
    assert len(printed["healthFactor"].partition(".")[2]) == 10
    assert printed["liquidationPx"]["AAVE"] is None
    assert printed["liquidationPx"]["XRP"] == "34.567440073"
    assert printed["liquidationIntervals"]["NEAR"] == [None, None]


def test_json_has_the_parts_of_caps_that_the_venue_recorded():
    """SPEC PM-26."""
    tokens = margin(SHORT_BOOK)["tokens"]
    assert tokens["0"]["tokenToPortfolioBorrowRatio"] == "0.0001721778"
    assert tokens["197"]["tokenToPortfolioSupplyRatio"] == "0.0999997175"
    # Collateral is not lent, USDC is no collateral, and USDE is neither.
    assert tokens["197"]["tokenToPortfolioBorrowRatio"] is None
    assert tokens["0"]["tokenToPortfolioSupplyRatio"] is None
    usde = tokens["235"]
    assert usde["tokenToPortfolioBorrowRatio"] is usde["tokenToPortfolioSupplyRatio"] is None
    unstated = margin(CROSS_LONGS, "--params", "pre-alpha")["tokens"]
    assert unstated["0"]["tokenToPortfolioBorrowRatio"] == "0.0000000000"


def test_json_without_debt_has_no_health_factor():
    printed = margin(CROSS_LONGS)
    assert printed["healthFactor"] is None
    assert printed["portfolioMarginRatio"] == "0.1331190636"
    assert printed["liquidationIntervals"]["ETH"][1] is None


def test_json_has_the_liquidation_price_that_the_venue_recorded():
    """SPEC LQ-08."""
    assert margin("standard_isolated_short")["liquidationPx"] == {"HYPE": "97.3120915556"}
    assert margin("unified_isolated_long")["liquidationPx"] == {"MEGA": "0.0208842306"}


def test_json_has_the_notes_that_people_read():
    notes = margin(SHORT_BOOK, "--params", "pre-alpha")["notes"]
    assert notes == ["UBTC is not listed by the parameters `pre-alpha` and counts for nothing."]
    assert margin(SHORT_BOOK)["notes"] == []


def test_shock_beyond_the_trigger_liquidates_and_inside_it_does_not():
    # The trigger of the short book is at 242,237.9, 209.2 % above the mark.
    upper = float(margin(SHORT_BOOK)["liquidationIntervals"]["BTC"][1])
    assert 209.1 < (upper / 78_347 - 1) * 100 < 209.2
    assert margin(SHORT_BOOK, "--shock", "BTC=+209.1%")["liquidatable"] is False
    beyond = margin(SHORT_BOOK, "--shock", "BTC=+209.3%")
    assert beyond["liquidatable"] is True
    assert set(map(tuple, beyond["liquidationIntervals"].values())) == {(None, None)}
    assert float(beyond["portfolioMarginRatio"]) > 0.95


def test_reading_docs_adds_twenty_dollars_to_net_debt():
    options = ("--shock", "BTC=+150%")
    recorded, docs = (
        margin(SHORT_BOOK, *options, "--reading", reading) for reading in ("recorded", "docs")
    )
    requirement = [float(found["tokens"]["0"]["requirement"]) for found in (recorded, docs)]
    assert float(recorded["tokens"]["0"]["netTotal"]) < 0
    assert requirement[1] - requirement[0] == pytest.approx(20)
    assert margin(SHORT_BOOK, "--reading", "docs") == margin(
        SHORT_BOOK, "--reading", "recorded"
    ) | {"liquidationIntervals": margin(SHORT_BOOK, "--reading", "docs")["liquidationIntervals"]}


@pytest.mark.parametrize(
    ("params", "capacity"),
    [
        # 19.99994 BTC are inside alpha's cap of 20, and USDC's of one million binds; pre-alpha has
        # no BTC at all.
        ("current", "1174746.25110926"),
        ("alpha", "1000000.00000000"),
        ("pre-alpha", "0.00000000"),
    ],
)
def test_params_choose_the_caps(params, capacity):
    printed = margin(SHORT_BOOK, "--params", params)
    assert printed["tokens"]["0"]["borrowCapacity"] == capacity


def test_params_from_a_file_count_like_a_preset(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        name = "mine"
        date = "2026-09-01"
        [tokens.USDC]
        listed = true
        borrowable = true
        ltv = "0"
        global_supply_cap = "none"
        global_borrow_cap = "none"
        user_supply_cap = "none"
        user_borrow_cap = "1234.5"
        [tokens.HYPE]
        listed = false
        [tokens.UETH]
        listed = false
        [tokens.UBTC]
        listed = true
        borrowable = false
        ltv = "0.5"
        global_supply_cap = "none"
        global_borrow_cap = "0"
        user_supply_cap = "200"
        user_borrow_cap = "0"
        liquidation_width = "none"
        """,
        "utf-8",
    )
    printed = margin(SHORT_BOOK, "--params", str(path))
    assert printed["tokens"]["0"]["borrowCapacity"] == "1234.50000000"


def test_people_see_both_prices_by_name_and_why_they_differ():
    shown = run(str(ACCOUNTS / f"{SHORT_BOOK}.json"))
    for words in ("0.0342302364", "not liquidatable", "healthy", "venue's displayed"):
        assert words in shown
    assert "account trigger" in shown
    assert "all other prices" in shown
    assert "139,570.8492" in shown
    assert "242,237.9" in shown


def test_people_see_when_an_account_is_beyond_its_trigger():
    shown = run(str(ACCOUNTS / f"{SHORT_BOOK}.json"), "--shock", "BTC=+300%")
    assert "already crossed" in shown


def carry_bundle(dollars):
    """Return the carry trade at a price: 1 UBTC supplied, 1 BTC short since 100,000."""
    equity = dollars // 10
    debt = max(0, equity + dollars - 100_000)
    return {
        "network": "mainnet",
        "time": 0,
        "userAbstraction": "portfolioMargin",
        "spotClearinghouseState": {
            "balances": [
                {
                    "coin": "USDC",
                    "token": 0,
                    "total": f"{100_000 - dollars}.0",
                    "borrowed": f"{debt}.0",
                },
                {"coin": "UBTC", "token": 197, "total": "1.0", "supplied": "1.0"},
            ]
        },
        "clearinghouseStates": {
            "": {
                "crossMarginSummary": {"accountValue": f"{equity}.0"},
                "assetPositions": [
                    {
                        "position": {
                            "coin": "BTC",
                            "szi": "-1.0",
                            "leverage": {"type": "cross", "value": 10},
                            "positionValue": f"{dollars}.0",
                            "marginUsed": f"{equity}.0",
                        }
                    }
                ],
            }
        },
        "borrowLendUserState": None,
        "borrowLendReserveStates": [
            [0, {"oraclePx": "1.0", "ltv": "0.0"}],
            [197, {"oraclePx": f"{dollars}.0", "ltv": "0.5"}],
        ],
        "meta": {
            "universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56}],
            "marginTables": [
                [
                    56,
                    {
                        "marginTiers": [
                            {"lowerBound": "0.0", "maxLeverage": 40},
                            {"lowerBound": "150000000.0", "maxLeverage": 20},
                        ]
                    },
                ]
            ],
            "collateralToken": 0,
        },
    }


@pytest.mark.parametrize(
    ("dollars", "options", "ratio", "upper"),
    [
        # On paper 1,250 of 75,000, then 1,875 + 50,000 of 112,500, then 102,500 of 150,000.
        (100_000, (), "0.0166666667", "333333.3333333333"),
        (150_000, (), "0.4611111111", "333333.3333333333"),
        (200_000, (), "0.6833333333", "333333.3333333333"),
        (150_000, ("--reading", "docs"), "0.4612888889", "333266.6666666666"),
        (100_000, ("--shock", "BTC=+50%"), "0.4611111111", "333333.3333333333"),
    ],
)
def test_carry_trade_has_the_ratio_and_the_trigger_on_paper(
    tmp_path, dollars, options, ratio, upper
):
    path = tmp_path / "carry.json"
    path.write_text(json.dumps(carry_bundle(dollars)), "utf-8")
    printed = json.loads(run(str(path), "--json", *options))
    assert printed["portfolioMarginRatio"] == ratio
    assert printed["liquidationIntervals"] == {"BTC": [None, upper]}


def test_ratio_that_nothing_stands_against_is_printed_as_infinity(tmp_path):
    bundle = carry_bundle(150_000)
    del bundle["spotClearinghouseState"]["balances"][1]
    path = tmp_path / "bare.json"
    path.write_text(json.dumps(bundle), "utf-8")
    printed = json.loads(run(str(path), "--json"))
    assert printed["portfolioMarginRatio"] == "Infinity"
    assert printed["liquidatable"] is True
    assert printed["health"] == "backstopLiquidatable"


def test_margin_of_a_bundle_imports_neither_web3_nor_rich():
    code = (
        "import sys; from pmkit.cli import main\n"
        f"try: main(['margin', {str(ACCOUNTS / f'{CROSS_LONGS}.json')!r}, '--json'])\n"
        "except SystemExit as done: assert not done.code\n"
        "assert not {'web3', 'rich', 'eth_abi', 'ape'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_help_names_margin_without_importing_it():
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    assert "margin" in result.output
