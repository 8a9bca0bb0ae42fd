// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, Leg, LiquidationStep} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {DebtContexts} from "./DebtContext.sol";
import {DebtLeg} from "./DebtLeg.sol";
import {Context, Hands, LiquidationContext} from "./LiquidationContext.sol";
import {LiquidationGuard} from "./LiquidationGuard.sol";
import {LiquidationLeg} from "./LiquidationLeg.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {PerpLeg} from "./PerpLeg.sol";
import {PriceAge} from "./PriceAge.sol";
import {Parties, VenueState} from "./VenueState.sol";

/// @title One liquidation step, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC LQ-01 to LQ-14, LQ-27.
library Liquidation {
    using DebtContexts for Context;
    using LiquidationContext for Context;

    /// @notice Take one step on an account; `caller` is who asked for it, and takes debt over itself where
    /// `asTaker` says so (SPEC LQ-23). `sender` is who acts for the caller, or itself.
    function step(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        address caller,
        address sender,
        bool asTaker
    ) external returns (LiquidationStep memory done) {
        LiquidationGuard.requireAllowed(registry, parties, account, caller, sender);
        Context memory c = LiquidationContext.load(s, registry, parties, account);
        require(c.m.liquidatable, ILiquidation.NotLiquidatable(account, c.m.ratio, c.policy.margin.trigger));
        uint256 maximum = c.policy.maxLiquidationPriceAge;
        uint256 stale = PriceAge.requireYoung(c.a, c.params, maximum);
        if (stale != 0) MarginEngine.requireBeyondDoubt(s, registry, account, stale, maximum);

        bool found;
        (found, done.leg) = LiquidationLeg.choose(c);
        require(found, ILiquidation.NothingToLiquidate(account, c.m.healthFactor));
        if (done.leg == Leg.Perp || done.leg == Leg.PerpTakeover) {
            if (done.leg == Leg.Perp) PerpLeg.close(s, c);
            else PerpLeg.takeOver(s, c);
            done.liquidatable = c.isLiquidatableOnceSwept(s);
        } else {
            (bool hole, bool fillable) = LiquidationLeg.holes(c);
            Hands memory hands = Hands(caller, asTaker ? caller : parties.backstop);
            (done.debtValue, done.collateralValue, done.loss) =
                DebtLeg.step(s, c.ofDebt(s), hands, done.leg, fillable);
            // But for holes, a step of the debt leg changes no dex; idle balance may be free to repay.
            done.liquidatable = hole || AccountStore.idleMoves(s, account)
                ? MarginEngine.sweepAndJudge(s, registry, account)
                : c.isStillLiquidatable(s);
        }
        // An episode ends with the account's recovery (SPEC LQ-03).
        if (!done.liquidatable) s.accounts[account].debtSteppedAt = 0;
        emit ILiquidation.Liquidated(
            account, caller, done.leg, done.debtValue, done.collateralValue, done.loss, done.liquidatable
        );
    }
}
