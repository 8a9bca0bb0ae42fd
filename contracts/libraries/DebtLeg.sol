// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, Leg} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {TokenState} from "./AccountTypes.sol";
import {InventoryStore} from "./InventoryStore.sol";
import {Context, Hands, LiquidationContext} from "./LiquidationContext.sol";
import {LiquidationLeg} from "./LiquidationLeg.sol";
import {LiquidationMath, Takeover} from "./LiquidationMath.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {OwnBalance} from "./OwnBalance.sol";
import {Pool} from "./Pool.sol";
import {Sweeps} from "./Sweeps.sol";
import {AccountState, VenueState} from "./VenueState.sol";
import {PPM, WAD, WadMath} from "./WadMath.sol";
import {Waterfall} from "./Waterfall.sol";

/// @title The debt leg of a liquidation, run in the venue's storage
/// @notice The backstop, or a caller with funds of its own, takes debt over together with collateral. Debt
/// is what is owed to the pool, and what a dex without positions is short of: a hole (SPEC LQ-14). Deployed
/// apart and linked.
library DebtLeg {
    using LiquidationContext for Context;
    using WadMath for uint256;

    /// @notice Take a step of the debt of a swept account, or all of it in the full band, or fill its holes
    /// where there is nothing else to take. The taker is the backstop, or the caller who triggered the step.
    function step(VenueState storage s, Context memory c, Hands memory hands, Leg leg)
        external
        returns (uint256 debtValue, uint256 collateralValue, uint256 loss)
    {
        if (leg != Leg.Settle) return _take(s, c, hands, leg == Leg.DebtFull);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (, bool fillable) = LiquidationLeg.holes(c);
        (debtValue, loss) = _settle(s, c, fillable);
    }

    /// @dev Debt and collateral move (SPEC LQ-03, LQ-04).
    function _take(VenueState storage s, Context memory c, Hands memory hands, bool full)
        private
        returns (uint256 debtValue, uint256 collateralValue, uint256 loss)
    {
        bool byCaller = hands.taker != c.parties.backstop;
        uint256 debtBefore = 0;
        if (byCaller) {
            Sweeps.run(s, c.registry, hands.taker);
            debtBefore = MarginEngine.grossDebt(s, c.registry, hands.taker);
        }
        uint256[] memory debts = _stepDebts(s, c, full);
        Takeover memory takeover = full
            ? LiquidationMath.fullTakeover(_debtValue(c, debts), _collateralValue(c))
            : _partialTakeover(c, debts);
        uint256 rewardPpm = hands.caller == hands.taker ? 0 : _rewardPpm(c, takeover);
        AccountStore.touch(s, hands.taker);
        for (uint256 i = 0; i < debts.length; ++i) {
            collateralValue += _moveCollateral(s, c, hands, i, takeover.share, rewardPpm);
        }
        for (uint256 i = 0; i < debts.length; ++i) {
            if (debts[i] != 0) _moveDebt(s, c, hands.taker, i, debts[i], takeover);
        }
        // The backstop is not swept for what is in its pools already (SPEC LQ-27), only for a hole.
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (bool hole,) = LiquidationLeg.holes(c);
        if (byCaller || hole) Sweeps.run(s, c.registry, hands.taker);
        if (rewardPpm != 0) Sweeps.run(s, c.registry, hands.caller);
        if (byCaller && OwnBalance.hasExposure(s, hands.taker)) {
            MarginEngine.requireSafe(s, c.registry, hands.taker, debtBefore);
        }
        return (takeover.debt, collateralValue, takeover.loss);
    }

    /// @dev Fill holes without collateral: from the account's own supply of the token, which an empty
    /// pool could not pay out; where spot does not back perps, by the waterfall (SPEC LQ-14).
    function _settle(VenueState storage s, Context memory c, bool fromSupply)
        private
        returns (uint256 debtValue, uint256 loss)
    {
        AccountStore.touch(s, c.parties.backstop);
        for (uint256 i = 0; i < c.a.tokens.length; ++i) {
            uint256 amount = c.holeOf(i);
            if (amount == 0) continue;
            TokenParams memory p = c.params.tokens[i];
            TokenState memory t = c.a.tokens[i];
            Pool.accrue(s, p);
            if (fromSupply) {
                uint256 paid = _min(amount, t.supplied);
                if (paid == 0) continue;
                Pool.credit(s, c.parties.backstop, p.index, paid);
                // How much of it becomes debt is not asked here.
                // slither-disable-next-line unused-return
                Pool.debit(s, c.account, p.index, paid);
                AccountStore.markPosition(s, c.account, p.index);
                AccountStore.markPosition(s, c.parties.backstop, p.index);
                amount = _min(_wholeUnitsUp(paid, t), amount);
            }
            _moveHole(s, c, c.parties.backstop, i, amount);
            // A standard account's dex may be in a token that nothing else prices.
            uint256 value = t.px == 0 ? 0 : MarginMath.tokenValueUp(t, amount);
            debtValue += value;
            emit ILiquidation.DebtTaken(
                c.account, p.token, c.parties.backstop, amount, fromSupply ? 0 : amount
            );
            if (!fromSupply) {
                loss += value;
                Waterfall.coverLoss(s, c.registry, c.parties.insurance, c.parties.backstop, p, amount);
            }
        }
        Sweeps.run(s, c.registry, c.parties.backstop);
    }

    /// @dev Debt of this step per token: all net debt, or a part of the largest it was in this episode.
    function _stepDebts(VenueState storage s, Context memory c, bool full)
        private
        returns (uint256[] memory debts)
    {
        AccountState storage state = s.accounts[c.account];
        uint256 last = state.debtSteppedAt;
        bool running = LiquidationLeg.isRunning(last, c.policy);
        uint256 readyAt = LiquidationLeg.readyAt(last, c.policy);
        require(full || block.timestamp >= readyAt, ILiquidation.StepTooEarly(readyAt, block.timestamp));
        // The cast is safe: times fit 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        state.debtSteppedAt = uint40(block.timestamp);
        debts = new uint256[](c.a.tokens.length);
        for (uint256 i = 0; i < debts.length; ++i) {
            uint256 debt = _netDebt(c, i);
            uint256 index = c.params.tokens[i].index;
            if (!running || (debt != 0 && debt > s.episodeDebt[c.account][index])) {
                s.episodeDebt[c.account][index] = debt.toUint128();
            }
            if (debt != 0 && !full) debt = _stepDebt(c, i, s.episodeDebt[c.account][index], debt);
            debts[i] = debt;
        }
    }

    /// @dev A step of the partial band: cut as a whole to the narrowest width of a collateral (SPEC LQ-25).
    function _partialTakeover(Context memory c, uint256[] memory debts)
        private
        pure
        returns (Takeover memory takeover)
    {
        takeover = LiquidationMath.partialTakeover(_debtValue(c, debts), c.m.takeoverValue);
        uint256 most = takeover.share;
        for (uint256 i = 0; i < debts.length; ++i) {
            TokenState memory t = c.a.tokens[i];
            if (t.ltvBps == 0 || t.supplied == 0) continue;
            uint256 value = MarginMath.tokenValueDown(t, t.supplied);
            most = LiquidationMath.widthShareDown(most, value, c.params.tokens[i].liquidationWidth);
        }
        if (most == takeover.share) return takeover;
        for (uint256 i = 0; i < debts.length; ++i) {
            debts[i] = debts[i].mulDivDown(most, takeover.share);
        }
        takeover = LiquidationMath.partialTakeover(_debtValue(c, debts), c.m.takeoverValue);
        // The values of debts are rounded up: that must not widen the step again.
        if (takeover.share > most) takeover.share = most;
    }

    function _debtValue(Context memory c, uint256[] memory debts) private pure returns (uint256 value) {
        for (uint256 i = 0; i < debts.length; ++i) {
            if (debts[i] != 0) value += MarginMath.tokenValueUp(c.a.tokens[i], debts[i]);
        }
    }

    function _collateralValue(Context memory c) private pure returns (uint256 value) {
        for (uint256 i = 0; i < c.a.tokens.length; ++i) {
            TokenState memory t = c.a.tokens[i];
            if (t.ltvBps != 0 && t.supplied != 0) value += MarginMath.tokenValueDown(t, t.supplied);
        }
    }

    /// @dev Net debt of a token, as far as somebody is owed it: the pool, or the other side of a hole.
    function _netDebt(Context memory c, uint256 i) private pure returns (uint256) {
        int256 net = c.m.tokens[i].netTotal;
        return net < 0 ? _min(LiquidationMath.abs(net), c.a.tokens[i].borrowed + c.holeOf(i)) : 0;
    }

    function _stepDebt(Context memory c, uint256 i, uint256 atStart, uint256 debt)
        private
        pure
        returns (uint256 part)
    {
        TokenState memory t = c.a.tokens[i];
        uint256 minimum = uint256(c.policy.minStep).amountUp(MarginMath.pxOf(t), t.weiDecimals, t.szDecimals);
        part = LiquidationMath.stepDebtUp(atStart, debt, c.policy.debtStep, minimum);
        // A hole is filled at once: others wait for what is missing in it.
        uint256 hole = c.holeOf(i);
        if (part < hole) part = _min(debt, hole);
    }

    /// @dev Nobody loses by a reward: it comes out of what the collateral is worth beyond the debt.
    function _rewardPpm(Context memory c, Takeover memory takeover) private pure returns (uint256) {
        if (c.policy.rewardPpm == 0) return 0;
        uint256 taken = _collateralValue(c).mulDivDown(takeover.share, WAD);
        return LiquidationMath.rewardPpmDown(c.policy.rewardPpm, takeover.debt, taken);
    }

    function _moveCollateral(
        VenueState storage s,
        Context memory c,
        Hands memory hands,
        uint256 i,
        uint256 share,
        uint256 rewardPpm
    ) private returns (uint256 value) {
        TokenState memory t = c.a.tokens[i];
        if (t.ltvBps == 0 || t.supplied == 0) return 0;
        TokenParams memory p = c.params.tokens[i];
        uint256 amount = uint256(t.supplied).mulDivDown(share, WAD);
        if (amount == 0) return 0;
        value = MarginMath.tokenValueDown(t, amount);
        Pool.accrue(s, p);
        uint256 reward = amount.mulDivDown(rewardPpm, PPM);
        // Credit before debit: the pool's cash never dips.
        Pool.credit(s, hands.taker, p.index, amount - reward);
        if (reward != 0) _reward(s, c, hands.caller, p, reward);
        // How much of it becomes debt is not asked here.
        // slither-disable-next-line unused-return
        Pool.debit(s, c.account, p.index, amount);
        AccountStore.markPosition(s, c.account, p.index);
        AccountStore.markPosition(s, hands.taker, p.index);
        if (hands.taker == c.parties.backstop) {
            InventoryStore.add(s, p.index, amount - reward, c.policy.twapHalfLife);
        }
        emit ILiquidation.CollateralTaken(
            c.account, t.token, hands.taker, amount, t.px, MarginMath.weightTakeoverDown(t.px, t.ltvBps)
        );
    }

    /// @dev Give whoever triggered the step its part of the collateral, as supply (SPEC LQ-24).
    function _reward(
        VenueState storage s,
        Context memory c,
        address caller,
        TokenParams memory p,
        uint256 reward
    ) private {
        AccountStore.touch(s, caller);
        Pool.credit(s, caller, p.index, reward);
        AccountStore.markPosition(s, caller, p.index);
        emit ILiquidation.TriggerRewarded(c.account, caller, p.token, reward);
    }

    function _moveDebt(
        VenueState storage s,
        Context memory c,
        address taker,
        uint256 i,
        uint256 debt,
        Takeover memory takeover
    ) private {
        TokenParams memory p = c.params.tokens[i];
        uint256 loss = takeover.loss == 0 ? 0 : debt.mulDivDown(takeover.loss, takeover.debt);
        Pool.accrue(s, p);
        s.balances[c.account][p.index].borrowFloor = 0;
        // Up, or a debt below one unit would be charged for and never move.
        uint256 fromHole = _min(_wholeUnitsUp(debt, c.a.tokens[i]), c.holeOf(i));
        _moveHole(s, c, taker, i, fromHole);
        uint256 fromPool = _min(debt - _min(debt, fromHole), c.a.tokens[i].borrowed);
        if (fromPool != 0) Pool.credit(s, c.account, p.index, fromPool);
        if (taker != c.parties.backstop) {
            _pay(s, c.parties.insurance, taker, p, fromHole + fromPool);
        } else if (fromPool != 0) {
            // How much of it becomes debt is not asked here.
            // slither-disable-next-line unused-return
            Pool.debit(s, taker, p.index, fromPool);
        }
        AccountStore.markPosition(s, c.account, p.index);
        AccountStore.markPosition(s, taker, p.index);
        emit ILiquidation.DebtTaken(c.account, p.token, taker, debt, loss);
        if (loss != 0) Waterfall.coverLoss(s, c.registry, c.parties.insurance, taker, p, loss);
    }

    /// @dev Let a caller pay for debt with what is its own (SPEC LQ-23). What it repays to the pool is there
    /// already, so supply of the token serves even when the pool is empty.
    function _pay(
        VenueState storage s,
        address insurance,
        address taker,
        TokenParams memory p,
        uint256 needed
    ) private {
        TokenState memory t = AccountStore.ownState(s, taker, p);
        uint256 available = uint256(t.idle) + t.supplied;
        require(needed <= available, IBorrowLendPool.InsufficientBalance(p.token, needed, available));
        OwnBalance.draw(s, insurance, taker, p, t, needed);
    }

    /// @dev Fill token wei (whole perp units) of the account's holes. They pass to the backstop; another
    /// taker pays for them.
    function _moveHole(VenueState storage s, Context memory c, address taker, uint256 token, uint256 amount)
        private
    {
        uint256 left = amount / MarginMath.weiPerPerpUsd(c.a.tokens[token].weiDecimals);
        for (uint256 d = 0; d < c.a.dexes.length && left != 0; ++d) {
            if (!c.isHole(d) || c.a.dexes[d].collateral != token) continue;
            uint256 dex = c.params.dexes[d].index;
            uint256 part = _min(left, LiquidationMath.abs(c.a.dexes[d].rawUsd));
            // The cast is safe: a part of an int128.
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 moved = int256(part);
            AccountStore.addRawUsd(s, c.account, dex, moved);
            if (taker == c.parties.backstop) AccountStore.addRawUsd(s, taker, dex, -moved);
            left -= part;
        }
    }

    function _wholeUnitsUp(uint256 amount, TokenState memory t) private pure returns (uint256) {
        if (amount == 0) return 0;
        uint256 unit = MarginMath.weiPerPerpUsd(t.weiDecimals);
        return amount.mulDivUp(1, unit) * unit;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
