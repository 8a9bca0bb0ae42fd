// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry, LegChoice} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, Leg, LiquidationStep} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {Health, Mode} from "./AccountTypes.sol";
import {DebtLeg} from "./DebtLeg.sol";
import {Context, Hands, LiquidationContext} from "./LiquidationContext.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {PerpLeg} from "./PerpLeg.sol";
import {PriceAge} from "./PriceAge.sol";
import {Sweeps} from "./Sweeps.sol";
import {Parties, VenueState} from "./VenueState.sol";
import {WAD} from "./WadMath.sol";

/// @title One liquidation step, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC LQ-01 to LQ-14.
library Liquidation {
    using LiquidationContext for Context;

    /// @notice Take one step on an account; `caller` is who asked for it, and takes debt over itself where
    /// `asTaker` says so (SPEC LQ-23). Whether it may ask, `LiquidationGuard` has told.
    function step(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        address caller,
        bool asTaker
    ) external returns (LiquidationStep memory done) {
        // Whether an episode has ended is told right below.
        if (!AccountStore.isAtRest(s, account)) MarginEngine.sweep(s, registry, account);
        Context memory c = LiquidationContext.load(s, registry, parties, account);
        require(c.m.liquidatable, ILiquidation.NotLiquidatable(account, c.m.ratio, c.policy.margin.trigger));
        uint256 maximum = c.policy.maxLiquidationPriceAge;
        uint256 stale = PriceAge.requireYoung(c.a, c.params, maximum);
        if (stale != 0) MarginEngine.requireBeyondDoubt(s, registry, account, stale, maximum);

        done.leg = _leg(c);
        if (done.leg == Leg.Perp) {
            PerpLeg.close(s, c);
        } else if (done.leg == Leg.PerpTakeover) {
            PerpLeg.takeOver(s, c);
            Sweeps.run(s, registry, parties.backstop);
        } else if (done.leg == Leg.Settle) {
            (, bool fillable) = _holes(c);
            (done.debtValue, done.loss) = DebtLeg.settle(s, c.withoutPositions(), fillable);
        } else {
            Hands memory hands = Hands(caller, asTaker ? caller : parties.backstop);
            (done.debtValue, done.collateralValue, done.loss) =
                DebtLeg.take(s, c.withoutPositions(), hands, done.leg == Leg.DebtFull);
        }
        done.liquidatable = MarginEngine.sweepAndJudge(s, registry, account);
        emit ILiquidation.Liquidated(
            account, caller, done.leg, done.debtValue, done.collateralValue, done.loss, done.liquidatable
        );
    }

    /// @dev Perps go before debt where the backstop must take them, where closing them alone cures, and
    /// where a dex is short of maintenance and the policy looks at that.
    function _leg(Context memory c) private view returns (Leg) {
        bool lends = c.a.mode == Mode.PortfolioMargin;
        bool fullBand = c.m.health == Health.BackstopLiquidatable;
        (bool hole, bool fillable) = _holes(c);
        bool hasDebt = lends && c.m.netDebt != 0 && (_takesDebt(c) || hole);
        if (PerpLeg.isCause(c)) {
            if (PerpLeg.mustTakeOver(c, lends && fullBand)) return Leg.PerpTakeover;
            bool short = c.policy.margin.perpShortfallTrigger && c.m.perpShortfall;
            return !hasDebt || short || _perpsFirst(c) ? Leg.Perp : Leg.DebtPartial;
        }
        if (hole && (!lends || fillable)) return Leg.Settle;
        require(hasDebt, ILiquidation.NothingToLiquidate(c.account, c.m.healthFactor));
        return fullBand || c.m.takeoverValue == 0 ? Leg.DebtFull : Leg.DebtPartial;
    }

    /// @dev Whether a dex without positions holds less than nothing, and whether own supply can fill some.
    function _holes(Context memory c) private pure returns (bool hole, bool fillable) {
        for (uint256 i = 0; i < c.a.tokens.length; ++i) {
            if (c.holeOf(i) == 0) continue;
            hole = true;
            // Spot backs the perps of every mode but the standard one.
            if (c.a.mode != Mode.Standard && c.a.tokens[i].supplied != 0) fillable = true;
        }
    }

    /// @dev Whether the policy allows a debt step at this health factor (SPEC LQ-03).
    function _takesDebt(Context memory c) private pure returns (bool) {
        return !c.policy.debtStepNeedsLowHealth || c.m.healthFactor < WAD;
    }

    /// @dev Which of two possible legs goes first (SPEC LQ-06).
    function _perpsFirst(Context memory c) private view returns (bool) {
        LegChoice order = c.policy.legOrder;
        if (order == LegChoice.DebtFirst) return false;
        if (order == LegChoice.PerpFirstIfCures) return _perpsAloneCure(c);
        // Nothing depends on it that the seed's owner could gain by: both legs are allowed.
        // slither-disable-next-line weak-prng
        return uint256(keccak256(abi.encode(c.policy.legSeed, c.account, block.timestamp))) % 2 == 0;
    }

    function _perpsAloneCure(Context memory c) private pure returns (bool) {
        bool second = c.policy.margin.secondTrigger;
        if (MarginMath.isOwingTooMuch(c.m.netDebt, c.m.thresholdValue, second)) return false;
        for (uint256 i = 0; i < c.m.tokens.length; ++i) {
            bool beyond = MarginMath.isBeyond(
                c.m.tokens[i].requirement - c.m.tokens[i].maintenance,
                c.m.tokens[i].liquidationValue,
                c.policy.margin.trigger,
                c.policy.margin.triggerInclusive
            );
            if (beyond) return false;
        }
        return true;
    }
}
