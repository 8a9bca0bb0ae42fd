// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    AccountParams,
    ICollateralRegistry,
    PerpParams,
    Policy,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, Leg, LiquidationStep} from "../interfaces/ILiquidation.sol";
import {Account, AccountMargin, Health, Mode, PerpState, TokenState} from "./AccountTypes.sol";
import {AccountStore} from "./AccountStore.sol";
import {LiquidationMath, Takeover} from "./LiquidationMath.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {Perps} from "./Perps.sol";
import {Pool} from "./Pool.sol";
import {PriceAge} from "./PriceAge.sol";
import {SHARE_UNIT} from "./RateMath.sol";
import {TierMath} from "./TierMath.sol";
import {AccountState, Parties, Reserve, TokenBalance, VenueState} from "./VenueState.sol";
import {WAD, WadMath} from "./WadMath.sol";

/// @title One liquidation step, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC LQ-01 to LQ-09.
library Liquidation {
    using WadMath for uint256;

    /// @dev What a step works on.
    struct Context {
        address account;
        Account a;
        AccountParams params;
        AccountMargin m;
        Policy policy;
        Parties parties;
    }

    /// @notice Take one step on an account.
    function step(VenueState storage s, ICollateralRegistry registry, Parties memory parties, address account)
        external
        returns (LiquidationStep memory done)
    {
        require(
            account != parties.maker && account != parties.backstop, ILiquidation.NotAUserAccount(account)
        );
        MarginEngine.sweep(s, registry, account);
        Context memory c;
        c.account = account;
        c.parties = parties;
        c.policy = registry.policy();
        (c.a, c.params) = AccountStore.load(s, registry, account);
        c.m = MarginMath.accountMargin(c.a);
        require(c.m.liquidatable, ILiquidation.NotLiquidatable(account, c.m.ratio, c.policy.margin.trigger));
        PriceAge.requireYoung(c.a, c.params, c.policy.maxLiquidationPriceAge);

        done.leg = _leg(c);
        if (done.leg == Leg.Perp) {
            _closePerp(s, c);
        } else {
            (done.debtValue, done.collateralValue, done.loss) =
                _takeDebt(s, registry, c, done.leg == Leg.DebtFull);
        }
        MarginEngine.sweep(s, registry, account);
        (c.a, c.params) = AccountStore.load(s, registry, account);
        done.liquidatable = MarginMath.accountMargin(c.a).liquidatable;
        if (!done.liquidatable) s.accounts[account].debtSteppedAt = 0;
        emit ILiquidation.Liquidated(
            account, msg.sender, done.leg, done.debtValue, done.collateralValue, done.loss, done.liquidatable
        );
    }

    /// @dev SPEC LQ-03, LQ-04, LQ-06: no part of a debt while the health factor holds; the perp leg first
    /// when closing all perps alone cures; a dex short of maintenance is perp business in any case.
    function _leg(Context memory c) private pure returns (Leg) {
        bool hasPerps = c.a.perps.length != 0;
        bool hasDebt = c.a.mode == Mode.PortfolioMargin && _owesNet(c);
        if (hasDebt && c.m.health == Health.BackstopLiquidatable) return Leg.DebtFull;
        hasDebt = hasDebt && c.m.healthFactor < WAD;
        if (hasPerps && (!hasDebt || c.m.perpShortfall || (c.policy.perpFirst && _perpsAloneCure(c)))) {
            return Leg.Perp;
        }
        require(hasDebt, ILiquidation.NothingToLiquidate(c.account, c.m.healthFactor));
        return Leg.DebtPartial;
    }

    /// @dev Whether net debt of a token is owed to the pool; a dex below zero that the pool does not fund
    /// is net debt as well, and cannot be taken over.
    function _owesNet(Context memory c) private pure returns (bool) {
        for (uint256 i = 0; i < c.a.tokens.length; ++i) {
            if (_netDebt(c, i) != 0) return true;
        }
        return false;
    }

    function _perpsAloneCure(Context memory c) private pure returns (bool) {
        if (c.m.netDebt > c.m.thresholdValue) return false;
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

    // Perp leg

    /// @dev Closes (SPEC LQ-06) the position that ties up the most maintenance.
    function _closePerp(VenueState storage s, Context memory c) private {
        uint256 worst = _worstPerp(c);
        PerpState memory held = c.a.perps[worst];
        PerpParams memory perp = c.params.perps[worst];
        perp.dex = c.params.dexes[perp.dex].index;
        AccountState storage state = s.accounts[c.account];
        uint256 size = LiquidationMath.perpCloseUp(
            held.szi,
            MarginMath.notional(held.szi, held.mark),
            c.policy.perpThreshold,
            c.policy.perpPart,
            block.timestamp < state.perpCoolingUntil
        );
        if (size < LiquidationMath.abs(held.szi)) {
            // The cast is safe: times fit 40 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            state.perpCoolingUntil = uint40(block.timestamp + c.policy.perpCooldown);
        }
        // The cast is safe: a size is at most an int64's.
        // forge-lint: disable-next-line(unsafe-typecast)
        int64 closed = held.szi > 0 ? -int64(uint64(size)) : int64(uint64(size));
        uint256 fee =
            Perps.fill(s, perp, c.account, c.parties.maker, c.parties.insurance, closed, c.policy.perpFeePpm);
        emit ILiquidation.PositionClosed(c.account, perp.asset, closed, perp.mark, fee);
    }

    function _worstPerp(Context memory c) private pure returns (uint256 worst) {
        uint256 most = 0;
        for (uint256 i = 0; i < c.a.perps.length; ++i) {
            PerpState memory perp = c.a.perps[i];
            uint256 ties =
                TierMath.maintenanceMarginDown(MarginMath.notional(perp.szi, perp.mark), perp.table);
            if (ties > most) (most, worst) = (ties, i);
        }
    }

    // Debt leg

    function _takeDebt(VenueState storage s, ICollateralRegistry registry, Context memory c, bool full)
        private
        returns (uint256 debtValue, uint256 collateralValue, uint256 loss)
    {
        uint256[] memory debts = _stepDebts(s, c, full);
        for (uint256 i = 0; i < debts.length; ++i) {
            if (debts[i] != 0) debtValue += MarginMath.tokenValueUp(c.a.tokens[i], debts[i]);
            if (c.a.tokens[i].ltvBps != 0 && c.a.tokens[i].supplied != 0) {
                collateralValue += MarginMath.tokenValueDown(c.a.tokens[i], c.a.tokens[i].supplied);
            }
        }
        Takeover memory takeover = full || c.m.takeoverValue == 0
            ? _fullTakeover(c, debtValue, collateralValue)
            : LiquidationMath.partialTakeover(debtValue, c.m.takeoverValue);
        AccountStore.touch(s, c.parties.backstop);
        collateralValue = 0;
        for (uint256 i = 0; i < debts.length; ++i) {
            collateralValue += _moveCollateral(s, c, i, takeover.share);
        }
        for (uint256 i = 0; i < debts.length; ++i) {
            if (debts[i] != 0) _moveDebt(s, c, i, debts[i], takeover);
        }
        MarginEngine.sweep(s, registry, c.parties.backstop);
        return (debtValue, collateralValue, takeover.loss);
    }

    /// @dev Collateral stands for all net debt. What caps or an empty pool keep from being owed to the
    /// pool stays, with its part of the collateral, for steps after the sweep could fund it.
    function _fullTakeover(Context memory c, uint256 debtValue, uint256 collateralValue)
        private
        pure
        returns (Takeover memory takeover)
    {
        uint256 share = debtValue < c.m.netDebt ? debtValue.mulDivDown(WAD, c.m.netDebt) : WAD;
        takeover = LiquidationMath.fullTakeover(debtValue, collateralValue.mulDivDown(share, WAD));
        takeover.share = share;
    }

    /// @dev Debt of this step per token: all net debt, or a part of what it was at the episode's start.
    function _stepDebts(VenueState storage s, Context memory c, bool full)
        private
        returns (uint256[] memory debts)
    {
        AccountState storage state = s.accounts[c.account];
        uint256 last = state.debtSteppedAt;
        bool running = last != 0 && block.timestamp <= last + c.policy.episodeTimeout;
        if (running && !full) {
            require(
                block.timestamp >= last + c.policy.stepCadence,
                ILiquidation.StepTooEarly(last + c.policy.stepCadence, block.timestamp)
            );
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        state.debtSteppedAt = uint40(block.timestamp);
        debts = new uint256[](c.a.tokens.length);
        for (uint256 i = 0; i < debts.length; ++i) {
            uint256 debt = _netDebt(c, i);
            uint256 index = c.params.tokens[i].index;
            if (!running) s.episodeDebt[c.account][index] = debt.toUint128();
            if (debt != 0 && !full) debt = _stepDebt(c, i, s.episodeDebt[c.account][index], debt);
            debts[i] = debt;
        }
    }

    /// @dev Net debt of a token, as far as it is owed to the pool.
    function _netDebt(Context memory c, uint256 i) private pure returns (uint256) {
        int256 net = c.m.tokens[i].netTotal;
        return net < 0 ? _min(LiquidationMath.abs(net), c.a.tokens[i].borrowed) : 0;
    }

    function _stepDebt(Context memory c, uint256 i, uint256 atStart, uint256 debt)
        private
        pure
        returns (uint256)
    {
        TokenState memory t = c.a.tokens[i];
        uint256 minimum = uint256(c.policy.minStep).amountUp(t.px, t.weiDecimals, t.szDecimals);
        return LiquidationMath.stepDebtUp(atStart, debt, c.policy.debtStep, minimum);
    }

    function _moveCollateral(VenueState storage s, Context memory c, uint256 i, uint256 share)
        private
        returns (uint256 value)
    {
        TokenState memory t = c.a.tokens[i];
        if (t.ltvBps == 0 || t.supplied == 0) return 0;
        TokenParams memory p = c.params.tokens[i];
        uint256 amount = uint256(t.supplied).mulDivDown(share, WAD);
        if (amount == 0) return 0;
        value = MarginMath.tokenValueDown(t, amount);
        Pool.accrue(s, p.index, p.curve);
        // Credit before debit: the pool's cash never dips.
        Pool.credit(s, c.parties.backstop, p.index, amount);
        Pool.debit(s, c.account, p.index, amount);
        AccountStore.mark(s, c.account, p.index);
        AccountStore.mark(s, c.parties.backstop, p.index);
        emit ILiquidation.CollateralTaken(
            c.account, t.token, amount, t.px, MarginMath.weightTakeoverDown(t.px, t.ltvBps)
        );
    }

    function _moveDebt(
        VenueState storage s,
        Context memory c,
        uint256 i,
        uint256 debt,
        Takeover memory takeover
    ) private {
        TokenParams memory p = c.params.tokens[i];
        uint256 loss = takeover.loss == 0 ? 0 : debt.mulDivDown(takeover.loss, takeover.debt);
        Pool.accrue(s, p.index, p.curve);
        s.balances[c.account][p.index].borrowFloor = 0;
        Pool.credit(s, c.account, p.index, debt);
        if (debt != loss) Pool.debit(s, c.parties.backstop, p.index, debt - loss);
        AccountStore.mark(s, c.account, p.index);
        AccountStore.mark(s, c.parties.backstop, p.index);
        emit ILiquidation.DebtTaken(c.account, p.token, debt, loss);
        if (loss != 0) _coverLoss(s, c.parties.insurance, p, loss);
    }

    /// @dev SPEC LQ-09: buffer, then the insurance account's idle balance, then the reserve's deficit.
    function _coverLoss(VenueState storage s, address insurance, TokenParams memory p, uint256 loss) private {
        Reserve storage reserve = s.reserves[p.index];
        TokenBalance storage insured = s.balances[insurance][p.index];
        uint256 fromBuffer = _min(loss, reserve.buffer / SHARE_UNIT);
        uint256 fromInsurance = _min(loss - fromBuffer, insured.idle);
        uint256 deficit = loss - fromBuffer - fromInsurance;
        reserve.buffer -= (fromBuffer * SHARE_UNIT).toUint128();
        insured.idle -= fromInsurance.toUint128();
        AccountStore.mark(s, insurance, p.index);
        reserve.deficit += deficit.toUint128();
        reserve.cash = reserve.cash + fromInsurance.toUint128() - loss.toUint128();
        emit ILiquidation.LossCovered(p.token, fromBuffer, fromInsurance, deficit);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
