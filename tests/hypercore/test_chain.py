"""The stand-ins on a node, and the protocol of its front, over plain JSON-RPC.

SPEC HC-02, HC-10, HC-18, HC-19, HC-22.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from eth_abi.abi import decode, encode
from support.local_chain import standing_venue, venue

from pmkit.chain import LocalVenue
from pmkit.chain.abi import interface
from pmkit.chain.artifacts import load_artifact
from pmkit.chain.contracts import ask
from pmkit.chain.node import Node
from pmkit.chain.rpc import Rpc
from pmkit.cli import main
from pmkit.errors import InsufficientBalance, NoSuchUser, NotDeployed, OnlyFrom, VenueError
from pmkit.hypercore import addresses
from pmkit.hypercore.core_actions import GTC, IOC, encode_action
from pmkit.hypercore.place import impersonated, place_stand_ins, place_wrapped_hype, send_as
from pmkit.hypercore.precompiles import decode_output, encode_input, precompile
from pmkit.hypercore.records import Status, read_records
from pmkit.hypercore.step import (
    Bridged,
    bridged_of,
    core_call,
    delivery_transactions,
    step_transaction,
)
from pmkit.margin import account_margin, hold_up, perp_to_wei
from pmkit.params import load_params

__all__ = ["standing_venue", "venue"]

USDC, HYPE = 0, 150
USDC_WEI = HYPE_WEI = 10**8
GAS = hex(5_000_000)


def sent(rpc: Rpc, sender: str, to: str | None, data: bytes = b"", value: int = 0) -> Any:
    """Send a transaction as any framework would; return its receipt."""
    call = {"from": sender, "data": f"0x{data.hex()}", "value": hex(value), "gas": GAS}
    if to is not None:
        call["to"] = to
    receipt = rpc.request("eth_sendTransactionSync", call)
    assert receipt["status"] == "0x1"
    return receipt


def erc20s(venue: LocalVenue) -> dict[int, str]:
    """Return the listed ERC-20s by token id."""
    return {token.token: token.erc20 for token in venue.reader.listing.tokens}


def step(venue: LocalVenue, receipt: Any) -> None:
    """Do what the front does after a block with one transaction."""
    bridged = bridged_of(receipt["logs"], erc20s(venue))
    assert bool(bridged) or ask(venue.rpc, core_call("hasWork"), "latest")
    send_as(venue.rpc, {**step_transaction(bridged), "gas": hex(25_000_000)})


def deliver(venue: LocalVenue) -> None:
    """Do what the front does before the next block."""
    pending = ask(venue.rpc, core_call("pendingDeliveries"), "latest")
    for transaction in delivery_transactions(pending):
        venue.rpc.request("anvil_impersonateAccount", transaction["from"])
        # The system's transactions pay nothing: their sender needs no balance but what it moves.
        gas = {"gas": hex(200_000), "gasPrice": "0x0"}
        venue.rpc.request("anvil_setNextBlockBaseFeePerGas", "0x0")
        receipt = venue.rpc.request("eth_sendTransactionSync", {**transaction, **gas})
        assert receipt["status"] == "0x1"
        venue.rpc.request("anvil_stopImpersonatingAccount", transaction["from"])


def write(venue: LocalVenue, sender: str, action: bytes) -> Any:
    """Send an action as a wallet; return the receipt."""
    data = interface("CoreWriter").encode("sendRawAction", action)
    return sent(venue.rpc, sender, addresses.CORE_WRITER, data)


def read(venue: LocalVenue, name: str, *args: Any) -> dict[str, Any]:
    """Read a precompile over JSON-RPC."""
    call = {"to": precompile(name).address, "data": f"0x{encode_input(name, *args).hex()}"}
    answer: str = venue.rpc.request("eth_call", call, "latest")
    return decode_output(name, bytes.fromhex(answer[2:]))


def test_everything_is_in_its_place(venue: LocalVenue) -> None:
    assert venue.deployment.core == addresses.HYPER_CORE
    constant = (
        addresses.HYPER_CORE,
        addresses.CORE_READER,
        addresses.CORE_WRITER,
        addresses.HYPE_SYSTEM,
        addresses.CORE_DEPOSIT_WALLET,
        addresses.WRAPPED_HYPE,
    )
    precompiles = [addresses.precompile_address(n) for n in range(0x800, 0x814)]
    assert all(venue.rpc.code(address) for address in (*constant, *precompiles))
    assert venue.deployment.token("HYPE") == addresses.WRAPPED_HYPE
    core = venue.reader.deployment
    assert ask(venue.rpc, core_call("venue"), "latest") == core.venue
    assert ask(venue.rpc, core_call("registry"), "latest") == core.registry
    assert ask(venue.rpc, core_call("orderDelay"), "latest") == 0


def test_placing_again_keeps_records_and_changes_settings(venue: LocalVenue) -> None:
    trader = venue.account("trader")
    step(venue, write(venue, trader, b"no action"))
    place_stand_ins(
        venue.rpc,
        venue.deployment.venue,
        erc20s(venue),
        order_delay=3,
        activation_fee=USDC_WEI,
    )
    _, total = read_records(venue.rpc, 1, 10)
    assert total == 1
    assert ask(venue.rpc, core_call("orderDelay"), "latest") == 3
    assert ask(venue.rpc, core_call("activationFee"), "latest") == USDC_WEI


def test_wallet_bridges_trades_and_comes_back_over_json_rpc(venue: LocalVenue) -> None:
    rpc, keeper = venue.rpc, venue.account("keeper")
    usdc = erc20s(venue)[USDC]
    transfer = interface("LocalToken").encode(
        "transfer", addresses.system_address(USDC), 1_000 * 10**6
    )
    receipt = sent(rpc, keeper, usdc, transfer)
    assert bridged_of(receipt["logs"], erc20s(venue)) == [
        Bridged(token=usdc, owner=keeper, amount=1_000 * 10**6)
    ]
    step(venue, receipt)
    assert read(venue, "spot_balance", keeper, USDC)["total"] == 1_000 * USDC_WEI

    # 10 HYPE at 40 dollars.
    buy = encode_action(
        "limit_order",
        asset=10_107,
        is_buy=True,
        limit_px=40 * 10**8,
        sz=10 * 10**8,
        reduce_only=False,
        tif=IOC,
        cloid=0,
    )
    step(venue, write(venue, keeper, buy))
    assert read(venue, "spot_balance", keeper, HYPE)["total"] == 10 * HYPE_WEI
    assert read(venue, "spot_balance", keeper, USDC)["total"] == 600 * USDC_WEI

    back = {"destination": addresses.HYPE_SYSTEM, "token": HYPE, "wei": 4 * HYPE_WEI}
    step(venue, write(venue, keeper, encode_action("spot_send", **back)))
    before = int(rpc.request("eth_getBalance", keeper, "latest"), 16)
    deliver(venue)
    assert int(rpc.request("eth_getBalance", keeper, "latest"), 16) == before + 4 * 10**18
    assert not ask(rpc, core_call("hasWork"), "latest")
    back = {"destination": addresses.system_address(USDC), "token": USDC, "wei": 600 * USDC_WEI}
    held = venue.reader.balance(keeper, "USDC").wallet
    step(venue, write(venue, keeper, encode_action("spot_send", **back)))
    deliver(venue)
    assert venue.reader.balance(keeper, "USDC").wallet == held + 600 * 10**6


def test_native_hype_is_bridged_from_its_log(venue: LocalVenue) -> None:
    keeper = venue.account("keeper")
    receipt = sent(venue.rpc, keeper, addresses.HYPE_SYSTEM, value=3 * 10**18)
    step(venue, receipt)
    assert read(venue, "spot_balance", keeper, HYPE)["total"] == 3 * HYPE_WEI


def test_contract_takes_part_from_any_framework(venue: LocalVenue) -> None:
    rpc, keeper = venue.rpc, venue.account("keeper")
    created = sent(rpc, keeper, None, load_artifact("CoreUser").linked({}))
    contract = created["contractAddress"]
    usdc = erc20s(venue)[USDC]
    sent(rpc, keeper, usdc, interface("LocalToken").encode("mint", contract, 10**6))
    user = interface("CoreUser")
    receipt = sent(rpc, keeper, contract, user.encode("depositUsdc", usdc, 10**6, 2**32 - 1))
    assert bridged_of(receipt["logs"], erc20s(venue)) == []
    step(venue, receipt)
    mode = encode_action("set_abstraction", user=contract, mode=3)
    step(venue, sent(rpc, keeper, contract, user.encode("act", [mode])))
    found = read(venue, "borrow_lend_user_state", contract, USDC)
    assert found["supply_value"] == USDC_WEI
    asked = user.encode("reserve", USDC)
    answer = rpc.request("eth_call", {"to": contract, "data": f"0x{asked.hex()}"}, "latest")
    reserve = decode(["uint64"] * 8, bytes.fromhex(answer[2:]))
    assert reserve[6] == read(venue, "borrow_lend_reserve_state", USDC)["total_supplied"]


def test_documented_stipends_serve(venue: LocalVenue) -> None:
    """SPEC HC-04: read cold, for an account with collateral, debt and a position."""
    rpc, borrower = venue.rpc, venue.account("borrower")
    venue.credit("borrower", "HYPE", "10000")
    venue.sender("borrower").order(10_142, is_buy=True, sz=90_000, limit_px=2**64 - 1)
    venue.sender("borrower").order(0, is_buy=True, sz=100_000, limit_px=2**64 - 1)
    arguments: dict[str, tuple[Any, ...]] = {
        "position": (borrower, 0),
        "position2": (borrower, 0),
        "spot_balance": (borrower, USDC),
        "withdrawable": (borrower,),
        "delegations": (borrower,),
        "delegator_summary": (borrower,),
        "mark_px": (0,),
        "oracle_px": (0,),
        "spot_px": (107,),
        "l1_block_number": (),
        "perp_asset_info": (0,),
        "spot_info": (107,),
        "token_info": (HYPE,),
        "bbo": (0,),
        "account_margin_summary": (0, borrower),
        "core_user_exists": (borrower,),
        "borrow_lend_user_state": (borrower, USDC),
        "borrow_lend_reserve_state": (USDC,),
    }
    stipends = documented_stipends()
    assert {precompile(name).number for name in arguments} == set(stipends)
    reader = sent(rpc, borrower, None, load_artifact("CoreUser").linked({}))["contractAddress"]
    user = interface("CoreUser")
    for name, args in arguments.items():
        known = precompile(name)
        data = user.encode(
            "readWithin", known.address, encode_input(name, *args), stipends[known.number]
        )
        answer = rpc.request("eth_call", {"to": reader, "data": f"0x{data.hex()}"}, "latest")
        ok, _, gas = user.decode("readWithin", bytes.fromhex(answer[2:]))
        assert ok, f"{name} took more than {stipends[known.number]}"
        # Half is left for accounts with more in them.
        assert gas <= stipends[known.number] * 6 // 10, f"{name}: {gas}"


def documented_stipends() -> dict[int, int]:
    """Return the stipends of docs/hyperevm.md by number of the precompile."""
    text = (Path(__file__).parents[2] / "docs" / "hyperevm.md").read_text()
    found: dict[int, int] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("| 0x8") and cells[-2] != "–":
            numbers = re.findall(r"0x8[0-9a-f]{2}", cells[1])
            found |= {int(n, 16): int(cells[-2].replace(",", "")) for n in numbers}
    return found


def test_failing_precompile_is_an_error_over_json_rpc(venue: LocalVenue) -> None:
    call = {"to": precompile("mark_px").address, "data": f"0x{encode(['uint32'], [99_999]).hex()}"}
    answers = venue.rpc.batch([("eth_call", [call, "latest"])])
    assert "InvalidFEOpcode" in str(answers[0]) or "invalid" in str(answers[0]).lower()


def test_logs_of_others_are_no_transfers_to_core(venue: LocalVenue) -> None:
    listed = erc20s(venue)
    keeper = venue.account("keeper")
    transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    topics = [transfer, f"0x{keeper[2:]:0>64}"]
    into_core = f"0x{addresses.system_address(USDC)[2:]:0>64}"
    data = f"0x{5:064x}"
    rows = (
        # Another token's address, wrapped HYPE, a stranger, an approval's shape, the wrong emitter.
        {"address": listed[268], "topics": [*topics, into_core], "data": data},
        {
            "address": listed[HYPE],
            "topics": [*topics, f"0x{addresses.HYPE_SYSTEM[2:]:0>64}"],
            "data": data,
        },
        {"address": keeper, "topics": [*topics, into_core], "data": data},
        {"address": listed[USDC], "topics": topics, "data": data},
        {"address": listed[USDC], "topics": [], "data": data},
    )
    assert bridged_of(rows, listed) == []
    good = {"address": listed[USDC].lower(), "topics": [*topics, into_core], "data": data}
    assert bridged_of([good], listed) == [Bridged(token=listed[USDC], owner=keeper, amount=5)]


def test_refusals_of_core_have_their_names(venue: LocalVenue) -> None:
    keeper = venue.account("keeper")
    with pytest.raises(OnlyFrom):
        send_as(venue.rpc, {**step_transaction(), "from": keeper})
    with impersonated(venue.rpc, addresses.SYSTEM):
        pass
    assert delivery_transactions(()) == []


def test_records_are_told_in_words(venue: LocalVenue) -> None:
    """SPEC HC-11."""
    keeper, trader = venue.account("keeper"), venue.account("trader")
    send = {"destination": keeper, "token": USDC, "wei": 10**18}
    step(venue, write(venue, keeper, encode_action("spot_send", **send)))
    step(venue, write(venue, trader, encode_action("spot_send", **send)))
    step(venue, write(venue, trader, b"\x01\x00\x00\x63"))
    rests = encode_action(
        "limit_order",
        asset=0,
        is_buy=True,
        limit_px=10**8,
        sz=10**8,
        reduce_only=False,
        tif=GTC,
        cloid=7,
    )
    step(venue, write(venue, trader, rests))
    (dropped, failed, unknown, resting), total = read_records(venue.rpc, 1, 10)
    assert total == 4
    assert (dropped.status, dropped.name, dropped.user) == (Status.DROPPED, "spot_send", keeper)
    assert isinstance(dropped.reason, NoSuchUser)
    assert failed.status is Status.FAILED
    assert isinstance(failed.reason, InsufficientBalance)
    assert failed.fields == send
    assert (unknown.name, unknown.fields) == (None, None)
    assert (resting.status, resting.reason) == (Status.RESTING, None)

    url = ["--rpc", venue.node.url]
    printed = CliRunner().invoke(main, ["actions", *url, "--json"])
    assert printed.exit_code == 0, printed.output
    found = json.loads(printed.output)
    assert found["total"] == 4
    assert [row["status"] for row in found["actions"]] == [
        "dropped",
        "failed",
        "failed",
        "resting",
    ]
    reason = found["actions"][1]["reason"]
    assert reason["error"] == "InsufficientBalance"
    assert reason["values"]["requested"] == str(10**18)
    assert found["actions"][0]["fields"]["wei"] == str(10**18)
    mine = CliRunner().invoke(main, ["actions", *url, "--json", "--user", "trader", "--first", "3"])
    assert [row["number"] for row in json.loads(mine.output)["actions"]] == [3, 4]
    people = CliRunner().invoke(main, ["actions", *url], env={"COLUMNS": "200"})
    assert "trader" in people.output
    assert "action 99" in people.output


def test_chain_without_core_is_told_apart(venue: LocalVenue) -> None:
    venue.rpc.request("anvil_setCode", addresses.HYPER_CORE, "0x")
    with pytest.raises(NotDeployed):
        read_records(venue.rpc, 1, 1)


def test_placing_on_a_fork_writes_over_what_is_there(venue: LocalVenue) -> None:
    """SPEC HC-02."""
    with Node.start(extra=("--fork-url", venue.node.url)) as node:
        rpc = Rpc(node.url)
        rpc.request("anvil_setCode", addresses.CORE_WRITER, "0x00")
        rpc.request("anvil_setCode", addresses.precompile_address(0x806), "0x00")
        place_wrapped_hype(rpc)
        place_stand_ins(rpc, venue.deployment.venue, erc20s(venue), order_delay=3)
        assert rpc.code(addresses.CORE_WRITER) == venue.rpc.code(addresses.CORE_WRITER)
        data = f"0x{encode_input('mark_px', 0).hex()}"
        call = {"to": precompile("mark_px").address, "data": data}
        answer = rpc.request("eth_call", call, "latest")
        assert decode_output("mark_px", bytes.fromhex(answer[2:])) == read(venue, "mark_px", 0)
        assert ask(rpc, core_call("orderDelay"), "latest") == 3
        assert ask(venue.rpc, core_call("orderDelay"), "latest") == 0


def test_activation_fee_of_the_parameters_reaches_core() -> None:
    """SPEC HC-23."""
    current = load_params("current")
    charged = current.with_policy(replace(current.policy, activation_fee=USDC_WEI))
    with LocalVenue.start(charged) as venue:
        assert ask(venue.rpc, core_call("activationFee"), "latest") == USDC_WEI


@pytest.mark.parametrize("seed", range(4))
def test_figures_of_an_account_are_pythons_own(venue: LocalVenue, seed: int) -> None:
    """SPEC HC-26, HC-29, HC-30: what the precompiles answer, worked out in Python."""
    random = Random(seed)  # noqa: S311 (a test repeats itself)
    trader = venue.sender("trader")
    for name, most in (("HYPE", 20_000), ("UBTC", 5), ("USDC", 300_000), ("USDT0", 50_000)):
        if random.random() < 0.7:
            venue.credit("trader", name, str(random.randint(1, most)))
    for _ in range(8):
        asset = random.choice((0, 10_107, 10_142))
        size = random.randint(1, {0: 300_000, 10_107: 200_000, 10_142: 30_000}[asset])
        is_buy = random.random() < 0.6
        with suppress(VenueError):
            trader.order(asset, is_buy=is_buy, sz=size, limit_px=2**64 - 1 if is_buy else 0)
    venue.move("BTC", random.randint(900_000, 1_100_000))
    account = venue.reader.account(trader.address)
    margin = account_margin(account)
    for i, token in enumerate(account.tokens):
        equity = sum(
            perp_to_wei(margin.dexes[d].account_value, token.wei_decimals)
            for d, dex in enumerate(account.dexes)
            if dex.collateral == i
        )
        total = margin.tokens[i].net_total
        hold = hold_up(token, total, equity, margin.borrow_power)
        found = read(venue, "spot_balance", trader.address, token.token)
        assert (found["total"], found["hold"]) == (max(0, total), max(0, hold))
        if token.supplied or token.borrowed:
            lent = read(venue, "borrow_lend_user_state", trader.address, token.token)
            assert (lent["supply_value"], lent["borrow_value"]) == (token.supplied, token.borrowed)
    summary = read(venue, "account_margin_summary", 0, trader.address)
    if account.dexes:
        dex = margin.dexes[0]
        assert summary == {
            "account_value": dex.account_value,
            "margin_used": dex.initial_margin,
            "ntl_pos": dex.notional,
            "raw_usd": account.dexes[0].raw_usd,
        }
        free = max(0, dex.account_value - dex.transfer_margin)
        assert read(venue, "withdrawable", trader.address) == {"withdrawable": free}
    for perp in account.perps:
        assert read(venue, "position2", trader.address, perp.asset)["szi"] == perp.szi
