"""batch: several actions of one account, one check at the end. SPEC AC-14 to AC-16.

The calls are made on the contracts and on the venue in plain integers.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from support.loans import ANY_BUY, HYPE_SPOT, HYPE_WEI, UBTC_WEI, USDC_WEI, USDT0_SPOT, faq_loan
from support.misbehaving import BAD_TOKEN, list_misbehaving
from support.venue import (
    BORROWER,
    BTC_PERP,
    EVERYTHING,
    HYPE,
    KEEPER,
    MAKER,
    PORTFOLIO_MARGIN,
    STANDARD,
    SUPPLIER,
    TRADER,
    UBTC,
    USD,
    USDC,
    WAD,
    Market,
    refusal,
)
from venue.mirror import MirroredMarket

PAUSE_RISK = 4

Act = tuple[Any, ...]


def calls(market: Market, *acts: Act) -> list[bytes]:
    """Return acts as calls in bytes."""
    return [market.venue.calldata(*act) for act in acts]


def batch(market: Market, sender: str, *acts: Act) -> list[bytes]:
    """Do acts in a batch; return what each answered, encoded."""
    answers: list[bytes] = market.venue("batch", calls(market, *acts), sender=sender)
    return answers


def refused(market: Market, sender: str, *acts: Act) -> tuple[str, tuple[Any, ...]]:
    """Return what a batch is refused with."""
    return refusal(market.venue, "batch", calls(market, *acts), sender=sender)


def test_debt_first_and_collateral_after_passes(mirrored: MirroredMarket) -> None:
    """Alone, the first call is refused: nothing backs the debt yet."""
    mirrored.portfolio_account(BORROWER)
    mirrored.fund(BORROWER, HYPE, 100 * HYPE_WEI)
    debt: Act = ("borrow", USDC, 2_500 * USDC_WEI)
    alone = refusal(mirrored.venue, *debt, sender=BORROWER)
    assert alone == ("HealthFactorBelowOne", (0,))
    answers = batch(mirrored, BORROWER, debt, ("supply", HYPE, 100 * HYPE_WEI, BORROWER))
    assert answers[0] == b""
    assert decode(["uint256"], answers[1]) == (100 * HYPE_WEI,)
    assert mirrored.margin(BORROWER)["healthFactor"] == WAD


def test_what_ends_unsafe_is_refused_with_the_numbers_of_a_single_action(
    mirrored: MirroredMarket,
) -> None:
    # 100 HYPE at 50, LTV 0.5: 2,500 can be borrowed, in one step or in three.
    mirrored.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    debt = 2_500 * USDC_WEI
    expected = ("HealthFactorBelowOne", (debt * WAD // (debt + 1),))
    assert refusal(mirrored.venue, "borrow", USDC, debt + 1, sender=BORROWER) == expected
    thirds: list[Act] = [("borrow", USDC, debt // 2), ("borrow", USDC, debt // 2 + 1)]
    assert refused(mirrored, BORROWER, *thirds) == expected
    assert mirrored.token(BORROWER, HYPE)["supplied"] == 100 * HYPE_WEI
    assert [t["token"] for t in mirrored.account(BORROWER)["tokens"]] == [HYPE]


def test_what_was_withdrawn_comes_back_where_the_batch_ends_unsafe(
    mirrored: MirroredMarket,
) -> None:
    faq_loan(mirrored)
    take: Act = ("withdraw", HYPE, 6 * HYPE_WEI, BORROWER)
    # 4 HYPE at 50 are worth 200: their threshold is 150 and the debt 250.
    alone = refusal(mirrored.venue, *take, sender=BORROWER)
    assert alone == ("DebtAboveThreshold", (250 * WAD, 150 * WAD))
    assert refused(mirrored, BORROWER, take, ("setLeverage", BTC_PERP, 3)) == alone
    assert mirrored.erc20[HYPE]("balanceOf", BORROWER) == 0
    # With the debt paid meanwhile it stays out.
    mirrored.fund(BORROWER, USDC, 250 * USDC_WEI)
    batch(mirrored, BORROWER, take, ("repay", USDC, EVERYTHING, BORROWER))
    assert mirrored.erc20[HYPE]("balanceOf", BORROWER) == 6 * 10**18


def test_refusal_of_a_call_is_its_own_and_nothing_is_done(mirrored: MirroredMarket) -> None:
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    acts: list[Act] = [("order", BTC_PERP, False, 0, 10**5, False), ("borrow", HYPE, 1)]
    assert refused(mirrored, TRADER, *acts) == ("NotBorrowable", (HYPE,))
    assert mirrored.venue("positionOf", TRADER, BTC_PERP)["szi"] == 0


def test_batch_without_a_check_to_put_off_makes_none(mirrored: MirroredMarket) -> None:
    """SPEC BL-13: paying is open to whoever is beyond the trigger, in a batch too."""
    faq_loan(mirrored)
    mirrored.set_prices(hype=33)
    assert mirrored.margin(BORROWER)["liquidatable"]
    mirrored.fund(BORROWER, USDC, 10 * USDC_WEI)
    mirrored.fund(BORROWER, HYPE, HYPE_WEI)
    acts: list[Act] = [("repay", USDC, USDC_WEI, BORROWER), ("deposit", HYPE, 1, BORROWER)]
    batch(mirrored, BORROWER, *acts)
    assert batch(mirrored, BORROWER) == []
    assert mirrored.margin(BORROWER)["liquidatable"]


def test_health_factor_is_asked_for_beyond_the_debt_before_the_batch(
    mirrored: MirroredMarket,
) -> None:
    """Collateral changes hands below a health factor of one, with no more debt than before."""
    # 100 HYPE at 50 for 2,500, then at 45: borrow power 2,250, threshold 3,375.
    mirrored.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    mirrored.venue("borrow", USDC, 2_500 * USDC_WEI, sender=BORROWER)
    mirrored.venue("order", USDT0_SPOT, True, ANY_BUY, 250_000, False, sender=BORROWER)
    mirrored.set_prices(hype=45)
    sell: Act = ("order", HYPE_SPOT, False, 0, 1_000, False)
    buy: Act = ("order", HYPE_SPOT, True, ANY_BUY, 1_000, False)
    assert mirrored.margin(BORROWER)["healthFactor"] == 9 * WAD // 10
    # 10 HYPE bring 450 USDC to the idle balance, which the floor keeps there.
    batch(mirrored, BORROWER, sell, buy)
    assert mirrored.margin(BORROWER)["grossDebt"] == 2_500 * WAD
    # A borrow asks for the health factor whatever the debt was.
    mirrored.fund(BORROWER, USDC, 100 * USDC_WEI)
    pay: Act = ("repay", USDC, 100 * USDC_WEI, BORROWER)
    answer = refused(mirrored, BORROWER, pay, ("borrow", USDC, 50 * USDC_WEI))
    assert answer == ("HealthFactorBelowOne", (2_250 * WAD // 2_450,))
    # An order that ends with less than before does not, though alone it would: 2,400 to 2,450.
    spend: Act = ("order", 10_166, True, ANY_BUY, 5_000, False)
    batch(mirrored, BORROWER, pay, spend)
    assert mirrored.margin(BORROWER)["grossDebt"] == 2_450 * WAD
    alone = refusal(mirrored.venue, *spend, sender=BORROWER)
    assert alone == ("HealthFactorBelowOne", (2_250 * WAD // 2_500,))


def test_mode_changes_at_the_beginning_of_a_batch_only(mirrored: MirroredMarket) -> None:
    mirrored.fund(BORROWER, HYPE, 100 * HYPE_WEI)
    mode: Act = ("setMode", PORTFOLIO_MARGIN)
    bring: Act = ("deposit", HYPE, 100 * HYPE_WEI, BORROWER)
    assert refused(mirrored, BORROWER, bring, mode) == ("NotInBatch", (1,))
    batch(mirrored, BORROWER, mode, bring, ("borrow", USDC, 2_500 * USDC_WEI))
    assert mirrored.margin(BORROWER)["healthFactor"] == WAD
    leave: Act = ("setMode", STANDARD)
    assert refused(mirrored, BORROWER, leave) == ("DebtOpen", (USDC, 2_500 * USDC_WEI))


def test_calls_about_others_stand_alone(mirrored: MirroredMarket) -> None:
    mirrored.venue("approveOperator", KEEPER, True, sender=TRADER)
    pay = mirrored.venue.calldata("setLeverage", BTC_PERP, 5)
    side = (TRADER, 0, False)
    for act in (
        ("batch", [pay]),
        ("onBehalf", TRADER, pay),
        ("forSubAccount", 0, pay),
        ("matchOrders", BTC_PERP, side, side, 1, 1, True),
        ("sweep", TRADER),
        ("accrue", USDC),
        ("liquidate", TRADER),
        ("liquidateAsTaker", TRADER),
        ("liquidateBatch", [TRADER], False),
        ("liquidateIsolated", TRADER, BTC_PERP),
        ("sellInventory", 107),
        ("coverDeficit", USDC, 1),
        ("coverDeficitFromInsurance", USDC),
        ("sweepBuffer", USDC),
        ("socialise", USDC),
    ):
        first: Act = ("setLeverage", BTC_PERP, 4)
        assert refused(mirrored, KEEPER, first, act) == ("NotInBatch", (1,)), act
    assert mirrored.venue("positionOf", KEEPER, BTC_PERP)["leverage"] == 0


@pytest.mark.parametrize("garbage", [b"", b"\x12", b"\x12\x34\x56\x78", bytes(36)])
def test_bytes_that_are_no_call_are_refused_by_their_place(market: Market, garbage: bytes) -> None:
    answer = refusal(market.venue, "batch", [garbage], sender=KEEPER)
    assert answer == ("NotInBatch", (0,))


def test_views_do_not_stand_in_a_batch(market: Market) -> None:
    view = market.venue.calldata("marginOf", KEEPER)
    assert refusal(market.venue, "batch", [view], sender=KEEPER) == ("NotInBatch", (0,))


def test_operators_and_masters_batch_within_their_limits(mirrored: MirroredMarket) -> None:
    mirrored.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    mirrored.venue("approveOperator", KEEPER, True, sender=BORROWER)
    mirrored.fund(KEEPER, HYPE, 100 * HYPE_WEI)
    grow = mirrored.venue.calldata(
        "batch",
        calls(
            mirrored,
            ("borrow", USDC, 5_000 * USDC_WEI),
            ("supply", HYPE, 100 * HYPE_WEI, BORROWER),
        ),
    )
    mirrored.venue("onBehalf", BORROWER, grow, sender=KEEPER)
    assert mirrored.margin(BORROWER)["healthFactor"] == WAD
    out = mirrored.venue.calldata("batch", calls(mirrored, ("withdraw", HYPE, 1, KEEPER)))
    answer = refusal(mirrored.venue, "onBehalf", BORROWER, out, sender=KEEPER)
    assert answer == ("OwnerOnly", (BORROWER, KEEPER))
    # The operator's own account is another one, and nobody's limits hold any more.
    mode = mirrored.venue.calldata("batch", calls(mirrored, ("setMode", PORTFOLIO_MARGIN)))
    mirrored.venue("forSubAccount", 3, mode, sender=KEEPER)
    sub = mirrored.venue("subAccountOf", KEEPER, 3)
    assert mirrored.venue("accountState", sub)["mode"] == PORTFOLIO_MARGIN
    assert mirrored.venue("accountState", KEEPER)["mode"] == STANDARD


def test_check_of_the_other_side_does_not_wait(mirrored: MirroredMarket) -> None:
    """The market maker has 500 million for its perps: 20,000 BTC at a leverage of 40 need more."""
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    size = 300_000 * 10**5
    acts: list[Act] = [
        ("order", BTC_PERP, True, ANY_BUY, size, False),
        ("order", BTC_PERP, False, 0, size, False),
    ]
    mirrored.venue("setLeverage", BTC_PERP, 40, sender=MAKER)
    name, (needed, held) = refused(mirrored, TRADER, *acts)
    assert (name, needed) == ("MakerCapacity", 300_000 * 100_000 * USD // 40)
    assert held == 500_000_000 * USD


def test_margin_of_an_isolated_position_does_not_wait(mirrored: MirroredMarket) -> None:
    mirrored.portfolio_account(TRADER, ubtc=UBTC_WEI)
    # 1 BTC at a leverage of 40 takes 2,500, and a tenth of its notional stays: 10,000.
    batch(
        mirrored,
        TRADER,
        ("setIsolated", BTC_PERP, True),
        ("order", BTC_PERP, True, ANY_BUY, 10**5, False),
        ("updateIsolatedMargin", BTC_PERP, 7_600 * USD),
    )
    acts: list[Act] = [
        ("updateIsolatedMargin", BTC_PERP, -101 * USD),
        ("updateIsolatedMargin", BTC_PERP, 200 * USD),
    ]
    expected = ("InsufficientIsolatedMargin", (BTC_PERP, 10_000 * USD, 9_999 * USD))
    assert refused(mirrored, TRADER, *acts) == expected


def test_margin_of_a_standard_dex_does_not_wait(mirrored: MirroredMarket) -> None:
    mirrored.fund(TRADER, USDC, 10_000 * USDC_WEI)
    batch(
        mirrored,
        TRADER,
        ("deposit", USDC, 10_000 * USDC_WEI, TRADER),
        ("transferPerp", 0, 10_000 * USD, True),
        ("order", BTC_PERP, True, ANY_BUY, 10**5, False),
    )
    acts: list[Act] = [("transferPerp", 0, USD, False), ("transferPerp", 0, USD, True)]
    expected = ("InsufficientMargin", (0, 10_000 * USD, 9_999 * USD))
    assert refused(mirrored, TRADER, *acts) == expected


def test_pause_of_risk_does_not_wait(mirrored: MirroredMarket) -> None:
    """SPEC CR-07: what one has is sold, but no fill makes debt, whatever the batch has repaid."""
    mirrored.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    mirrored.venue("borrow", USDC, 500 * USDC_WEI, sender=BORROWER)
    mirrored.registry("grantRole", keccak(text="GUARDIAN"), KEEPER)
    mirrored.registry("pause", PAUSE_RISK, sender=KEEPER)
    owned: Act = ("order", USDT0_SPOT, True, ANY_BUY, 400 * 100, False)
    owed: Act = ("order", USDT0_SPOT, True, ANY_BUY, 200 * 100, False)
    assert refused(mirrored, BORROWER, owned, owed) == ("Paused", (PAUSE_RISK,))
    assert refused(mirrored, BORROWER, owed, owned) == ("Paused", (PAUSE_RISK,))
    mirrored.fund(BORROWER, HYPE, HYPE_WEI)
    before: list[Act] = [
        ("supply", HYPE, HYPE_WEI, BORROWER),
        ("order", HYPE_SPOT, False, 0, 100, False),
    ]
    batch(mirrored, BORROWER, *before, owned)
    alone = refusal(mirrored.venue, *owed, sender=BORROWER)
    assert refused(mirrored, BORROWER, owed) == alone == ("Paused", (PAUSE_RISK,))
    mirrored.fund(BORROWER, USDC, 300 * USDC_WEI)
    repay: Act = ("repay", USDC, 300 * USDC_WEI, BORROWER)
    assert refused(mirrored, BORROWER, repay, owed) == alone


def test_order_before_its_margin_passes_where_the_margin_follows(mirrored: MirroredMarket) -> None:
    mirrored.portfolio_account(TRADER)
    mirrored.fund(TRADER, UBTC, UBTC_WEI)
    batch(
        mirrored,
        TRADER,
        ("order", BTC_PERP, False, 0, 10**5, False),
        ("supply", UBTC, UBTC_WEI, TRADER),
    )
    assert mirrored.venue("positionOf", TRADER, BTC_PERP)["szi"] == -(10**5)


def test_reserves_are_announced_once_at_the_end(mirrored: MirroredMarket) -> None:
    """SPEC BL-21: a reserve that is filled and used up again within a batch has nothing to tell."""
    mirrored.portfolio_account(BORROWER, ubtc=1_000 * UBTC_WEI)
    half = mirrored.venue("reserveOf", USDC)["cash"] // 2
    acts: list[Act] = [("borrow", USDC, half), ("borrow", USDC, half)]
    batch(mirrored, BORROWER, *acts)
    told = mirrored.event("ReserveStatusSet")
    assert (told["token"], told["bitsBefore"], told["bitsNow"]) == (USDC, 0, 1)
    assert mirrored.event_names()[-1] == "ReserveStatusSet"
    mirrored.fund(BORROWER, USDC, USDC_WEI)
    acts = [("repay", USDC, USDC_WEI, BORROWER), ("borrow", USDC, USDC_WEI)]
    batch(mirrored, BORROWER, *acts)
    assert "ReserveStatusSet" not in mirrored.event_names()


def test_second_batch_of_a_transaction_begins_anew(market: Market) -> None:
    """Nothing of the first stays behind: the second's check looks at the second's own debt."""
    market.portfolio_account(BORROWER, hype=100 * HYPE_WEI)
    market.fund(BORROWER, HYPE, 100 * HYPE_WEI)
    evm, venue = market.evm.evm, market.venue

    def in_this_transaction(sender: str, *acts: Act) -> None:
        evm.message_call(
            sender, venue.address, calldata=venue.calldata("batch", calls(market, *acts))
        )

    in_this_transaction(BORROWER, ("borrow", USDC, 2_500 * USDC_WEI))
    with pytest.raises(RuntimeError, match="Revert"):
        in_this_transaction(BORROWER, ("borrow", USDC, 1))
    # A refused one leaves nothing behind either, and a call outside any batch is checked at once.
    with pytest.raises(RuntimeError, match="Revert"):
        evm.message_call(BORROWER, venue.address, calldata=venue.calldata("borrow", USDC, 1))
    in_this_transaction(BORROWER, ("supply", HYPE, HYPE_WEI, BORROWER))
    market.evm.evm.reset_transient_storage()
    market.evm.evm.commit()
    market.evm.actions += 2
    assert market.token(BORROWER, USDC)["borrowed"] == 2_500 * USDC_WEI


def test_token_that_calls_back_finds_the_venue_shut(market: Market) -> None:
    token = list_misbehaving(market, SUPPLIER)
    token("callBack", market.venue.address, market.venue.calldata("batch", []))
    act: Act = ("deposit", BAD_TOKEN, 100, SUPPLIER)
    assert refused(market, SUPPLIER, act) == ("ReentrancyGuardReentrantCall", ())
    alone = refusal(market.venue, *act, sender=SUPPLIER)
    assert alone == ("ReentrancyGuardReentrantCall", ())


def test_answers_of_a_batch_are_those_of_its_calls(mirrored: MirroredMarket) -> None:
    mirrored.fund(SUPPLIER, USDC, 100 * USDC_WEI)
    answers = batch(
        mirrored,
        SUPPLIER,
        ("deposit", USDC, 60 * USDC_WEI, SUPPLIER),
        ("approveOperator", KEEPER, True),
        ("spotSend", KEEPER, USDC, 10 * USDC_WEI),
        ("withdraw", USDC, 50 * USDC_WEI, SUPPLIER),
    )
    numbers = [60 * USDC_WEI, 50 * USDC_WEI]
    assert answers == [
        encode(["uint256"], [numbers[0]]),
        b"",
        b"",
        encode(["uint256"], [numbers[1]]),
    ]
