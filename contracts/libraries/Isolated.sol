// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {
    AccountParams,
    ICollateralRegistry,
    PerpParams,
    Policy,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {IIsolatedPositions, IsolatedPosition} from "../interfaces/IIsolatedPositions.sol";
import {ILiquidation, Leg} from "../interfaces/ILiquidation.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountStore} from "./AccountStore.sol";
import {DexMargin, Mode, PerpState} from "./AccountTypes.sol";
import {Funding} from "./Funding.sol";
import {LiquidationGuard} from "./LiquidationGuard.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {Payment} from "./Payment.sol";
import {Perps} from "./Perps.sol";
import {PriceAge} from "./PriceAge.sol";
import {Sweeps} from "./Sweeps.sol";
import {TierMath} from "./TierMath.sol";
import {Parties, Position, VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";
import {Waterfall} from "./Waterfall.sol";
import {Assets, POLICY_PERP_STEP, POLICY_TERMS, RegistryWords} from "./RegistryWords.sol";

/// @title Isolated positions: their margin and their liquidation, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC CH-07 to CH-11, LQ-20 to
/// LQ-22.
library Isolated {
    /// @notice What the functions below work on.
    struct Place {
        ICollateralRegistry registry;
        Parties parties;
        address account;
        PerpParams perp;
    }

    /// @notice Choose isolated or cross margin for an asset in which the account has no position.
    function choose(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        uint32 asset,
        bool isolated
    ) external {
        LiquidationGuard.requireUser(parties, account);
        Position storage position = s.positions[account][registry.perpParams(asset).index];
        require(position.szi == 0, IIsolatedPositions.PositionOpen(asset, position.szi));
        AccountStore.touch(s, account);
        position.isolated = isolated;
        emit IIsolatedPositions.IsolatedSet(account, asset, isolated);
    }

    /// @notice Give an isolated position the margin that a fill leaves it with, from or to its account (SPEC
    /// CH-08); `before` is the size before the fill.
    function settle(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        uint32 asset,
        int64 before
    ) external {
        _settle(s, Place(registry, parties, account, registry.perpParams(asset)), before);
    }

    /// @notice Bring margin to an isolated position, or take some out when negative (SPEC CH-10).
    function updateMargin(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        uint32 asset,
        int64 usd
    ) external {
        require(usd != 0, IBorrowLendPool.ZeroAmount());
        Place memory at = _placeOf(s, registry, parties, account, asset);
        Funding.settle(s, account, at.perp, at.perp.dex);
        Sweeps.run(s, registry, account);
        _move(s, at, usd);
        if (usd < 0) {
            PriceAge.requireYoungMark(at.perp, RegistryWords.policyOf(registry, POLICY_TERMS).maxPriceAge);
            DexMargin memory m = _marginOf(s, at);
            _requireMargin(asset, m.transferMargin, m.accountValue);
        }
        Sweeps.run(s, registry, account);
        if (usd > 0) MarginEngine.requireSafe(s, registry, account, 0);
    }

    /// @notice Require that an isolated position holds its initial margin, as a new leverage asks (SPEC
    /// CH-10).
    function requireInitialMargin(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint32 asset
    ) external view {
        // Nothing, as the name says.
        // slither-disable-next-line uninitialized-local
        Parties memory none;
        Place memory at = _placeOf(s, registry, none, account, asset);
        PriceAge.requireYoungMark(at.perp, RegistryWords.policyOf(registry, POLICY_TERMS).maxPriceAge);
        DexMargin memory m = _marginOf(s, at);
        _requireMargin(asset, m.initialMargin, m.accountValue);
    }

    /// @notice Take one liquidation step on an isolated position; `caller` is who asked for it, `sender` who
    /// acts for it, or itself.
    function liquidate(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        uint32 asset,
        address caller,
        address sender
    ) external returns (bool liquidatable) {
        LiquidationGuard.requireAllowed(registry, parties, account, caller, sender);
        Place memory at = _placeOf(s, registry, parties, account, asset);
        Funding.settle(s, account, at.perp, at.perp.dex);
        Policy memory policy = RegistryWords.policyOf(registry, POLICY_TERMS | POLICY_PERP_STEP);
        DexMargin memory m = _marginOf(s, at);
        require(
            _lacksMaintenance(m),
            IIsolatedPositions.IsolatedNotLiquidatable(account, asset, m.accountValue, m.maintenance)
        );
        PriceAge.requireYoungMark(at.perp, policy.maxLiquidationPriceAge);

        Leg leg = LiquidationMath.isBelowBackstop(m.accountValue, m.maintenance, policy.perpBackstopRatio)
            ? Leg.PerpTakeover
            : Leg.Perp;
        if (leg == Leg.Perp) _close(s, at, policy);
        else _takeOver(s, at);
        Sweeps.run(s, registry, account);
        liquidatable = _lacksMaintenance(_marginOf(s, at));
        emit IIsolatedPositions.IsolatedLiquidated(
            account, asset, caller, leg, m.accountValue, m.maintenance, liquidatable
        );
    }

    /// @notice An isolated position and its figures at the mark, with funding up to now.
    function positionOf(VenueState storage s, ICollateralRegistry registry, address account, uint32 asset)
        external
        view
        returns (IsolatedPosition memory)
    {
        // Nothing, as the name says.
        // slither-disable-next-line uninitialized-local
        Parties memory none;
        Place memory at = _placeOf(s, registry, none, account, asset);
        Position storage position = s.positions[account][at.perp.index];
        DexMargin memory m = _marginOf(s, at);
        return IsolatedPosition({
            szi: position.szi,
            entryNtl: position.entryNtl,
            leverage: _leverage(position, at.perp),
            isolatedUsd: WadMath.toInt128(position.isolatedUsd - Funding.due(position, at.perp)),
            equity: m.accountValue,
            initialMargin: m.initialMargin,
            maintenance: m.maintenance,
            // The cast is safe: a maintenance is a part of the product of two 64-bit numbers.
            // forge-lint: disable-next-item(unsafe-typecast)
            liquidationPx: LiquidationMath.isolatedLiquidationPxDown(
                at.perp.mark,
                position.szi,
                at.perp.szDecimals,
                m.accountValue,
                int256(m.maintenance),
                TierMath.tierAt(m.notional, at.perp.table).maxLeverage
            )
        });
    }

    // Steps

    /// @dev Close, in part or whole, at the mark; a part releases nothing (SPEC LQ-20).
    function _close(VenueState storage s, Place memory at, Policy memory policy) private {
        Position storage position = s.positions[at.account][at.perp.index];
        int64 before = position.szi;
        uint256 size = LiquidationMath.perpCloseUp(
            before,
            MarginMath.notional(before, at.perp.mark),
            policy.perpThreshold,
            policy.perpPart,
            block.timestamp < position.coolingUntil
        );
        // Casts are safe: times fit 40 bits, and a size is at most an int64's.
        // forge-lint: disable-start(unsafe-typecast)
        if (size < LiquidationMath.abs(before)) {
            position.coolingUntil = uint40(block.timestamp + policy.perpCooldown);
        }
        int64 closed = before > 0 ? -int64(uint64(size)) : int64(uint64(size));
        // forge-lint: disable-end(unsafe-typecast)
        uint256 fee = Perps.fill(
            s,
            at.perp,
            at.account,
            at.parties.maker,
            at.parties.insurance,
            closed,
            at.perp.mark,
            policy.perpFeePpm
        );
        emit ILiquidation.PositionClosed(at.account, at.perp.asset, closed, at.perp.mark, fee);
        if (position.szi == 0) _settle(s, at, before);
    }

    /// @dev Pass the position to the backstop at the mark, with all its margin (SPEC LQ-21).
    function _takeOver(VenueState storage s, Place memory at) private {
        int64 szi = s.positions[at.account][at.perp.index].szi;
        // There is no fee.
        // slither-disable-next-line unused-return
        Perps.fill(s, at.perp, at.account, at.parties.backstop, at.parties.insurance, -szi, at.perp.mark, 0);
        emit ILiquidation.PositionTaken(at.account, at.perp.asset, szi, at.perp.mark);
        _passOn(s, at);
    }

    function _settle(VenueState storage s, Place memory at, int64 before) private {
        Position storage position = s.positions[at.account][at.perp.index];
        if (position.szi == 0 && position.isolatedUsd < 0) {
            _passOn(s, at);
            return;
        }
        DexMargin memory m = _marginOf(s, at);
        int256 kept = MarginMath.keptMarginUp(m.accountValue, m.initialMargin, before, position.szi);
        _move(s, at, kept - m.accountValue);
        if (position.szi == 0) position.coolingUntil = 0;
    }

    /// @dev Pass what is left of a closed position to the backstop. What is below nothing is a loss, and the
    /// backstop is made whole for it (SPEC LQ-22).
    function _passOn(VenueState storage s, Place memory at) private {
        Position storage position = s.positions[at.account][at.perp.index];
        int256 left = position.isolatedUsd;
        (position.isolatedUsd, position.coolingUntil) = (0, 0);
        AccountStore.addRawUsd(s, at.parties.backstop, at.perp.dex, left);
        if (left < 0) {
            TokenParams memory p = _collateral(at);
            uint256 loss = LiquidationMath.abs(left) * MarginMath.weiPerPerpUsd(p.weiDecimals);
            Waterfall.coverLoss(s, at.registry, at.parties.insurance, at.parties.backstop, p, loss);
        }
        Sweeps.run(s, at.registry, at.parties.backstop);
    }

    /// @dev Move perp USD from the account into the position, or back when negative (SPEC CH-09).
    function _move(VenueState storage s, Place memory at, int256 usd) private {
        if (usd == 0) return;
        AccountStore.addPositionUsd(s, at.account, at.perp.index, at.perp.dex, usd);
        if (s.accounts[at.account].mode == Mode.Standard) {
            AccountStore.addRawUsd(s, at.account, at.perp.dex, -usd);
            if (usd > 0) MarginEngine.requireTransferMargin(s, at.registry, at.account, at.perp.dex);
        } else {
            TokenParams memory p = _collateral(at);
            uint256 amount = LiquidationMath.abs(usd) * MarginMath.weiPerPerpUsd(p.weiDecimals);
            if (usd > 0) Payment.pay(s, at.parties.insurance, at.account, p, amount);
            else AccountStore.addIdle(s, at.account, p.index, amount);
        }
        emit IIsolatedPositions.IsolatedMarginMoved(at.account, at.perp.asset, usd);
    }

    // What is there

    /// @dev Require an isolated position, and return what is needed to work on it.
    function _placeOf(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        uint32 asset
    ) private view returns (Place memory at) {
        at = Place(registry, parties, account, registry.perpParams(asset));
        Position storage position = s.positions[account][at.perp.index];
        require(position.isolated && position.szi != 0, IPortfolioMargin.NoPosition(account, asset));
    }

    /// @dev The figures of the position, with funding up to now: those of a dex that holds nothing else.
    function _marginOf(VenueState storage s, Place memory at) private view returns (DexMargin memory) {
        Position storage position = s.positions[at.account][at.perp.index];
        PerpState[] memory alone = new PerpState[](1);
        alone[0] = PerpState({
            asset: at.perp.asset,
            dex: 0,
            szi: position.szi,
            mark: at.perp.mark,
            leverage: _leverage(position, at.perp),
            table: at.perp.table
        });
        return MarginMath.dexMargin(position.isolatedUsd - Funding.due(position, at.perp), alone, 0);
    }

    function _leverage(Position storage position, PerpParams memory perp) private view returns (uint8) {
        return position.leverage == 0 ? perp.maxLeverage : position.leverage;
    }

    /// @dev The token that the position's dex counts in.
    function _collateral(Place memory at) private view returns (TokenParams memory) {
        // A struct in memory begins with zeros.
        // slither-disable-next-line uninitialized-local
        AccountParams memory params;
        uint256 every = ~uint256(0);
        Assets memory of_ = Assets(0, every, every, every, false, 1 << at.perp.dex, 0);
        RegistryWords.readAccount(at.registry, of_, params);
        return params.tokens[0];
    }

    function _lacksMaintenance(DexMargin memory m) private pure returns (bool) {
        // The cast is safe: margins are products of 64-bit numbers.
        // forge-lint: disable-next-line(unsafe-typecast)
        return m.accountValue < int256(m.maintenance);
    }

    function _requireMargin(uint32 asset, uint256 required, int256 equity) private pure {
        // The cast is safe: margins are products of 64-bit numbers.
        // forge-lint: disable-next-line(unsafe-typecast)
        bool holds = equity >= int256(required);
        require(holds, IIsolatedPositions.InsufficientIsolatedMargin(asset, required, equity));
    }
}
