// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, Leg} from "../interfaces/ILiquidation.sol";
import {AccountCheck} from "./AccountCheck.sol";
import {AccountStore} from "./AccountStore.sol";
import {TokenState} from "./AccountTypes.sol";
import {DebtContext, DebtHole, DebtToken} from "./DebtContext.sol";
import {InventoryStore} from "./InventoryStore.sol";
import {Hands} from "./LiquidationContext.sol";
import {LiquidationMath, Takeover} from "./LiquidationMath.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {OwnBalance} from "./OwnBalance.sol";
import {Pool} from "./Pool.sol";
import {RateMath} from "./RateMath.sol";
import {Sweeps} from "./Sweeps.sol";
import {VenueState} from "./VenueState.sol";
import {PPM, WAD, WadMath} from "./WadMath.sol";
import {Waterfall} from "./Waterfall.sol";

/// @title The debt leg of a liquidation, run in the venue's storage
/// @notice The backstop, or a caller with funds of its own, takes debt over together with collateral. Debt
/// is what is owed to the pool, and what a dex without positions is short of: a hole (SPEC LQ-14). Deployed
/// apart and linked.
library DebtLeg {
    using WadMath for uint256;

    /// @notice Take a step of the debt of a swept account, or all of it in the full band, or fill its holes
    /// where there is nothing else to take, from own supply if that is `fillable`. The taker is the backstop,
    /// or the caller who triggered the step.
    function step(VenueState storage s, DebtContext memory c, Hands memory hands, Leg leg, bool fillable)
        external
        returns (uint256 debtValue, uint256 collateralValue, uint256 loss)
    {
        if (leg != Leg.Settle) return _take(s, c, hands, leg == Leg.DebtFull);
        (debtValue, loss) = _settle(s, c, fillable);
    }

    /// @dev Debt and collateral move (SPEC LQ-03, LQ-04).
    function _take(VenueState storage s, DebtContext memory c, Hands memory hands, bool full)
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
        if (byCaller || c.holes.length != 0) Sweeps.run(s, c.registry, hands.taker);
        if (rewardPpm != 0) Sweeps.run(s, c.registry, hands.caller);
        if (byCaller && OwnBalance.hasExposure(s, hands.taker)) {
            AccountCheck.requireSafe(s, c.registry, hands.taker, debtBefore);
        }
        return (takeover.debt, collateralValue, takeover.loss);
    }

    /// @dev Fill holes without collateral: from the account's own supply of the token, which an empty
    /// pool could not pay out; where spot does not back perps, by the waterfall (SPEC LQ-14).
    function _settle(VenueState storage s, DebtContext memory c, bool fromSupply)
        private
        returns (uint256 debtValue, uint256 loss)
    {
        AccountStore.touch(s, c.parties.backstop);
        for (uint256 i = 0; i < c.tokens.length; ++i) {
            DebtToken memory t = c.tokens[i];
            TokenParams memory p = t.params;
            uint256 amount = t.hole;
            if (amount == 0) continue;
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
                amount = _min(_wholeUnitsUp(paid, p), amount);
            }
            _moveHole(s, c, c.parties.backstop, i, amount);
            // A standard account's dex may be in a token that nothing else prices.
            uint256 value = p.px == 0 ? 0 : _valueUp(p, amount);
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
    function _stepDebts(VenueState storage s, DebtContext memory c, bool full)
        private
        returns (uint256[] memory debts)
    {
        require(full || block.timestamp >= c.readyAt, ILiquidation.StepTooEarly(c.readyAt, block.timestamp));
        // The cast is safe: times fit 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        s.accounts[c.account].debtSteppedAt = uint40(block.timestamp);
        debts = new uint256[](c.tokens.length);
        for (uint256 i = 0; i < debts.length; ++i) {
            uint256 debt = c.tokens[i].netDebt;
            uint256 index = c.tokens[i].params.index;
            if (!c.running || (debt != 0 && debt > s.episodeDebt[c.account][index])) {
                s.episodeDebt[c.account][index] = debt.toUint128();
            }
            if (debt != 0 && !full) debt = _stepDebt(c, i, s.episodeDebt[c.account][index], debt);
            debts[i] = debt;
        }
    }

    /// @dev A step of the partial band: cut as a whole to the narrowest width of a collateral (SPEC LQ-25).
    function _partialTakeover(DebtContext memory c, uint256[] memory debts)
        private
        pure
        returns (Takeover memory takeover)
    {
        takeover = LiquidationMath.partialTakeover(_debtValue(c, debts), c.takeoverValue);
        uint256 most = takeover.share;
        for (uint256 i = 0; i < debts.length; ++i) {
            uint256 value = _valueDown(c.tokens[i]);
            most = LiquidationMath.widthShareDown(most, value, c.tokens[i].params.liquidationWidth);
        }
        if (most == takeover.share) return takeover;
        for (uint256 i = 0; i < debts.length; ++i) {
            debts[i] = debts[i].mulDivDown(most, takeover.share);
        }
        takeover = LiquidationMath.partialTakeover(_debtValue(c, debts), c.takeoverValue);
        // The values of debts are rounded up: that must not widen the step again.
        if (takeover.share > most) takeover.share = most;
    }

    function _debtValue(DebtContext memory c, uint256[] memory debts) private pure returns (uint256 value) {
        for (uint256 i = 0; i < debts.length; ++i) {
            if (debts[i] != 0) value += _valueUp(c.tokens[i].params, debts[i]);
        }
    }

    function _collateralValue(DebtContext memory c) private pure returns (uint256 value) {
        for (uint256 i = 0; i < c.tokens.length; ++i) {
            value += _valueDown(c.tokens[i]);
        }
    }

    function _stepDebt(DebtContext memory c, uint256 i, uint256 atStart, uint256 debt)
        private
        pure
        returns (uint256 part)
    {
        TokenParams memory p = c.tokens[i].params;
        uint256 minimum = uint256(c.minStep).amountUp(p.px, p.weiDecimals, p.szDecimals);
        part = LiquidationMath.stepDebtUp(atStart, debt, c.debtStep, minimum);
        // A hole is filled at once: others wait for what is missing in it.
        uint256 hole = c.tokens[i].hole;
        if (part < hole) part = _min(debt, hole);
    }

    /// @dev Nobody loses by a reward: it comes out of what the collateral is worth beyond the debt.
    function _rewardPpm(DebtContext memory c, Takeover memory takeover) private pure returns (uint256) {
        if (c.rewardPpm == 0) return 0;
        uint256 taken = _collateralValue(c).mulDivDown(takeover.share, WAD);
        return LiquidationMath.rewardPpmDown(c.rewardPpm, takeover.debt, taken);
    }

    function _moveCollateral(
        VenueState storage s,
        DebtContext memory c,
        Hands memory hands,
        uint256 i,
        uint256 share,
        uint256 rewardPpm
    ) private returns (uint256 value) {
        TokenParams memory p = c.tokens[i].params;
        if (p.ltvBps == 0) return 0;
        uint256 amount = uint256(c.tokens[i].supplied).mulDivDown(share, WAD);
        if (amount == 0) return 0;
        value = amount.valueDown(p.px, p.weiDecimals, p.szDecimals);
        uint256 reward = amount.mulDivDown(rewardPpm, PPM);
        _passOn(s, c.account, hands, p, amount, reward);
        if (reward != 0) emit ILiquidation.TriggerRewarded(c.account, hands.caller, p.token, reward);
        if (hands.taker == c.parties.backstop) {
            InventoryStore.add(s, p.index, amount - reward, c.twapHalfLife);
        }
        emit ILiquidation.CollateralTaken(
            c.account, p.token, hands.taker, amount, p.px, MarginMath.weightTakeoverDown(p.px, p.ltvBps)
        );
    }

    /// @dev Pass collateral on, as the supply that it is (SPEC BL-24), and of it a reward to whoever
    /// triggered the step (SPEC LQ-24). Who owes some of the token repays with it, which only an accrued pool
    /// can take.
    function _passOn(
        VenueState storage s,
        address account,
        Hands memory hands,
        TokenParams memory p,
        uint256 amount,
        uint256 reward
    ) private {
        uint256 token = p.index;
        bool rewards = reward != 0;
        if (rewards) AccountStore.touch(s, hands.caller);
        if (Pool.owes(s, hands.taker, token) || (rewards && Pool.owes(s, hands.caller, token))) {
            Pool.accrue(s, p);
            // Credit before debit: the pool's cash never dips.
            Pool.credit(s, hands.taker, token, amount - reward);
            if (rewards) Pool.credit(s, hands.caller, token, reward);
            // How much of it becomes debt is not asked here.
            // slither-disable-next-line unused-return
            Pool.debit(s, account, token, amount);
        } else {
            // Debt is not asked for: there is none.
            // slither-disable-next-line unused-return
            (uint256 index,) = AccountStore.indexes(s, p, s.lentBitmap);
            uint256 shares = Pool.drawnUp(s, account, token, amount, index);
            uint256 rewarded = rewards ? RateMath.sharesDown(reward, index) : 0;
            if (rewards) Pool.passOn(s, token, account, hands.caller, rewarded, index);
            Pool.passOn(s, token, account, hands.taker, shares - rewarded, index);
        }
        if (rewards) AccountStore.markPosition(s, hands.caller, token);
        AccountStore.markPosition(s, account, token);
        AccountStore.markPosition(s, hands.taker, token);
    }

    function _moveDebt(
        VenueState storage s,
        DebtContext memory c,
        address taker,
        uint256 i,
        uint256 debt,
        Takeover memory takeover
    ) private {
        DebtToken memory t = c.tokens[i];
        TokenParams memory p = t.params;
        uint256 loss = takeover.loss == 0 ? 0 : debt.mulDivDown(takeover.loss, takeover.debt);
        Pool.accrue(s, p);
        s.balances[c.account][p.index].borrowFloor = 0;
        // Up, or a debt below one unit would be charged for and never move.
        uint256 fromHole = _min(_wholeUnitsUp(debt, p), t.hole);
        _moveHole(s, c, taker, i, fromHole);
        uint256 fromPool = _min(debt - _min(debt, fromHole), t.borrowed);
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
    function _moveHole(
        VenueState storage s,
        DebtContext memory c,
        address taker,
        uint256 token,
        uint256 amount
    ) private {
        uint256 left = amount / MarginMath.weiPerPerpUsd(c.tokens[token].params.weiDecimals);
        for (uint256 i = 0; i < c.holes.length && left != 0; ++i) {
            DebtHole memory hole = c.holes[i];
            if (hole.token != token) continue;
            uint256 part = _min(left, hole.usd);
            // The cast is safe: a part of an int128.
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 moved = int256(part);
            AccountStore.addRawUsd(s, c.account, hole.dex, moved);
            if (taker == c.parties.backstop) AccountStore.addRawUsd(s, taker, hole.dex, -moved);
            left -= part;
        }
    }

    function _wholeUnitsUp(uint256 amount, TokenParams memory p) private pure returns (uint256) {
        if (amount == 0) return 0;
        uint256 unit = MarginMath.weiPerPerpUsd(p.weiDecimals);
        return amount.mulDivUp(1, unit) * unit;
    }

    /// @dev What a token is worth as collateral, all of it. Every price that a step needs is there: without
    /// one there was no telling that the account is liquidatable.
    function _valueDown(DebtToken memory t) private pure returns (uint256) {
        TokenParams memory p = t.params;
        return p.ltvBps == 0 ? 0 : uint256(t.supplied).valueDown(p.px, p.weiDecimals, p.szDecimals);
    }

    function _valueUp(TokenParams memory p, uint256 amount) private pure returns (uint256) {
        return amount.valueUp(p.px, p.weiDecimals, p.szDecimals);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
