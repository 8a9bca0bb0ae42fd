// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {
    ICollateralRegistry,
    PAUSE_RISK,
    PerpParams,
    Policy,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, InventoryView} from "../interfaces/ILiquidation.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountCheck} from "./AccountCheck.sol";
import {AccountStore} from "./AccountStore.sol";
import {DexMargin, Mode, TokenState} from "./AccountTypes.sol";
import {InventoryStore} from "./InventoryStore.sol";
import {Isolated} from "./Isolated.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {OwnBalance} from "./OwnBalance.sol";
import {Payment} from "./Payment.sol";
import {Perps} from "./Perps.sol";
import {Pool} from "./Pool.sol";
import {PriceAge} from "./PriceAge.sol";
import {Pair, Spot, Swap} from "./Spot.sol";
import {Sweeps} from "./Sweeps.sol";
import {Inventory, Parties, Position, TokenBalance, VenueState} from "./VenueState.sol";
import {Volume} from "./Volume.sol";
import {PPM, WadMath} from "./WadMath.sol";
import {POLICY_TERMS, RegistryWords} from "./RegistryWords.sol";

/// @notice An order as it arrives.
struct Order {
    address account;
    uint32 asset;
    bool isBuy;
    uint64 limitPx;
    uint64 sz;
    bool reduceOnly;
}

/// @title Orders, filled at once against the market maker, and transfers, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC CH-01 to CH-04.
library Trading {
    using WadMath for uint256;

    /// @notice Fill an order.
    function order(VenueState storage s, ICollateralRegistry registry, Parties memory parties, Order memory o)
        external
    {
        require(o.sz != 0 && o.sz <= uint64(type(int64).max), IClearinghouse.InvalidSize(o.sz));
        require(o.account != parties.maker, IClearinghouse.SelfTrade(o.account));
        AccountStore.touch(s, o.account);
        if (Spot.isPair(o.asset)) {
            _orderSpot(s, registry, parties, o);
        } else {
            _orderPerp(s, registry, parties, o);
        }
    }

    /// @notice Move equity of a standard account between its spot balance and a dex (SPEC CH-04).
    function transferPerp(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint32 dex,
        uint64 usd,
        bool toPerp
    ) external {
        Mode mode = s.accounts[account].mode;
        require(mode == Mode.Standard, IClearinghouse.NotStandardMode(mode));
        require(usd != 0, IBorrowLendPool.ZeroAmount());
        (uint256 index, uint64 collateral) = registry.dexOf(dex);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (TokenParams memory p,) = RegistryWords.partsOf(registry, collateral, 0);
        uint256 amount = usd * MarginMath.weiPerPerpUsd(p.weiDecimals);
        TokenBalance storage balance = s.balances[account][p.index];
        uint256 idle = balance.idle;
        require(!toPerp || amount <= idle, IBorrowLendPool.InsufficientBalance(collateral, amount, idle));
        balance.idle = toPerp ? balance.idle - amount.toUint128() : (idle + amount).toUint128();
        int256 moved = toPerp ? int256(uint256(usd)) : -int256(uint256(usd));
        AccountStore.addRawUsd(s, account, index, moved);
        AccountStore.mark(s, account, p.index);
        if (!toPerp) MarginEngine.requireTransferMargin(s, registry, account, index);
        emit IClearinghouse.PerpTransferred(account, dex, moved);
    }

    // Perps

    function _orderPerp(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        Order memory o
    ) private {
        PerpParams memory perp = registry.perpParams(o.asset);
        Policy memory policy = RegistryWords.policyOf(registry, POLICY_TERMS);
        (int64 size, bool reduces) = _perpSize(s, perp, o);
        require(reduces || registry.paused() & PAUSE_RISK == 0, IPortfolioMargin.Paused(PAUSE_RISK));
        PriceAge.requireYoungMark(perp, reduces ? policy.maxLiquidationPriceAge : policy.maxPriceAge);

        Sweeps.run(s, registry, o.account);
        Position memory before = s.positions[o.account][perp.index];
        // What an isolated position takes leaves the account check as a withdrawal does: whatever debt
        // there is, the health factor must hold (SPEC CH-09).
        uint256 debtBefore = reduces || before.isolated ? 0 : MarginEngine.grossDebt(s, registry, o.account);
        int64 makerBefore = s.positions[parties.maker][perp.index].szi;
        uint256 fee = Perps.fill(
            s, perp, o.account, parties.maker, parties.insurance, size, perp.mark, policy.perpFeePpm
        );
        if (before.isolated) Isolated.settle(s, registry, parties, o.account, o.asset, before.szi);
        Sweeps.run(s, registry, o.account);
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
        return Perps.sizeOf(s, perp, o.account, o.isBuy, o.sz, o.reduceOnly);
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
        Pair memory pair = Spot.pairOfAsset(registry, o.asset);
        uint64 px = pair.px;
        require(o.isBuy ? px <= o.limitPx : px >= o.limitPx, IClearinghouse.LimitPriceCrossed(o.limitPx, px));
        Policy memory policy = RegistryWords.policyOf(registry, POLICY_TERMS);
        Spot.requireYoungPx(pair, policy);
        Swap memory swap = Spot.swapOf(pair, o.isBuy, o.sz, px);
        swap.fee = swap.gotAmount.mulDivUp(policy.spotFeePpm, PPM);
        _swap(s, registry, parties, o.account, swap);
        Volume.addSpot(s, o.account, o.sz, px);
        emit IClearinghouse.Filled(o.account, o.asset, o.isBuy, px, o.sz, swap.fee);
    }

    /// @notice Sell what is due of the backstop's inventory of a pair's base token (SPEC LQ-18).
    function sellInventory(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        uint32 pairId
    ) external {
        Pair memory pair = Spot.pairOf(registry, pairId);
        Policy memory policy = RegistryWords.policyOf(registry, POLICY_TERMS);
        Spot.requireYoungPx(pair, policy);
        TokenParams memory base = pair.base;
        address backstop = parties.backstop;
        Pool.accrue(s, base);
        Sweeps.run(s, registry, backstop);
        TokenState memory t = AccountStore.ownState(s, backstop, base);
        uint256 held = uint256(t.idle) + t.supplied;
        (uint256 amount, uint256 left) =
            InventoryStore.takeDue(s, base.index, held, Spot.lot(base), policy.twapHalfLife);
        Swap memory swap = Spot.swapOf(pair, false, amount / Spot.lot(base), pair.px);
        require(swap.gotAmount != 0, ILiquidation.NothingToSell(base.token));
        swap.fee = swap.gotAmount.mulDivUp(policy.spotFeePpm, PPM);
        OwnBalance.draw(s, parties.insurance, backstop, base, t, amount);
        _exchange(s, parties, backstop, swap);
        Sweeps.run(s, registry, backstop);
        emit ILiquidation.InventorySold(base.token, amount, pair.px, swap.gotAmount - swap.fee, left);
    }

    /// @notice What the backstop has still to sell of a token.
    function inventoryOf(VenueState storage s, ICollateralRegistry registry, uint64 token)
        external
        view
        returns (InventoryView memory)
    {
        uint256 index = registry.tokenIndex(token);
        Inventory memory stored = s.inventory[index];
        uint256 due =
            InventoryStore.current(s, index, RegistryWords.policyOf(registry, POLICY_TERMS).twapHalfLife).due;
        return InventoryView(stored.scheduled, stored.scheduledAt, due);
    }

    function _swap(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        Swap memory swap
    ) private {
        AccountStore.requireJudgeable(s, account, swap.got);
        Sweeps.run(s, registry, account);
        uint256 debtBefore = MarginEngine.grossDebt(s, registry, account);
        uint256 mostDebt = Spot.mostDebt(s, registry, account);
        Payment.pay(s, parties.insurance, account, swap.paid, swap.paidAmount);
        _exchange(s, parties, account, swap);
        Sweeps.run(s, registry, account);
        if (s.accounts[account].mode == Mode.PortfolioMargin) {
            Spot.requireNoPausedDebt(s, registry, account, mostDebt);
            AccountCheck.requireSafe(s, registry, account, debtBefore);
        }
    }

    /// @dev Let the market maker take the other side of a swap that is paid for.
    function _exchange(VenueState storage s, Parties memory parties, address account, Swap memory swap)
        private
    {
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
    }
}
