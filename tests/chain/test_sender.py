"""Every verb does what it says or is refused by name, and what is refused is never sent."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from pmkit.chain import EVERYTHING, KeySigner, NodeSigner, Sender
from pmkit.chain.contracts import ask, call_of
from pmkit.chain.listing import Prices
from pmkit.errors import (
    AccessControlUnauthorizedAccount,
    BorrowWhileSupplied,
    BufferSweepTooEarly,
    DebtAboveThreshold,
    ERC20InsufficientAllowance,
    ERC20InsufficientBalance,
    HealthFactorBelowOne,
    InputError,
    InsufficientBalance,
    InsufficientMargin,
    LeverageOutOfRange,
    LimitPriceCrossed,
    NoDebt,
    NoDeficit,
    NodeRefused,
    NodeUnavailable,
    NotBorrowable,
    NothingToSell,
    NotLiquidatable,
    NotOperator,
    NotPortfolioMargin,
    NotStandardMode,
    OwnerOnly,
    PositionsOpen,
    PriceZero,
    RatioAboveTrigger,
    ReceiptTimeout,
    ReduceOnlyViolated,
    StaleMark,
    UnknownAsset,
    VenueError,
    ZeroAmount,
)
from pmkit.model import Mode, ReserveStatus
from pmkit.venue.records import Side

BTC, UETH_USDC = 0, 10_151
ANY_BUY = 2**64 - 1
KEY = "0x" + "42" * 32


@pytest.fixture
def borrower(venue):
    return venue.sender("borrower")


@pytest.fixture
def supplier(venue):
    return venue.sender("supplier")


def usdc(amount):
    return amount * 10**8


def in_debt(venue):
    """Let the borrower owe 200,000 USDC, spent on what is no collateral, against 4 UBTC."""
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", venue.amount("UBTC", "4"))
    borrower.borrow("USDC", usdc(200_000))
    borrower.order(UETH_USDC, is_buy=True, sz=500_000, limit_px=ANY_BUY)
    return borrower


def refused(venue, kind, act):
    """Require that an act is refused by name with no transaction sent, and return the error."""
    before = venue.rpc.block_number()
    with pytest.raises(kind) as caught:
        act()
    assert venue.rpc.block_number() == before
    return caught.value


def test_supply_moves_tokens_from_the_wallet_to_the_pool(venue, supplier):
    before = venue.reader.balance(supplier.address, "USDC")
    receipt = supplier.supply("USDC", usdc(1_000))
    after = venue.reader.balance(supplier.address, "USDC")
    assert receipt.event("Supplied").values == {
        "account": supplier.address,
        "token": 0,
        "amount": usdc(1_000),
        "payer": supplier.address,
    }
    assert before.wallet - after.wallet == 1_000 * 10**6
    assert after.shares > before.shares
    assert receipt.gas_used > 0


def test_supply_beyond_the_wallet_is_refused_and_leaves_no_approval(venue, supplier):
    error = refused(venue, ERC20InsufficientBalance, lambda: supplier.supply("USDC", usdc(10**9)))
    assert error.needed == 10**9 * 10**6


def test_supply_of_everything_empties_the_wallet(venue, supplier):
    held = venue.reader.balance(supplier.address, "HYPE").wallet
    receipt = supplier.supply("HYPE", EVERYTHING)
    assert venue.reader.balance(supplier.address, "HYPE").wallet == 0
    assert receipt.event("Supplied").values["amount"] == held // 10**10


def test_supply_for_another_account_is_credited_to_it(venue, supplier):
    keeper = venue.account("keeper")
    supplier.supply("USDC", usdc(5), keeper)
    assert venue.reader.balance(keeper, "USDC").basis == usdc(5)


def test_deposit_lands_in_the_spot_balance(venue, supplier):
    supplier.deposit("HYPE", venue.amount("HYPE", "7"))
    assert venue.reader.balance(supplier.address, "HYPE").idle == venue.amount("HYPE", "7")


def test_deposit_of_nothing_is_refused(venue, supplier):
    refused(venue, ZeroAmount, lambda: supplier.deposit("HYPE", 0))


def test_withdraw_pays_out_to_the_wallet(venue, supplier):
    before = venue.reader.balance(supplier.address, "USDC").wallet
    receipt = supplier.withdraw("USDC", usdc(250))
    assert receipt.event("Withdrawn").values["amount"] == usdc(250)
    assert venue.reader.balance(supplier.address, "USDC").wallet - before == 250 * 10**6


def test_withdraw_of_everything_leaves_less_than_a_unit_of_the_wallets_token(venue, supplier):
    supplier.deposit("UBTC", venue.amount("UBTC", "1.5"))
    supplier.withdraw("UBTC", EVERYTHING)
    assert venue.reader.balance(supplier.address, "UBTC").idle == 0


def test_withdraw_of_more_than_ones_own_is_refused(venue, supplier):
    error = refused(venue, InsufficientBalance, lambda: supplier.withdraw("HYPE", 1))
    assert (error.token, error.requested, error.available) == (150, 1, 0)


def test_withdraw_of_collateral_that_carries_a_debt_is_refused(venue):
    borrower = in_debt(venue)
    refused(venue, VenueError, lambda: borrower.withdraw("UBTC", EVERYTHING))


def test_borrow_credits_the_spot_balance_and_sets_the_floor(venue, borrower):
    borrower.supply("UBTC", venue.amount("UBTC", "4"))
    receipt = borrower.borrow("USDC", usdc(150_000))
    held = venue.reader.balance(borrower.address, "USDC")
    assert receipt.event("Borrowed").values["amount"] == usdc(150_000)
    assert (held.idle, held.borrow_floor) == (usdc(150_000), usdc(150_000))


def test_borrow_beyond_the_collateral_is_refused_with_the_health_factor(venue, borrower):
    borrower.supply("UBTC", venue.amount("UBTC", "4"))
    # 4 UBTC at 100,000 and 0.5 carry 200,000.
    error = refused(venue, HealthFactorBelowOne, lambda: borrower.borrow("USDC", usdc(250_000)))
    assert 0 < error.health_factor < 10**18
    refused(venue, NotBorrowable, lambda: borrower.borrow("UBTC", 1))


def test_borrow_of_what_is_supplied_or_by_a_standard_account_is_refused(venue, borrower, supplier):
    borrower.supply("USDC", usdc(10))
    refused(venue, BorrowWhileSupplied, lambda: borrower.borrow("USDC", usdc(1)))
    refused(venue, NotPortfolioMargin, lambda: supplier.borrow("USDC", usdc(1)))


def test_repay_of_a_part_lowers_the_debt(venue):
    borrower = in_debt(venue)
    receipt = borrower.repay("USDC", usdc(50_000))
    assert receipt.event("Repaid").values["amount"] == usdc(50_000)
    (token,) = [t for t in venue.reader.account(borrower.address).tokens if t.token == 0]
    assert usdc(150_000) <= token.borrowed < usdc(150_001)


def test_repay_of_everything_leaves_no_debt_though_interest_runs(venue):
    borrower = in_debt(venue)
    venue.warp(86_400 * 365)
    borrower.repay("USDC", EVERYTHING)
    assert venue.reader.margin(borrower.address).gross_debt == 0


def test_repay_for_another_account_is_paid_by_the_caller(venue):
    borrower = in_debt(venue)
    venue.sender("keeper").repay("USDC", EVERYTHING, borrower.address)
    assert venue.reader.margin(borrower.address).gross_debt == 0


def test_repay_without_a_debt_is_refused(venue, borrower):
    assert refused(venue, NoDebt, lambda: borrower.repay("USDC", usdc(1))).token == 0


def test_perp_order_opens_a_position_at_the_mark(venue, borrower):
    borrower.deposit("USDC", usdc(20_000))
    receipt = borrower.order(BTC, is_buy=True, sz=50_000, limit_px=1_000_000)
    assert receipt.event("Filled").values["px"] == 1_000_000
    (perp,) = venue.reader.account(borrower.address).perps
    assert (perp.asset, perp.szi) == (BTC, 50_000)


def test_perp_order_beyond_its_limit_or_its_margin_is_refused(venue, borrower):
    borrower.deposit("USDC", usdc(100))
    crossed = refused(
        venue,
        LimitPriceCrossed,
        lambda: borrower.order(BTC, is_buy=True, sz=1, limit_px=999_999),
    )
    assert (crossed.limit_px, crossed.px) == (999_999, 1_000_000)
    refused(
        venue,
        RatioAboveTrigger,
        lambda: borrower.order(BTC, is_buy=True, sz=100_000, limit_px=ANY_BUY),
    )
    refused(venue, UnknownAsset, lambda: borrower.order(9_999, is_buy=True, sz=1, limit_px=1))


def test_perp_order_of_a_standard_account_needs_margin_in_the_dex(venue, supplier):
    error = refused(
        venue,
        InsufficientMargin,
        lambda: supplier.order(BTC, is_buy=True, sz=100_000, limit_px=ANY_BUY),
    )
    # 100,000 USD at 40 times.
    assert (error.dex_index, error.required, error.available) == (0, 2_500 * 10**6, 0)


def test_reduce_only_order_without_a_position_is_refused(venue, borrower):
    refused(
        venue,
        ReduceOnlyViolated,
        lambda: borrower.order(BTC, is_buy=False, sz=1, limit_px=0, reduce_only=True),
    )


def test_spot_order_swaps_balances(venue, borrower):
    borrower.deposit("USDC", usdc(4_000))
    borrower.order(UETH_USDC, is_buy=True, sz=10_000, limit_px=ANY_BUY)
    assert venue.reader.balance(borrower.address, "UETH").idle == venue.amount("UETH", "1")


def test_order_on_an_old_price_is_refused_before_it_is_sent(venue, borrower):
    borrower.deposit("USDC", usdc(20_000))
    venue.warp(61, republish=False)
    error = refused(
        venue, StaleMark, lambda: borrower.order(BTC, is_buy=True, sz=1_000, limit_px=ANY_BUY)
    )
    assert error.maximum == 60
    assert error.age > 60


def test_liquidation_of_a_crashed_account_takes_collateral_and_debt(venue):
    borrower = in_debt(venue)
    venue.move("BTC", Decimal(40_000))
    assert venue.reader.margin(borrower.address).liquidatable
    receipt = venue.sender("liquidator").liquidate(borrower.address)
    step = receipt.event("Liquidated").values
    assert (step["account"], step["caller"]) == (borrower.address, venue.account("liquidator"))
    assert receipt.event("DebtTaken").values["token"] == 0
    assert receipt.event("CollateralTaken").values["token"] == 197


def test_liquidator_takes_debt_with_own_funds(venue):
    borrower = in_debt(venue)
    venue.move("BTC", Decimal(40_000))
    liquidator = venue.sender("liquidator")
    needed = refused(
        venue, InsufficientBalance, lambda: liquidator.liquidate_as_taker(borrower.address)
    ).requested
    liquidator.deposit("USDC", needed + usdc(1))
    receipt = liquidator.liquidate_as_taker(borrower.address)
    taken = receipt.event("CollateralTaken").values
    assert taken["taker"] == liquidator.address
    held = venue.reader.account(liquidator.address).tokens
    assert taken["amount"] in [token.supplied for token in held if token.token == 197]
    assert venue.reader.inventory("UBTC").scheduled == 0


def test_anybody_sells_the_backstops_inventory_as_it_falls_due(venue):
    borrower, keeper = in_debt(venue), venue.sender("keeper")
    venue.move("BTC", Decimal(40_000))
    taken = keeper.liquidate(borrower.address).event("CollateralTaken").values["amount"]
    scheduled = venue.reader.inventory("UBTC")
    assert (scheduled.scheduled, scheduled.due_now) == (taken, 0)
    refused(venue, NothingToSell, lambda: keeper.sell_inventory("HYPE/USDC"))
    venue.warp(600)
    sold = keeper.sell_inventory("UBTC/USDC").event("InventorySold").values
    # Half of it, and a second or two more, in lots of 0.00001.
    assert 0 <= sold["amount"] - taken // 2 < taken // 200
    assert sold["left"] == taken - sold["amount"]
    assert venue.reader.inventory("UBTC").due_now < 10**5


def test_anybody_sweeps_a_buffer_once_an_hour(venue):
    in_debt(venue)
    venue.warp(3_600)
    keeper = venue.sender("keeper")
    before = venue.reader.balance(venue.account("insurance"), "USDC").idle
    swept = keeper.sweep_buffer("USDC").event("BufferSwept").values["amount"]
    assert swept > 0
    assert venue.reader.balance(venue.account("insurance"), "USDC").idle == before + swept
    error = refused(venue, BufferSweepTooEarly, lambda: keeper.sweep_buffer("USDC"))
    assert error.ready_at % 3_600 == 0


def test_liquidation_of_a_sound_account_is_refused_with_its_ratio(venue):
    borrower = in_debt(venue)
    error = refused(
        venue, NotLiquidatable, lambda: venue.sender("liquidator").liquidate(borrower.address)
    )
    assert error.account == borrower.address
    assert error.trigger == 95 * 10**16
    # The refusal looks one block ahead, and a second's interest is on top.
    assert 0 <= error.ratio - venue.reader.margin(borrower.address).ratio < 10**10


def test_matcher_fills_two_accounts_that_let_it(venue, borrower, supplier):
    matcher = venue.sender("admin")
    supplier.deposit("USDC", venue.amount("USDC", "10000"))
    supplier.transfer_perp(0, 10_000 * 10**6, to_perp=True)
    borrower.deposit("USDC", venue.amount("USDC", "10000"))
    sides = (
        Side(account=borrower.address, limit_px=2**64 - 1, reduce_only=False),
        Side(account=supplier.address, limit_px=0, reduce_only=False),
    )
    with pytest.raises(NotOperator):
        matcher.match_orders(BTC, *sides, px=1_000_000, sz=10_000)
    for sender in (borrower, supplier):
        sender.approve_operator(matcher.address)
    with pytest.raises(AccessControlUnauthorizedAccount):
        borrower.match_orders(BTC, *sides, px=1_000_000, sz=10_000)
    receipt = matcher.match_orders(BTC, *sides, px=1_001_000, sz=10_000)
    assert receipt.event("Matched").values["px"] == 1_001_000
    for sender, szi in ((borrower, 10_000), (supplier, -10_000)):
        (perp,) = venue.reader.account(sender.address).perps
        assert perp.szi == szi
        assert venue.reader.volume(sender.address).recent == 10_010 * 10**6


def test_reserve_that_is_lent_out_says_so(venue, borrower):
    assert venue.reader.reserve_status("USDT0") == ReserveStatus(0)
    borrower.supply("UBTC", venue.amount("UBTC", "1"))
    venue.sender("admin").configure("setTokenCaps", 268, 0, 2**128 - 1, 0, 100)
    receipt = borrower.borrow("USDT0", 100)
    assert receipt.event("ReserveStatusSet").values["bits_now"] == 6
    found = venue.reader.reserve_status("USDT0")
    assert found == ReserveStatus.SUPPLY_CAPPED | ReserveStatus.BORROW_CAPPED


def test_spot_send_moves_own_balance_to_another_account(venue, supplier):
    supplier.deposit("HYPE", 500)
    supplier.spot_send(venue.account("keeper"), "HYPE", 200)
    assert venue.reader.balance(venue.account("keeper"), "HYPE").idle == 200
    refused(
        venue,
        InsufficientBalance,
        lambda: supplier.spot_send(venue.account("keeper"), "HYPE", 301),
    )


def test_margin_moves_by_hand_on_standard_accounts_only(venue, supplier, borrower):
    supplier.deposit("USDC", usdc(100))
    supplier.transfer_perp(0, 60 * 10**6, to_perp=True)
    (dex,) = venue.reader.account(supplier.address).dexes
    assert dex.raw_usd == 60 * 10**6
    refused(venue, NotStandardMode, lambda: borrower.transfer_perp(0, 1, to_perp=True))


def test_mode_changes_without_positions_only(venue, supplier):
    supplier.withdraw("USDC", EVERYTHING)
    supplier.set_mode(Mode.PORTFOLIO_MARGIN)
    assert venue.reader.account(supplier.address).mode is Mode.PORTFOLIO_MARGIN
    supplier.deposit("USDC", usdc(20_000))
    supplier.order(BTC, is_buy=True, sz=1_000, limit_px=ANY_BUY)
    assert refused(venue, PositionsOpen, lambda: supplier.set_mode(Mode.STANDARD)).perps == 1


def test_leverage_beyond_the_maximum_is_refused(venue, borrower):
    borrower.set_leverage(BTC, 40)
    error = refused(venue, LeverageOutOfRange, lambda: borrower.set_leverage(BTC, 41))
    assert (error.leverage, error.maximum) == (41, 40)


def test_anybody_sweeps_an_account(venue):
    borrower = in_debt(venue)
    venue.sender("keeper").sweep(borrower.address)


def test_prices_are_reported_by_the_reporter_only(venue, supplier):
    report = Prices(spots=(), perps=((BTC, 5, 5),))
    error = refused(venue, AccessControlUnauthorizedAccount, lambda: supplier.report_prices(report))
    assert error.account == supplier.address
    assert error.needed_role.startswith("0x")
    zero = Prices(spots=((142, 0),), perps=())
    refused(venue, PriceZero, lambda: venue.sender("reporter").report_prices(zero))


def test_policy_is_set_by_the_risk_admin(venue):
    venue.sender("admin").configure("setTokenFactors", 197, 4_000, False)
    venue.sender("borrower").supply("UBTC", 1)
    (token,) = venue.reader.account(venue.account("borrower")).tokens
    assert token.ltv_bps == 4_000


def test_simulation_tells_what_happens_and_sends_nothing(venue, borrower):
    block = venue.rpc.block_number()
    simulated = borrower.simulate(borrower.actions.supply("UBTC", venue.amount("UBTC", "2")))
    assert venue.rpc.block_number() == block
    assert venue.reader.balance(borrower.address, "UBTC").shares == 0
    assert simulated.answer == venue.amount("UBTC", "2")
    assert simulated.approvals == (2 * 10**8,)
    assert simulated.events is not None
    assert [event.name for event in simulated.events] == ["Transfer", "Supplied"]
    receipt = borrower.supply("UBTC", venue.amount("UBTC", "2"))
    assert simulated.gas == receipt.gas_used


def test_simulated_figures_are_those_of_the_block_that_then_comes(venue):
    borrower = in_debt(venue)
    action = borrower.actions.repay("USDC", usdc(100))
    simulated = borrower.simulate(action)
    receipt = borrower.repay("USDC", usdc(100))
    now = venue.reader.margin(borrower.address, receipt.block)
    # The approval took a block of its own, and a second's interest with it.
    assert simulated.margin is not None
    assert 0 <= now.ratio - simulated.margin.ratio < 10**10


def test_simulation_of_a_refused_action_raises_its_name(venue, borrower):
    with pytest.raises(HealthFactorBelowOne):
        borrower.simulate(borrower.actions.borrow("USDC", usdc(1)))
    with pytest.raises(ERC20InsufficientBalance):
        borrower.simulate(borrower.actions.supply("UBTC", 10**20))


def test_simulation_without_eth_simulate_still_answers(venue, borrower, monkeypatch):
    asked = venue.rpc.request

    def without(method, *params):
        if method == "eth_simulateV1":
            raise NodeRefused(method=method, code=-32601, message="no such method", data=None)
        return asked(method, *params)

    borrower.deposit("USDC", usdc(10))
    monkeypatch.setattr(venue.rpc, "request", without)
    simulated = borrower.simulate(borrower.actions.withdraw("USDC", usdc(4)))
    assert (simulated.answer, simulated.gas, simulated.events) == (usdc(4), None, None)


def test_node_without_eth_simulate_takes_the_approval_first(venue, supplier, monkeypatch):
    asked = venue.rpc.request

    def without(method, *params):
        if method == "eth_simulateV1":
            raise NodeRefused(method=method, code=-32601, message="no such method", data=None)
        return asked(method, *params)

    monkeypatch.setattr(venue.rpc, "request", without)
    assert supplier.supply("USDC", usdc(5)).approvals
    with pytest.raises(ERC20InsufficientAllowance):
        supplier.simulate(supplier.actions.supply("USDC", usdc(5)))


def test_liquidation_step_is_told_by_simulation(venue):
    borrower = in_debt(venue)
    venue.move("BTC", Decimal(40_000))
    keeper = venue.sender("keeper")
    step = keeper.simulate(keeper.actions.liquidate(borrower.address))
    assert step.answer["debt_value"] > 0
    assert step.margin is not None
    assert step.margin.liquidatable == step.answer["liquidatable"]


def test_approval_is_of_what_is_taken_and_no_more(venue, supplier):
    receipt = supplier.supply("USDC", usdc(3))
    (approval,) = receipt.approvals
    assert approval.event("Approval").values["value"] == 3 * 10**6
    again = supplier.supply("USDC", usdc(3))
    assert again.approvals


def test_private_key_signs_its_own_transactions(venue):
    stranger = Sender(venue.reader, KeySigner(KEY))
    venue.rpc.request("anvil_setBalance", stranger.address, hex(10**18))
    venue.fund(stranger.address, "USDC", "12.5")
    stranger.supply("USDC", usdc(12))
    assert venue.reader.balance(stranger.address, "USDC").basis == usdc(12)


def test_sender_without_money_for_gas_is_refused_by_the_node(venue):
    stranger = Sender(venue.reader, KeySigner(KEY))
    with pytest.raises(NodeRefused, match=r"[Ii]nsufficient funds"):
        stranger.set_mode(Mode.PORTFOLIO_MARGIN)


@pytest.mark.parametrize("key", ["0x12", "42" * 33, "zz" * 32, ""])
def test_wrong_key_is_refused_without_being_told(key):
    with pytest.raises(InputError) as caught:
        KeySigner(key)
    assert key == "" or key not in str(caught.value)


class LateSigner:
    """Lets something happen between the simulation of an action and its sending."""

    def __init__(self, address, meanwhile):
        self.address = address
        self._signer = NodeSigner(address)
        self._meanwhile = meanwhile

    def submit(self, rpc, transaction):
        self._meanwhile()
        return self._signer.submit(rpc, transaction)


def test_transaction_that_fails_once_mined_is_told_by_its_name(venue):
    borrower = venue.sender("borrower")
    borrower.supply("UBTC", venue.amount("UBTC", "4"))
    crash = LateSigner(borrower.address, lambda: venue.move("BTC", Decimal(50_000)))
    late = Sender(venue.reader, crash)
    before = venue.rpc.block_number()
    with pytest.raises(HealthFactorBelowOne) as caught:
        late.borrow("USDC", usdc(150_000))
    # 4 UBTC at 50,000 and 0.5 carry 100,000 of 150,000.
    assert abs(caught.value.health_factor - 2 * 10**18 // 3) < 10**10
    assert venue.rpc.block_number() == before + 2  # the crash, and the failure


def test_transaction_that_no_block_takes_in_is_named_by_its_hash(venue, borrower):
    patient = Sender(venue.reader, NodeSigner(borrower.address), receipt_seconds=0)
    venue.rpc.request("evm_setAutomine", False)
    try:
        with pytest.raises(ReceiptTimeout) as caught:
            patient.set_leverage(BTC, 5)
        assert venue.rpc.request("eth_getTransactionByHash", caught.value.tx_hash) is not None
        assert isinstance(caught.value, Exception)
        assert not isinstance(caught.value, NodeUnavailable)
    finally:
        venue.rpc.request("anvil_dropAllTransactions")
        venue.rpc.request("evm_setAutomine", True)


def test_threads_that_share_a_sender_never_share_a_nonce(venue, supplier):
    supplier.deposit("HYPE", 1_000)
    keeper = venue.account("keeper")
    failures = []

    def act():
        try:
            for _ in range(3):
                supplier.spot_send(keeper, "HYPE", 1)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert venue.reader.balance(keeper, "HYPE").idle == 12


def test_sender_goes_on_after_the_chain_was_rewound(venue, supplier):
    supplier.deposit("HYPE", 10)
    with venue.scratch():
        supplier.deposit("HYPE", 20)
    supplier.deposit("HYPE", 5)
    assert venue.reader.balance(supplier.address, "HYPE").idle == 15


def test_debt_beyond_its_threshold_is_a_refusal_of_its_own(venue):
    borrower = in_debt(venue)
    venue.move("BTC", Decimal(60_000))
    # 4 UBTC at 60,000 and 0.75 carry 180,000 of 200,000.
    refused(venue, DebtAboveThreshold, lambda: borrower.withdraw("UETH", EVERYTHING))


def test_sub_account_is_margined_apart_and_paid_from_its_masters_wallet(venue, borrower):
    sub = borrower.sub_account(7)
    address = sub.actions.address
    call = call_of("Venue", venue.deployment.venue, "subAccountOf", borrower.address, 7)
    assert address == ask(venue.rpc, call, "latest")
    held = venue.reader.balance(borrower.address, "UBTC").wallet
    sub.set_mode(Mode.PORTFOLIO_MARGIN)
    action = sub.actions.supply("UBTC", venue.amount("UBTC", "1"))
    assert sub.simulate(action).answer == venue.amount("UBTC", "1")
    sub.send(action)
    sub.borrow("USDC", usdc(1_000))
    assert venue.reader.account(address).mode is Mode.PORTFOLIO_MARGIN
    assert venue.reader.balance(address, "USDC").idle == usdc(1_000)
    assert venue.reader.balance(borrower.address, "USDC").idle == 0
    assert held - venue.reader.balance(borrower.address, "UBTC").wallet == 10**8  # 8 decimals there
    refused(venue, HealthFactorBelowOne, lambda: sub.borrow("USDC", usdc(100_000)))
    # A master's debt is paid out of the master's wallet, whoever's it is.
    borrower.mint("USDC", 10**9)
    sub.repay("USDC", EVERYTHING)
    assert all(held.borrowed == 0 for held in venue.reader.account(address).tokens)


def test_operator_acts_for_an_account_but_takes_nothing_out(venue, borrower):
    borrower.supply("UBTC", venue.amount("UBTC", "1"))
    keeper = venue.sender("keeper")
    acting = keeper.acting_for(borrower.address)
    refused(venue, NotOperator, lambda: acting.borrow("USDC", usdc(100)))
    borrower.approve_operator(keeper.address)
    acting.borrow("USDC", usdc(100))
    assert venue.reader.balance(borrower.address, "USDC").idle == usdc(100)
    refused(venue, OwnerOnly, lambda: acting.withdraw("USDC", usdc(100)))


def test_deficit_is_covered_by_anybody_and_spread_by_the_risk_admin_alone(venue):
    borrower = in_debt(venue)
    insurance = venue.reader.balance(venue.account("insurance"), "USDC").idle
    refused(venue, NoDeficit, lambda: borrower.cover_deficit("USDC", 1))
    # 4 UBTC at 10,000 pay 40,000 of 200,000; the insurance account's 10 million have the rest.
    venue.move("BTC", Decimal(10_000))
    venue.sender("keeper").liquidate(borrower.address)
    paid = insurance - venue.reader.balance(venue.account("insurance"), "USDC").idle
    assert usdc(159_999) < paid <= usdc(160_001)
    refused(venue, NoDeficit, lambda: borrower.cover_deficit_from_insurance("USDC"))
    refused(venue, AccessControlUnauthorizedAccount, lambda: borrower.socialise("USDC"))
    refused(venue, NoDeficit, lambda: venue.sender("admin").socialise("USDC"))
