"""Many accounts in one call through the lens: as one by one. SPEC KP-03, KP-04."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pmkit.chain import lens
from pmkit.chain.contracts import ask
from pmkit.chain.figures import WhatIf
from pmkit.chain.revert import refusal_of
from pmkit.errors import (
    AccountOutOfGas,
    MarkMissing,
    NodeRefused,
    PriceGivenTwice,
    PriceMissing,
    UnknownRevert,
    UnknownToken,
    UsdcNotOneUsd,
)

BTC, HYPE = 0, 150
OUT_OF_GAS = {"status": lens.OUT_OF_GAS, "data": "0x"}
STRANGERS = [f"0x{0xACC000 + i:040x}" for i in range(3)]


@pytest.fixture
def books(venue):
    """Give the roles' addresses, the borrower in debt and the trader short."""
    borrower, trader = venue.sender("borrower"), venue.sender("trader")
    borrower.supply("HYPE", venue.amount("HYPE", "1000"))
    borrower.borrow("USDC", venue.amount("USDC", "10000"))
    borrower.order(10_166, is_buy=True, sz=10_000 * 100, limit_px=2**64 - 1)
    trader.supply("UBTC", venue.amount("UBTC", "10"))
    trader.order(BTC, is_buy=False, sz=500_000, limit_px=0)
    return [address for _, address in venue.deployment.accounts] + STRANGERS


def test_accounts_and_reports_are_those_of_the_venue(venue, books, monkeypatch):
    monkeypatch.setattr(lens, "PAGE", 4)
    here = venue.reader.pinned()
    assert here.each_account(books) == tuple(here.account(address) for address in books)
    reports = here.each_report(books)
    assert [report.margin for report in reports] == [here.margin(address) for address in books]
    borrower = reports[books.index(venue.account("borrower"))]
    assert (borrower.actionable, borrower.ready_at) == (False, None)
    assert borrower.oldest_px_time is not None
    assert reports[-1].oldest_px_time is None


def test_step_and_its_cadence_are_foretold(venue, books):
    borrower = venue.account("borrower")
    px = venue.reader.account(borrower).tokens
    here = next(t.px for t in px if t.token == HYPE)
    lower = WhatIf(tokens=((HYPE, here // 4),))
    (told,) = venue.reader.each_report([borrower], what_if=lower)
    assert told.actionable
    assert not venue.reader.margin(borrower).liquidatable
    venue.move("HYPE", Decimal(here // 4).scaleb(-6))
    assert venue.reader.each_report([borrower])[0].actionable


def test_account_that_cannot_be_judged_hides_no_other(venue, books):
    borrower, trader = venue.account("borrower"), venue.account("trader")
    dark = WhatIf(tokens=((HYPE, 0),), marks=((BTC, 0),))
    told = dict(zip(books, venue.reader.each_report(books, what_if=dark), strict=True))
    assert isinstance(told[borrower], PriceMissing)
    assert isinstance(told[trader], MarkMissing)
    assert told[STRANGERS[0]].margin == venue.reader.margin(STRANGERS[0])
    with pytest.raises(UnknownToken):
        venue.reader.each_report(books, what_if=WhatIf(tokens=((999, 1),)))
    with pytest.raises(PriceGivenTwice):
        venue.reader.each_account(books, what_if=WhatIf(marks=((BTC, 1), (BTC, 2))))
    with pytest.raises(UsdcNotOneUsd):
        venue.reader.each_report(books, what_if=WhatIf(tokens=((0, 2),)))


def test_accounts_for_which_the_gas_does_not_suffice_are_asked_again(venue, books, monkeypatch):
    whole = venue.reader.each_account(books)
    asked: list[int] = []

    def stingy(rpc, call, block):
        header, outcomes = plain(rpc, call, block)
        asked.append(len(outcomes))
        kept = [o if i == 0 else OUT_OF_GAS for i, o in enumerate(outcomes)]
        return header, kept

    plain = ask
    monkeypatch.setattr(lens, "ask", stingy)
    assert venue.reader.each_account(books) == whole
    # Each time the rest, since there is always one less.
    assert asked == list(range(len(books), 0, -1))
    monkeypatch.setattr(lens, "ask", lambda *_: (None, [OUT_OF_GAS]))
    (error,) = venue.reader.each_account(books[:1])
    assert isinstance(error, AccountOutOfGas)
    assert error.account == books[0]
    assert str(error) == (
        f"the gas that the node gives a call does not suffice to read {books[0]}; "
        "raise the node's limit of gas for calls"
    )


def test_page_of_which_nothing_is_told_is_asked_by_halves(venue, books, monkeypatch):
    whole = venue.reader.each_account(books[:4])
    asked: list[int] = []

    def poor(rpc, call, block):
        header, outcomes = ask(rpc, call, block)
        asked.append(len(outcomes))
        return header, outcomes if len(outcomes) < 3 else [OUT_OF_GAS] * len(outcomes)

    monkeypatch.setattr(lens, "ask", poor)
    assert venue.reader.each_account(books[:4]) == whole
    assert asked == [4, 2, 2]


@pytest.mark.parametrize(
    "failure",
    [
        UnknownRevert(data="0x"),
        NodeRefused(method="eth_call", code=-32000, message="out of gas", data=None),
        NodeRefused(method="eth_call", code=-32603, message="EVM error OutOfGas", data=None),
    ],
)
def test_page_whose_call_fails_as_a_whole_is_halved(venue, books, monkeypatch, failure):
    whole = venue.reader.each_account(books)
    asked: list[int] = []

    def failing(rpc, call, block):
        header, outcomes = ask(rpc, call, block)
        asked.append(len(outcomes))
        if len(outcomes) > 2:
            raise failure
        return header, outcomes

    monkeypatch.setattr(lens, "ask", failing)
    assert venue.reader.each_account(books) == whole
    assert asked[0] == len(books)
    assert max(size for size in asked if size < 3) == 2


def test_account_whose_call_a_node_refuses_for_want_of_gas_is_named(venue, books, monkeypatch):
    refused = NodeRefused(method="eth_call", code=-32000, message="out of gas", data=None)
    monkeypatch.setattr(lens, "ask", raising(refused))
    left = venue.reader.each_account(books[:3])
    assert [(type(one), one.account) for one in left] == [
        (AccountOutOfGas, account) for account in books[:3]
    ]


def test_account_whose_call_reverts_bare_may_lack_more_than_gas(venue, books, monkeypatch):
    bare = UnknownRevert(data="0x")
    monkeypatch.setattr(lens, "ask", raising(bare))
    assert venue.reader.each_account(books[:3]) == (bare,) * 3


def test_node_that_refuses_for_another_reason_is_heard(venue, books, monkeypatch):
    refused = NodeRefused(method="eth_call", code=-32005, message="rate limit", data=None)
    monkeypatch.setattr(lens, "ask", raising(refused))
    with pytest.raises(NodeRefused):
        venue.reader.each_account(books)


def test_node_with_little_gas_for_a_call_is_asked_until_it_answers(venue, books, monkeypatch):
    """The node's own words for want of gas, whatever they are, are understood."""
    whole = venue.reader.each_account(books)

    def capped(rpc, call, block):
        fields = {**call.fields(), "gas": hex(700_000)}
        try:
            return call.decode(rpc.request("eth_call", fields, hex(block)))
        except NodeRefused as refused:
            raise refusal_of(refused) from None

    monkeypatch.setattr(lens, "ask", capped)
    assert venue.reader.each_account(books) == whole


def raising(error):
    """Return a function that raises an error."""

    def fail(*_):
        raise error

    return fail
