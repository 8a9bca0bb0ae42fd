// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LegChoice, Policy} from "../interfaces/ICollateralRegistry.sol";
import {Leg} from "../interfaces/ILiquidation.sol";
import {Health, Mode} from "./AccountTypes.sol";
import {Context, LiquidationContext} from "./LiquidationContext.sol";
import {MarginMath} from "./MarginMath.sol";
import {PerpLeg} from "./PerpLeg.sol";
import {WAD} from "./WadMath.sol";

/// @title Which leg a liquidation step takes, and when a debt-leg step may follow another
/// @notice For the step itself, and for whoever asks whether there would be one. Rules: SPEC LQ-03, LQ-06.
library LiquidationLeg {
    using LiquidationContext for Context;

    /// @notice Whether an episode runs whose last debt-leg step was at a time (zero: none).
    function isRunning(uint256 last, Policy memory policy) internal view returns (bool) {
        return last != 0 && block.timestamp <= last + policy.episodeTimeout;
    }

    /// @notice When the next step of the partial band is allowed; zero where no episode runs.
    function readyAt(uint256 last, Policy memory policy) internal view returns (uint256) {
        return isRunning(last, policy) ? last + policy.stepCadence : 0;
    }

    /// @notice The leg, if any applies. Perps go before debt where the backstop must take them, where closing
    /// them alone cures, and where a dex is short of maintenance and the policy looks at that.
    function choose(Context memory c) internal view returns (bool found, Leg leg) {
        bool lends = c.a.mode == Mode.PortfolioMargin;
        bool fullBand = c.m.health == Health.BackstopLiquidatable;
        (bool hole, bool fillable) = holes(c);
        bool hasDebt = lends && c.m.netDebt != 0 && (_takesDebt(c) || hole);
        if (PerpLeg.isCause(c)) {
            if (PerpLeg.mustTakeOver(c, lends && fullBand)) return (true, Leg.PerpTakeover);
            bool short = c.policy.margin.perpShortfallTrigger && c.m.perpShortfall;
            return (true, !hasDebt || short || _perpsFirst(c) ? Leg.Perp : Leg.DebtPartial);
        }
        if (hole && (!lends || fillable)) return (true, Leg.Settle);
        return (hasDebt, fullBand || c.m.takeoverValue == 0 ? Leg.DebtFull : Leg.DebtPartial);
    }

    /// @notice Whether a dex without positions holds less than nothing, and whether own supply can fill some.
    function holes(Context memory c) internal pure returns (bool hole, bool fillable) {
        for (uint256 d = 0; d < c.a.dexes.length; ++d) {
            if (!c.isHole(d)) continue;
            hole = true;
            // Spot backs the perps of every mode but the standard one.
            if (c.a.mode != Mode.Standard && c.a.tokens[c.a.dexes[d].collateral].supplied != 0) {
                fillable = true;
            }
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
        // slither-disable-next-line weak-prng,incorrect-equality
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
