"""Odd ERC-20s are served exactly or refused by name, whichever way they come or go. SPEC BL-17.

Every way in which the venue moves an ERC-20 stands in `WAYS`, every kind of token in the tables
below. What is served is served to the unit: wallet, venue and books agree, and everything can be
paid out again. What is refused changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode
from support.evm import DEPLOYER, Contract, abi_type, named
from support.misbehaving import (
    BAD_TOKEN,
    SUB_ACCOUNT,
    Fault,
    bad_listing,
    list_misbehaving,
    open_every_way,
    pay_with,
)
from support.venue import (
    BORROWER,
    EVERYTHING,
    INSURANCE,
    KEEPER,
    SUPPLIER,
    TRADER,
    USDC,
    Market,
    refusal,
)
from venue.mirror import MirroredMarket

WEI = 10**8
NOBODY = "0x" + "00" * 20
CONTRACTS = Path(__file__).parents[2] / "contracts"
WAYS_IN = ("deposit", "supply", "repay", "coverDeficit", "supply by an operator")
WAYS_OUT = ("withdraw", "withdraw of a sub-account")
WAYS = (*WAYS_IN, *WAYS_OUT)


def call_of(market: Market, way: str, amount: int) -> tuple[Any, ...]:
    """Return the keeper's call that moves an amount, token wei, in one of the ways."""
    within = market.venue.calldata
    calls: dict[str, tuple[Any, ...]] = {
        "deposit": ("deposit", BAD_TOKEN, amount, KEEPER),
        "supply": ("supply", BAD_TOKEN, amount, KEEPER),
        "repay": ("repay", BAD_TOKEN, amount, TRADER),
        "coverDeficit": ("coverDeficit", BAD_TOKEN, amount),
        "supply by an operator": (
            "onBehalf",
            TRADER,
            within("supply", BAD_TOKEN, amount, TRADER),
        ),
        "withdraw": ("withdraw", BAD_TOKEN, amount, KEEPER),
        "withdraw of a sub-account": (
            "forSubAccount",
            SUB_ACCOUNT,
            within("withdraw", BAD_TOKEN, amount, KEEPER),
        ),
    }
    return calls[way]


def move(market: Market, way: str, amount: int) -> None:
    market.venue(*call_of(market, way, amount), sender=KEEPER)


def refused(market: Market, way: str, amount: int) -> tuple[str, tuple[Any, ...]]:
    return refusal(market.venue, *call_of(market, way, amount), sender=KEEPER)


def everything(market: Market) -> Any:
    """Return all that a refused call must leave as it was."""
    token = market.erc20[BAD_TOKEN]
    hidden = token("fault") == Fault.HIDES_BALANCES
    wallets = (KEEPER, SUPPLIER, TRADER, BORROWER, market.venue.address)
    return (
        market.venue("reserveOf", BAD_TOKEN),
        [market.account(account) for account in market.everyone()],
        [] if hidden else [token("balanceOf", wallet) for wallet in wallets],
        [token("allowance", wallet, market.venue.address) for wallet in wallets],
    )


def test_custody_is_the_only_code_that_moves_an_erc20_in_the_ways_below() -> None:
    # What stands around the venue moves tokens of its own.
    venue = [path for path in CONTRACTS.rglob("*.sol") if path.parent.name != "hyperevm"]
    sources = {path.name: path.read_text() for path in venue}
    # The registry asks for decimals.
    assert {name for name, text in sources.items() if "IERC20(" in text} == {
        "CollateralRegistry.sol"
    }
    assert {name for name, text in sources.items() if "(IERC20." in text} == {"Custody.sol"}
    calls = {name: text.count("Custody.pull(") for name, text in sources.items()}
    # deposit, supply, repay, coverDeficit; one withdraw.
    assert {name: n for name, n in calls.items() if n} == {"Lending.sol": 4}
    assert sum(text.count("Custody.push(") for text in sources.values()) == 1


# What is refused, and by which name: 100 units of 8 decimals were to move.
REFUSED = {
    Fault.TAKES_FEE: ("TransferMismatch", (BAD_TOKEN, 100, 99)),
    Fault.CHARGES_PAYER: ("TransferMismatch", (BAD_TOKEN, 100, 101)),
    Fault.MOVES_NOTHING: ("TransferMismatch", (BAD_TOKEN, 100, 0)),
    Fault.DRAINS: ("TransferMismatch", (BAD_TOKEN, 100, 0)),
    Fault.RETURNS_FALSE: ("SafeERC20FailedOperation", None),
    Fault.RETURNS_TWO: ("SafeERC20FailedOperation", None),
    Fault.REVERTS_WITHOUT_A_WORD: ("SafeERC20FailedOperation", None),
    Fault.HIDES_BALANCES: ("SafeERC20FailedOperation", None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.name)
def test_token_that_does_not_do_as_told_is_refused(market: Market, way: str, fault: Fault) -> None:
    token = open_every_way(market)
    token("misbehave", fault)
    before = everything(market)
    name, numbers = REFUSED[fault]
    expected = numbers if numbers is not None else (token.address.lower(),)
    assert refused(market, way, 100) == (name, expected)
    assert everything(market) == before
    # Once it does as it is told again, so does the venue.
    token("misbehave", Fault.NONE)
    move(market, way, 100)


SERVED = (Fault.NONE, Fault.RETURNS_NOTHING, Fault.RETURNS_MORE, Fault.HIDES_DECIMALS)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", SERVED, ids=lambda fault: fault.name)
def test_token_that_only_answers_otherwise_is_served_exactly(
    market: Market, way: str, fault: Fault
) -> None:
    token = open_every_way(market)
    token("misbehave", fault)
    wallet, venue = (token("balanceOf", who) for who in (KEEPER, market.venue.address))
    move(market, way, 100)
    sign = 1 if way in WAYS_IN else -1
    assert token("balanceOf", KEEPER) == wallet - sign * 100
    assert token("balanceOf", market.venue.address) == venue + sign * 100
    assert market.dust(BAD_TOKEN) in (0, 1)


@pytest.mark.parametrize("way", WAYS)
def test_token_that_freezes_the_venue_is_refused_by_its_own_name(market: Market, way: str) -> None:
    token = open_every_way(market)
    token("freeze", market.venue.address, True)
    before = everything(market)
    assert refused(market, way, 100) == ("Frozen", (market.venue.address.lower(),))
    assert everything(market) == before
    # What moves no ERC-20 goes on: the frozen money still changes hands within the venue.
    market.venue("spotSend", TRADER, BAD_TOKEN, 10 * WEI, sender=KEEPER)
    token("freeze", market.venue.address, False)
    move(market, way, 100)


@pytest.mark.parametrize("way", WAYS)
def test_wallet_that_a_token_has_frozen_is_refused_and_others_are_not(
    market: Market, way: str
) -> None:
    token = open_every_way(market)
    token("freeze", KEEPER, True)
    assert refused(market, way, 100) == ("Frozen", (KEEPER,))
    market.venue("deposit", BAD_TOKEN, 100, SUPPLIER, sender=SUPPLIER)
    # It can be paid out to another wallet.
    market.venue("withdraw", BAD_TOKEN, 100, SUPPLIER, sender=KEEPER)


def test_token_whose_allowance_is_only_set_from_zero_is_served(market: Market) -> None:
    """Wallets allow, the venue never does."""
    token = list_misbehaving(market, SUPPLIER)
    pay_with(market, token, KEEPER, 200)
    for allowance in (0, 100):
        token("approve", market.venue.address, allowance, sender=KEEPER)
    market.venue("deposit", BAD_TOKEN, 100, KEEPER, sender=KEEPER)
    answer = refusal(market.venue, "deposit", BAD_TOKEN, 1, KEEPER, sender=KEEPER)
    assert answer == ("ERC20InsufficientAllowance", (market.venue.address.lower(), 0, 1))
    token("approve", market.venue.address, 100, sender=KEEPER)
    market.venue("deposit", BAD_TOKEN, EVERYTHING, KEEPER, sender=KEEPER)
    assert market.venue("balanceOf", KEEPER, BAD_TOKEN)["idle"] == 200


# An address that is no token


def test_address_without_code_is_refused_by_name_on_both_sides(mirrored: MirroredMarket) -> None:
    nowhere = "0x" + "e2" * 20
    mirrored.registry("listToken", bad_listing(nowhere))
    for amount in (1, EVERYTHING):
        for call in (("deposit", BAD_TOKEN, amount, KEEPER), ("supply", BAD_TOKEN, amount, KEEPER)):
            answer = refusal(mirrored.venue, *call, sender=KEEPER)
            assert answer == ("SafeERC20FailedOperation", (nowhere,))


# Decimals


@pytest.mark.parametrize("evm", [0, 2, 6, 8, 18, 24])
@pytest.mark.parametrize("wei", [6, 8, 18])
def test_round_trip_of_every_way_is_exact_whatever_the_decimals(
    mirrored: MirroredMarket, evm: int, wei: int
) -> None:
    """SPEC BL-14: what came in goes out again to the unit, and the remainders are known.

    A unit of the wallet is worth `unit` wei, a wei is worth `up` units; one of the two is 1.
    """
    unit, up = 10 ** max(0, wei - evm), 10 ** max(0, evm - wei)
    mirrored.list_token(BAD_TOKEN, evm, wei, 2, 0, lent=True)
    venue, token = mirrored.venue, mirrored.erc20[BAD_TOKEN]
    token("approve", venue.address, EVERYTHING, sender=KEEPER)
    # Three units and a part of one, or of a wei where that is the coarser of the two.
    token("mint", KEEPER, 3 * up + (up - 1))
    assert venue("deposit", BAD_TOKEN, 2 * unit, KEEPER, sender=KEEPER) == 2 * unit
    # One wei costs a whole unit, and all of it is credited.
    assert venue("deposit", BAD_TOKEN, 1, KEEPER, sender=KEEPER) == unit
    # Less than a wei stays in the wallet.
    answer = refusal(venue, "deposit", BAD_TOKEN, EVERYTHING, KEEPER, sender=KEEPER)
    assert answer == ("ZeroAmount", ())
    assert token("balanceOf", KEEPER) == up - 1
    assert token("balanceOf", venue.address) == 3 * up
    assert venue("balanceOf", KEEPER, BAD_TOKEN)["idle"] == 3 * unit
    if unit > 1:
        answer = refusal(venue, "withdraw", BAD_TOKEN, unit + 1, KEEPER, sender=KEEPER)
        assert answer == ("InexactAmount", (BAD_TOKEN, unit + 1, unit))
    # A wei goes to somebody else: of what is left only whole units can leave.
    venue("spotSend", TRADER, BAD_TOKEN, 1, sender=KEEPER)
    left = 3 * unit - 1
    taken = venue("withdraw", BAD_TOKEN, EVERYTHING, KEEPER, sender=KEEPER)
    assert taken == left - left % unit
    assert venue("balanceOf", KEEPER, BAD_TOKEN)["idle"] == left % unit
    # Back together, it all leaves.
    if unit > 1:
        venue("spotSend", KEEPER, BAD_TOKEN, 1, sender=TRADER)
        venue("withdraw", BAD_TOKEN, unit, KEEPER, sender=KEEPER)
    else:
        venue("withdraw", BAD_TOKEN, 1, KEEPER, sender=TRADER)
    assert token("balanceOf", venue.address) == 0
    assert token("balanceOf", KEEPER) == 4 * up - 1


@pytest.mark.parametrize("evm", [2, 6, 18, 24])
def test_debt_and_deficit_are_paid_in_whole_units_whatever_the_decimals(
    mirrored: MirroredMarket, evm: int
) -> None:
    """SPEC BL-14, LQ-10: what a unit brings beyond the debt or the deficit stays its payer's."""
    market = mirrored
    token = open_every_way(market, evm)
    unit = 10 ** max(0, 8 - evm)
    # A day of interest leaves no debt of whole units: 500 and some wei are owed.
    market.warp(86_400)
    market.venue("accrue", BAD_TOKEN, sender=KEEPER)
    owed = market.token(TRADER, BAD_TOKEN)["borrowed"]
    assert 500 * WEI < owed < 501 * WEI
    supplied = market.venue("reserveOf", BAD_TOKEN)["supplied"]
    before = token("balanceOf", KEEPER)
    assert market.venue("repay", BAD_TOKEN, EVERYTHING, TRADER, sender=KEEPER) == owed
    paid = -(-owed // unit) * unit
    assert before - token("balanceOf", KEEPER) == paid * 10**evm // 10**8
    # Idle money of the trader's is supplied by its sweep, once it no longer owes.
    left = market.token(TRADER, BAD_TOKEN)["supplied"] - 500 * WEI
    assert paid - owed - 1 <= left <= paid - owed
    assert market.venue("reserveOf", BAD_TOKEN)["supplied"] - supplied in range(
        500 * WEI + left - 2, 500 * WEI + left + 3
    )
    # A third of the deficit, then all of it.
    deficit = market.venue("reserveOf", BAD_TOKEN)["deficit"]
    third = market.venue("coverDeficit", BAD_TOKEN, deficit // 3, sender=KEEPER)
    assert third == -(-(deficit // 3) // unit) * unit
    rest = market.venue("coverDeficit", BAD_TOKEN, EVERYTHING, sender=KEEPER)
    assert rest == -(-(deficit - third) // unit) * unit
    assert market.venue("reserveOf", BAD_TOKEN)["deficit"] == 0
    assert market.venue("balanceOf", KEEPER, BAD_TOKEN)["idle"] == 1_000 * WEI + third + rest - (
        deficit
    )
    assert market.dust(BAD_TOKEN) >= 0


def test_listing_with_other_decimals_than_the_token_says_is_refused(
    mirrored: MirroredMarket,
) -> None:
    """SPEC CR-01: once every amount would have been wrong by a power of ten."""
    erc20 = mirrored.erc20[USDC].address
    answer = refusal(mirrored.registry, "listToken", bad_listing(erc20, evm=18), sender=DEPLOYER)
    assert answer == ("Erc20DecimalsDiffer", (BAD_TOKEN, 18, 6))
    mirrored.registry("listToken", bad_listing(erc20, evm=6))


def test_token_that_hides_its_decimals_is_listed_at_the_listings_word(market: Market) -> None:
    token = market.evm.deploy("MisbehavingToken", 8)
    token("misbehave", Fault.HIDES_DECIMALS)
    market.registry("listToken", bad_listing(token.address, evm=6))
    pay_with(market, token, KEEPER, 1)
    assert market.venue("deposit", BAD_TOKEN, 1, KEEPER, sender=KEEPER) == 100
    # What it says later changes nothing: the venue goes on by its listing.
    token("misbehave", Fault.NONE)
    assert market.venue("withdraw", BAD_TOKEN, EVERYTHING, KEEPER, sender=KEEPER) == 100
    assert token("balanceOf", KEEPER) == 1


# Balances that change by themselves


def test_token_that_takes_from_the_venue_is_told_by_nobody_until_it_cannot_pay(
    market: Market,
) -> None:
    """A listing of such a token is the risk admin's mistake; the last to leave finds it out.

    The books hold 10,000 + 1,000 + 1,000 of claims and the token only half of its venue's balance.
    """
    token = open_every_way(market)
    held = token("balanceOf", market.venue.address)
    token("burn", market.venue.address, held // 2)
    # Nobody on the chain compares; whoever does sees it at once.
    assert market.dust(BAD_TOKEN) == pytest.approx(-(held // 2), abs=2)
    # Amounts are exact as ever, for as long as there is something.
    market.venue("deposit", BAD_TOKEN, 100, KEEPER, sender=KEEPER)
    market.venue("withdraw", BAD_TOKEN, 1_000 * WEI + 100, KEEPER, sender=KEEPER)
    market.venue("coverDeficit", BAD_TOKEN, EVERYTHING, sender=KEEPER)
    left = token("balanceOf", market.venue.address)
    # 10,000 less what is lent to the trader and the backstop are cash by the books.
    most = market.venue("reserveOf", BAD_TOKEN)["cash"]
    assert left < most
    call = ("withdraw", BAD_TOKEN, most, SUPPLIER)
    answer = refusal(market.venue, *call, sender=SUPPLIER)
    venue = market.venue.address.lower()
    assert answer == ("ERC20InsufficientBalance", (venue, left, most))
    # Paid back into the venue's wallet, everybody can leave.
    token("mint", market.venue.address, held // 2)


def test_token_that_gives_to_the_venue_gives_to_nobody(market: Market) -> None:
    token = open_every_way(market)
    before = market.dust(BAD_TOKEN)
    token("mint", market.venue.address, 777)
    assert market.dust(BAD_TOKEN) == before + 777
    move(market, "deposit", 100)
    assert market.dust(BAD_TOKEN) == before + 777
    token("burn", market.venue.address, 777)


# Calls back into the venue


def sample(contract: Contract, function: str) -> bytes:
    """Return a call of a function with arguments that fit its types."""
    samples = {"address": KEEPER, "bool": False, "bytes": b""}

    def of(entry: dict[str, Any]) -> Any:
        if entry["type"] == "tuple":
            return tuple(of(part) for part in entry["components"])
        if entry["type"].endswith("[]"):
            return []
        return samples.get(entry["type"], 0)

    return contract.calldata(function, *map(of, contract.functions[function]["inputs"]))


@pytest.mark.parametrize("way", WAYS)
def test_token_that_calls_any_action_of_the_venue_is_refused(market: Market, way: str) -> None:
    token = open_every_way(market)
    venue = market.venue
    before = everything(market)
    actions = {n for n, e in venue.functions.items() if e["stateMutability"] == "nonpayable"}
    # Those that act for others come below; the core alone is let into its own.
    for function in sorted(actions - {"onBehalf", "forSubAccount", "forCore"}):
        token("callBack", venue.address, sample(venue, function))
        assert refused(market, way, 100) == ("ReentrancyGuardReentrantCall", ()), function
    # The two that act for others reach nothing else.
    within = venue.calldata("spotSend", KEEPER, BAD_TOKEN, 1)
    token("callBack", venue.address, venue.calldata("forSubAccount", 0, within))
    acting = {
        "supply by an operator": ("ActingAlready", (TRADER,)),
        "withdraw of a sub-account": ("ActingAlready", (sub_account_of(market),)),
    }
    assert refused(market, way, 100) == acting.get(way, ("ReentrancyGuardReentrantCall", ()))
    token("callBack", venue.address, venue.calldata("onBehalf", KEEPER, within))
    assert refused(market, way, 100) == ("NotOperator", (KEEPER, token.address.lower()))
    venue("approveOperator", token.address, True, sender=KEEPER)
    assert refused(market, way, 100) == acting.get(way, ("ReentrancyGuardReentrantCall", ()))
    venue("approveOperator", token.address, False, sender=KEEPER)
    token("callBack", NOBODY, b"")
    assert everything(market) == before


def sub_account_of(market: Market) -> str:
    found: str = market.venue("subAccountOf", KEEPER, SUB_ACCOUNT)
    return found


@pytest.mark.parametrize("way", WAYS)
def test_views_answer_while_a_token_moves_and_claim_no_more_than_is_held(
    market: Market, way: str
) -> None:
    """Read-only reentrancy: books change before money goes out, and after it has come in."""
    token = open_every_way(market)
    venue = market.venue
    account = sub_account_of(market) if "sub" in way else KEEPER
    for function, of_keeper in (("reserveOf", False), ("balanceOf", True)):
        args = (account, BAD_TOKEN) if of_keeper else (BAD_TOKEN,)
        before = venue(function, *args)
        token("callBack", venue.address, venue.calldata(function, *args))
        move(market, way, 100)
        token("callBack", NOBODY, b"")
        after = venue(function, *args)
        seen = [decoded(venue, function, token("answers", i)) for i in answered(of_keeper)]
        assert seen == [after if way in WAYS_OUT else before] * 2


def answered(second: bool) -> tuple[int, int]:
    """Return which answers a first or a second move has left: before it and after it."""
    return (2, 3) if second else (0, 1)


def decoded(contract: Contract, function: str, answer: bytes) -> Any:
    """Return what a view has answered in bytes."""
    (output,) = contract.functions[function]["outputs"]
    return named(output, decode([abi_type(output)], answer)[0])


def test_receiver_with_a_hook_is_paid_and_cannot_withdraw_twice(market: Market) -> None:
    """A receiver that is told of what comes, as by ERC-777, and acts at once."""
    token = open_every_way(market)
    wallet, venue = market.evm.deploy("HookedWallet"), market.venue
    market.venue("deposit", BAD_TOKEN, 200, wallet.address, sender=KEEPER)
    withdraw = venue.calldata("withdraw", BAD_TOKEN, 100, wallet.address)
    again = wallet.calldata("act", venue.address, withdraw)
    token("callBack", wallet.address, again)
    answer = refusal(wallet, "act", venue.address, withdraw, sender=KEEPER)
    assert answer == ("ReentrancyGuardReentrantCall", ())
    # A hook that only looks is served, before the money comes and after.
    look = wallet.calldata("act", venue.address, venue.calldata("reserveStatus", BAD_TOKEN))
    token("callBack", wallet.address, look)
    wallet("act", venue.address, withdraw, sender=KEEPER)
    assert token("balanceOf", wallet.address) == 100
    # One that passes on what came has not been paid what it was to be.
    elsewhere = token.calldata("transfer", SUPPLIER, 100)
    token("callBack", NOBODY, b"")
    pay_on = wallet.calldata("act", token.address, elsewhere)
    token("callBack", wallet.address, pay_on)
    answer = refusal(wallet, "act", venue.address, withdraw, sender=KEEPER)
    # Before the move the wallet has 100 to pass on, after it the next 100: 100 − 100 + 100 − 100.
    assert answer == ("TransferMismatch", (BAD_TOKEN, 100, 0))
    token("callBack", NOBODY, b"")
    wallet("act", venue.address, withdraw, sender=KEEPER)
    assert venue("balanceOf", wallet.address, BAD_TOKEN)["idle"] == 0


def test_deposit_beyond_the_number_range_of_a_balance_is_refused_by_name(market: Market) -> None:
    most = 2**128 - 1
    token = list_misbehaving(market, INSURANCE)
    pay_with(market, token, BORROWER, most)
    market.venue("deposit", BAD_TOKEN, most, BORROWER, sender=BORROWER)
    pay_with(market, token, BORROWER, 1)
    answer = refusal(market.venue, "deposit", BAD_TOKEN, 1, BORROWER, sender=BORROWER)
    assert answer == ("DoesNotFit128", (most + 1,))
