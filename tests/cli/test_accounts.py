"""`pmkit accounts`: what needs eyes first stands first."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from click.testing import CliRunner
from core.builders import RECORDED, account, perp, token, ubtc, usdc

from pmkit.chain import lens
from pmkit.chain import reader as reader_module
from pmkit.cli import main
from pmkit.cli.accounts import closeness_of
from pmkit.errors import PriceMissing, UnknownRevert
from pmkit.margin import account_margin
from pmkit.model import DexState
from pmkit.policy import NO_CAP
from pmkit.sweep import swept

BTC, ETH = 0, 1
ANY_BUY = 2**64 - 1


@pytest.fixture
def listed(venue, monkeypatch):
    monkeypatch.delenv("PMKIT_DEPLOYMENT", raising=False)
    return lambda *arguments: list_of(venue, *arguments)


def list_of(venue, *arguments):
    """Return what the command prints."""
    result = CliRunner().invoke(main, ["accounts", "--rpc", venue.node.url, *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def short_bitcoin(venue, role, collateral):
    """Bring a role to a short of one BTC, held by USDC."""
    sender = venue.sender(role)
    sender.deposit("USDC", venue.amount("USDC", collateral))
    sender.order(BTC, is_buy=False, sz=100_000, limit_px=0)


def isolated_short(venue, role, usdc):
    """Let a standard account be short 1 BTC at 10x, with margin of its own."""
    sender = venue.sender(role)
    sender.deposit("USDC", venue.amount("USDC", usdc))
    sender.transfer_perp(0, int(usdc) * 10**6, to_perp=True)
    sender.set_isolated(BTC)
    sender.set_leverage(BTC, 10)
    sender.order(BTC, is_buy=False, sz=10**5, limit_px=0)


def roles(text):
    return [row["role"] for row in json.loads(text)["accounts"]]


def test_nearest_to_liquidation_stands_first(venue, listed):
    short_bitcoin(venue, "trader", "20000")
    short_bitcoin(venue, "borrower", "10000")
    found = json.loads(listed("--json"))
    assert found["block"] == venue.rpc.block_number()
    first, second = found["accounts"][:2]
    assert (first["role"], second["role"]) == ("borrower", "trader")
    assert set(first) == {
        "address",
        "role",
        "mode",
        "portfolioMarginRatio",
        "healthFactor",
        "health",
        "liquidatable",
        "error",
    }
    assert first["mode"] == "portfolioMargin"
    # Maintenance of 100,000 at 40 times is 1,250, against 10,000 of equity.
    assert first["portfolioMarginRatio"] == "0.1250000000"


def test_liquidatable_account_stands_before_a_closer_one_that_is_not(venue, listed):
    short_bitcoin(venue, "trader", "20000")
    venue.move("BTC", Decimal("118900"))
    short_bitcoin(venue, "borrower", "20000")
    found = json.loads(listed("--json"))["accounts"]
    assert [row["liquidatable"] for row in found][:2] == [True, False]
    assert found[0]["role"] == "trader"
    assert "marketLiquidatable" in listed() or "backstopLiquidatable" in listed()


def test_account_that_cannot_be_judged_stands_first_with_the_reason(venue, listed, monkeypatch):
    # The venue lets nobody come to hold collateral that nothing prices; another chain's might.
    short_bitcoin(venue, "borrower", "10000")

    def judged(account):
        if not account.perps:
            raise PriceMissing(token=268)
        return account_margin(account)

    monkeypatch.setattr("pmkit.cli.accounts.account_margin", judged)
    venue.sender("trader").deposit("USDC", venue.amount("USDC", "5"))
    first = json.loads(listed("--json"))["accounts"][0]
    assert first["role"] != "borrower"
    assert first["portfolioMarginRatio"] is None
    assert first["error"].startswith("PriceMissing(token=268)")
    assert "unknown" in listed()


def test_market_maker_and_backstop_are_not_watched(listed):
    assert {"maker", "backstop"}.isdisjoint(roles(listed("--json")))


def test_list_is_cut_on_demand(venue, listed):
    short_bitcoin(venue, "borrower", "10000")
    assert roles(listed("--json", "--limit", "1")) == ["borrower"]


def test_stranger_is_listed_by_its_address(venue, listed):
    stranger = "0x" + "77" * 20
    venue.credit(stranger, "USDC", "1")
    assert None in roles(listed("--json"))
    assert "0x7777" in listed()


def test_isolated_positions_are_listed_nearest_first(venue, listed):
    assert json.loads(listed("--json"))["isolated"] == []
    assert "Isolated" not in listed()
    isolated_short(venue, "liquidator", "20000")
    isolated_short(venue, "keeper", "12000")
    venue.sender("liquidator").update_isolated_margin(0, 5_000 * 10**6)
    venue.move("BTC", Decimal("108642.0"))
    first, second = json.loads(listed("--json"))["isolated"]
    assert first == {
        "address": venue.account("keeper"),
        "role": "keeper",
        "coin": "BTC",
        "equity": "1358.000000",
        "maintenance": "1358.025000",
        "liquidationPx": first["liquidationPx"],
        "health": "marketLiquidatable",
        "liquidatable": True,
        "error": None,
    }
    assert Decimal(first["liquidationPx"]).quantize(Decimal("0.01")) == Decimal("108641.98")
    assert (second["role"], second["liquidatable"]) == ("liquidator", False)
    assert "Isolated positions" in listed()


def test_account_whose_isolated_positions_are_unknown_hides_no_other(venue, listed, monkeypatch):
    """SPEC KP-03: it stands first, with the reason."""
    isolated_short(venue, "keeper", "12000")
    dark, plain = venue.account("maker"), lens.look_at

    def dim(reader, function, addresses, *rest):
        found = plain(reader, function, addresses, *rest)
        lost = [function == "isolatedOf" and address == dark for address in addresses]
        return [
            UnknownRevert(data="0x") if gone else one for gone, one in zip(lost, found, strict=True)
        ]

    monkeypatch.setattr(reader_module, "look_at", dim)
    first, second = json.loads(listed("--json"))["isolated"]
    assert (first["address"], first["role"]) == (dark, "maker")
    assert first["error"].startswith("the call reverted with no data")
    assert (first["equity"], first["liquidatable"]) == (None, None)
    assert set(first) == set(second)
    assert (second["role"], second["error"]) == ("keeper", None)
    assert "unknown" in listed()


@pytest.mark.parametrize(
    ("second_trigger", "closeness"),
    # 160,000 of collateral carry 120,000: two debts of 40,000 are two thirds, each is a third.
    [(True, Fraction(2, 3)), (False, Fraction(1, 3) / Fraction("0.95"))],
)
def test_debts_together_bring_an_account_close_where_they_are_a_trigger(second_trigger, closeness):
    owed = 40_000 * 10**8
    built = account(
        usdc(borrowed=owed),
        ubtc(160_000, supplied=10**10),
        token("USDT0", px=10**6, borrowed=owed),
        policy=replace(RECORDED, second_trigger=second_trigger),
    )
    found = closeness_of(built, account_margin(swept(built)))
    assert abs(found - closeness) < Fraction(1, 10**15)


@pytest.mark.parametrize(
    ("perp_shortfall_trigger", "borrow_room", "closeness"),
    [
        # 1 BTC at 10,000, 10x: the dex wants 1,000, holds 900, and 125 keep it. Nothing is lent.
        (True, 0, Fraction(125, 900)),
        # 125 / (900 + 160,000 · 0.75) over 0.95.
        (False, 0, Fraction(125, 120_900) / Fraction("0.95")),
        # Filled to 1,000 by a debt of 100: N stays 900.
        (True, NO_CAP, Fraction(125, 120_900) / Fraction("0.95")),
    ],
)
def test_a_dex_that_cannot_be_filled_is_as_close_as_its_own_margin(
    perp_shortfall_trigger, borrow_room, closeness
):
    built = account(
        usdc(borrow_room=borrow_room, user_borrow_cap=10**30),
        ubtc(160_000, supplied=10**10),
        dexes=(DexState(collateral=0, raw_usd=-9_100 * 10**6),),
        perps=(perp("BTC", 10**5, 100_000),),
        policy=replace(RECORDED, perp_shortfall_trigger=perp_shortfall_trigger),
    )
    found = closeness_of(built, account_margin(swept(built)))
    assert abs(found - closeness) < Fraction(1, 10**9)
