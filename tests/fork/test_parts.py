"""The parts of a fork that need no chain. SPEC HE-22, HE-23, HE-25."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from eth_abi.abi import decode, encode

from pmkit.chain.artifacts import load_artifact, parsed
from pmkit.errors import InputError, NodeRefused, NodeUnavailable
from pmkit.fork.accounts import ForkAccount
from pmkit.fork.compare import account_differences
from pmkit.fork.core_state import (
    CoreAccount,
    CoreMarket,
    account_asks,
    require_no_other_loan,
)
from pmkit.fork.imports import AccountImport, PositionImport, TokenImport, imported
from pmkit.fork.logs import PagedLogs
from pmkit.fork.patience import Patience, is_busy
from pmkit.fork.prices import usdc_px_of
from pmkit.fork.probe import ANSWER, Answers, Ask, Moment, Probe, Shape
from pmkit.fork.rest import DEBTOR, WORLD, rest_of
from pmkit.fork.universe import Universe, new_token
from pmkit.model import Mode
from pmkit.params import load_params
from pmkit.rates import SHARE_UNIT

CURRENT = load_params("current")
WHO = "0x00000000000000000000000000000000000ABcDe"
NOW = Moment(block=7, time=9, l1_block=7)
PARTIES = {"maker": "0x" + "01" * 20, "backstop": "0x" + "02" * 20, "insurance": "0x" + "03" * 20}
USDC, HYPE, BTC = 0, 150, 0


def core(spot=(), lent=(), dexes=(), positions=()):
    """Return an account as precompiles tell it: rows by id."""
    answers: Answers = {("core_user_exists", 0): {"exists": True}}
    for token, total in dict(spot).items():
        answers["spot_balance", token] = {"total": total, "hold": 0, "entry_ntl": 0}
    for token, (owed, supplied) in dict(lent).items():
        answers["borrow_lend_user_state", token] = {
            "borrow_basis": max(0, owed - 1),
            "borrow_value": owed,
            "supply_basis": max(0, supplied - 2),
            "supply_value": supplied,
        }
    for dex, (value, raw) in dict(dexes).items():
        row = {"account_value": value, "margin_used": 0, "ntl_pos": 0, "raw_usd": raw}
        answers["account_margin_summary", dex] = row
    for asset, row in dict(positions).items():
        answers["position2", asset] = row
    return CoreAccount(address=WHO, moment=NOW, answers=answers)


def as_imported(account, mode):
    return imported(account, ForkAccount(address=WHO, mode=mode), CURRENT).state


def test_standard_balance_is_idle_and_a_backing_one_is_what_the_rest_leaves():
    account = core({USDC: 1_000}, {USDC: (0, 300)}, {0: (4, 4)})
    assert as_imported(account, Mode.STANDARD).tokens == [
        TokenImport(token=USDC, shares=300 * SHARE_UNIT, basis=298, idle=1_000)
    ]
    # 4e-6 USD in the dex are 400 wei: 1,000 − 300 − 400.
    assert as_imported(account, Mode.UNIFIED).tokens[0].idle == 300
    owing = core({HYPE: 50}, {HYPE: (20, 0)})
    # 50 net of a debt of 20 are 70 idle.
    assert as_imported(owing, Mode.PORTFOLIO_MARGIN).tokens == [
        TokenImport(token=HYPE, shares=-20 * SHARE_UNIT, basis=19, idle=70)
    ]


def test_net_total_below_zero_leaves_nothing_idle_and_a_contradiction_is_refused():
    below = core({USDC: 0}, {USDC: (900, 0)}, {0: (4, 4)})
    assert as_imported(below, Mode.PORTFOLIO_MARGIN).tokens[0].idle == 0
    above = core({USDC: 0}, {USDC: (100, 0)}, {0: (4, 4)})
    with pytest.raises(InputError, match=r"0x801 answers 0 wei of USDC where .* make 300"):
        as_imported(above, Mode.PORTFOLIO_MARGIN)


def test_account_on_both_sides_of_a_reserve_is_refused():
    with pytest.raises(InputError, match="both supplies and owes token 0"):
        as_imported(core(lent={USDC: (1, 1)}), Mode.STANDARD)


@pytest.mark.parametrize(
    ("account", "mode"),
    [
        (core({USDC: 5}), Mode.STANDARD),
        (core({USDC: 5}, {USDC: (0, 7)}), Mode.STANDARD),
        (core({USDC: 7}, {USDC: (0, 7)}), Mode.PORTFOLIO_MARGIN),
        (core({USDC: 407}, {USDC: (0, 7)}, {0: (4, 4)}), Mode.PORTFOLIO_MARGIN),
        (core({USDC: 0}, {USDC: (1, 0)}), Mode.PORTFOLIO_MARGIN),
        (core(), Mode.STANDARD),
    ],
)
def test_mode_that_nobody_says_follows_from_what_an_account_has(account, mode):
    found = imported(account, ForkAccount(address=WHO), CURRENT)
    assert (found.state.mode, found.guessed) == (mode, True)


def market(**reserves):
    """Return a market whose reserves are (supplied, borrowed, cash) by token name."""
    rows = {}
    for name, (supplied, borrowed, cash) in reserves.items():
        row = {"oracle_px": 1, "total_supplied": supplied, "total_borrowed": borrowed}
        rows[CURRENT.token(name).id] = {**row, "balance": cash}
    return CoreMarket(moment=NOW, marks={BTC: 1_000}, oracles={BTC: 1_000}, spots={}, reserves=rows)


def test_rest_of_the_world_lends_and_owes_what_is_left_and_takes_the_other_side():
    account = AccountImport(account=WHO)
    account.token(USDC).shares = -30 * SHARE_UNIT
    account.positions.append(PositionImport(asset=BTC, szi=7, entry_ntl=1))
    backs = 100_000_000 * 10**8
    rest = rest_of([account], market(USDC=(backs + 500, 80, backs + 430)), CURRENT, PARTIES)
    world, debtor, backstop, *_ = rest.accounts
    assert (world.account, debtor.account) == (WORLD, DEBTOR)
    assert world.token(USDC).shares == 500 * SHARE_UNIT
    assert backstop.token(USDC).shares == backs * SHARE_UNIT
    assert (debtor.token(USDC).shares, debtor.token(USDC).basis) == (-50 * SHARE_UNIT, 50)
    (reserve,) = rest.reserves
    assert reserve.supply_shares == (backs + 500) * SHARE_UNIT
    assert reserve.borrow_shares == 80 * SHARE_UNIT
    # Cash and debt are 10 more than what is lent: the buffer.
    assert (reserve.buffer, reserve.deficit) == (10 * SHARE_UNIT, 0)
    (position,) = world.positions
    assert (position.szi, position.entry_ntl) == (-7, 7_000)
    # Equity of a hundred times its notional, at a mark of 1,000: 700,000 + 7,000 raw.
    assert world.dexes[0].raw_usd == 707_000


def test_reserve_that_lacks_cash_has_a_deficit_and_says_so():
    rest = rest_of([], market(HYPE=(100, 20, 70)), CURRENT, PARTIES)
    assert rest.reserves[0].deficit == 10
    assert rest.notes == ("the reserve of HYPE lacks 10 wei of what it owes",)


@pytest.mark.parametrize("shares", [-1, 1])
def test_loan_of_a_reserve_that_is_not_there_is_refused_by_name(shares):
    account = AccountImport(account=WHO)
    account.token(HYPE).shares = shares
    with pytest.raises(InputError, match=rf"{WHO}: lends or owes HYPE \(token 150\).*0x812"):
        rest_of([account], market(USDC=(0, 0, 0)), CURRENT, PARTIES)


class Lent(Probe):
    """A probe of an upstream where somebody has a loan in some tokens."""

    def __init__(self, *tokens):
        super().__init__(None, "there", "latest")
        self.tokens = tokens
        self.asked = []

    def read(self, asks, account=WHO, stipend=0):
        (ask,) = asks
        assert (ask.name, account, stipend) == ("borrow_lend_user_state", WHO, 150_000)
        self.asked.append(ask.ids)
        row = {"borrow_basis": 1, "borrow_value": 1, "supply_basis": 0, "supply_value": 0}
        return NOW, {(ask.name, i): row for i in ask.ids if i in self.tokens}


def listing(count, *reserves):
    return Universe(tokens={i: {} for i in range(count)}, perps={}, reserves=reserves)


def test_every_token_is_asked_for_loans():
    universe = listing(400, USDC, 7)
    asks = [a for a in account_asks(CURRENT, universe) if a.name == "borrow_lend_user_state"]
    known = {token.id for token in CURRENT.tokens} & set(universe.tokens)
    # HYPE is of the parameters: what 0x812 answers of it does not matter.
    assert HYPE in known
    assert [(set(ask.ids), ask.held_words > 0) for ask in asks] == [(known, False), ({7}, True)]
    probe = Lent(7, HYPE)
    require_no_other_loan(probe, WHO, CURRENT, universe)
    assert {i for ids in probe.asked for i in ids} == set(range(400)) - known - {7}
    # Reads that fail burn their gas: 150 of them fit a call.
    assert len(probe.asked) == 3


def test_loan_in_a_token_without_a_reserve_is_refused_by_name():
    with pytest.raises(InputError, match="lends or owes token 9, which current does not list"):
        require_no_other_loan(Lent(9), WHO, CURRENT, listing(12, USDC))


def test_debts_rounded_up_one_by_one_add_up_to_what_the_reserve_owes():
    accounts = []
    for i in range(3):
        account = AccountImport(account=f"0x{i:040x}")
        account.token(HYPE).shares = -10 * SHARE_UNIT
        accounts.append(account)
    rest = rest_of(accounts, market(HYPE=(100, 28, 72)), CURRENT, PARTIES)
    shares = [-account.token(HYPE).shares for account in accounts]
    assert sum(shares) == 28 * SHARE_UNIT == rest.reserves[0].borrow_shares
    # Each still answers 10: up from more than 9.
    assert all(-(-share // SHARE_UNIT) == 10 for share in shares)


def test_price_of_usdc_is_the_one_that_explains_the_reserves():
    # 78,347.0 and 78,340.0 for BTC at 1.0005: the recorded median of docs, 78,307.846.
    found = CoreMarket(
        moment=NOW,
        marks={0: 783_470},
        oracles={0: 783_400},
        spots={142: 78_316_600},
        reserves={197: {"oracle_px": 78_307_846}},
    )
    assert abs(usdc_px_of(found, CURRENT) - 100_050_000) <= 100
    even = replace(found, reserves={197: {"oracle_px": 78_340_000}})
    assert usdc_px_of(even, CURRENT) == 10**8


def test_difference_is_named_with_both_sides_and_failures_are_as_good_as_nothing():
    there, here = core({USDC: 5}, {USDC: (0, 0)}), core({USDC: 6})
    (found,) = account_differences(there, here)
    assert str(found) == f"{WHO}: spot_balance(0).total is 6 on the fork and 5 upstream"


def test_token_that_the_contracts_cannot_list_is_refused_with_what_to_do():
    info = {"name": "PURR", "sz_decimals": 0, "wei_decimals": 5, "evm_extra_wei_decimals": 13}
    universe = Universe(tokens={1: info}, perps={}, reserves=())
    with pytest.raises(InputError, match=r"token 1 \(PURR\).* 6 to 18; .*--without 1"):
        new_token(CURRENT, 1, universe, [])


class Blocky:
    """A chain whose block follows from the call's number, and that reads two ids in each call."""

    def __init__(self, block_of):
        self.block_of = block_of
        self.calls = 0

    def request(self, method, call, tag):
        assert (method, tag) == ("eth_call", "latest")
        self.calls += 1
        code = load_artifact("CoreProbe").linked({})
        data = bytes.fromhex(call["data"][2:])[len(code) :]
        shape = ["address", "(address,uint8,uint64[],uint256)[]", "uint256", "uint256"]
        _, asks, start, _ = decode(shape, data)
        ids = asks[0][2]
        rows = [(0, i, True, encode(["uint64"], [ids[i]])) for i in range(len(ids))][start:][:2]
        block = self.block_of(self.calls)
        l1_block = encode(["uint64"], [block])
        answer = encode(ANSWER, [block, 0, l1_block, start + len(rows), rows])
        return f"0x{answer.hex()}"


@pytest.mark.parametrize(("last", "calls"), [(0, 3), (1, 5), (2, 6)])
def test_reads_of_several_calls_are_of_one_state(last, calls):
    # Three calls; where a block comes in between, all over again from there.
    chain = Blocky(lambda call: int(call > last) if last else 7)
    asks = [Ask(name="spot_px", shape=Shape.ID, ids=(5, 6, 7, 8, 9))]
    moment, found = Probe(chain.request, "there", "latest").read(asks)
    assert found == {("spot_px", i): {"px": i} for i in (5, 6, 7, 8, 9)}
    assert (chain.calls, moment.block) == (calls, 1 if last else 7)


def test_chain_that_is_faster_than_its_answers_is_told():
    asks = [Ask(name="spot_px", shape=Shape.ID, ids=(5, 6, 7))]
    with pytest.raises(NodeUnavailable, match="makes blocks faster than 3 reads"):
        Probe(Blocky(lambda call: call).request, "there", "latest").read(asks)


# The upstream's limits


def test_waits_grow_and_end():
    patience = Patience()
    waits = [patience.wait(tried) for tried in range(1, patience.attempts)]
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15]
    # Public RPCs count by the minute.
    assert sum(waits) > 60


@pytest.mark.parametrize(
    ("answer", "busy"),
    [
        ({"error": {"code": -32005, "message": "rate limited"}}, True),
        ({"error": {"code": 429, "message": "slow down"}}, True),
        ({"error": {"code": -32000, "message": "Too Many Requests, retry later"}}, True),
        ([{"result": 1}, {"error": {"code": -32000, "message": "daily request limit"}}], True),
        ({"error": {"code": -32602, "message": "query exceeds max block range 50"}}, False),
        ({"error": {"code": -32000, "message": "execution reverted"}}, False),
        ({"error": "odd"}, False),
        ({"result": "rate limit"}, False),
        (None, False),
    ],
)
def test_busy_is_told_from_refused(answer, busy):
    assert is_busy(answer) is busy


class Logs:
    """An upstream that takes so many blocks at once, with a log in each block."""

    def __init__(self, most):
        self.most = most
        self.asked = []

    async def request(self, method, query):
        assert method == "eth_getLogs"
        if "blockHash" in query:
            return ["by hash"]
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        self.asked.append(last - first + 1)
        if last - first >= self.most:
            raise NodeRefused(method=method, code=-1, message="block range", data=None)
        return list(range(first, last + 1))


@pytest.mark.parametrize("most", [1, 3, 50, 1_000, 10**6])
def test_logs_come_whole_and_in_order_whatever_the_upstream_takes(most):
    upstream = Logs(most)
    paged = PagedLogs(upstream.request)
    found = asyncio.run(paged.get({"fromBlock": "earliest", "address": WHO}, 1_023))
    assert found == list(range(1_024))
    refusals = len([span for span in upstream.asked if span > most])
    # Once it is known how many blocks are taken, no more are asked for.
    assert refusals <= 11
    upstream.asked.clear()
    assert asyncio.run(paged.get({"fromBlock": "0x0", "toBlock": "0x3"}, 1_023)) == [0, 1, 2, 3]
    assert all(span <= most for span in upstream.asked)


def test_logs_of_one_block_that_is_refused_and_of_too_many_pages_are_errors():
    with pytest.raises(NodeRefused, match="block range"):
        asyncio.run(PagedLogs(Logs(0).request).get({"fromBlock": "0x1", "toBlock": "0x1"}, 9))
    with pytest.raises(NodeRefused, match="2000 pages"):
        asyncio.run(PagedLogs(Logs(1).request).get({"fromBlock": "0x0"}, 10_000))
    assert asyncio.run(PagedLogs(Logs(1).request).get({"blockHash": "0x12"}, 9)) == ["by hash"]
    assert asyncio.run(PagedLogs(Logs(1).request).get({"fromBlock": "0x9"}, 3)) == []


class Picky(Logs):
    """An upstream that refuses other addresses whatever the blocks, and one block altogether."""

    bad_block = 700

    async def request(self, method, query):
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if query.get("address") != WHO or first <= self.bad_block <= last:
            self.asked.append(last - first + 1)
            raise NodeRefused(method=method, code=-32_602, message="bad query", data=None)
        return await super().request(method, query)


@pytest.mark.parametrize("known", [False, True])
def test_query_that_is_refused_for_another_reason_says_nothing_of_pages(known):
    upstream = Picky(50)
    paged = PagedLogs(upstream.request)
    if known:
        asyncio.run(paged.get({"fromBlock": "0x0", "toBlock": "0xff", "address": WHO}, 1_023))
    with pytest.raises(NodeRefused, match="bad query"):
        asyncio.run(paged.get({"fromBlock": "0x0", "address": "bad"}, 1_023))
    # Pages of this one were taken, down to the block that is refused.
    with pytest.raises(NodeRefused, match="bad query"):
        asyncio.run(paged.get({"fromBlock": "0x200", "toBlock": "0x3ff", "address": WHO}, 1_023))
    upstream.asked.clear()
    found = asyncio.run(paged.get({"fromBlock": "0x0", "toBlock": "0x1ff", "address": WHO}, 1_023))
    assert found == list(range(512))
    # Halves of 512 (and of 256, where that is known) that 50 blocks take.
    assert max(upstream.asked[-16:]) == 32
    assert len(upstream.asked) == (16 if known else 20)


def test_import_lays_storage_out_as_the_venue_does():
    venue, fork = (parsed(name)["storageLayout"] for name in ("Venue", "ForkImport"))

    def shape(layout, kind):
        found = layout["types"][kind]
        members = [
            (member["label"], member["slot"], member["offset"], shape(layout, member["type"]))
            for member in found.get("members", ())
        ]
        parts = [shape(layout, found[part]) for part in ("key", "value", "base") if part in found]
        return found["label"], members, parts

    (ours,) = fork["storage"]
    (theirs,) = [entry for entry in venue["storage"] if entry["label"] == "_s"]
    assert (ours["slot"], ours["offset"]) == (theirs["slot"], theirs["offset"])
    assert shape(fork, ours["type"]) == shape(venue, theirs["type"])
