// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {TokenState} from "./AccountTypes.sol";
import {Context, LiquidationContext} from "./LiquidationContext.sol";
import {LiquidationLeg} from "./LiquidationLeg.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginMath} from "./MarginMath.sol";
import {Unset} from "./Unset.sol";
import {Parties, VenueState} from "./VenueState.sol";

/// @notice A token of a liquidated account, token wei.
struct DebtToken {
    TokenParams params;
    uint128 supplied;
    uint128 borrowed;
    /// What its dexes without positions are short of.
    uint256 hole;
    /// Net debt, as far as somebody is owed it: the pool, or the other side of a hole.
    uint256 netDebt;
}

/// @notice A dex of a liquidated account that holds less than nothing, without positions.
struct DebtHole {
    /// Its listing index.
    uint8 dex;
    /// Place of its collateral among the account's tokens.
    uint256 token;
    /// What it is short of, perp USD.
    uint256 usd;
}

/// @notice What a step of the debt leg works on.
struct DebtContext {
    ICollateralRegistry registry;
    address account;
    Parties parties;
    DebtToken[] tokens;
    DebtHole[] holes;
    /// Value (USD WAD) of all collateral at the takeover price.
    uint256 takeoverValue;
    /// Whether an episode runs, and when a step of the partial band may follow.
    bool running;
    uint256 readyAt;
    /// What the policy says of a step.
    uint64 debtStep;
    uint128 minStep;
    uint32 rewardPpm;
    uint32 twapHalfLife;
}

/// @title What the debt leg is told of a liquidation
/// @notice It is deployed apart, and a call copies all there is: no more than it needs.
library DebtContexts {
    using LiquidationContext for Context;

    /// @notice What a step of the debt leg works on.
    function ofDebt(Context memory c, VenueState storage s) internal view returns (DebtContext memory d) {
        (d.registry, d.account, d.parties) = (c.registry, c.account, c.parties);
        d.tokens = _tokens(c);
        d.holes = _holes(c);
        d.takeoverValue = c.m.takeoverValue;
        uint256 last = s.accounts[c.account].debtSteppedAt;
        d.running = LiquidationLeg.isRunning(last, c.policy);
        d.readyAt = LiquidationLeg.readyAt(last, c.policy);
        (d.debtStep, d.minStep) = (c.policy.debtStep, c.policy.minStep);
        (d.rewardPpm, d.twapHalfLife) = (c.policy.rewardPpm, c.policy.twapHalfLife);
    }

    /// @dev What dexes without positions are short of in each token, token wei (SPEC LQ-14).
    function _missing(Context memory c) private pure returns (uint256[] memory missing) {
        missing = new uint256[](c.a.tokens.length);
        for (uint256 d = 0; d < c.a.dexes.length; ++d) {
            if (!c.isHole(d)) continue;
            uint256 token = c.a.dexes[d].collateral;
            missing[token] += LiquidationMath.abs(c.a.dexes[d].rawUsd)
            * MarginMath.weiPerPerpUsd(c.a.tokens[token].weiDecimals);
        }
    }

    function _tokens(Context memory c) private pure returns (DebtToken[] memory tokens) {
        uint256[] memory missing = _missing(c);
        uint256 at = Unset.allocate(c.a.tokens.length);
        // Every element is set below.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            tokens := at
        }
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenState memory t = c.a.tokens[i];
            uint256 hole = missing[i];
            int256 net = c.m.tokens[i].netTotal;
            uint256 owed = uint256(t.borrowed) + hole;
            uint256 netDebt = net < 0 ? LiquidationMath.abs(net) : 0;
            tokens[i] = DebtToken({
                params: c.params.tokens[i],
                supplied: t.supplied,
                borrowed: t.borrowed,
                hole: hole,
                netDebt: netDebt < owed ? netDebt : owed
            });
        }
    }

    function _holes(Context memory c) private pure returns (DebtHole[] memory holes) {
        uint256 count = 0;
        for (uint256 i = 0; i < c.a.dexes.length; ++i) {
            if (c.isHole(i)) ++count;
        }
        holes = new DebtHole[](count);
        for (uint256 i = 0; count != 0; ++i) {
            if (!c.isHole(i)) continue;
            holes[holes.length - count--] = DebtHole({
                dex: c.params.dexes[i].index,
                token: c.a.dexes[i].collateral,
                usd: LiquidationMath.abs(c.a.dexes[i].rawUsd)
            });
        }
    }
}
