"""pmkit's side: the venue, through the client that everybody uses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.gas.accounts import Stand, require_leg
from bench.gas.ground import DAY
from bench.gas.largest import measure_largest
from bench.gas.market import collaterals
from bench.gas.scenarios import (
    BATCHES,
    COLLATERAL_COUNTS,
    FURTHER,
    PERP_COUNTS,
    Figures,
    Missing,
    check_slope,
    complete,
    slope,
)
from pmkit.chain.actions import Action
from pmkit.chain.contracts import call_of
from pmkit.chain.receipts import wait_for_receipt
from pmkit.model import Mode
from pmkit.venue.records import Leg

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.gas.ground import Ground
    from pmkit.chain.sender import Sender

LOW_PX, LOWER_PX = 41_000, 33_000
"""Prices of BTC at which a borrower is in the partial band, and in the full one."""
MINUTE = 60

RECEIPT_SECONDS = 30


def measure(ground: Ground) -> Figures:
    """Return the gas of every scenario, each from the same beginning."""
    stand = Stand(ground)
    figures: Figures = {}
    for name, run in RUNS.items():
        with ground.local.scratch():
            figures[name] = run(stand)
    with ground.local.scratch():
        largest = measure_largest(stand)
    figures.update(largest)
    figures["check_per_further_collateral"] = check_slope(figures, "collaterals", COLLATERAL_COUNTS)
    figures["check_per_further_perp"] = check_slope(figures, "perps", PERP_COUNTS)
    # The buffer keeps a tenth of the interest anyhow.
    for name in ("supply", "borrow", "repay", "liquidate"):
        figures[f"{name}_with_fee"] = figures[name]
    figures["liquidate_largest"] = max(
        gas for name, gas in largest.items() if name != "largest_debt_partial_lent"
    )
    return complete(figures, why="not measured")


def supply(s: Stand) -> int:
    """Let a lender with portfolio margin supply more USDC, of which others owe some."""
    s.borrower("borrower")
    lender = s.lender("lender")
    return s.again(lender, lender.actions.supply("USDC", s.worth("USDC", 1_000)))


def supply_within_hour(s: Stand) -> int:
    """Supply a minute after the last accrual, which was in the same hour."""
    s.borrower("borrower")
    lender = s.lender("lender")
    action = lender.actions.supply("USDC", s.worth("USDC", 1_000))
    s.again(lender, action)
    s.local.warp(MINUTE)
    return lender.send(action).gas_used


def supply_standard(s: Stand) -> int:
    """Supply by an account in the mode that accounts begin with."""
    s.borrower("borrower")
    lender = s.lender("lender", Mode.STANDARD)
    return s.again(lender, lender.actions.supply("USDC", s.worth("USDC", 1_000)))


def first_supply(s: Stand) -> int:
    """Supply by an account that the venue has never seen."""
    s.borrower("borrower")
    lender = s.person("lender", Mode.STANDARD, "USDC")
    return s.gas(lender, lender.actions.supply("USDC", s.worth("USDC", 1_000)))


def supply_collateral(s: Stand) -> int:
    """Let a borrower add to its collateral."""
    borrower = s.borrower("borrower")
    return s.again(borrower, borrower.actions.supply("UBTC", s.worth("UBTC", 1_000)))


def deposit(s: Stand) -> int:
    """Let a borrower deposit collateral, which the sweep then supplies."""
    borrower = s.borrower("borrower")
    return s.again(borrower, borrower.actions.deposit("UBTC", s.worth("UBTC", 1_000)))


def borrow(s: Stand, count: int = 1) -> int:
    """Let a borrower with some collaterals borrow more."""
    borrower = s.borrower("borrower", count)
    return s.again(borrower, borrower.actions.borrow("USDC", s.worth("USDC", 1_000)))


def first_borrow(s: Stand) -> int:
    """Let somebody with a collateral borrow for the first time."""
    s.borrower("other")
    borrower = s.person("borrower", Mode.PORTFOLIO_MARGIN, "UBTC")
    s.do(borrower, borrower.actions.deposit("UBTC", s.worth("UBTC", 1_000_000)))
    return s.gas(borrower, borrower.actions.borrow("USDC", s.worth("USDC", 1_000)))


def repay(s: Stand) -> int:
    """Let a borrower repay a part from its wallet."""
    borrower = s.borrower("borrower")
    return s.again(borrower, borrower.actions.repay("USDC", s.worth("USDC", 1_000)))


def withdraw(s: Stand) -> int:
    """Let a lender take a part out."""
    s.borrower("borrower")
    lender = s.lender("lender")
    return s.again(lender, lender.actions.withdraw("USDC", s.worth("USDC", 1_000)))


def withdraw_collateral(s: Stand) -> int:
    """Let a borrower take a part of its collateral out."""
    borrower = s.borrower("borrower")
    return s.again(borrower, borrower.actions.withdraw("UBTC", s.worth("UBTC", 1_000)))


def accrue(s: Stand) -> int:
    """Store the interest of a reserve."""
    s.borrower("borrower")
    return s.again(s.local.sender("keeper"), s.local.sender("keeper").actions.accrue("USDC"))


def liquidate(s: Stand) -> int:
    """Take a step of the debt leg that is not the account's first."""
    keeper, (action,) = _liquidations(s, 1)
    require_leg(keeper.send(action), Leg.DEBT_PARTIAL)
    s.local.warp(DAY)
    return require_leg(keeper.send(action), Leg.DEBT_PARTIAL).gas_used


def first_liquidate(s: Stand) -> int:
    """Take the account's first step; the backstop has its collateral from another one."""
    keeper, (before, action) = _liquidations(s, 2)
    require_leg(keeper.send(before), Leg.DEBT_PARTIAL)
    s.local.warp(DAY)
    return require_leg(keeper.send(action), Leg.DEBT_PARTIAL).gas_used


def liquidate_takeover(s: Stand) -> int:
    """Take all debt for all collateral, after a step of a part."""
    keeper, (action,) = _liquidations(s, 1)
    require_leg(keeper.send(action), Leg.DEBT_PARTIAL)
    s.fall_of_btc(LOWER_PX)
    s.local.warp(DAY)
    return require_leg(keeper.send(action), Leg.DEBT_FULL).gas_used


def liquidate_as_taker(s: Stand) -> int:
    """Take a step whose taker is the caller, with its own supply."""
    borrower, taker = s.borrower("borrower"), s.lender("taker")
    s.fall_of_btc(LOW_PX)
    action = taker.actions.liquidate_as_taker(borrower.address)
    require_leg(taker.send(action), Leg.DEBT_PARTIAL)
    s.local.warp(DAY)
    return require_leg(taker.send(action), Leg.DEBT_PARTIAL).gas_used


def liquidate_perp(s: Stand) -> int:
    """Close a part of a position where that alone cures."""
    trader, keeper = s.person("trader", Mode.PORTFOLIO_MARGIN, "UBTC"), s.local.sender("keeper")
    s.do(trader, trader.actions.deposit("UBTC", s.worth("UBTC", 100_000)))
    s.do(trader, s.perp(trader, "ETH", 500_000))
    s.local.move("ETH", "3480")
    action = keeper.actions.liquidate(trader.address)
    require_leg(keeper.send(action), Leg.PERP)
    s.local.warp(DAY)
    return require_leg(keeper.send(action), Leg.PERP).gas_used


def batch_marginal(s: Stand) -> int:
    """Return what each further account costs in one call that takes a step of several."""
    keeper, actions = _liquidations(s, max(BATCHES))
    for action in actions:
        s.do(keeper, action)
    accounts = [str(action.about) for action in actions]
    venue = s.local.deployment.venue
    used = []
    for size in BATCHES:
        with s.local.scratch():
            call = call_of("Venue", venue, "liquidateBatch", accounts[:size], False)
            used.append(s.gas(keeper, Action(call=call, about=None)))
    return slope(used[0], used[1], BATCHES)


def lens(s: Stand, function: str, options: tuple[object, ...] = ()) -> int:
    """Return what each further account costs in one call of the lens."""
    holders = []
    for i in range(max(BATCHES)):
        holder = s.borrower(f"holder {i}")
        s.do(holder, s.perp(holder, s.reader.listing.perps[0].name, 10_000))
        holders.append(holder.address)
    s.local.warp(DAY)
    address, keeper = s.local.deployment.lens, s.local.account("keeper")
    used = []
    for size in BATCHES:
        call = call_of("Lens", address, function, holders[:size], *options, [], [])
        # It answers whatever gas it has, so that nothing can be estimated.
        data = f"0x{call.data.hex()}"
        asked = {"from": keeper, "to": address, "data": data, "gas": hex(25_000_000)}
        sent = s.local.rpc.request("eth_sendTransaction", asked)
        used.append(int(wait_for_receipt(s.local.rpc, sent, RECEIPT_SECONDS)["gasUsed"], 16))
    return slope(used[0], used[1], BATCHES)


def order_perp(s: Stand) -> int:
    """Let a position grow."""
    trader = s.person("trader", Mode.PORTFOLIO_MARGIN, "UBTC")
    s.do(trader, trader.actions.deposit("UBTC", s.worth("UBTC", 1_000_000)))
    return s.again(trader, s.perp(trader, "BTC", 100_000))


def order_spot(s: Stand) -> int:
    """Let a borrower buy more of its collateral on debt."""
    borrower = s.borrower("borrower")
    return s.again(borrower, s.trade(borrower, "UBTC", 1_000))


def sweep(s: Stand) -> int:
    """Supply the gains of a position, again."""
    s.borrower("borrower")
    trader, keeper = s.person("trader", Mode.PORTFOLIO_MARGIN, "USDC"), s.local.sender("keeper")
    s.do(trader, trader.actions.deposit("USDC", s.worth("USDC", 1_000_000)))
    s.do(trader, s.perp(trader, "ETH", 500_000))
    s.local.move("ETH", "4100")
    s.do(keeper, keeper.actions.sweep(trader.address))
    s.local.move("ETH", "4200")
    return s.gas(keeper, keeper.actions.sweep(trader.address))


def per_further_asset(s: Stand) -> int:
    """Return what each further collateral adds to a borrow."""
    used = []
    for count in FURTHER:
        with s.local.scratch():
            used.append(borrow(s, count))
    return slope(used[0], used[1], FURTHER)


def check_collaterals(s: Stand, count: int) -> int:
    """Check an account with some collaterals and a debt."""
    borrower = s.borrower("borrower", count)
    return s.again(borrower, s.check(borrower))


def check_perps(s: Stand, count: int) -> int:
    """Check an account with some perps, a collateral and the debt that margins them."""
    trader = s.person("trader", Mode.PORTFOLIO_MARGIN, *collaterals()[:1])
    s.do(trader, trader.actions.deposit("UBTC", s.worth("UBTC", 10_000_000)))
    for i, perp in enumerate(s.reader.listing.perps[:count]):
        s.do(trader, s.perp(trader, perp.name, 10_000, is_buy=i % 2 == 0))
    return s.again(trader, s.check(trader))


def _liquidations(s: Stand, count: int) -> tuple[Sender, list[Action]]:
    """Return the keeper, and the liquidation of each of some borrowers, which BTC's fall allows."""
    keeper = s.local.sender("keeper")
    borrowers = [s.borrower(f"borrower {i}").address for i in range(count)]
    s.fall_of_btc(LOW_PX)
    return keeper, [keeper.actions.liquidate(account) for account in borrowers]


RUNS: dict[str, Callable[[Stand], int | Missing]] = {
    "supply": supply,
    "borrow": borrow,
    "repay": repay,
    "withdraw": withdraw,
    "liquidate": liquidate,
    "per_further_asset": per_further_asset,
    "batch_marginal": batch_marginal,
    "lens_per_account": partial(lens, function="accountsOf", options=(False,)),
    "lens_per_report": partial(lens, function="reportsOf"),
    "accrue": accrue,
    "first_supply": first_supply,
    "first_borrow": first_borrow,
    "first_liquidate": first_liquidate,
    "supply_within_hour": supply_within_hour,
    "supply_standard": supply_standard,
    "supply_collateral": supply_collateral,
    "withdraw_collateral": withdraw_collateral,
    "liquidate_as_taker": liquidate_as_taker,
    "liquidate_takeover": liquidate_takeover,
    "liquidate_perp": liquidate_perp,
    "deposit": deposit,
    "sweep": sweep,
    "order_perp": order_perp,
    "order_spot": order_spot,
    **{f"check_{n}_collaterals": partial(check_collaterals, count=n) for n in COLLATERAL_COUNTS},
    **{f"check_{n}_perps": partial(check_perps, count=n) for n in PERP_COUNTS},
}
