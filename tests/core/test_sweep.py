"""The sweep: where equity goes, what never changes, and what a second one does. SPEC PM-14."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core.builders import RECORDED, account, carry, hype, perp, token, ubtc, usdc
from core.strategies import accounts
from hypothesis import given

from pmkit.errors import DoesNotFit128
from pmkit.margin import account_margin, dex_margins
from pmkit.model import Account, DexState, Mode, PerpState, TokenState
from pmkit.sweep import sweep, swept
from pmkit.units import WAD

USDC_WEI = 10**8
MILLIONTH = 10**6


def test_sweep_of_profit_repays_debt_before_it_supplies():
    # Equity 50,000 over a target of 10,000 (a tenth of the notional): 40,000 go, 30,000 of it to
    # debt.
    built = account(
        usdc(borrowed=30_000 * USDC_WEI),
        dexes=(DexState(collateral=0, raw_usd=150_000 * MILLIONTH),),
        perps=(perp("BTC", -(10**5), 1_000_000),),
    )
    after, moved = sweep(built)
    assert moved.dex_transfers == (-40_000 * MILLIONTH,)
    assert moved.tokens[0].repay == 30_000 * USDC_WEI
    assert moved.tokens[0].supply == 10_000 * USDC_WEI
    assert (after.tokens[0].borrowed, after.tokens[0].supplied) == (0, 10_000 * USDC_WEI)


def test_sweep_of_a_short_dex_takes_idle_then_supply_then_debt():
    # The dex has nothing and wants 10,000: 1,000 idle, 2,000 supplied, 7,000 borrowed.
    built = account(
        usdc(idle=1_000 * USDC_WEI, supplied=2_000 * USDC_WEI),
        ubtc(100_000, supplied=10**10),
        dexes=(DexState(collateral=0, raw_usd=100_000 * MILLIONTH),),
        perps=(perp("BTC", -(10**5), 1_000_000),),
    )
    after, moved = sweep(built)
    assert (moved.tokens[0].withdraw, moved.tokens[0].borrow) == (
        2_000 * USDC_WEI,
        7_000 * USDC_WEI,
    )
    assert after.tokens[0].idle == 0
    assert dex_margins(after)[0].account_value == 10_000 * MILLIONTH


def test_sweep_leaves_explicit_debt_and_the_idle_balance_it_brought():
    # Borrowed on purpose, 500 stay idle to be traded; 300 more that came in repay what is over
    # them.
    floor = 500 * USDC_WEI
    built = account(usdc(idle=800 * USDC_WEI, borrowed=700 * USDC_WEI, borrow_floor=floor))
    after = swept(built)
    assert (after.tokens[0].borrowed, after.tokens[0].idle) == (floor, 600 * USDC_WEI)


def test_sweep_without_cash_in_the_pool_leaves_the_dex_short():
    built = replace(carry(100_000), tokens=(usdc(cash=0), ubtc(100_000, supplied=10**10)))
    after = swept(built)
    assert after.tokens[0].borrowed == 0
    assert account_margin(after).perp_shortfall


def test_sweep_under_strict_ltv_borrows_only_to_health_factor_one():
    # At 200,000 the collateral carries 100,000 at LTV 0.5; funding the dex fully would take
    # 120,000.
    built = carry(200_000)
    strict = replace(built, policy=replace(built.policy, strict_ltv=True))
    assert swept(strict).tokens[0].borrowed == 100_000 * USDC_WEI


def test_sweep_leaves_dust_only_beside_positions():
    """SPEC PM-15: 7 over the transfer margin leave 5; a dex without positions gives all."""
    built = account(
        usdc(),
        dexes=(DexState(collateral=0, raw_usd=110_007 * MILLIONTH),),
        perps=(perp("BTC", -(10**5), 1_000_000),),
        policy=replace(RECORDED, sweep_dust=5 * MILLIONTH),
    )
    assert sweep(built)[1].dex_transfers == (-2 * MILLIONTH,)
    flat = replace(built, dexes=(DexState(collateral=0, raw_usd=3 * MILLIONTH),), perps=())
    assert sweep(flat)[1].dex_transfers == (-3 * MILLIONTH,)


@pytest.mark.parametrize("owed", [0, 1])
def test_sweep_under_strict_ltv_borrows_nothing_without_a_price(owed):
    """SPEC PM-08: it must not fail either."""
    built = account(
        replace(usdc(borrowed=owed), px=0),
        ubtc(100_000, supplied=10**10),
        dexes=(DexState(collateral=0, raw_usd=100_000 * MILLIONTH),),
        perps=(perp("BTC", -(10**5), 1_000_000),),
        policy=replace(RECORDED, strict_ltv=True),
    )
    after, moved = sweep(built)
    assert moved.dex_lacks == (10_000 * MILLIONTH,)
    assert after.tokens[0].borrowed == owed


def test_sweep_of_two_dexes_moves_equity_between_them_before_it_borrows():
    built = account(
        usdc(),
        ubtc(100_000, supplied=10**10),
        dexes=(
            DexState(collateral=0, raw_usd=20_000 * MILLIONTH),
            DexState(collateral=0, raw_usd=100_000 * MILLIONTH),
        ),
        perps=(perp("BTC", -(10**5), 1_000_000, dex=1),),
    )
    after, moved = sweep(built)
    assert moved.dex_transfers == (-20_000 * MILLIONTH, 10_000 * MILLIONTH)
    assert (after.tokens[0].supplied, after.tokens[0].borrowed) == (10_000 * USDC_WEI, 0)


def test_sweep_of_a_standard_account_moves_nothing():
    built = account(
        usdc(idle=10**12), dexes=(DexState(collateral=0, raw_usd=-1),), mode=Mode.STANDARD
    )
    assert swept(built) == built


def test_sweep_of_a_unified_account_neither_supplies_nor_borrows():
    built = account(
        usdc(idle=10**12),
        token("HYPE", idle=10**12),
        dexes=(DexState(collateral=0, raw_usd=0),),
        mode=Mode.UNIFIED,
    )
    assert swept(built) == built


@given(accounts(strict=True))
def test_sweep_keeps_every_net_total(built):
    before, after = account_margin(built), account_margin(swept(built))
    assert [t.net_total for t in before.tokens] == [t.net_total for t in after.tokens]


@given(accounts(strict=True))
def test_sweep_leaves_no_balance_negative_and_no_cap_broken(built):
    for before, after in zip(built.tokens, swept(built).tokens, strict=True):
        assert min(after.idle, after.supplied, after.borrowed, after.cash) >= 0
        assert after.borrowed - before.borrowed <= before.borrow_room
        assert after.supplied - before.supplied <= before.supply_room


def limited(
    *tokens: TokenState, dexes: tuple[DexState, ...], perps: tuple[PerpState, ...]
) -> Account:
    """Return an account under the LTV limit."""
    return account(*tokens, dexes=dexes, perps=perps, policy=replace(RECORDED, strict_ltv=True))


def test_sweep_under_strict_ltv_sees_what_a_later_token_supplies():
    """Once the first sweep borrowed for a token before it saw what came into a later one.

    The USDC dex lacks 10,000. 100 HYPE carry 3,250 at 50 and 0.65; the HYPE dex hands 200 back,
    which carry 6,500 more.
    """
    built = limited(
        usdc(),
        hype(50, supplied=100 * 10**8),
        dexes=(
            DexState(collateral=0, raw_usd=100_000 * MILLIONTH),
            DexState(collateral=1, raw_usd=200 * MILLIONTH),
        ),
        perps=(perp("BTC", -(10**5), 1_000_000),),
    )
    after, moved = sweep(built)
    assert moved.tokens[0].borrow == 9_750 * USDC_WEI
    assert moved.dex_lacks == (250 * MILLIONTH, 0)
    assert account_margin(after).health_factor == WAD
    assert sweep(after)[1].dex_transfers == (0, 0)


def test_sweep_under_strict_ltv_sees_what_a_later_token_repays():
    # 30,000 USDT0 are owed, and its dex hands 40,000 back; 1 UBTC carries 50,000 of 60,000 wanted.
    built = limited(
        usdc(),
        token("USDT0", px=10**6, borrowed=30_000 * USDC_WEI),
        ubtc(100_000, supplied=10**10),
        dexes=(
            DexState(collateral=0, raw_usd=600_000 * MILLIONTH),
            DexState(collateral=1, raw_usd=40_000 * MILLIONTH),
        ),
        perps=(perp("BTC", -6 * 10**5, 1_000_000),),
    )
    after, moved = sweep(built)
    assert [t.borrow for t in moved.tokens] == [50_000 * USDC_WEI, 0, 0]
    assert account_margin(after).health_factor == WAD


def test_sweep_under_strict_ltv_counts_on_nothing_that_it_draws():
    """Once own supply that was drawn on carried the debt that was made beside it.

    A collateral that can be borrowed: 100 HYPE of it at 50 are supplied and go to the dex, which
    lacks 150; 1 UBTC at 1,000 carries 500, which are 10 HYPE.
    """
    built = limited(
        hype(50, supplied=100 * 10**8, borrowable=True, borrow_room=10**15),
        ubtc(1_000, supplied=10**10),
        dexes=(DexState(collateral=0, raw_usd=-1_500 * MILLIONTH),),
        perps=(perp("BTC", 10**5, 15_000),),
    )
    after, moved = sweep(built)
    assert (moved.tokens[0].withdraw, moved.tokens[0].borrow) == (100 * 10**8, 10 * 10**8)
    assert account_margin(after).health_factor == WAD


def test_sweep_beyond_the_storage_word_is_refused():
    """SPEC PM-14: as the contracts do, by the same name."""
    full = 2**128 - 1
    with pytest.raises(DoesNotFit128) as refused:
        sweep(account(usdc(borrowed=5, cash=full, idle=5)))
    assert refused.value.value == full + 5
    flush = account(
        usdc(idle=full),
        dexes=(DexState(collateral=0, raw_usd=1),),
        mode=Mode.UNIFIED,
    )
    with pytest.raises(DoesNotFit128) as refused:
        sweep(flush)
    assert refused.value.value == full + 100
    rich = account(
        usdc(cash=0, borrow_room=0),
        dexes=(DexState(collateral=0, raw_usd=2**127 - 1),),
        perps=(perp("BTC", 2**63 - 1, 2**64 - 1),),
        mode=Mode.UNIFIED,
    )
    with pytest.raises(DoesNotFit128):
        sweep(rich)


@given(accounts(strict=True))
def test_sweep_done_twice_moves_no_more_than_dust(built):
    once, moved = sweep(built)
    # What the pool leaves room for is read anew before each sweep, as a chain does.
    reread = replace(
        once,
        tokens=tuple(
            replace(
                after,
                supply_room=before.supply_room - done.supply + done.withdraw,
                borrow_room=before.borrow_room - done.borrow + done.repay,
            )
            for before, after, done in zip(built.tokens, once.tokens, moved.tokens, strict=True)
        ),
    )
    again = sweep(reread)[1]
    assert again.dex_transfers == (0,) * len(built.dexes)
    # Dexes take whole millionths: of an idle balance less than that may be left to the next sweep.
    assert all(max(t.supply, t.withdraw, t.borrow, t.repay) < 100 for t in again.tokens)
