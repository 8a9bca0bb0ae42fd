"""Who may enable portfolio margin on a local chain: anybody, unless it keeps the conditions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pmkit.chain import LocalVenue
from pmkit.errors import EnablingRefused, PriceMoveTooLarge
from pmkit.margin import NO_CONDITION, account_value_down
from pmkit.model import Mode
from pmkit.params import load_params
from pmkit.policy import USD

CURRENT = load_params("current")


@pytest.fixture(scope="module")
def guarded():
    """Give a chain that keeps the conditions, and a bound on one update's move besides."""
    params = CURRENT.with_policy(replace(CURRENT.policy, price_move_limit_bps=100))
    with LocalVenue.start(params, conditions=True) as local:
        yield local


def test_local_chain_lets_anybody_in_and_prices_jump(venue):
    assert venue.params == CURRENT.local()
    venue.sender("keeper").set_mode(Mode.PORTFOLIO_MARGIN)
    venue.move("BTC", Decimal(10_000))


def test_chain_with_conditions_refuses_with_the_numbers_compared(guarded):
    with guarded.scratch():
        keeper = guarded.sender("keeper")
        keeper.deposit("USDC", guarded.amount("USDC", "10000"))
        keeper.order(10_107, is_buy=True, sz=100, limit_px=2**64 - 1)
        with pytest.raises(EnablingRefused) as refused:
            keeper.set_mode(Mode.PORTFOLIO_MARGIN)
        # 1 HYPE bought at 40.
        assert guarded.reader.volume(keeper.address).recent == 80 * USD
        assert refused.value.values == {
            "volume": 80 * USD,
            "min_volume": 5_000_000 * USD,
            "value": 10_000 * USD,
            "min_value": 10_000 * USD,
            "max_value": 25_000_000 * USD,
        }
        assert account_value_down(guarded.reader.account(keeper.address)) == 10_000 * USD
        keeper.deposit("USDC", guarded.amount("USDC", "0.01"))
        keeper.set_mode(Mode.PORTFOLIO_MARGIN)


def test_chain_with_conditions_has_its_roles_in_portfolio_margin_all_the_same(guarded):
    assert guarded.reader.account(guarded.account("borrower")).mode is Mode.PORTFOLIO_MARGIN
    told = guarded.reader.policy()
    assert (told["enable_max_value"], told["max_move_bps"]) == (25_000_000 * USD, 100)


def test_chain_with_conditions_bounds_a_move(guarded):
    with pytest.raises(PriceMoveTooLarge):
        guarded.move("BTC", Decimal(98_000))


def test_policy_of_a_local_chain_says_none(venue):
    told = venue.reader.policy()
    asked = [told[f"enable_{name}"] for name in ("min_volume", "min_value", "max_value")]
    assert asked == [NO_CONDITION] * 3
