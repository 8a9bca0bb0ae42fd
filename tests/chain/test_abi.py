"""Calls by name: a field that is missing, unknown or too large is an error at its place."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from pmkit.chain.abi import interface, snake_case
from pmkit.errors import InputError
from pmkit.venue.records import PairListing, PerpListing

PERP = {
    "asset": 7,
    "name": "GOLD",
    "dex": 0,
    "szDecimals": 2,
    "maxLeverage": 10,
    "marginTable": 52,
}
VENUE = "0x" + "1e" * 20
ACCOUNT = "0x" + "ac" * 20


def test_struct_is_encoded_by_the_names_of_its_fields_in_any_order():
    registry = interface("CollateralRegistry")
    backwards = dict(reversed(PERP.items()))
    assert registry.encode("listPerp", PERP) == registry.encode("listPerp", backwards)
    assert (
        registry.encode("listPerp", PERP)[:4]
        == keccak(text="listPerp((uint32,string,uint32,uint8,uint8,uint16))")[:4]
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"asset": 2**32}, "listPerp: listing"),
        ({"asset": -1}, "listPerp: listing"),
        ({"asset": 1.5}, "listPerp: listing"),
        ({"unheard": 1}, "missing or unknown: unheard"),
    ],
)
def test_struct_with_a_field_that_does_not_fit_is_refused(change, told):
    with pytest.raises(InputError, match=told):
        interface("CollateralRegistry").encode("listPerp", {**PERP, **change})


def test_struct_without_a_field_is_refused():
    with pytest.raises(InputError, match="missing or unknown: dex"):
        interface("CollateralRegistry").encode(
            "listPerp", {k: v for k, v in PERP.items() if k != "dex"}
        )


def test_struct_may_be_a_value_with_the_fields_of_its_name():
    listing = PerpListing(
        asset=7, name="GOLD", dex=0, sz_decimals=2, max_leverage=10, margin_table=52
    )
    encoded = interface("CollateralRegistry").encode("listPerp", listing)
    assert encoded == interface("CollateralRegistry").encode("listPerp", PERP)
    pair = PairListing(pair=1, base=0, quote=0, has_perp=False, perp=0)
    with pytest.raises(InputError, match="missing or unknown: "):
        interface("CollateralRegistry").encode("listPerp", pair)


def test_call_with_too_few_arguments_is_refused():
    with pytest.raises(InputError, match="2 arguments are taken, 1 were given"):
        interface("Venue").encode("borrow", 0)


def test_amount_beyond_its_type_is_refused_before_anything_is_sent():
    with pytest.raises(InputError, match=r"Venue\.borrow: amount"):
        interface("Venue").encode("borrow", 0, 2**256)


def test_event_is_decoded_with_its_indexed_and_plain_fields():
    log = {
        "address": VENUE,
        "topics": [
            "0x" + keccak(text="Borrowed(address,uint64,uint256)").hex(),
            "0x" + encode(["address"], [ACCOUNT]).hex(),
            "0x" + encode(["uint64"], [5]).hex(),
        ],
        "data": "0x" + encode(["uint256"], [77]).hex(),
    }
    event = interface("Venue").decode_log(log)
    assert event is not None
    assert event.name == "Borrowed"
    assert {k: str(v).lower() for k, v in event.values.items()} == {
        "account": ACCOUNT,
        "token": "5",
        "amount": "77",
    }


@pytest.mark.parametrize("topics", [[], ["0x" + "00" * 32]])
def test_event_of_somebody_else_is_none(topics):
    log = {"address": VENUE, "topics": topics, "data": "0x"}
    assert interface("Venue").decode_log(log) is None


@pytest.mark.parametrize(
    ("solidity", "python"),
    [("szDecimals", "sz_decimals"), ("takeoverPx", "takeover_px"), ("from_", "from"), ("px", "px")],
)
def test_solidity_names_become_pythons(solidity, python):
    assert snake_case(solidity) == python
