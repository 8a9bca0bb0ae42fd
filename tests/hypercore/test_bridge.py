"""Between EVM and Core: system addresses, HYPE, the deposit wallet. SPEC HC-18 to HC-24."""

from __future__ import annotations

from random import Random

import pytest
from eth_utils.address import to_checksum_address
from support.evm import DEPLOYER, Reverted
from support.hypercore import APPLIED, FAILED, HyperMarket
from support.venue import (
    HYPE,
    INSURANCE,
    KEEPER,
    PORTFOLIO_MARGIN,
    TRADER,
    UBTC,
    USD,
    USDC,
    USDT0,
    refusal,
)

from pmkit.hypercore import addresses
from pmkit.hypercore.addresses import BURNT, HYPE_SYSTEM, SPOT, WRAPPED_HYPE, system_address
from pmkit.hypercore.core_actions import encode_action

USDC_WEI = HYPE_WEI = 10**8
UBTC_WEI = 10**10
ETHER = 10**18


def to_core(market: HyperMarket, token: int, units: int, sender: str = KEEPER) -> None:
    """Send units of a token's ERC-20 to Core, and take the block's step."""
    erc20 = market.erc20[token]
    erc20("mint", sender, units)
    erc20("transfer", system_address(token), units, sender=sender)
    market.step((erc20.address, sender, units))


def hype_to_core(market: HyperMarket, amount: int) -> None:
    """Let the contract send native HYPE to Core, and take the block's step."""
    market.evm.evm.set_balance(market.user.address, amount)
    market.user("sendValue", HYPE_SYSTEM, amount)
    assert market.event("Received") == {"user": market.user.address.lower(), "amount": amount}
    market.step((HYPE_SYSTEM, market.user.address, amount))


def test_system_address_ends_in_the_tokens_id(market: HyperMarket) -> None:
    assert market.core("systemAddress", 200) == "0x20000000000000000000000000000000000000c8"
    assert market.core("systemAddress", USDC) == "0x2000000000000000000000000000000000000000"
    assert market.core("systemAddress", HYPE) == HYPE_SYSTEM
    for token in (USDC, HYPE, 2**64 - 1):
        assert market.core("systemAddress", token) == system_address(token)


@pytest.mark.parametrize(
    ("token", "units", "credited"),
    # 6 and 8 decimals on EVM, 8 and 10 on Core.
    [(USDC, 1_234_567, 123_456_700), (UBTC, 1, 100), (USDT0, 10**6, 10**8)],
)
def test_erc20_that_arrives_at_its_system_address_is_credited(
    market: HyperMarket, token: int, units: int, credited: int
) -> None:
    """SPEC HC-18."""
    to_core(market, token, units)
    arrived = {"user": KEEPER, "token": token, "amount": credited, "burnt": 0}
    assert market.event("BridgedToCore") == arrived
    assert market.stored(KEEPER, token) == (credited, 0)
    assert market.erc20[token]("balanceOf", system_address(token)) == 0


def test_what_arrives_in_portfolio_margin_is_swept(market: HyperMarket) -> None:
    market.venue("setMode", PORTFOLIO_MARGIN, sender=KEEPER)
    to_core(market, USDC, 10**6)
    assert market.stored(KEEPER, USDC) == (0, USDC_WEI)


def test_native_hype_is_credited_and_parts_of_a_wei_are_burnt(market: HyperMarket) -> None:
    """SPEC HC-19: a wei of Core is 10^10 of EVM."""
    hype_to_core(market, 3 * ETHER + 12_345)
    arrived = {"user": market.user.address.lower(), "token": HYPE, "amount": 3 * HYPE_WEI}
    assert market.event("BridgedToCore") == {**arrived, "burnt": 12_345}
    assert market.stored(market.user.address, HYPE) == (3 * HYPE_WEI, 0)
    # What is burnt stays at the system address, where it is nobody's.
    assert market.native(HYPE_SYSTEM) == 12_345


def test_less_than_a_wei_of_core_is_burnt_whole(market: HyperMarket) -> None:
    market.evm.evm.set_balance(market.user.address, 10**10 - 1)
    market.user("sendValue", HYPE_SYSTEM, 10**10 - 1)
    market.step((HYPE_SYSTEM, market.user.address, 10**10 - 1))
    assert market.event("BridgeRefused")["amount"] == 10**10 - 1
    assert not market.read("core_user_exists", market.user.address)["exists"]


def test_transfer_of_an_unlinked_erc20_is_refused_and_told(market: HyperMarket) -> None:
    stranger = market.evm.deploy("LocalToken", "stranger", 18)
    market.step((stranger.address, KEEPER, 1), (WRAPPED_HYPE, KEEPER, 1))
    refused = [values for name, values in market.evm.logs if name == "BridgeRefused"]
    assert [row["token"] for row in refused] == [stranger.address.lower(), WRAPPED_HYPE]
    reverted = market.evm.revert_of(f"Revert output: 0x{refused[0]['reason'].hex()}")
    assert (reverted.name, reverted.values) == ("NotLinked", (stranger.address.lower(),))


def test_hype_that_has_not_arrived_is_refused(market: HyperMarket) -> None:
    market.step((HYPE_SYSTEM, KEEPER, ETHER))
    reason = market.event("BridgeRefused")["reason"]
    reverted = market.evm.revert_of(f"Revert output: 0x{reason.hex()}")
    assert (reverted.name, reverted.values) == ("ValueRefused", (addresses.HYPER_CORE, ETHER))
    assert market.stored(KEEPER, HYPE) == (0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_crossing_over_at_random_loses_nothing(market: HyperMarket, seed: int) -> None:
    """SPEC HC-24: what was minted is in wallets, at system addresses, or the venue's."""
    random = Random(seed)  # noqa: S311 (a test repeats itself)
    users = (KEEPER, TRADER)
    tokens = (USDC, UBTC, USDT0)
    for token in tokens:
        for user in users:
            market.erc20[token]("mint", user, 10**9)
    # Besides users and venue, wallets hold what the market began with, and keep it.
    minted = {token: market.erc20[token]("totalSupply") for token in tokens}
    elsewhere = {
        token: minted[token]
        - sum(market.erc20[token]("balanceOf", who) for who in (*users, market.venue.address))
        for token in tokens
    }
    for _ in range(25):
        user, token = random.choice(users), random.choice(tokens)
        erc20, system = market.erc20[token], system_address(token)
        if random.random() < 0.1:
            market.venue("setMode", random.choice((0, 1, 2)) if token != USDT0 else 0, sender=user)
        if random.random() < 0.5:
            units = random.randint(1, erc20("balanceOf", user) // 2 + 1)
            erc20("transfer", system, units, sender=user)
            market.step((erc20.address, user, units))
        else:
            held = sum(market.stored(user, token))
            wei = random.randint(1, max(1, held))
            where = random.choice((system, system, *users))
            send = encode_action("spot_send", destination=where, token=token, wei=wei)
            market.act(send, sender=user)
            market.step()
            if random.random() < 0.7:
                market.deliver()
        pending = market.core("pendingDeliveries")
        for each in tokens:
            erc20 = market.erc20[each]
            waiting = sum(d["amount"] for d in pending if d["token"] == erc20.address.lower())
            assert erc20("balanceOf", system_address(each)) == waiting
            wallets = sum(erc20("balanceOf", who) for who in (*users, market.venue.address))
            rest = minted[each] - wallets - waiting
            assert rest == elsewhere[each]


@pytest.mark.parametrize(
    ("token", "wei", "units", "burnt"),
    # USDC has 100 wei a unit: 99 of them do not reach EVM.
    [(USDC, 123_456_799, 1_234_567, 99), (UBTC, UBTC_WEI, 10**8, 0), (USDT0, 100, 1, 0)],
)
def test_spot_send_to_the_system_address_is_delivered_by_the_next_block(
    market: HyperMarket, token: int, wei: int, units: int, burnt: int
) -> None:
    """SPEC HC-22, HC-24."""
    user = market.on_core(token, wei)
    number = market.act(
        encode_action("spot_send", destination=system_address(token), token=token, wei=wei)
    )
    market.step()
    sent = {"user": user.lower(), "token": token, "amount": wei - burnt, "burnt": burnt}
    assert market.event("BridgedToEvm") == sent
    assert market.outcome(number) == (APPLIED, None, ())
    system, erc20 = system_address(token), market.erc20[token]
    delivery = {"token": erc20.address.lower(), "from": system, "to": user.lower()}
    assert market.core("pendingDeliveries") == [{**delivery, "amount": units}]
    assert market.core("hasWork")
    assert (erc20("balanceOf", system), erc20("balanceOf", user)) == (units, 0)
    market.deliver()
    assert (erc20("balanceOf", system), erc20("balanceOf", user)) == (0, units)
    assert not market.core("hasWork")
    assert market.stored(BURNT, token)[0] == burnt


def test_hype_is_delivered_as_native_hype(market: HyperMarket) -> None:
    user = market.on_core(HYPE, 5 * HYPE_WEI)
    held = market.native(HYPE_SYSTEM)
    market.done("spot_send", destination=HYPE_SYSTEM, token=HYPE, wei=2 * HYPE_WEI)
    # What Core hands to the system address is announced as nothing that goes to Core.
    assert "Received" not in market.event_names()
    assert market.native(HYPE_SYSTEM) - held == 2 * ETHER
    (delivery,) = market.core("pendingDeliveries")
    assert delivery["from"] == HYPE_SYSTEM
    assert int(delivery["token"], 16) == 0
    market.deliver()
    assert market.native(user) == 2 * ETHER
    assert market.native(HYPE_SYSTEM) == held
    assert market.native(addresses.HYPER_CORE) == 0


def test_deliveries_are_made_in_their_order_and_struck_off(market: HyperMarket) -> None:
    user = market.on_core(USDC, 6 * USDC_WEI)
    for wei in (1, 2, 3):
        market.done(
            "send_asset",
            destination=system_address(USDC),
            sub_account="0x" + "00" * 20,
            source_dex=SPOT,
            destination_dex=SPOT,
            token=USDC,
            wei=wei * USDC_WEI,
        )
    amounts = [delivery["amount"] for delivery in market.core("pendingDeliveries")]
    assert amounts == [10**6, 2 * 10**6, 3 * 10**6]
    market.core("delivered", 2, sender=addresses.SYSTEM)
    assert [d["amount"] for d in market.core("pendingDeliveries")] == [3 * 10**6]
    refused = refusal(market.core, "delivered", 2, sender=addresses.SYSTEM)
    assert refused == ("NothingToDeliver", (4, 3))
    assert user == market.user.address


def test_borrowed_money_does_not_leave_for_evm(market: HyperMarket) -> None:
    user = market.on_core(UBTC, UBTC_WEI)
    market.done("set_abstraction", user=user, mode=3)
    refused = market.ended("spot_send", destination=system_address(USDC), token=USDC, wei=USDC_WEI)
    assert refused == (FAILED, "InsufficientBalance", (USDC, USDC_WEI, 0))
    assert market.core("pendingDeliveries") == []


def test_there_and_back_is_the_same_amount(market: HyperMarket) -> None:
    units = 777_777_777
    to_core(market, USDC, units)
    send = encode_action("spot_send", destination=system_address(USDC), token=USDC, wei=units * 100)
    market.act(send, sender=KEEPER)
    market.step()
    market.deliver()
    assert market.erc20[USDC]("balanceOf", KEEPER) == units
    assert market.stored(KEEPER, USDC) == (0, 0)


# The deposit wallet


@pytest.mark.parametrize(("dex", "spot", "perp"), [(SPOT, 50 * USDC_WEI, 0), (0, 0, 50 * USD)])
def test_deposit_wallet_credits_spot_or_dex(
    market: HyperMarket, dex: int, spot: int, perp: int
) -> None:
    """SPEC HC-21."""
    usdc, user = market.erc20[USDC], market.user.address
    usdc("mint", user, 50 * 10**6)
    assert market.wallet("token") == usdc.address.lower()
    market.user("depositUsdc", usdc.address, 50 * 10**6, dex)
    assert market.core("hasWork")
    market.step()
    assert market.stored(user, USDC)[0] == spot
    assert market.read("withdrawable", user) == {"withdrawable": perp}
    assert not market.core("hasWork")


def test_deposit_for_another_account(market: HyperMarket) -> None:
    usdc = market.erc20[USDC]
    usdc("mint", KEEPER, 10**6)
    usdc("approve", market.wallet.address, 10**6, sender=KEEPER)
    market.wallet("depositFor", TRADER, 10**6, SPOT, sender=KEEPER)
    market.step()
    assert market.stored(TRADER, USDC)[0] == USDC_WEI


def test_deposit_to_a_dex_that_is_not_there_is_told(market: HyperMarket) -> None:
    usdc = market.erc20[USDC]
    usdc("mint", KEEPER, 10**6)
    usdc("approve", market.wallet.address, 10**6, sender=KEEPER)
    market.wallet("deposit", 10**6, 9, sender=KEEPER)
    market.step()
    reason = market.event("BridgeRefused")["reason"]
    reverted = market.evm.revert_of(f"Revert output: 0x{reason.hex()}")
    assert (reverted.name, reverted.values) == ("UnknownDex", (9,))
    assert market.stored(KEEPER, USDC) == (0, 0)


# Activation


def test_first_receipt_of_a_new_account_pays_for_it(market: HyperMarket) -> None:
    """SPEC HC-23."""
    market.set_core(activation_fee=USDC_WEI)
    before = market.stored(INSURANCE, USDC)[0]
    to_core(market, USDC, 3 * 10**6)
    assert market.stored(KEEPER, USDC)[0] == 2 * USDC_WEI
    to_core(market, USDC, 10**6)
    assert market.stored(KEEPER, USDC)[0] == 3 * USDC_WEI
    assert market.stored(INSURANCE, USDC)[0] == before + USDC_WEI


def test_new_account_is_not_opened_by_less_or_by_another_token(market: HyperMarket) -> None:
    market.set_core(activation_fee=USDC_WEI)
    for token, units, amount in ((USDC, 10**6, USDC_WEI), (UBTC, 10**8, UBTC_WEI)):
        to_core(market, token, units)
        reason = market.event("BridgeRefused")["reason"]
        reverted = market.evm.revert_of(f"Revert output: 0x{reason.hex()}")
        assert (reverted.name, reverted.values) == ("ActivationFee", (KEEPER, USDC_WEI, amount))
        assert market.erc20[token]("balanceOf", system_address(token)) == units
    assert not market.read("core_user_exists", KEEPER)["exists"]


def test_sender_pays_for_the_new_account_it_sends_to(market: HyperMarket) -> None:
    user = market.on_core(USDC, 5 * USDC_WEI)
    market.on_core(UBTC, UBTC_WEI)
    market.set_core(activation_fee=USDC_WEI)
    market.done("spot_send", destination=TRADER, token=UBTC, wei=UBTC_WEI)
    assert market.stored(user, USDC)[0] == 4 * USDC_WEI
    market.done("spot_send", destination=TRADER, token=USDC, wei=USDC_WEI)
    assert market.stored(user, USDC)[0] == 3 * USDC_WEI
    assert market.stored(TRADER, USDC)[0] == USDC_WEI


# Wrapped HYPE


def test_wrapped_hype_is_what_was_sent(market: HyperMarket) -> None:
    """SPEC HC-20."""
    whype, user = market.erc20[HYPE], market.user.address
    assert (whype("name"), whype("symbol"), whype("decimals")) == ("Wrapped HYPE", "WHYPE", 18)
    market.evm.evm.set_balance(user, 2 * ETHER)
    market.user("sendValue", whype.address, ETHER)
    assert market.event("Deposit") == {"dst": user.lower(), "wad": ETHER}
    assert whype("balanceOf", user) == ETHER
    market.user("transfer", whype.address, DEPLOYER, ETHER)
    before = market.native(DEPLOYER)
    whype("withdraw", ETHER)
    assert market.event("Withdrawal") == {"src": DEPLOYER, "wad": ETHER}
    assert market.native(DEPLOYER) == before + ETHER


def test_system_address_of_hype_pays_core_alone(market: HyperMarket) -> None:
    place = to_checksum_address(HYPE_SYSTEM)
    system = market.evm.put("HypeSystem", place)
    for function, args in (("pay", (1,)), ("refill", ())):
        refused = refusal(system, function, *args, sender=TRADER)
        assert refused == ("OnlyFrom", (TRADER, addresses.HYPER_CORE))


def test_core_takes_native_hype_from_its_counterparts_only(market: HyperMarket) -> None:
    market.evm.evm.set_balance(TRADER, ETHER)
    with pytest.raises(Reverted) as refused:
        market.evm.run(addresses.HYPER_CORE, b"", TRADER, value=1)
    assert (refused.value.name, refused.value.values) == ("OnlyFrom", (TRADER, WRAPPED_HYPE))
