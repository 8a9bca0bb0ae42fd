// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account, AccountMargin, DexMargin, Mode, TokenState} from "./AccountTypes.sol";
import {Deferral} from "./Deferral.sol";
import {MarginMath} from "./MarginMath.sol";
import {PriceAge} from "./PriceAge.sol";
import {StaleMath} from "./StaleMath.sol";
import {SweepMath} from "./SweepMath.sol";
import {VenueState} from "./VenueState.sol";
import {WAD} from "./WadMath.sol";

/// @title The account walk, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small.
library MarginEngine {
    /// @notice Sweep an account and store what moved (SPEC PM-14).
    function sweep(VenueState storage s, ICollateralRegistry registry, address account) external {
        Account memory a = AccountStore.sweep(s, registry, account);
        if (s.accounts[account].debtSteppedAt != 0) _judge(s, account, a);
    }

    /// @notice Sweep an account, and tell whether it is liquidatable then.
    function sweepAndJudge(VenueState storage s, ICollateralRegistry registry, address account)
        external
        returns (bool liquidatable)
    {
        return _judge(s, account, AccountStore.sweep(s, registry, account));
    }

    /// @notice Require what every action that raises risk must leave behind (SPEC AC-04): margin in every
    /// dex, ratio and debts within their triggers, and health factor >= 1 if debt has grown. Collateral with
    /// an old price counts for nothing (SPEC OR-08). In a batch of the account it waits for the end (SPEC
    /// AC-14).
    function requireSafe(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint256 grossDebtBefore
    ) external {
        if (Deferral.holds(account)) {
            Deferral.put(grossDebtBefore);
            return;
        }
        (Account memory a, AccountParams memory params) = AccountStore.loadHeld(s, registry, account);
        uint256 maximum = params.maxPriceAge;
        uint256 stale = PriceAge.requireYoung(a, params, maximum);
        if (stale != 0) StaleMath.withoutCollateral(a, stale);
        AccountMargin memory m = MarginMath.accountMargin(a);
        for (uint256 i = 0; i < m.dexes.length; ++i) {
            _requireMargin(params.dexes[i].index, m.dexes[i].initialMargin, m.dexes[i].accountValue);
        }
        if (a.mode == Mode.Standard) return;
        bool healthy = m.grossDebt <= grossDebtBefore || m.healthFactor >= WAD;
        bool over = MarginMath.isOwingTooMuch(m.netDebt, m.thresholdValue, a.policy.secondTrigger);
        bool safe = healthy && !over && !m.liquidatable;
        if (stale != 0 && !safe) PriceAge.revertStale(params, stale, maximum);
        require(!over, IPortfolioMargin.DebtAboveThreshold(m.netDebt, m.thresholdValue));
        require(!m.liquidatable, IPortfolioMargin.RatioAboveTrigger(m.ratio, a.policy.trigger));
        require(healthy, IPortfolioMargin.HealthFactorBelowOne(m.healthFactor));
    }

    /// @notice Require that an account is liquidatable even if a set of collateral, whose prices are older
    /// than `maximum`, were worth twice as much (SPEC OR-08).
    function requireBeyondDoubt(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint256 stale,
        uint256 maximum
    ) external view {
        (Account memory a, AccountParams memory params) = AccountStore.loadMovable(s, registry, account);
        StaleMath.atTwicePx(a, stale);
        // The account as the sweep leaves it is asked for, not its plan.
        // slither-disable-next-line unused-return
        SweepMath.sweep(a);
        if (!MarginMath.accountMargin(a).liquidatable) PriceAge.revertStale(params, stale, maximum);
    }

    /// @notice Require that a dex keeps its transfer margin (SPEC CH-04).
    function requireTransferMargin(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint256 dex
    ) external view {
        (Account memory a, AccountParams memory params) = AccountStore.loadHeld(s, registry, account);
        uint256 maximum = params.maxPriceAge;
        // Collateral, young or old, is no margin of a dex.
        // slither-disable-next-line unused-return
        PriceAge.requireYoung(a, params, maximum);
        DexMargin memory m = _dexMargin(s, registry, account, dex);
        _requireMargin(dex, m.transferMargin, m.accountValue);
    }

    /// @notice Figures of one dex of an account by listing index.
    function dexMargin(VenueState storage s, ICollateralRegistry registry, address account, uint256 dex)
        external
        view
        returns (DexMargin memory)
    {
        return _dexMargin(s, registry, account, dex);
    }

    /// @notice Gross debt of an account as stored, USD WAD; in a batch of the account, what it was before it.
    function grossDebt(VenueState storage s, ICollateralRegistry registry, address account)
        external
        view
        returns (uint256)
    {
        return Deferral.holds(account) ? Deferral.debtBefore() : _storedDebt(s, registry, account);
    }

    /// @notice Gross debt of an account as stored, USD WAD, whatever waits for the end of a batch.
    function storedDebt(VenueState storage s, ICollateralRegistry registry, address account)
        external
        view
        returns (uint256)
    {
        return _storedDebt(s, registry, account);
    }

    function _storedDebt(VenueState storage s, ICollateralRegistry registry, address account)
        private
        view
        returns (uint256 debt)
    {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (Account memory a,) = AccountStore.loadHeld(s, registry, account);
        for (uint256 i = 0; i < a.tokens.length; ++i) {
            TokenState memory t = a.tokens[i];
            if (t.borrowed != 0) debt += MarginMath.tokenValueUp(t, t.borrowed);
        }
    }

    /// @dev An episode ends with the account's recovery, whatever brought it (SPEC LQ-03).
    function _judge(VenueState storage s, address account, Account memory a)
        private
        returns (bool liquidatable)
    {
        liquidatable = MarginMath.accountMargin(a).liquidatable;
        if (!liquidatable) s.accounts[account].debtSteppedAt = 0;
    }

    function _dexMargin(VenueState storage s, ICollateralRegistry registry, address account, uint256 dex)
        private
        view
        returns (DexMargin memory m)
    {
        (Account memory a, AccountParams memory params) = AccountStore.loadHeld(s, registry, account);
        for (uint256 i = 0; i < params.dexes.length; ++i) {
            if (params.dexes[i].index == dex) return MarginMath.dexMargin(a.dexes[i].rawUsd, a.perps, i);
        }
    }

    function _requireMargin(uint256 dex, uint256 required, int256 available) private pure {
        // The cast is safe: margins are sums of products of 64-bit numbers.
        // forge-lint: disable-next-line(unsafe-typecast)
        require(available >= int256(required), IPortfolioMargin.InsufficientMargin(dex, required, available));
    }
}
