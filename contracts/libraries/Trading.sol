// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {
    ICollateralRegistry,
    PAUSE_RISK,
    PerpParams,
    Policy,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountStore} from "./AccountStore.sol";
import {DexMargin, Mode} from "./AccountTypes.sol";
import {Isolated} from "./Isolated.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {Payment} from "./Payment.sol";
import {Perps} from "./Perps.sol";
import {PriceAge} from "./PriceAge.sol";
import {Parties, Position, TokenBalance, VenueState} from "./VenueState.sol";
import {Volume} from "./Volume.sol";
import {WadMath} from "./WadMath.sol";

/// @notice An order as it arrives.
struct Order {
    address account;
    uint32 asset;
    bool isBuy;
    uint64 limitPx;
    uint64 sz;
    bool reduceOnly;
}

/// @title Orders, filled at once against the market maker, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC CH-01 to CH-03.
library Trading {
    using WadMath for uint256;

    uint32 private constant SPOT_ASSETS = 10_000;
    uint32 private constant OTHER_DEX_ASSETS = 100_000;

    /// @notice Fill an order.
    function order(VenueState storage s, ICollateralRegistry registry, Parties memory parties, Order memory o)
        external
    {
        require(o.sz != 0 && o.sz <= uint64(type(int64).max), IClearinghouse.InvalidSize(o.sz));
        require(o.account != parties.maker, IClearinghouse.SelfTrade(o.account));
        AccountStore.touch(s, o.account);
        if (o.asset >= SPOT_ASSETS && o.asset < OTHER_DEX_ASSETS) {
            _orderSpot(s, registry, parties, o);
        } else {
            _orderPerp(s, registry, parties, o);
        }
    }

    // Perps

    function _orderPerp(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        Order memory o
    ) private {
        PerpParams memory perp = registry.perpParams(o.asset);
        Policy memory policy = registry.policy();
        (int64 size, bool reduces) = _perpSize(s, perp, o);
        require(reduces || registry.paused() & PAUSE_RISK == 0, IPortfolioMargin.Paused(PAUSE_RISK));
        PriceAge.requireYoungMark(perp, reduces ? policy.maxLiquidationPriceAge : policy.maxPriceAge);

        MarginEngine.sweep(s, registry, o.account);
        Position memory before = s.positions[o.account][perp.index];
        // What an isolated position takes leaves the account check as a withdrawal does: whatever debt
        // there is, the health factor must hold (SPEC CH-09).
        uint256 debtBefore = reduces || before.isolated ? 0 : MarginEngine.grossDebt(s, registry, o.account);
        int64 makerBefore = s.positions[parties.maker][perp.index].szi;
        uint256 fee =
            Perps.fill(s, perp, o.account, parties.maker, parties.insurance, size, policy.perpFeePpm);
        if (before.isolated) Isolated.settle(s, registry, parties, o.account, o.asset, before.szi);
        MarginEngine.sweep(s, registry, o.account);
        Volume.add(s, o.account, MarginMath.notional(size, perp.mark));

        if (!reduces) MarginEngine.requireSafe(s, registry, o.account, debtBefore);
        int64 makerNow = s.positions[parties.maker][perp.index].szi;
        if (LiquidationMath.abs(makerNow) > LiquidationMath.abs(makerBefore)) {
            _requireMakerMargin(s, registry, parties.maker, perp.dex);
        }
        emit IClearinghouse.Filled(o.account, o.asset, o.isBuy, perp.mark, o.sz, fee);
    }

    /// @dev Signed size, and whether it only shrinks the position.
    function _perpSize(VenueState storage s, PerpParams memory perp, Order memory o)
        private
        view
        returns (int64 size, bool reduces)
    {
        require(perp.mark != 0, MarginMath.MarkMissing(o.asset));
        require(
            o.isBuy ? perp.mark <= o.limitPx : perp.mark >= o.limitPx,
            IClearinghouse.LimitPriceCrossed(o.limitPx, perp.mark)
        );
        int64 before = s.positions[o.account][perp.index].szi;
        // The cast is safe: the size was checked against int64.
        // forge-lint: disable-next-line(unsafe-typecast)
        size = o.isBuy ? int64(o.sz) : -int64(o.sz);
        reduces = before != 0 && (before > 0) != o.isBuy && LiquidationMath.abs(before) >= o.sz;
        require(reduces || !o.reduceOnly, IClearinghouse.ReduceOnlyViolated(before, o.sz));
    }

    /// @dev The market maker is margined like others: initial margin for what it holds in the dex.
    function _requireMakerMargin(
        VenueState storage s,
        ICollateralRegistry registry,
        address maker,
        uint256 dex
    ) private view {
        DexMargin memory m = MarginEngine.dexMargin(s, registry, maker, dex);
        // The cast is safe: margins are sums of products of 64-bit numbers.
        // forge-lint: disable-next-line(unsafe-typecast)
        bool holds = m.accountValue >= int256(m.initialMargin);
        require(holds, IClearinghouse.MakerCapacity(m.initialMargin, m.accountValue));
    }

    // Spot

    function _orderSpot(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        Order memory o
    ) private {
        uint32 pair = o.asset - SPOT_ASSETS;
        (uint64 baseId, uint64 quoteId, uint64 px, uint40 pxTime) = registry.pairOf(pair);
        require(px != 0, IClearinghouse.SpotPriceMissing(pair));
        require(o.isBuy ? px <= o.limitPx : px >= o.limitPx, IClearinghouse.LimitPriceCrossed(o.limitPx, px));
        Policy memory policy = registry.policy();
        uint256 old = PriceAge.age(pxTime);
        require(old <= policy.maxPriceAge, IPortfolioMargin.StalePrice(baseId, old, policy.maxPriceAge));
        Swap memory swap = _swapOf(registry.tokenParams(baseId), registry.tokenParams(quoteId), o, px);
        swap.fee = swap.gotAmount.mulDivUp(policy.spotFeePpm, 1e6);
        _swap(s, registry, parties, o.account, swap);
        // sz * px is the notional in 1e-8 of the quote token.
        Volume.add(s, o.account, Volume.SPOT_WEIGHT * o.sz * px / 100);
        emit IClearinghouse.Filled(o.account, o.asset, o.isBuy, px, o.sz, swap.fee);
    }

    /// @dev What an account pays and gets in a spot fill; rounding is against the account.
    struct Swap {
        TokenParams paid;
        uint256 paidAmount;
        TokenParams got;
        uint256 gotAmount;
        uint256 fee;
    }

    function _swapOf(TokenParams memory base, TokenParams memory quote, Order memory o, uint256 px)
        private
        pure
        returns (Swap memory)
    {
        uint256 baseAmount = o.sz * 10 ** uint256(base.weiDecimals - base.szDecimals);
        // sz * px is the notional in 1e-8 of the quote token.
        uint256 notional = o.sz * px;
        uint256 scale = 10 ** uint256(quote.weiDecimals);
        if (o.isBuy) return Swap(quote, notional.mulDivUp(scale, 1e8), base, baseAmount, 0);
        return Swap(base, baseAmount, quote, notional.mulDivDown(scale, 1e8), 0);
    }

    function _swap(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        Swap memory swap
    ) private {
        MarginEngine.sweep(s, registry, account);
        uint256 debtBefore = MarginEngine.grossDebt(s, registry, account);
        Payment.pay(s, parties.insurance, account, swap.paid, swap.paidAmount);
        TokenBalance storage makers = s.balances[parties.maker][swap.got.index];
        require(
            swap.gotAmount <= makers.idle,
            IClearinghouse.MakerCapacity(swap.gotAmount, int256(uint256(makers.idle)))
        );
        makers.idle -= swap.gotAmount.toUint128();
        AccountStore.mark(s, parties.maker, swap.got.index);
        AccountStore.addIdle(s, parties.maker, swap.paid.index, swap.paidAmount);
        AccountStore.addIdle(s, account, swap.got.index, swap.gotAmount - swap.fee);
        if (swap.fee != 0) AccountStore.addIdle(s, parties.insurance, swap.got.index, swap.fee);
        MarginEngine.sweep(s, registry, account);
        if (s.accounts[account].mode == Mode.PortfolioMargin) {
            MarginEngine.requireSafe(s, registry, account, debtBefore);
        }
    }
}
