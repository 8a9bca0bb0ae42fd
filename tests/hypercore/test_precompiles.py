"""The read precompiles: encodings, units, failures and gas. SPEC HC-03, HC-04, HC-25 to HC-35."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from support.hypercore import STIPEND, HyperMarket
from support.venue import (
    BORROWER,
    BTC_PERP,
    HYPE,
    HYPE_PERP,
    HYPE_USDC,
    PORTFOLIO_MARGIN,
    SUPPLIER,
    TRADER,
    UBTC,
    UBTC_USDC,
    UNIFIED,
    USD,
    USDC,
    USDT0,
    WAD,
)

from pmkit.hypercore.addresses import precompile_address
from pmkit.hypercore.precompiles import PRECOMPILES, encode_input, precompile, venue_gas

INTERFACE = json.loads((Path(__file__).parents[1] / "fixtures" / "evm_interface.json").read_text())
USDC_WEI = HYPE_WEI = 10**8
UBTC_WEI = 10**10
STRANGER = "0x" + "77" * 20
NEVER_THERE = 0x802, 0x80D
"""What the venue here does not have fails for every input."""


@pytest.fixture
def loan(market: HyperMarket) -> HyperMarket:
    """Let the borrower hold 10,000 HYPE at 50, owe 100,000 USDC, and be long 1 BTC at 100,000."""
    market.portfolio_account(BORROWER, hype=10_000 * HYPE_WEI)
    market.venue("order", 10_000 + UBTC_USDC, True, 2**64 - 1, 90_000, False, sender=BORROWER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 100_000, False, sender=BORROWER)
    return market


# Encodings


@pytest.mark.parametrize("row", INTERFACE["precompiles"], ids=lambda row: row["name"])
def test_python_knows_each_precompile_as_recorded(row: dict[str, Any]) -> None:
    """SPEC HC-25."""
    known = precompile(row["name"])
    assert precompile_address(int(row["number"], 16)) == known.address
    assert [type_ for _, type_ in known.inputs] == row["inputs"]
    assert [type_ for _, type_ in known.outputs] == row["outputs"]
    fixed = not known.whole
    assert (row["gas"] is not None) == fixed
    if fixed:
        assert venue_gas(32 * len(row["inputs"]), 32 * len(row["outputs"])) == row["gas"]


def test_every_precompile_is_recorded() -> None:
    assert {p.name for p in PRECOMPILES} == {row["name"] for row in INTERFACE["precompiles"]}


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "position": (BORROWER, BTC_PERP),
    "position2": (BORROWER, BTC_PERP),
    "spot_balance": (BORROWER, USDC),
    "withdrawable": (BORROWER,),
    "delegations": (BORROWER,),
    "delegator_summary": (BORROWER,),
    "mark_px": (BTC_PERP,),
    "oracle_px": (BTC_PERP,),
    "spot_px": (HYPE_USDC,),
    "l1_block_number": (),
    "perp_asset_info": (BTC_PERP,),
    "spot_info": (HYPE_USDC,),
    "token_info": (HYPE,),
    "bbo": (BTC_PERP,),
    "account_margin_summary": (0, BORROWER),
    "core_user_exists": (BORROWER,),
    "borrow_lend_user_state": (BORROWER, HYPE),
    "borrow_lend_reserve_state": (USDC,),
}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_answer_is_the_plain_encoding_of_the_recorded_types(loan: HyperMarket, name: str) -> None:
    known = precompile(name)
    found = loan.try_read(known.address, encode_input(name, *ARGUMENTS[name]))
    assert found.ok
    types = [type_ for _, type_ in known.outputs]
    whole = [f"({','.join(types)})"] if known.whole and len(types) > 1 else types
    values = decode(whole, found.data)
    assert encode(whole, values) == found.data
    # Two reads of a block agree.
    assert loan.try_read(known.address, encode_input(name, *ARGUMENTS[name])).data == found.data


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_gas_is_of_the_order_that_the_documentation_tells(loan: HyperMarket, name: str) -> None:
    """SPEC HC-04."""
    known = precompile(name)
    found = loan.try_read(known.address, encode_input(name, *ARGUMENTS[name]))
    assert found.gas < 400_000, found.gas
    if name in ("mark_px", "oracle_px", "spot_px", "core_user_exists", "bbo", "l1_block_number"):
        assert found.gas < 60_000, found.gas


# Failures


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_input_of_another_length_burns_all_gas_of_the_frame(loan: HyperMarket, name: str) -> None:
    """SPEC HC-03."""
    data = encode_input(name, *ARGUMENTS[name])
    for wrong in (data + b"\x00", data + bytes(32), data[:-1] if data else b"\x01"):
        found = loan.try_read(precompile(name).address, wrong, stipend=500_000)
        assert not found.ok
        assert found.data == b""
        assert found.gas >= 500_000


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("position", (BORROWER, 7)),
        ("position2", (BORROWER, 110_000)),
        ("spot_balance", (BORROWER, 9)),
        ("mark_px", (7,)),
        ("oracle_px", (7,)),
        ("spot_px", (7,)),
        ("perp_asset_info", (7,)),
        ("spot_info", (7,)),
        ("token_info", (7,)),
        ("token_supply", (USDC,)),
        ("bbo", (7,)),
        ("bbo", (10_007,)),
        ("account_margin_summary", (7, BORROWER)),
        ("borrow_lend_user_state", (BORROWER, 9)),
        ("borrow_lend_user_state", (STRANGER, USDC)),
        ("borrow_lend_user_state", (BORROWER, USDT0)),
        ("borrow_lend_reserve_state", (9,)),
        ("borrow_lend_reserve_state", (USDT0,)),
        ("user_vault_equity", (BORROWER, STRANGER)),
    ],
)
def test_unknown_input_burns_all_gas_of_the_frame(
    loan: HyperMarket, name: str, args: tuple[Any, ...]
) -> None:
    found = loan.try_read(precompile(name).address, encode_input(name, *args), stipend=700_000)
    assert (found.ok, found.data) == (False, b"")
    assert found.gas >= 700_000


@pytest.mark.parametrize("name", ["position", "spot_balance", "account_margin_summary"])
def test_word_wider_than_its_type_fails(loan: HyperMarket, name: str) -> None:
    words = len(precompile(name).inputs)
    for place in range(words):
        data = bytearray(encode_input(name, *ARGUMENTS[name]))
        data[32 * place] = 1
        assert not loan.try_read(precompile(name).address, bytes(data)).ok


def test_narrow_index_is_16_bits_and_the_wide_one_32(loan: HyperMarket) -> None:
    data = encode(["address", "uint32"], [BORROWER, 2**16])
    assert not loan.try_read(precompile_address(0x800), data).ok
    # Neither is listed, but the wide one gets as far as asking.
    assert not loan.try_read(precompile_address(0x813), data).ok
    assert loan.read("position", BORROWER, BTC_PERP) == loan.read("position2", BORROWER, BTC_PERP)


def test_reader_tells_why(loan: HyperMarket) -> None:
    reader = loan.evm.put("CoreReader", "0x" + "98" * 20, loan.venue.address)

    def why(number: int, data: bytes) -> tuple[str, tuple[Any, ...]]:
        from support.venue import refusal

        return refusal(reader, "read", precompile_address(number), data, sender=TRADER)

    assert why(0x802, b"") == ("NotOnThisVenue", (precompile_address(0x802),))
    assert why(0x80D, b"") == ("NotOnThisVenue", (precompile_address(0x80D),))
    assert why(0x814, b"") == ("UnknownPrecompile", (precompile_address(0x814),))
    assert why(0x7FF, b"") == ("UnknownPrecompile", (precompile_address(0x7FF),))
    assert why(0x810, b"1") == ("MalformedInput", (1, 1))
    assert why(0x806, encode(["uint256"], [2**32])) == ("DoesNotFit", (2**32, 32))
    assert why(0x812, encode(["uint64"], [USDT0])) == ("NeverPriced", (USDT0,))
    nothing = encode_input("borrow_lend_user_state", STRANGER, USDC)
    assert why(0x811, nothing) == ("NothingLent", (STRANGER, USDC))


# Figures, on paper


def test_prices_have_the_venues_units(loan: HyperMarket) -> None:
    """SPEC HC-27: BTC 10^(6-5), HYPE perp 10^(6-2), HYPE spot 10^(8-2), UBTC spot 10^(8-5)."""
    loan.registry("reportPrices", [], [(BTC_PERP, 910_290, 910_300)], 10**8)
    assert loan.read("mark_px", BTC_PERP) == {"px": 910_290}
    assert loan.read("oracle_px", BTC_PERP) == {"px": 910_300}
    assert loan.read("mark_px", HYPE_PERP) == {"px": 500_000}
    loan.set_prices(hype="23.99")
    assert loan.read("spot_px", HYPE_USDC) == {"px": 23_990_000}
    assert loan.read("spot_px", UBTC_USDC) == {"px": 100_000_000}
    assert loan.read("bbo", BTC_PERP) == {"bid": 910_290, "ask": 910_290}
    assert loan.read("bbo", 10_000 + HYPE_USDC) == {"bid": 23_990_000, "ask": 23_990_000}


def test_position_of_the_borrower(loan: HyperMarket) -> None:
    """SPEC HC-28: 1 BTC in 1e-5, 100,000 USD in 1e-6."""
    assert loan.read("position", BORROWER, BTC_PERP) == {
        "szi": 100_000,
        "entry_ntl": 100_000 * USD,
        "isolated_raw_usd": 0,
        "leverage": 40,
        "is_isolated": False,
    }
    assert loan.read("position", STRANGER, HYPE_PERP)["leverage"] == 10


def test_short_and_isolated_position(market: HyperMarket) -> None:
    market.on_core(USDC, 50_000 * USDC_WEI, TRADER)
    market.venue("transferPerp", 0, 50_000 * USD, True, sender=TRADER)
    market.venue("setIsolated", BTC_PERP, True, sender=TRADER)
    market.venue("setLeverage", BTC_PERP, 10, sender=TRADER)
    market.venue("order", BTC_PERP, False, 0, 100_000, False, sender=TRADER)
    # Sold for 100,000, with a margin of a tenth.
    assert market.read("position", TRADER, BTC_PERP) == {
        "szi": -100_000,
        "entry_ntl": 100_000 * USD,
        "isolated_raw_usd": 110_000 * USD,
        "leverage": 10,
        "is_isolated": True,
    }


def test_balances_of_a_standard_account_are_idle_ones(market: HyperMarket) -> None:
    market.on_core(USDC, 7 * USDC_WEI, TRADER)
    found = market.read("spot_balance", TRADER, USDC)
    assert found == {"total": 7 * USDC_WEI, "hold": 0, "entry_ntl": 0}
    assert market.read("spot_balance", STRANGER, USDC)["total"] == 0


def test_balances_of_portfolio_margin_are_net_and_never_below_nothing(loan: HyperMarket) -> None:
    """SPEC HC-26: -90,000 USDC for 0.9 UBTC; 0.9 UBTC; 10,000 HYPE."""
    assert loan.token(BORROWER, USDC)["borrowed"] == 100_000 * USDC_WEI
    assert loan.net(BORROWER, USDC) == -90_000 * USDC_WEI
    usdc = loan.read("spot_balance", BORROWER, USDC)
    assert (usdc["total"], usdc["hold"]) == (0, 0)
    assert loan.read("spot_balance", BORROWER, HYPE)["total"] == 10_000 * HYPE_WEI
    assert loan.read("spot_balance", BORROWER, UBTC)["total"] == 9 * UBTC_WEI // 10
    assert loan.read("spot_balance", BORROWER, USDT0)["total"] == 0


def test_what_margins_perps_is_on_hold_as_far_as_nothing_can_be_borrowed(
    market: HyperMarket,
) -> None:
    """SPEC HC-26, PM-25: 30,000 USDC of which the dex keeps 10 % of 100,000."""
    market.portfolio_account(TRADER, usdc=30_000 * USDC_WEI)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 100_000, False, sender=TRADER)
    found = market.read("spot_balance", TRADER, USDC)
    assert (found["total"], found["hold"]) == (30_000 * USDC_WEI, 10_000 * USDC_WEI)
    market.on_core(USDC, 30_000 * USDC_WEI, SUPPLIER)
    market.venue("setMode", UNIFIED, sender=SUPPLIER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 100_000, False, sender=SUPPLIER)
    # 50 million USDC are supplied; they back no perps of a unified account.
    found = market.read("spot_balance", SUPPLIER, USDC)
    assert found["hold"] == 10_000 * USDC_WEI


def test_withdrawable_is_what_the_dex_does_not_need(market: HyperMarket) -> None:
    """SPEC HC-29."""
    market.on_core(USDC, 50_000 * USDC_WEI, TRADER)
    market.venue("transferPerp", 0, 50_000 * USD, True, sender=TRADER)
    market.venue("order", BTC_PERP, True, 2**64 - 1, 100_000, False, sender=TRADER)
    assert market.read("withdrawable", TRADER) == {"withdrawable": 40_000 * USD}
    market.set_prices(btc=50_001)
    assert market.read("withdrawable", TRADER) == {"withdrawable": 0}
    assert market.read("withdrawable", STRANGER) == {"withdrawable": 0}


def test_margin_summary_is_the_dex_as_stored(loan: HyperMarket) -> None:
    """SPEC HC-29: 10,000 swept into the dex, 2,500 of them initial margin at 40 times."""
    assert loan.read("account_margin_summary", 0, BORROWER) == {
        "account_value": 10_000 * USD,
        "margin_used": 2_500 * USD,
        "ntl_pos": 100_000 * USD,
        "raw_usd": -90_000 * USD,
    }
    loan.set_prices(btc=89_000)
    summary = loan.read("account_margin_summary", 0, BORROWER)
    assert (summary["account_value"], summary["raw_usd"]) == (-1_000 * USD, -90_000 * USD)
    assert set(loan.read("account_margin_summary", 0, STRANGER).values()) == {0}


def test_user_exists_from_its_first_balance_on(market: HyperMarket) -> None:
    assert market.read("core_user_exists", TRADER) == {"exists": False}
    market.on_core(USDC, 1, TRADER)
    assert market.read("core_user_exists", TRADER) == {"exists": True}


def test_borrow_and_supply_of_a_user(loan: HyperMarket) -> None:
    """SPEC HC-30."""
    owed = loan.read("borrow_lend_user_state", BORROWER, USDC)
    assert owed == {
        "borrow_basis": 100_000 * USDC_WEI,
        "borrow_value": 100_000 * USDC_WEI,
        "supply_basis": 0,
        "supply_value": 0,
    }
    supplied = loan.read("borrow_lend_user_state", BORROWER, HYPE)
    assert supplied["supply_value"] == supplied["supply_basis"] == 10_000 * HYPE_WEI
    loan.evm.warp(365 * 86_400)
    grown = loan.read("borrow_lend_user_state", BORROWER, USDC)
    # e^0.05 - 1 on 100,000 USDC.
    assert grown["borrow_basis"] == 100_000 * USDC_WEI
    assert grown["borrow_value"] // USDC_WEI == 105_127


def test_reserve_has_its_rates_in_basis_points(loan: HyperMarket) -> None:
    """SPEC HC-31: 100,000 of 50 million is 0.2 %, which lends at 5 % and pays 0.009 %."""
    assert loan.read("borrow_lend_reserve_state", USDC) == {
        "borrow_yearly_rate_bps": 500,
        "supply_yearly_rate_bps": 0,
        "balance": 49_900_000 * USDC_WEI,
        "utilization_bps": 20,
        "oracle_px": 1,
        "ltv_bps": 0,
        "total_supplied": 50_000_000 * USDC_WEI,
        "total_borrowed": 100_000 * USDC_WEI,
    }
    hype = loan.read("borrow_lend_reserve_state", HYPE)
    assert (hype["oracle_px"], hype["ltv_bps"]) == (50_000_000, 5_000)
    assert hype["total_supplied"] == 10_000 * HYPE_WEI


def test_reserve_as_a_contract_decodes_it(loan: HyperMarket) -> None:
    reserve = loan.user("reserve", USDC)
    assert reserve["totalBorrowed"] == 100_000 * USDC_WEI
    assert reserve["utilizationBps"] == 20


def test_what_is_listed(market: HyperMarket) -> None:
    """SPEC HC-32."""
    assert market.read("perp_asset_info", BTC_PERP) == {
        "coin": "BTC",
        "margin_table_id": 56,
        "sz_decimals": 5,
        "max_leverage": 40,
        "only_isolated": False,
    }
    assert market.read("spot_info", HYPE_USDC) == {"name": "@107", "tokens": (HYPE, USDC)}
    ubtc = market.read("token_info", UBTC)
    assert ubtc == {
        "name": "UBTC",
        "spots": (UBTC_USDC,),
        "deployer_trading_fee_share": 0,
        "deployer": "0x" + "00" * 20,
        "evm_contract": market.erc20[UBTC].address,
        "sz_decimals": 5,
        "wei_decimals": 10,
        "evm_extra_wei_decimals": -2,
    }
    hype = market.user("tokenInfo", HYPE)
    assert (hype["name"], hype["evmExtraWeiDecimals"]) == ("HYPE", 10)
    assert int(hype["evmContract"], 16) == 0


def test_what_the_venue_has_no_model_of_is_constant(market: HyperMarket) -> None:
    """SPEC HC-33."""
    assert market.read("delegations", TRADER) == {"delegations": ()}
    assert set(market.read("delegator_summary", TRADER).values()) == {0}
    for number in NEVER_THERE:
        assert not market.try_read(precompile_address(number), bytes(64)).ok


def test_block_of_core_is_that_of_evm(market: HyperMarket) -> None:
    """SPEC HC-34."""
    assert market.read("l1_block_number") == {"number": market.evm.number}
    market.evm.warp(1)
    assert market.read("l1_block_number") == {"number": market.evm.number}


def test_figure_beyond_its_type_fails(market: HyperMarket) -> None:
    market.on_core(USDC, 2**64 - 2**64 % 100, TRADER)
    assert market.read("spot_balance", TRADER, USDC)["total"] == 2**64 - 2**64 % 100
    market.on_core(USDC, 100, TRADER)
    data = encode_input("spot_balance", TRADER, USDC)
    assert not market.try_read(precompile_address(0x801), data, STIPEND).ok


def test_collateral_without_a_price_hides_the_account(market: HyperMarket) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=TRADER)
    market.on_core(USDT0, USDC_WEI, TRADER)
    assert market.read("spot_balance", TRADER, USDT0)["total"] == USDC_WEI
    assert market.margin(TRADER)["ratio"] == 0 < WAD
