"""A builder's dex in USDH on a local chain: listed, funded, traded, read and closed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pmkit.chain import LocalVenue
from pmkit.chain.listing import GENESIS_PRICES
from pmkit.margin import account_margin
from pmkit.model import Mode
from pmkit.params import load_params
from pmkit.policy import USD, DexParams, PerpParams
from pmkit.sweep import swept
from pmkit.units import WAD
from pmkit.venue import Venue

USDC, USDT0, USDH = 0, 268, 360
FLX, GOLD = 1, 110_000
CURRENT = load_params("current")
WITH_FLX = replace(
    CURRENT,
    dexes=(*CURRENT.dexes, DexParams(name="flx", collateral=USDH)),
    perps=(
        *CURRENT.perps,
        PerpParams(
            id=GOLD,
            name="flx:GOLD",
            dex="flx",
            sz_decimals=4,
            max_leverage=20,
            table_id=20,
            collateral=None,
        ),
    ),
)
PRICES = {**GENESIS_PRICES, "flx:GOLD": Decimal(4_000)}


@pytest.fixture(scope="module")
def local():
    with LocalVenue.start(WITH_FLX, prices=PRICES) as local:
        yield local


def test_stablecoins_have_a_price_of_their_own(local):
    supplier = local.sender("supplier")
    for token in ("USDT0", "USDH"):
        supplier.deposit(token, local.amount(token, "1"))
        local.set_prices(spots={token: "0.999"})
        assert local.reader.listing.pair(f"{token}/USDC").perp is None
        priced = {t.token: t.px for t in local.reader.account(supplier.address).tokens}
        assert priced[local.reader.listing.token(token).token] == 999_000


def test_dex_in_usdh_is_funded_and_traded_and_chain_and_python_agree(local):
    with local.scratch():
        trader = local.sender("trader")
        assert local.reader.account(trader.address).mode is Mode.PORTFOLIO_MARGIN
        trader.deposit("USDH", local.amount("USDH", "3000"))
        trader.order(GOLD, is_buy=True, sz=5 * 10**4, limit_px=2**64 - 1)
        # 20,000 at 20x: the dex keeps a tenth, 1,000 stay idle, since nobody borrows USDH.
        account = local.reader.account(trader.address)
        margin = local.reader.margin(trader.address)
        assert account_margin(swept(account)) == margin
        assert (account.dexes[0].raw_usd, account.tokens[0].idle) == (-18_000 * USD, 1_000 * 10**8)
        assert margin.ratio == -(-500 * WAD // 3_000)
        local.move("flx:GOLD", Decimal(4_100))
        trader.order(GOLD, is_buy=False, sz=5 * 10**4, limit_px=0, reduce_only=True)
        trader.withdraw("USDH", local.amount("USDH", "3500"))
        assert local.reader.balance(trader.address, "USDH").idle == 0


def test_standard_account_moves_usdh_into_the_dex_by_hand(local):
    with local.scratch():
        keeper = local.sender("keeper")
        keeper.deposit("USDH", local.amount("USDH", "1000"))
        keeper.transfer_perp(FLX, 1_000 * USD, to_perp=True)
        keeper.order(GOLD, is_buy=False, sz=5 * 10**4, limit_px=0)
        margin = local.reader.margin(keeper.address)
        assert margin.dexes[0].account_value == 1_000 * USD
        assert margin.ratio == WAD // 2


def test_venue_in_plain_integers_lists_the_same_dex():
    venue = Venue(WITH_FLX)
    listed = venue.registry.dex(FLX)
    assert venue.registry.tokens[listed.collateral].token == USDH
    assert venue.registry.perp(GOLD).dex == listed.index
