"""A fork is a chain to work on: blocks, wallets, CoreWriter, its state file. SPEC HE-20, HE-25."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pytest
from chain.test_dexes import WITH_FLX
from click.testing import CliRunner
from fork.conftest import HURRY, Upstream, pays_in, standard, trades
from hyperevm.conftest import until
from support.core_reads import reads
from support.public_rpc import PublicRpc

from pmkit.chain.listing import GENESIS_PRICES
from pmkit.cli import main
from pmkit.demo.conservation import ledgers
from pmkit.errors import InputError
from pmkit.fork.accounts import ForkAccount
from pmkit.hypercore.addresses import CORE_WRITER, HYPE_SYSTEM
from pmkit.hypercore.core_actions import IOC, encode_action
from pmkit.hypercore.precompiles import precompile
from pmkit.hypercore.records import Status, read_records
from pmkit.hyperevm import Blocks
from pmkit.hyperevm.local import HyperEvm
from pmkit.hyperevm.state import StateFile
from pmkit.model import Mode
from pmkit.params import load_params
from pmkit.policy import PairParams
from pmkit.testing.holdings import parse_holdings
from pmkit.testing.plugin import fork, pmkit_forks
from pmkit.testing.traders import open_account

__all__ = ["fork", "pmkit_forks"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("forked_chain")]

EIGHT = 10**8


@pytest.fixture(scope="module")
def small():
    with HyperEvm.open(chain_id=998) as chain:
        account = standard(chain, 1)
        yield Upstream(chain, [account])


@pytest.fixture
def public(small):
    with PublicRpc(small.chain.rpc.url) as rpc:
        yield rpc


def opened(rpc, small, **options):
    return HyperEvm.fork(rpc.url, accounts=small.accounts, patience=HURRY, **options)


def alike(there, here, small):
    before = reads(there, small.addresses, *small.ids)
    found = reads(here, small.addresses, *small.ids)
    return {q: (a, found[q]) for q, a in before.items() if a != found[q]}


def test_roles_have_wallets_and_a_market_to_trade_on(small, public):
    with opened(public, small) as chain:
        trader = chain.sender("trader")
        chain.credit("trader", "USDC", "10000")
        assert chain.reader.account(trader.address).mode is Mode.PORTFOLIO_MARGIN
        chain.fund("trader", "UBTC", "1.5")
        trader.deposit("UBTC", chain.amount("UBTC", "1.5"))
        trades(chain, trader_of(chain), "BTC", -150_000)
        (position,) = chain.reader.account(trader.address).perps
        assert position.szi == -150_000
        wallet = chain.reader.balance(chain.account("supplier"), "HYPE").wallet
        # 10,000,000 dollars at 40.
        assert wallet == 250_000 * 10**18
        small_wallet = small.chain.reader.balance(small.chain.account("trader"), "UBTC").wallet
        assert small_wallet == 100 * 10**8


def trader_of(chain):
    from pmkit.testing.traders import Trader

    return Trader(chain, chain.account("trader"))


def test_token_without_an_erc20_upstream_gets_one_of_the_forks_own(small, public):
    with small.chain.scratch():
        gone = small.chain.deployment.token("USDH")
        small.chain.rpc.request("anvil_setCode", gone, "0x")
        with opened(public, small) as chain:
            assert chain.deployment.token("USDH") != gone
            assert chain.deployment.token("USDC") == small.chain.deployment.token("USDC")
            supplier = chain.sender("supplier")
            supplier.deposit("USDH", chain.amount("USDH", "7"))
            assert chain.reader.balance(supplier.address, "USDH").idle == 7 * EIGHT


def test_contracts_act_through_core_writer_and_tokens_cross_over(small, public):
    with opened(public, small) as chain:
        chain.sender("trader").set_mode(Mode.STANDARD)
        chain.credit("trader", "USDC", "50000")
        chain.sender("trader").transfer_perp(0, 40_000 * 10**6, to_perp=True)
        data = encode_action(
            "limit_order",
            asset=0,
            is_buy=True,
            limit_px=200_000 * EIGHT,
            sz=EIGHT // 10,
            reduce_only=False,
            tif=IOC,
            cloid=0,
        )
        words = len(data).to_bytes(32) + data + bytes(-len(data) % 32)
        call = "0x17938e13" + (32).to_bytes(32).hex() + words.hex()
        sent = {"from": chain.account("trader"), "to": CORE_WRITER, "data": call}
        chain.rpc.request("eth_sendTransaction", {**sent, "gas": hex(2_000_000)})
        records, _ = read_records(chain.rpc, 1, 10)
        assert [record.status for record in records] == [Status.APPLIED]
        supplier = chain.account("supplier")
        before = chain.reader.balance(supplier, "HYPE").idle
        sent = {"from": supplier, "to": HYPE_SYSTEM, "value": hex(5 * 10**18)}
        chain.rpc.request("eth_sendTransaction", sent)
        assert chain.reader.balance(supplier, "HYPE").idle - before == 5 * EIGHT


def test_actions_of_the_upstream_are_not_the_forks(small, public):
    """Storage of the upstream's stand-ins is not read as the fork's."""
    with small.chain.scratch():
        data = encode_action("spot_send", destination=HYPE_SYSTEM, token=0, wei=1)
        words = len(data).to_bytes(32) + data + bytes(-len(data) % 32)
        call = "0x17938e13" + (32).to_bytes(32).hex() + words.hex()
        sent = {"from": small.chain.account("trader"), "to": CORE_WRITER, "data": call}
        small.chain.rpc.request("eth_sendTransaction", {**sent, "gas": hex(2_000_000)})
        assert read_records(small.chain.rpc, 1, 10)[1] == 1
        with opened(public, small) as chain:
            assert read_records(chain.rpc, 1, 10)[1] == 0


def test_logs_of_before_come_page_by_page(small, public):
    query = {"fromBlock": "0x0", "address": small.chain.deployment.venue}
    before = small.chain.rpc.request("eth_getLogs", query)
    assert small.chain.rpc.block_number() > 2 * public.log_blocks
    with opened(public, small) as chain:
        made = chain.forked.block
        found = chain.rpc.request("eth_getLogs", {**query, "toBlock": hex(made)})
        assert found == before
        assert len(found) > 20


def test_logs_of_before_come_from_an_upstream_that_takes_a_thousand_blocks():
    """As HyperEVM's own RPCs do; of its own, as so many blocks make a node forget older states."""
    with HyperEvm.open(chain_id=998) as upstream:
        query = {"fromBlock": "0x0", "address": upstream.deployment.venue}
        before = upstream.rpc.request("eth_getLogs", query)
        upstream.rpc.request("anvil_mine", hex(2_500))
        with (
            PublicRpc(upstream.rpc.url, log_blocks=1_000) as rpc,
            HyperEvm.fork(rpc.url, patience=HURRY) as chain,
        ):
            assert chain.forked is not None
            whole = {**query, "toBlock": hex(chain.forked.block)}
            rpc.asked.clear()
            assert chain.rpc.request("eth_getLogs", whole) == before
            # At most: all refused, a half refused, four quarters.
            assert rpc.asked.count("eth_getLogs") <= 6


def test_loan_whose_reserve_the_upstream_does_not_tell_is_refused(small, public):
    with small.chain.scratch():
        silent = precompile("borrow_lend_reserve_state").address
        small.chain.rpc.request("anvil_setCode", silent, "0xfe")
        with pytest.raises(InputError, match=r"lends or owes HYPE \(token 150\)") as told:
            opened(public, small)
    assert small.addresses[0] in str(told.value)


def test_loan_in_a_token_of_no_reserve_and_no_parameter_is_refused(rich):
    """0x811 is looked at for every token, with gas that is enough for a loan."""
    with rich.chain.scratch(), PublicRpc(rich.chain.rpc.url) as rpc:
        sender = rich.chain.sender(rich.addresses[0])
        sender.supply("PURR", rich.chain.amount("PURR", "500"))
        silent = precompile("borrow_lend_reserve_state").address
        rich.chain.rpc.request("anvil_setCode", silent, "0xfe")
        with pytest.raises(InputError, match="lends or owes token 400, which current"):
            opened(rpc, rich)


def test_block_of_before_where_the_upstream_serves_it(small):
    with small.chain.scratch():
        block = small.chain.rpc.block_number()
        trader = trader_of(small.chain)
        pays_in(small.chain, trader, "USDC", 77)
        small.chain.move("BTC", "50000")
        url = small.chain.rpc.url
        with HyperEvm.fork(url, block=block, accounts=[trader.address]) as chain:
            assert (chain.forked.block, chain.forked.latest_only) == (block, False)
            assert chain.reader.prices().perps[0].mark == 1_000_000
            assert chain.reader.balance(trader.address, "USDC").idle == 0


def test_upstream_that_forgets_the_block_serves_its_latest_state_from_then_on(small):
    chain = small.chain
    with (
        chain.scratch(),
        PublicRpc(chain.rpc.url, latest_only=False) as rpc,
        opened(rpc, small) as fork,
    ):
        assert not fork.forked.latest_only
        rpc.latest_only = True
        unseen = "0x000000000000000000000000000000000000bEEF"
        chain.rpc.request("anvil_setBalance", unseen, "0x7")
        assert fork.rpc.request("eth_getBalance", unseen, "latest") == "0x7"
        # What it has once seen stays.
        chain.rpc.request("anvil_setBalance", unseen, "0x8")
        assert fork.rpc.request("eth_getBalance", unseen, "latest") == "0x7"


def test_blocks_as_the_chain_makes_them(small, public):
    with opened(public, small, blocks=Blocks.HYPER, seconds=0.2) as chain:
        start = chain.rpc.block_number()
        until(lambda: True if chain.rpc.block_number() > start + 2 else None)
        chain.sender("trader").deposit("UBTC", chain.amount("UBTC", "1"))
        found = chain.rpc.request("eth_getBlockByNumber", hex(start + 2), False)
        assert int(found["gasLimit"], 16) == 3_000_000


def test_upstream_that_makes_small_blocks_each_second():
    """Its node would give a call as much gas as a small block has, and it does not stand still."""
    with HyperEvm.open(chain_id=999, blocks=Blocks.HYPER, seconds=0.3) as live:
        account = standard(live, 2)
        with HyperEvm.fork(live.rpc.url, accounts=[account], chain_id=999) as chain:
            there, here = (c.reader.positions(account.address) for c in (live, chain))
            strip = [replace(p, funding_due=0, funding_index=0) for p in (*there, *here)]
            assert strip[: len(there)] == strip[len(there) :]
            assert chain.blocks is Blocks.INSTANT
            start = chain.rpc.block_number()
            chain.rpc.request("evm_mine")
            assert chain.rpc.block_number() == start + 1


def test_upstream_that_allows_a_call_no_more_than_a_small_block_has(small):
    with (
        PublicRpc(small.chain.rpc.url, call_gas=3_000_000) as rpc,
        opened(rpc, small) as chain,
    ):
        assert alike(small.chain.rpc, chain.rpc, small) == {}


def test_fork_of_a_fork(small, public):
    with opened(public, small) as first:
        first.move("BTC", "90000")
        with HyperEvm.fork(first.rpc.url, accounts=small.accounts) as second:
            assert alike(first.rpc, second.rpc, small) == {}
            assert second.deployment.venue != first.deployment.venue


def figures(chain):
    reader = chain.reader.pinned()
    whose = [address for _, address in chain.deployment.accounts]
    return (
        chain.rpc.block(),
        chain.deployment.venue,
        [reader.account(address) for address in whose],
        reader.prices(),
        reader.reserve("USDC"),
    )


def test_fork_goes_on_from_its_state_file(small, public, tmp_path):
    path = tmp_path / "fork.json"
    with closing(StateFile.open(path)) as file:
        with opened(public, small, state=file) as chain:
            chain.move("BTC", "91000")
            chain.credit("trader", "USDC", "12")
            left, imported = figures(chain), chain.forked.accounts
            chain.save()
        with opened(public, small, state=file) as chain:
            assert figures(chain) == left
            chain.move("BTC", "92000")
            assert chain.rpc.block().timestamp == left[0].timestamp + 1
            chain.save()
        # Its accounts need not be named again.
        with HyperEvm.fork(public.url, state=file, patience=HURRY) as chain:
            assert chain.reader.prices().perps[0].mark == 920_000
            assert chain.forked.notes == (f"taken up from {path}",)
            assert chain.forked.accounts == imported
            chain.save()
        with pytest.raises(InputError, match="other accounts"):
            HyperEvm.fork(public.url, state=file, accounts=[small.chain.account("keeper")])
        for accounts in ((), tuple(small.addresses)):
            with pytest.raises(InputError, match="in mode standard; leave the mode out"):
                HyperEvm.fork(public.url, state=file, mode=Mode.UNIFIED, accounts=accounts)
        with pytest.raises(InputError, match="with all tokens; leave --without out"):
            opened(public, small, state=file, without=("PURR",))
        with pytest.raises(InputError, match="at block"):
            HyperEvm.fork(public.url, state=file, block=1)
        with pytest.raises(InputError, match="pmkit fork"):
            HyperEvm.open(state=file)
        with HyperEvm.open(chain_id=998) as another:
            another.rpc.request("anvil_mine", hex(100))
            with pytest.raises(InputError, match="another chain"):
                HyperEvm.fork(another.rpc.url, state=file)
    options = ("--rpc", public.url, "--port", "0", "--state", str(path), "--mode", "unified")
    refused = CliRunner().invoke(main, ["fork", "--json", *options])
    assert (refused.exit_code, "leave the mode out" in refused.output) == (2, True), refused.output
    with closing(StateFile.open(tmp_path / "up.json")) as file:
        with HyperEvm.open(chain_id=998, state=file) as chain:
            chain.save()
        with pytest.raises(InputError, match="no fork; use pmkit up"):
            HyperEvm.fork(public.url, state=file)


@pytest.mark.parametrize("round_", [1, 2])
def test_fixture_gives_each_test_the_fork_as_it_began(fork, small, round_):
    del round_
    chain = fork(small.chain.rpc.url, accounts=tuple(small.accounts))
    assert chain.reader.prices().perps[0].mark == 1_000_000
    assert chain.forked.accounts[0].mode is Mode.STANDARD
    chain.move("BTC", Decimal(50_000))


# What an upstream has and the parameters lack


@pytest.fixture(scope="module")
def rich():
    """An upstream that lists more than the parameters of its forks."""
    current = load_params("current")
    more = replace(
        current,
        tokens=(
            *current.tokens,
            replace(
                current.token("USDH"),
                id=400,
                name="PURR",
                sz_decimals=0,
                wei_decimals=6,
                global_supply_cap=10**12,
                user_supply_cap=10**12,
            ),
            replace(current.token("USDH"), id=401, name="UNSEEN"),
        ),
        perps=(
            *current.perps,
            replace(current.perp("SOL"), id=230, name="PUMP", table_id=5, max_leverage=5),
            replace(current.perp("SOL"), id=231, name="WIF", max_leverage=7),
        ),
        tables=current.tables,
        pairs=(*current.pairs, PairParams(id=300, base=400, quote=0)),
    )
    prices = {
        **GENESIS_PRICES,
        "PURR": Decimal("0.25"),
        "UNSEEN": Decimal(1),
        "PUMP": Decimal(2),
        "WIF": Decimal(3),
    }
    with HyperEvm.open(more, chain_id=999, prices=prices) as chain:
        trader = trader_of(chain)
        trader.sender.set_mode(Mode.STANDARD)
        pays_in(chain, trader, "PURR", 1_000)
        pays_in(chain, trader, "USDC", 5_000)
        trader.sender.transfer_perp(0, 4_000 * 10**6, to_perp=True)
        trades(chain, trader, "PUMP", 300)
        trades(chain, trader, "WIF", -200)
        account = ForkAccount(address=trader.address, mode=Mode.STANDARD)
        yield Upstream(chain, [account])


@pytest.fixture(scope="module")
def two_dexes():
    """An upstream with a builder's dex that counts in USDH, and somebody on both."""
    prices = {**GENESIS_PRICES, "flx:GOLD": Decimal(4_000)}
    with HyperEvm.open(WITH_FLX, chain_id=999, prices=prices) as chain:
        trader = trader_of(chain)
        trader.sender.set_mode(Mode.STANDARD)
        pays_in(chain, trader, "USDH", 9_000)
        trader.sender.transfer_perp(1, 8_000 * 10**6, to_perp=True)
        trades(chain, trader, "flx:GOLD", 15_000)
        words = parse_holdings("holds 2 BTC, short 1 BTC at 10x")
        hedger = open_account(chain, words, name="hedger")
        pays_in(chain, hedger, "USDH", 5_000)
        trades(chain, hedger, "flx:GOLD", -10_000)
        accounts = [
            ForkAccount(address=trader.address, mode=Mode.STANDARD),
            ForkAccount(address=hedger.address, mode=Mode.PORTFOLIO_MARGIN),
        ]
        chain.warp(3_600)
        yield Upstream(chain, accounts)


def test_dex_of_somebody_elses_is_imported_where_the_parameters_know_it(two_dexes):
    with PublicRpc(two_dexes.chain.rpc.url) as public:
        with opened(public, two_dexes, params=WITH_FLX) as chain:
            assert alike(two_dexes.chain.rpc, chain.rpc, two_dexes) == {}
            assert chain.forked.differences == ()
            for ledger in ledgers(chain.reader):
                assert ledger.uncovered == 0
                assert 0 <= ledger.dust <= ledger.dust_bound + 10**4
        with pytest.raises(InputError, match="equity on perp dex 1, which current does not list"):
            opened(public, two_dexes)


def test_fork_from_its_state_file_knows_what_it_lists(rich, tmp_path):
    with (
        PublicRpc(rich.chain.rpc.url) as public,
        closing(StateFile.open(tmp_path / "fork.json")) as file,
    ):
        with opened(public, rich, state=file) as chain:
            fitted = chain.params
            chain.save()
        assert fitted != load_params("current").local()
        for _ in range(2):
            with opened(public, rich, state=file, mode=Mode.STANDARD) as chain:
                assert chain.params == fitted
                assert chain.params.token("PURR").ltv_bps == 0
                chain.move("PUMP", "3")
                chain.save()
    with (
        PublicRpc(rich.chain.rpc.url) as public,
        closing(StateFile.open(tmp_path / "poorer.json")) as file,
    ):
        with opened(public, rich, state=file, without=("PURR",)) as chain:
            chain.save()
        with opened(public, rich, state=file, without=("PURR",)) as chain:
            assert not chain.params.has_token(400)
        with pytest.raises(InputError, match="without PURR; leave --without out"):
            opened(public, rich, state=file, without=("UNSEEN",))


def test_what_an_account_holds_beyond_the_parameters_is_listed(rich):
    with PublicRpc(rich.chain.rpc.url) as public, opened(public, rich) as chain:
        listing, known = chain.reader.listing, load_params("current")
        assert {t.name for t in listing.tokens} == {t.name for t in known.tokens} | {"PURR"}
        assert {p.asset for p in listing.perps} == {p.id for p in known.perps} | {230, 231}
        # Nobody has any of token 401, which the fork need not know.
        different = alike(rich.chain.rpc, chain.rpc, rich)
        assert {question[-1] for question in different} == {401}
        assert {note.split(" is not")[0] for note in chain.forked.notes} >= {
            "token 400 (PURR)",
            "perp 230 (PUMP)",
            "perp 231 (WIF)",
        }
        assert chain.forked.differences == ()
        assert chain.params.token("PURR").ltv_bps == 0
        with opened(public, rich, without=("PURR",)) as poorer:
            assert "PURR is left out" in poorer.forked.notes
            assert "PURR" not in {t.name for t in poorer.reader.listing.tokens}
        with pytest.raises(InputError, match="has no token MOON"):
            opened(public, rich, without=("MOON",))
        with pytest.raises(InputError, match="HYPE is of the parameters"):
            opened(public, rich, without=("150",))
