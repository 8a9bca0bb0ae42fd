"""CoreWriter, the queue and the records. SPEC HC-05 to HC-11."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from support.evm import DEPLOYER
from support.hypercore import (
    APPLIED,
    DROPPED,
    FAILED,
    NOT_MODELLED,
    QUEUED,
    HyperMarket,
)
from support.venue import HYPE, KEEPER, PORTFOLIO_MARGIN, TRADER, USDC, refusal

from pmkit.hypercore import addresses
from pmkit.hypercore.core_actions import KINDS, encode_action

USDC_WEI = 10**8
SAMPLES = {"address": KEEPER, "bool": True, "string": "agent"}
MODE = encode_action("set_abstraction", user="0x" + "00" * 20, mode=3)


def sample(name: str) -> bytes:
    """Return an action of a kind with some fields."""
    (kind,) = (k for k in KINDS if k.name == name)
    return encode_action(name, **{field: SAMPLES.get(type_, 1) for field, type_ in kind.fields})


def test_action_is_announced_queued_and_recorded(market: HyperMarket) -> None:
    user = market.on_core(USDC, USDC_WEI)
    action = encode_action("set_abstraction", user=user, mode=3)
    market.user("act", [action])
    raw = [values for name, values in market.evm.logs if name == "RawAction"]
    assert raw == [{"user": user.lower(), "data": action}]
    assert market.event("ActionSet")["status"] == QUEUED
    assert market.core("hasWork")
    assert market.record(1) == {
        "number": 1,
        "user": user.lower(),
        "actionId": 16,
        "status": QUEUED,
        "blockNumber": market.evm.number,
        "time": market.evm.timestamp,
        "reason": b"",
        "data": action,
    }
    market.step()
    assert market.event("ActionSet") == {
        "number": 1,
        "user": user.lower(),
        "actionId": 16,
        "status": APPLIED,
        "reason": b"",
    }
    assert market.record(1)["status"] == APPLIED
    assert not market.core("hasWork")
    assert market.venue("accountState", user)["mode"] == PORTFOLIO_MARGIN


def test_selector_and_topic_are_the_venues(market: HyperMarket) -> None:
    assert market.writer.selectors["sendRawAction"].hex() == "17938e13"
    topic = keccak(text="RawAction(address,bytes)").hex()
    assert topic == "8c7f585fb295f7eb1e6aeb8fba61b23a4fe60beda405f0045073b185c74412e3"


def test_value_sent_along_is_void(market: HyperMarket) -> None:
    data = market.writer.calldata("sendRawAction", MODE)
    market.evm.run(market.writer.address, data, DEPLOYER, value=7)
    assert market.record(1)["user"] == DEPLOYER


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\x01\x00\x00", b"\x02" + MODE[1:], b"\x00" * 40, b"\x01" * 5_000],
)
def test_bytes_that_are_no_action_revert_nothing(market: HyperMarket, data: bytes) -> None:
    market.on_core(USDC, USDC_WEI)
    number = market.act(data)
    if data[:1] != b"\x01" or len(data) < 4 or len(data) > 4_096:
        assert market.outcome(number) == (FAILED, "MalformedAction", (len(data),))
    market.step()
    assert market.record(number)["status"] == FAILED


@pytest.mark.parametrize("name", [k.name for k in KINDS if k.modelled])
def test_action_of_another_length_fails_by_name(market: HyperMarket, name: str) -> None:
    market.on_core(USDC, USDC_WEI)
    action = sample(name)
    first = market.act(action[:-1], action + b"\x00", action[:4])
    market.step()
    for number, length in enumerate((len(action) - 1, len(action) + 1, 4), first):
        assert market.outcome(number) == (FAILED, "MalformedAction", (length,))


def test_word_beyond_its_type_fails_by_name(market: HyperMarket) -> None:
    market.on_core(USDC, USDC_WEI)
    head = encode_action("borrow_lend", operation=0, token=0, wei=1)[:4]
    first = market.act(
        head + encode(["uint256"] * 3, [256, 0, 1]), head + encode(["uint256"] * 3, [0, 2**64, 1])
    )
    market.step()
    assert market.outcome(first) == (FAILED, "WordTooLarge", (0, 256, 255))
    assert market.outcome(first + 1) == (FAILED, "WordTooLarge", (1, 2**64, 2**64 - 1))


@pytest.mark.parametrize("name", [k.name for k in KINDS if not k.modelled])
def test_action_that_the_venue_here_lacks_is_recorded_as_such(
    market: HyperMarket, name: str
) -> None:
    market.on_core(USDC, USDC_WEI)
    number = market.act(sample(name))
    market.step()
    assert market.outcome(number) == (NOT_MODELLED, None, ())


@pytest.mark.parametrize("id_", [0, 14, 18, 255, 256, 2**24 - 1])
def test_action_that_core_does_not_have_fails(market: HyperMarket, id_: int) -> None:
    market.on_core(USDC, USDC_WEI)
    number = market.act(b"\x01" + id_.to_bytes(3) + bytes(96))
    market.step()
    assert market.outcome(number) == (FAILED, "UnknownAction", (id_,))


def test_actor_that_is_not_on_core_is_dropped_even_if_the_block_brings_it_there(
    market: HyperMarket,
) -> None:
    """SPEC HC-08."""
    user = market.user.address
    market.erc20[USDC]("mint", user, 10**6)
    market.user("transfer", market.erc20[USDC].address, addresses.system_address(USDC), 10**6)
    number = market.act(encode_action("set_abstraction", user=user, mode=3))
    market.step((market.erc20[USDC].address, user, 10**6))
    assert market.outcome(number) == (DROPPED, "NoSuchUser", (user.lower(),))
    # The transfer has brought it there, and the next block's action is done.
    assert market.read("core_user_exists", user) == {"exists": True}
    market.done("set_abstraction", user=user, mode=3)


def test_reads_of_a_block_see_nothing_of_its_own_actions(market: HyperMarket) -> None:
    """SPEC HC-09."""
    user = market.on_core(USDC, 5 * USDC_WEI)
    action = encode_action("spot_send", destination=KEEPER, token=USDC, wei=USDC_WEI)
    place = addresses.precompile_address(0x801)
    read = encode(["address", "uint64"], [user, USDC])
    before, afterwards = market.user("actAndRead", action, place, read)
    assert before == afterwards == encode(["uint64"] * 3, [5 * USDC_WEI, 0, 0])
    market.step()
    assert market.read("spot_balance", user, USDC)["total"] == 4 * USDC_WEI


def test_actions_take_effect_in_their_order_and_a_failing_one_leaves_the_others_alone(
    market: HyperMarket,
) -> None:
    market.on_core(USDC, 3 * USDC_WEI)
    send = {"destination": KEEPER, "token": USDC}
    first = market.act(
        encode_action("spot_send", **send, wei=2 * USDC_WEI),
        encode_action("spot_send", **send, wei=2 * USDC_WEI),
        encode_action("spot_send", **send, wei=USDC_WEI),
    )
    market.step()
    assert market.outcome(first) == (APPLIED, None, ())
    refused = (FAILED, "InsufficientBalance", (USDC, 2 * USDC_WEI, USDC_WEI))
    assert market.outcome(first + 1) == refused
    assert market.outcome(first + 2) == (APPLIED, None, ())
    assert market.stored(KEEPER, USDC)[0] == 3 * USDC_WEI


def test_transfers_of_the_block_come_before_its_actions(market: HyperMarket) -> None:
    """SPEC HC-10."""
    user = market.on_core(USDC, USDC_WEI)
    market.erc20[USDC]("mint", addresses.system_address(USDC), 4 * 10**6)
    send = encode_action("spot_send", destination=KEEPER, token=USDC, wei=5 * USDC_WEI)
    number = market.act(send)
    market.step((market.erc20[USDC].address, user, 4 * 10**6))
    assert market.outcome(number) == (APPLIED, None, ())


def test_records_come_in_pages(market: HyperMarket) -> None:
    market.act(*[MODE] * 5)
    for first, limit, numbers in (
        (1, 2, [1, 2]),
        (0, 2, [1, 2]),
        (4, 10, [4, 5]),
        (6, 10, []),
        (9, 1, []),
    ):
        page, total = market.core("actions", first, limit)
        assert ([record["number"] for record in page], total) == (numbers, 5)


def test_step_that_runs_short_of_gas_leaves_the_rest_to_the_next(market: HyperMarket) -> None:
    user = market.on_core(USDC, 100 * USDC_WEI)
    send = encode_action("spot_send", destination=KEEPER, token=USDC, wei=USDC_WEI)
    market.act(*[send] * 20)
    data = market.core.calldata("applyBlock", [])
    steps = 0
    while market.core("hasWork"):
        market.evm.evm.message_call(
            addresses.SYSTEM, market.core.address, calldata=data, gas=5_400_000
        )
        market.evm.evm.reset_transient_storage()
        steps += 1
    assert steps > 1
    assert {market.record(number)["status"] for number in range(1, 21)} == {APPLIED}
    assert market.stored(user, USDC)[0] == 80 * USDC_WEI


@pytest.mark.parametrize(
    ("function", "args", "required"),
    [
        ("enqueue", (KEEPER, MODE), addresses.CORE_WRITER),
        ("noteDeposit", (KEEPER, 1, 0), addresses.CORE_DEPOSIT_WALLET),
        ("applyBlock", ([],), addresses.SYSTEM),
        ("delivered", (0,), addresses.SYSTEM),
        ("setCore", (0, 0), addresses.SYSTEM),
        ("run", (1, False), addresses.HYPER_CORE),
        ("creditBridged", ((KEEPER, KEEPER, 1),), addresses.HYPER_CORE),
        ("creditDeposit", (0,), addresses.HYPER_CORE),
    ],
)
def test_each_entrance_has_its_doorkeeper(
    market: HyperMarket, function: str, args: tuple[object, ...], required: str
) -> None:
    refused = refusal(market.core, function, *args, sender=TRADER)
    assert refused == ("OnlyFrom", (TRADER, required.lower()))


def test_settings_are_announced(market: HyperMarket) -> None:
    market.set_core(order_delay=3, activation_fee=USDC_WEI)
    assert market.event("CoreSettingsSet") == {"orderDelay": 3, "activationFee": USDC_WEI}
    assert (market.core("orderDelay"), market.core("activationFee")) == (3, USDC_WEI)


def test_core_names_its_venue_and_registry(market: HyperMarket) -> None:
    assert market.core("venue") == market.venue.address.lower()
    assert market.core("registry") == market.registry.address.lower()
    assert HYPE == addresses.HYPE
