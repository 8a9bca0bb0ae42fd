"""A fork answers as its upstream did, and then goes its own way. SPEC HE-20 to HE-23, HE-27."""

from __future__ import annotations

from fractions import Fraction

import pytest
from fork.conftest import HURRY
from support.core_reads import reads
from support.public_rpc import PublicRpc

from pmkit.demo.conservation import ledgers
from pmkit.fork.rest import DEBTOR, WORLD
from pmkit.hyperevm.local import HyperEvm
from pmkit.model import Health, Mode
from pmkit.units import RAY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fork")]


@pytest.fixture(scope="module")
def before(upstream):
    """What the upstream answers, to whoever asks for it read by read."""
    return reads(upstream.chain.rpc, upstream.addresses, *upstream.ids)


@pytest.fixture(scope="module")
def public(upstream):
    with PublicRpc(upstream.chain.rpc.url, busy_every=9) as public:
        yield public


@pytest.fixture(scope="module")
def standing(upstream, public):
    with HyperEvm.fork(public.url, accounts=upstream.accounts, patience=HURRY) as fork:
        yield fork


@pytest.fixture
def fork(standing):
    with standing.scratch():
        yield standing


def test_reads_of_a_hundred_accounts_are_the_upstreams(upstream, fork, before):
    found = reads(fork.rpc, upstream.addresses, *upstream.ids)
    assert len(upstream.addresses) == 100
    assert {q: (a, found[q]) for q, a in before.items() if a != found[q]} == {}
    # Nothing is alike because nothing was there: every read about accounts has answered something.
    answered = {name for (name, *_), answer in before.items() if answer is not None}
    assert len(answered) == 17
    assert fork.forked.differences == ()
    assert fork.forked.notes == ()
    assert fork.forked.latest_only


def test_modes_are_as_they_were_said_and_else_follow_from_what_an_account_has(
    upstream, fork, public
):
    for account in upstream.accounts:
        assert fork.reader.account(account.address).mode is account.mode
    assert not any(account.guessed for account in fork.forked.accounts)
    some = upstream.accounts[:10]
    addresses = [account.address for account in some]
    with HyperEvm.fork(public.url, accounts=addresses, patience=HURRY) as guessing:
        assert all(account.guessed for account in guessing.forked.accounts)
        guesses = [account.mode for account in guessing.forked.accounts]
        # Nobody can see a unified account from outside: it is taken for a standard one.
        assert guesses == [Mode.STANDARD if a.mode is Mode.UNIFIED else a.mode for a in some]


def test_figures_of_margin_are_the_upstreams(upstream, fork):
    hidden = 0
    for address in upstream.addresses:
        reader = upstream.chain.reader
        there, here = reader.margin(address), fork.reader.margin(address)
        # 0x801 tells nothing of what is idle beside a larger debt; less than a lot's price here.
        if any(held.idle and held.borrowed for held in reader.account(address).tokens):
            hidden += 1
            continue
        assert (here.ratio, here.health_factor) == (there.ratio, there.health_factor)
    assert hidden <= 20


def test_nothing_is_made_or_lost_and_positions_have_two_sides(upstream, fork):
    for ledger in ledgers(fork.reader):
        assert ledger.uncovered == 0
        # What an ERC-20 of fewer decimals cannot hold is rounded up.
        assert 0 <= ledger.dust <= ledger.dust_bound + 10**4, ledger
    sizes: dict[int, int] = {}
    for address in fork.reader.accounts():
        for position in fork.reader.positions(address):
            sizes[position.asset] = sizes.get(position.asset, 0) + position.szi
    assert sizes
    assert set(sizes.values()) == {0}
    assert {WORLD, DEBTOR} <= set(fork.reader.accounts())


def test_prices_move_and_accounts_are_liquidated_while_the_upstream_stays_as_it_was(
    upstream, fork, before
):
    logs = len(upstream.chain.rpc.request("eth_getLogs", {"fromBlock": "0x0"}))
    block = upstream.chain.rpc.block_number()
    keeper = fork.sender("keeper")
    fork.move("BTC", "12000")
    fork.warp(3_600)
    reports = dict(
        zip(upstream.addresses, fork.reader.each_report(upstream.addresses), strict=True)
    )
    doomed = [a for a, found in reports.items() if found.margin.health is not Health.HEALTHY]
    assert len(doomed) > 10
    taken = 0
    for address in doomed:
        fork.keep_fresh()
        if fork.reader.margin(address).liquidatable:
            keeper.liquidate(address)
            taken += 1
    assert taken > 10
    after = reads(upstream.chain.rpc, upstream.addresses, *upstream.ids)
    assert after == before
    assert upstream.chain.rpc.block_number() == block
    assert len(upstream.chain.rpc.request("eth_getLogs", {"fromBlock": "0x0"})) == logs
    found = reads(fork.rpc, upstream.addresses, *upstream.ids)
    assert found != before
    for ledger in ledgers(fork.reader):
        assert 0 <= ledger.dust <= ledger.dust_bound + 10**4, ledger


def test_interest_runs_on_from_an_index_of_one(upstream, fork):
    reader = fork.reader
    before = reader.reserve("USDC")
    assert (before.borrow_index, before.supply_index) == (RAY, RAY)
    owing = next(
        address
        for address in upstream.addresses
        if any(held.token == 0 and held.borrowed for held in reader.account(address).tokens)
    )
    there = upstream.chain.reader.reserve("USDC")
    assert (before.borrow_rate, before.supplied) == (there.borrow_rate, there.supplied)

    def owed():
        return sum(h.borrowed for h in reader.account(owing).tokens if h.token == 0)

    debt, since = owed(), fork.rpc.block().timestamp
    fork.warp(86_400)
    elapsed = fork.rpc.block().timestamp - since
    grown = Fraction(owed() - debt, debt)
    rate = Fraction(before.borrow_rate, RAY) * elapsed / (365 * 86_400)
    assert abs(grown - rate) < rate / 1_000


def test_upstream_moves_on_and_the_fork_does_not(fork, before, upstream):
    with upstream.chain.scratch():
        upstream.chain.move("BTC", "70000")
        upstream.chain.warp(86_400)
        found = reads(fork.rpc, upstream.addresses, *upstream.ids)
    assert found == before


def test_no_request_leaves_for_transactions_of_the_forks_own(fork, public):
    fork.move("BTC", "90000")
    asked = len(public.asked)
    for px in ("91000", "92000", "93000"):
        fork.move("BTC", px)
        fork.rpc.request("eth_getTransactionReceipt", fork.rpc.block().hash)
    assert set(public.asked[asked:]) <= {"eth_getTransactionReceipt"}
    assert len(public.asked) - asked <= 3 + 1
