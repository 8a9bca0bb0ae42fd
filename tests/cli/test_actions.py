"""`pmkit supply | withdraw | borrow | repay | order | liquidate`, and `pmkit margin` on a chain."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from pmkit.chain import KeySigner
from pmkit.chain.deployment import save_deployment
from pmkit.chain.node import Node
from pmkit.cli import main

RECEIPT_KEYS = {
    "action",
    "simulated",
    "account",
    "portfolioMarginRatio",
    "healthFactor",
    "liquidatable",
    "events",
    "txHash",
    "block",
    "gasUsed",
    "approval",
}
KEY = "0x" + "42" * 32


@pytest.fixture
def pmkit(venue, monkeypatch):
    """Run a command on the local venue, with its exit code and what it printed."""
    monkeypatch.delenv("PMKIT_DEPLOYMENT", raising=False)
    monkeypatch.delenv("PMKIT_FROM", raising=False)

    def run(*arguments, code=0):
        result = CliRunner().invoke(main, [*arguments, "--rpc", venue.node.url])
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result.output

    return run


def told(text):
    """Return the one JSON object of an output."""
    assert text.count("\n") == 1
    return json.loads(text)


def events(found):
    return {event["name"]: event["values"] for event in found["events"]}


def test_supply_prints_its_receipt_as_one_object(venue, pmkit):
    found = told(pmkit("supply", "USDC", "12.34567891", "--json"))
    assert set(found) == RECEIPT_KEYS
    assert (found["action"], found["simulated"]) == ("supply", False)
    assert found["account"] == venue.account("supplier")
    # The wallet pays in millionths, rounded up, and is credited for all it pays.
    assert events(found)["Supplied"]["amount"] == "1234567900"
    assert found["block"] == venue.rpc.block_number()
    assert found["approval"] is not None


def test_token_is_known_by_its_id_too(venue, pmkit):
    supplied = events(told(pmkit("supply", "150", "1", "--json")))["Supplied"]
    assert supplied["account"] == venue.account("supplier")
    assert supplied["amount"] == str(10**8)


def test_borrowers_day_from_supply_to_the_last_repayment(venue, pmkit):
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    borrowed = told(pmkit("borrow", "USDC", "100000", "--json"))
    assert borrowed["healthFactor"] == "2.0000000000"
    sold = told(pmkit("order", "BTC", "0.5", "--sell", "--limit", "99999.9", "--json"))
    assert events(sold)["Filled"]["sz"] == "50000"
    pmkit("order", "UETH/USDC", "1.5", "--buy")
    pmkit("order", "BTC", "0.5", "--buy", "--reduce-only")
    pmkit("repay", "USDC", "all")
    assert venue.reader.margin(venue.account("borrower")).gross_debt == 0
    pmkit("withdraw", "UBTC", "all", "--from", "borrower")
    assert venue.reader.balance(venue.account("borrower"), "UBTC").shares == 0


def test_repay_tells_what_was_repaid_and_not_what_was_offered(pmkit):
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    pmkit("borrow", "USDC", "100")
    assert "USDC (asked for 999999.00000000 USDC)" in pmkit("repay", "USDC", "999999", "--simulate")
    told = pmkit("repay", "USDC", "all")
    assert told.startswith("repay: 100.00000"), told
    assert "USDC (asked for all USDC), in block" in told


def test_order_tells_the_price_that_it_filled_at(pmkit):
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    assert pmkit("order", "BTC", "0.001", "--buy").startswith(
        "order: buy 0.00100 BTC at 100000.0, "
    )


@pytest.mark.parametrize("whose", ["0x" + "42" * 31 + "4", "42" * 33, "42" * 31 + "4g"])
def test_key_with_a_mistake_is_never_shown(pmkit, monkeypatch, whose):
    monkeypatch.setenv("PMKIT_FROM", whose)
    told = pmkit("supply", "USDC", "1", code=2)
    assert "4242" not in told
    assert f"private key of 0x and 64 hex digits was expected, found {len(whose)}" in told


def test_key_that_is_none_names_its_option(pmkit):
    told = pmkit("supply", "USDC", "1", "--from", "0x" + "00" * 32, code=2)
    assert "--from: is no private key: 32 bytes, above zero" in told


def test_liquidation_of_a_role_is_told_with_its_figures_afterwards(venue, pmkit):
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    pmkit("borrow", "USDC", "200000")
    pmkit("order", "@151", "50", "--buy")
    venue.move("BTC", Decimal(40_000))
    found = told(pmkit("liquidate", "borrower", "--json"))
    assert found["account"] == venue.account("borrower")
    assert found["liquidatable"] is False
    assert {"Liquidated", "DebtTaken", "CollateralTaken"} <= set(events(found))


@pytest.fixture
def crashed(venue, pmkit):
    """Let the borrower be liquidatable, and the trader and the keeper not."""
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    pmkit("borrow", "USDC", "200000")
    pmkit("order", "@151", "50", "--buy")
    venue.move("BTC", Decimal(40_000))


def test_batch_of_liquidations_tells_who_was_left_out_and_why(venue, pmkit, crashed):
    found = told(pmkit("liquidate", "trader", "borrower", "liquidator", "--json"))
    own = {"account", "portfolioMarginRatio", "healthFactor", "liquidatable", "approval"}
    assert set(found) == (RECEIPT_KEYS - own) | {"accounts"}
    trader, borrower, liquidator = found["accounts"]
    assert [each["account"] for each in found["accounts"]] == [
        venue.account(role) for role in ("trader", "borrower", "liquidator")
    ]
    assert (borrower["done"], borrower["reason"]) == (True, None)
    # 4 UBTC at 40,000 are 160,000, less than the debt: all goes.
    assert borrower["leg"] == "debtFull"
    assert borrower["debtValue"].startswith("200000.0")
    assert (trader["done"], trader["leg"], trader["loss"]) == (False, None, None)
    assert trader["reason"]["error"] == "NotLiquidatable"
    assert trader["reason"]["values"]["account"] == venue.account("trader")
    assert liquidator["reason"]["error"] == "SelfLiquidation"
    assert found["block"] == venue.rpc.block_number()
    assert events(found)["Liquidated"]["account"] == venue.account("borrower")


def test_batch_of_liquidations_is_told_to_people_a_line_each(venue, pmkit, crashed):
    before = venue.rpc.block_number()
    head, *lines = pmkit("liquidate", "trader", "borrower", "--simulate").splitlines()
    assert head.startswith("would liquidate: 1 of 2 accounts, ")
    assert head.endswith("nothing was sent")
    assert venue.rpc.block_number() == before
    assert lines[0].startswith("trader: left out: NotLiquidatable(")
    assert lines[1].startswith("borrower: debtFull, debt of 200,000.")
    assert lines[1].endswith("no longer liquidatable")
    sent = pmkit("liquidate", "trader", "borrower").splitlines()
    assert sent[0].startswith(f"liquidate: 1 of 2 accounts, in block {before + 1}, ")
    assert sent[1] == lines[0]


def test_batch_that_takes_nobody_is_not_sent(venue, pmkit):
    before = venue.rpc.block_number()
    printed = pmkit("liquidate", "trader", "borrower", code=1)
    assert printed.startswith("error: none of 2 accounts is taken, nothing was sent: ")
    assert printed.count("NotLiquidatable(") == 2
    assert len(printed.splitlines()) == 1
    assert venue.rpc.block_number() == before


def test_liquidation_as_taker_is_paid_by_the_liquidator(venue, pmkit):
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    pmkit("borrow", "USDC", "200000")
    pmkit("order", "@151", "50", "--buy")
    venue.move("BTC", Decimal(40_000))
    printed = pmkit("liquidate", "borrower", "--as-taker", code=1)
    assert printed.startswith("error: InsufficientBalance(")
    pmkit("supply", "USDC", "200001", "--from", "liquidator")
    found = told(pmkit("liquidate", "borrower", "--as-taker", "--json"))
    assert events(found)["DebtTaken"]["taker"] == venue.account("liquidator")
    assert found["account"] == venue.account("borrower")


def test_isolated_position_from_its_choice_to_its_liquidation(venue, pmkit):
    whose = ("--from", "trader")
    pmkit("supply", "UBTC", "1", *whose)
    chosen = told(pmkit("isolate", "BTC", "--json", *whose))
    assert events(chosen)["IsolatedSet"]["isolated"] is True
    # At 40x, the asset's own leverage: 2,500 of margin for 100,000.
    sold = told(pmkit("order", "BTC", "1", "--sell", "--json", *whose))
    assert events(sold)["IsolatedMarginMoved"]["usd"] == "2500000000"
    brought = told(pmkit("isolate", "BTC", "--margin", "7500", "--json", *whose))
    assert events(brought)["IsolatedMarginMoved"]["usd"] == "7500000000"
    refused = pmkit("isolate", "BTC", "--margin", "-0.000001", *whose, code=1)
    assert refused.startswith("error: InsufficientIsolatedMargin(")
    shown = json.loads(pmkit("margin", venue.account("trader"), "--json"))
    assert shown["liquidationPx"]["BTC"].startswith("108641.975308")
    venue.move("BTC", "109100")
    taken = told(pmkit("liquidate", "trader", "--isolated", "BTC", "--json", "--from", "keeper"))
    assert taken["account"] == venue.account("trader")
    assert events(taken)["IsolatedLiquidated"]["equity"] == "900000000"
    back = told(pmkit("isolate", "BTC", "--cross", "--json", *whose))
    assert events(back)["IsolatedSet"]["isolated"] is False


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("supply", "USDC", "999999999"), "ERC20InsufficientBalance"),
        (("withdraw", "HYPE", "1"), "InsufficientBalance"),
        (("borrow", "USDC", "1"), "HealthFactorBelowOne"),
        (("repay", "USDC", "1"), "NoDebt"),
        (("order", "BTC", "1", "--buy", "--limit", "1"), "LimitPriceCrossed"),
        (("liquidate", "borrower"), "NotLiquidatable"),
        (("liquidate", "maker"), "NotAUserAccount"),
        (("liquidate", "trader", "--isolated", "BTC"), "NoPosition"),
    ],
)
def test_refusal_of_the_venue_ends_with_one_and_its_name_and_numbers(venue, pmkit, arguments, name):
    before = venue.rpc.block_number()
    printed = pmkit(*arguments, code=1)
    assert printed.startswith(f"error: {name}(")
    assert len(printed.splitlines()) == 1
    assert venue.rpc.block_number() == before


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("supply", "USDC", "1.123456789"), "AMOUNT"),
        (("supply", "USDC", "1e3"), "AMOUNT"),
        (("supply", "USDC", "ten"), "AMOUNT"),
        (("borrow", "USDC", "all"), "AMOUNT"),
        (("supply", "--", "USDC", "-1"), "AMOUNT"),
        (("supply", "DOGGO", "1"), "DOGGO"),
        (("order", "BTC", "0.000001", "--buy"), "SIZE"),
        (("order", "BTC", "1", "--buy", "--limit", "100000.05"), "--limit"),
        (("order", "BTC", "999999999999999999", "--buy"), "SIZE"),
        (("order", "BTC", "1"), "--buy or --sell"),
        (("order", "BTC/EUR", "1", "--buy"), "BTC/EUR"),
        (("isolate", "DOGGO"), "DOGGO"),
        (("isolate", "BTC", "--cross", "--margin", "1"), "--cross or --margin"),
        (("isolate", "BTC", "--margin", "0.0000001"), "--margin"),
        (("isolate", "BTC", "--margin", "99999999999999"), "--margin"),
        (("liquidate", "nobody"), "ACCOUNT"),
        (("liquidate", "0x12"), "ACCOUNT"),
        (("liquidate",), "ACCOUNT"),
        (("liquidate", "trader", "0x12"), "ACCOUNT"),
        (("liquidate", "trader", "trader"), "trader is named twice"),
        (("liquidate", "trader", "borrower", "--isolated", "BTC"), "--isolated"),
        (("supply", "USDC", "1", "--from", "nobody"), "--from"),
        (("supply", "USDC"), "AMOUNT"),
    ],
)
def test_wrong_input_ends_with_two_and_its_place(venue, arguments, place):
    before = venue.rpc.block_number()
    result = CliRunner().invoke(main, [arguments[0], "--rpc", venue.node.url, *arguments[1:]])
    assert result.exit_code == 2, result.output
    assert place in result.output
    assert len(result.output.splitlines()) == 1
    assert venue.rpc.block_number() == before


def test_simulation_sends_nothing_and_says_what_would_happen(venue, pmkit):
    before = venue.rpc.block_number()
    found = told(pmkit("supply", "UBTC", "2", "--from", "borrower", "--simulate", "--json"))
    assert venue.rpc.block_number() == before
    assert set(found) == RECEIPT_KEYS
    assert (found["simulated"], found["txHash"], found["block"]) == (True, None, None)
    assert found["approval"] == str(2 * 10**8)
    assert events(found)["Supplied"]["amount"] == str(2 * 10**10)
    people = pmkit("supply", "UBTC", "2", "--from", "borrower", "--simulate")
    assert "would supply: 2.0000000000 UBTC" in people
    assert "nothing was sent" in people


def test_simulation_of_what_would_be_refused_is_refused(pmkit):
    assert "HealthFactorBelowOne" in pmkit("borrow", "USDC", "1", "--simulate", code=1)


def test_private_key_acts_for_its_own_account(venue, pmkit, monkeypatch):
    monkeypatch.setenv("PMKIT_FROM", KEY)
    address = KeySigner(KEY).address
    venue.rpc.request("anvil_setBalance", address, hex(10**18))
    venue.fund(address, "USDC", "5")
    found = told(pmkit("supply", "USDC", "all", "--json"))
    assert found["account"] == address
    assert events(found)["Supplied"]["amount"] == str(5 * 10**8)


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (("supply", "UBTC", "0"), "AMOUNT"),
        (("withdraw", "UBTC", "0.0"), "AMOUNT"),
        (("borrow", "USDC", "0"), "AMOUNT"),
        (("repay", "USDC", "0"), "AMOUNT"),
        (("order", "BTC", "0", "--buy"), "SIZE"),
        (("order", "BTC", "0.1", "--sell", "--limit", "0"), None),
        (("isolate", "BTC", "--margin", "0"), "--margin"),
    ],
)
def test_amount_of_zero_is_bad_input_at_its_place(pmkit, command, place):
    if place is None:
        pmkit("supply", "UBTC", "1", "--from", "borrower")
        pmkit(*command)
    else:
        assert pmkit(*command, code=2).startswith(f"error: {place}: must ")


def test_deployment_file_and_its_variable_stand_for_the_url(venue, tmp_path, monkeypatch):
    path = tmp_path / "venue.json"
    save_deployment(venue.deployment, path)
    by_option = CliRunner().invoke(main, ["supply", "USDC", "1", "--deployment", str(path)])
    assert by_option.exit_code == 0, by_option.output
    monkeypatch.setenv("PMKIT_DEPLOYMENT", str(path))
    by_variable = CliRunner().invoke(main, ["supply", "USDC", "1"])
    assert by_variable.exit_code == 0, by_variable.output


@pytest.mark.parametrize("command", [("supply", "USDC", "1"), ("accounts",), ("liquidate", "0x12")])
def test_chain_that_cannot_be_reached_ends_with_three(command, monkeypatch):
    monkeypatch.delenv("PMKIT_DEPLOYMENT", raising=False)
    result = CliRunner().invoke(main, [*command, "--rpc", "http://127.0.0.1:1"])
    assert result.exit_code == 3
    assert "127.0.0.1:1" in result.output


def test_chain_without_a_venue_ends_with_three(monkeypatch):
    monkeypatch.delenv("PMKIT_DEPLOYMENT", raising=False)
    with Node.start() as node:
        result = CliRunner().invoke(main, ["accounts", "--rpc", node.url])
        assert result.exit_code == 3
        assert "--deployment FILE" in result.output


def test_margin_of_an_address_is_the_chains_own(venue, pmkit):
    pmkit("supply", "UBTC", "4", "--from", "borrower")
    pmkit("borrow", "USDC", "100000")
    pmkit("order", "BTC", "0.5", "--sell")
    address = venue.account("borrower")
    found = told(pmkit("margin", address, "--json"))
    margin = venue.reader.margin(address)
    digits = found["portfolioMarginRatio"].replace(".", "")
    assert abs(int(digits) - margin.ratio // 10**8) <= 1  # 10 decimals, to nearest
    assert found["healthFactor"] == "1.9999999968"
    assert set(found["liquidationPx"]) == {"BTC"}
    displayed = venue.reader.displayed_px(address, 0)
    assert Decimal(found["liquidationPx"]["BTC"]) == Decimal(displayed) / 10**10


def test_margin_of_an_address_by_its_deployment_file(venue, tmp_path):
    save_deployment(venue.deployment, tmp_path / "venue.json")
    result = CliRunner().invoke(
        main,
        ["margin", venue.account("supplier"), "--deployment", str(tmp_path / "venue.json")],
    )
    assert result.exit_code == 0, result.output
    assert "standard" in result.output
