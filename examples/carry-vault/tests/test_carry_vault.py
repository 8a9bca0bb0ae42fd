"""A carry trade from deposit to redemption, as a contract on HyperEVM does it."""

import pytest
from conftest import HYPE, OPENING, USDC
from web3.exceptions import ContractCustomError

from pmkit.testing import Trader, assert_healthy, assert_liquidated_between

USD = 10**8
"""What the vault counts dollars in, which is also a wei of USDC on Core."""
INTEREST = USD // 10
"""More than what is owed costs in the few seconds that a test takes."""


def close_to(figure):
    """Expect a figure but for interest."""
    return pytest.approx(figure, abs=INTEREST)


def way_out(vault, owner, *steps):
    """Take the steps, each a block after the other, and the way back."""
    for step in (*steps, "leavePortfolioMargin", "withdrawSupply", "bringBack", "settle"):
        vault.send(owner, step)


def test_way_in_switches_the_mode_supplies_and_sells_short(invested, what_core_said, venue):
    assert what_core_said() == [
        ("set_abstraction", "APPLIED"),
        ("borrow_lend", "APPLIED"),
        ("limit_order", "APPLIED"),
    ]
    assert invested.ask("shortSize") == -1_000 * 100
    assert invested.ask("collateralValue") == 40_000 * USD
    # A tenth of the short's 40,000 is its margin, borrowed but for the owner's 5 USDC.
    assert invested.ask("shortMargin")[:3] == (4_000 * USDC, 4_000 * USDC, 40_000 * USDC)
    assert invested.ask("useBps") == (4_000 - 5) * 10_000 // (40_000 * 65 // 100)
    assert invested.ask("netValue") == close_to(40_005 * USD)
    # The pool lent it: 0x812 tells how much of its dollars are out.
    market = invested.ask("borrowMarket")
    assert market[7] == close_to((4_000 - 5) * USD)
    assert_healthy(Trader(venue, invested.address))


@pytest.mark.parametrize("px", ["25", "60", "80"])
def test_prices_move_and_the_vault_is_worth_the_same(invested, set_price, px):
    set_price("HYPE", px)
    assert invested.ask("netValue") == close_to(40_005 * USD)


def test_trade_outlives_a_rally_that_would_end_the_short_alone(invested, venue):
    # The loss and a twentieth of the short, 1,000 (1.05 px - 40) - 5, come to 0.95 of 82.5 % of
    # the coins at 40.005 / 0.26625. Alone, on 4,000, the short would be liquidated before 44.
    assert_liquidated_between(Trader(venue, invested.address), "HYPE", "150.25", "150.26")


def test_funding_is_what_the_vault_earns(invested, venue, warp):
    before = invested.ask("netValue")
    venue.set_prices({"HYPE": "40.4"}, oracles={"HYPE": "40"}, spots={"HYPE": "40.4"})
    warp(8 * 3600)
    venue.set_prices({"HYPE": "40"}, spots={"HYPE": "40"})
    assert invested.ask("netValue") > before


def test_after_a_fall_depositors_get_all_coins_and_the_gain(
    invested, set_price, owner, depositors, usdc, web3
):
    set_price("HYPE", "25")
    way_out(invested, owner, "closeShort")
    # 15 on each of 1,000, and the 5 of the opening; 0.01 HYPE stay on Core for the way.
    assert usdc.ask("balanceOf", invested.address) == pytest.approx(15_005 * USDC, abs=USDC)
    assert web3.eth.get_balance(invested.address) == 1_000 * HYPE - HYPE // 100
    first, second = depositors
    had = usdc.ask("balanceOf", first)
    invested.send(first, "redeem")
    got = usdc.ask("balanceOf", first) - had
    invested.send(second, "redeem")
    assert got == pytest.approx(15_005 * USDC * 3 // 4, abs=USDC)
    assert web3.eth.get_balance(invested.address) == 0
    assert usdc.ask("balanceOf", invested.address) == 0


def test_after_a_rally_coins_are_sold_for_the_loss(invested, set_price, warp, owner, usdc, web3):
    set_price("HYPE", "60")
    invested.send(owner, "closeShort")
    with pytest.raises(ContractCustomError, match=invested.error("StillInDebt")):
        invested.send(owner, "leavePortfolioMargin")
    # The next order is asked for when it is sure what became of the last one.
    warp(invested.ask("ORDER_WAIT"))
    way_out(invested, owner, "repay")
    hype, dollars = web3.eth.get_balance(invested.address), usdc.ask("balanceOf", invested.address)
    # 20,000 were lost, less 5; a hundredth more is sold than that, at 60.
    assert hype == pytest.approx(1_000 * HYPE - 19_995 * HYPE * 100 // 99 // 60, rel=10**-4)
    assert hype * 60 // HYPE + dollars // USDC == pytest.approx(40_005, abs=2)


def test_once_it_owes_too_much_anybody_unwinds_and_not_before(
    invested, set_price, warp, depositors
):
    someone, _ = depositors
    with pytest.raises(ContractCustomError, match=invested.error("NotOwner")):
        invested.send(someone, "closeShort")
    # 40,000 lost and 8,000 of margin, against 65 % of 80,000.
    set_price("HYPE", "80")
    assert invested.ask("useBps") == pytest.approx((48_000 - 5) * 10_000 // 52_000, abs=1)
    assert invested.ask("isAtRisk")
    invested.send(someone, "closeShort")
    assert invested.ask("shortSize") == 0
    warp(invested.ask("ORDER_WAIT"))
    # What was lost stays owed until coins are sold for it, and is no more than they are good for.
    assert invested.ask("useBps") == pytest.approx((40_000 - 5) * 10_000 // 52_000, abs=1)


def test_where_money_is_too_dear_no_short_is_opened(deploy_vault, on_core, owner):
    vault = on_core(deploy_vault(1, 8_000, 100))
    vault.send(owner, "enablePortfolioMargin")
    vault.send(owner, "supply")
    with pytest.raises(ContractCustomError, match=vault.error("BorrowTooDear")):
        vault.send(owner, "openShort")


def test_steps_out_of_turn_are_refused(vault, usdc, owner, depositors):
    first, _ = depositors
    with pytest.raises(ContractCustomError, match=vault.error("NotOnCore")):
        vault.send(owner, "invest")
    with pytest.raises(ContractCustomError, match=vault.error("WrongPhase")):
        vault.send(owner, "openShort")
    with pytest.raises(ContractCustomError, match=vault.error("NotOwner")):
        vault.send(first, "activate", OPENING)
    with pytest.raises(ContractCustomError, match=vault.error("TooFewShares")):
        vault.send(first, "withdraw", 1)
    usdc.send(owner, "approve", vault.address, OPENING)
    vault.send(owner, "activate", OPENING)
    vault.send(first, "deposit", value=HYPE)
    vault.send(owner, "invest")
    with pytest.raises(ContractCustomError, match=vault.error("NothingSupplied")):
        vault.send(owner, "openShort")
    with pytest.raises(ContractCustomError, match=vault.error("NoPosition")):
        vault.send(owner, "closeShort")
    with pytest.raises(ContractCustomError, match=vault.error("StillOnTheWay")):
        vault.send(owner, "settle")
    with pytest.raises(ContractCustomError, match=vault.error("WrongPhase")):
        vault.send(first, "withdraw", HYPE)


def test_a_second_order_waits_for_what_becomes_of_the_first(invested, owner):
    with pytest.raises(ContractCustomError, match=invested.error("OrderOnTheWay")):
        invested.send(owner, "openShort")


def test_nobody_ends_the_trade_while_coins_are_on_their_way(
    vault, usdc, owner, depositors, hyperevm
):
    first, _ = depositors
    usdc.send(owner, "approve", vault.address, OPENING)
    vault.send(owner, "activate", OPENING)
    vault.send(first, "deposit", value=HYPE)
    # In the same block, reads find on Core neither what has left nor what will come.
    hyperevm.rpc.request("evm_setAutomine", False)
    vault.contract.functions.invest().transact({"from": owner, "gas": 3_000_000})
    with pytest.raises(ContractCustomError, match=vault.error("StillOnTheWay")):
        vault.contract.functions.settle().call({"gas": 3_000_000}, "pending")
    hyperevm.rpc.request("evm_setAutomine", True)
    hyperevm.rpc.request("anvil_mine", "0x2")
    with pytest.raises(ContractCustomError, match=vault.error("StillOnCore")):
        vault.send(first, "settle")


def test_who_changes_their_mind_in_time_gets_everything_back(vault, depositors, web3):
    first, _ = depositors
    vault.send(first, "deposit", value=3 * HYPE)
    vault.send(first, "withdraw", 3 * HYPE)
    assert (web3.eth.get_balance(vault.address), vault.ask("totalShares")) == (0, 0)


def test_what_core_would_refuse_in_silence_is_refused_aloud(vault, usdc, owner, depositors):
    first, _ = depositors
    usdc.send(owner, "approve", vault.address, OPENING)
    vault.send(owner, "activate", OPENING)
    # 0.2 HYPE at 40 are 8 USD, and Core takes no order below 10.
    vault.send(first, "deposit", value=HYPE // 5)
    for step in ("invest", "enablePortfolioMargin", "supply"):
        vault.send(owner, step)
    with pytest.raises(ContractCustomError, match=vault.error("OrderTooSmall")):
        vault.send(owner, "openShort")
    with pytest.raises(ContractCustomError, match=vault.error("NoDebt")):
        vault.send(owner, "repay")


def test_hype_that_nobody_gets_shares_for_is_refused(vault, web3, depositors):
    first, _ = depositors
    with pytest.raises(ContractCustomError, match=vault.error("NotFromCore")):
        web3.eth.estimate_gas({"from": first, "to": vault.address, "value": HYPE})


def test_limits_that_limit_nothing_are_refused(deploy_vault, vault):
    with pytest.raises(ContractCustomError, match=vault.error("WrongLimits")):
        deploy_vault(2_000, 10_000, 100)


def test_a_read_that_lacks_gas_is_not_taken_for_nothing_owed(invested):
    with pytest.raises(ContractCustomError, match=invested.error("TooLittleGas")):
        invested.contract.functions.owed().call({"gas": 200_000})
