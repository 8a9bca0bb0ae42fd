// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    Account,
    AccountMargin,
    DexMargin,
    Health,
    MarginPolicy,
    Mode,
    PerpState,
    TokenMargin,
    TokenState
} from "./AccountTypes.sol";
import {DISPLAY_DECIMALS, LiquidationMath} from "./LiquidationMath.sol";
import {TierMath} from "./TierMath.sol";
import {Unset} from "./Unset.sol";
import {BPS, INFINITE, PERP_DECIMALS, WAD, WadMath} from "./WadMath.sol";

/// @dev A condition for portfolio margin that is none.
uint256 constant NO_CONDITION = type(uint64).max;

/// @title Account margin: dex figures, token figures, the ratio and the health factor
/// @notice Twin of `pmkit/margin.py`, where each formula is explained.
library MarginMath {
    using WadMath for uint256;

    /// @notice A token that the answer depends on has no price.
    error PriceMissing(uint256 token);
    /// @notice A position has no mark price.
    error MarkMissing(uint256 asset);

    /// @notice |szi| * mark, exact in 1e-6 USD (SPEC PM-03).
    function notional(int256 szi, uint256 mark) internal pure returns (uint256) {
        return LiquidationMath.abs(szi) * mark;
    }

    /// @notice notional / leverage in 1e-6 USD, down as the venue prints it (SPEC PM-04).
    function initialMarginDown(uint256 notional_, uint256 leverage) internal pure returns (uint256) {
        return notional_ / leverage;
    }

    /// @notice max(initial margin, 10 % of notional) in 1e-6 USD, up (SPEC PM-07).
    function transferMarginUp(uint256 initialMargin, uint256 notional_) internal pure returns (uint256) {
        uint256 tenth = notional_.mulDivUp(1, 10);
        return initialMargin > tenth ? initialMargin : tenth;
    }

    /// @notice Token wei in 1e-6 of a dex's collateral token, which has 6 decimals or more.
    function weiPerPerpUsd(uint256 weiDecimals) internal pure returns (uint256) {
        return 10 ** (weiDecimals - PERP_DECIMALS);
    }

    /// @notice Perp USD (1e-6, signed) in wei of the collateral token (SPEC PM-01).
    function perpToWei(int256 usd, uint256 weiDecimals) internal pure returns (int256) {
        // The cast is safe: weiDecimals is at most 18.
        // forge-lint: disable-next-line(unsafe-typecast)
        return usd * int256(weiPerPerpUsd(weiDecimals));
    }

    /// @notice value * LTV, down (SPEC PM-08).
    function weightLtvDown(uint256 value, uint256 ltvBps) internal pure returns (uint256) {
        return value.mulDivDown(ltvBps, BPS);
    }

    /// @notice value * (1 + LTV) / 2, the liquidation threshold, down (SPEC PM-09).
    function weightThresholdDown(uint256 value, uint256 ltvBps) internal pure returns (uint256) {
        return value.mulDivDown(BPS + ltvBps, 2 * BPS);
    }

    /// @notice value * (2 + LTV) / 3, the takeover price, down (SPEC LQ-02).
    function weightTakeoverDown(uint256 value, uint256 ltvBps) internal pure returns (uint256) {
        return value.mulDivDown(2 * BPS + ltvBps, 3 * BPS);
    }

    /// @notice requirement / liquidation value (WAD), up (SPEC PM-12).
    function ratioUp(uint256 requirement, uint256 liquidationValue) internal pure returns (uint256) {
        if (requirement == 0) return 0;
        if (liquidationValue == 0) return INFINITE;
        return requirement.mulDivUp(WAD, liquidationValue);
    }

    /// @notice Whether requirement / liquidation value is beyond a trigger (WAD), exactly (SPEC LQ-01).
    function isBeyond(uint256 requirement, uint256 liquidationValue, uint256 trigger, bool inclusive)
        internal
        pure
        returns (bool)
    {
        if (requirement == 0) return false;
        uint256 scaled = requirement * WAD;
        uint256 limit = liquidationValue * trigger;
        return inclusive ? scaled >= limit : scaled > limit;
    }

    /// @notice Borrow power / gross debt (WAD), down; INFINITE without debt (SPEC PM-13).
    function healthFactorDown(uint256 borrowPower, uint256 grossDebt) internal pure returns (uint256) {
        if (grossDebt == 0) return INFINITE;
        return borrowPower.mulDivDown(WAD, grossDebt);
    }

    /// @notice What a dex's positions have before they are liquidated, 1e-10 USD, down (SPEC LQ-07): the
    /// token's available after maintenance, or in standard mode the dex's own equity - maintenance.
    function displayAvailableDown(Account memory account, AccountMargin memory margin, uint256 dex)
        internal
        pure
        returns (int256)
    {
        // Casts are safe: figures are sums of 128-bit balances.
        // forge-lint: disable-start(unsafe-typecast)
        if (account.mode == Mode.Standard) {
            int256 spare = margin.dexes[dex].accountValue - int256(margin.dexes[dex].maintenance);
            return spare * int256(10 ** (DISPLAY_DECIMALS - PERP_DECIMALS));
        }
        uint256 token = account.dexes[dex].collateral;
        int256 available =
            int256(margin.tokens[token].liquidationValue) - int256(margin.tokens[token].requirement);
        int256 scaled = available * int256(10 ** DISPLAY_DECIMALS);
        int256 unit = int256(10 ** uint256(account.tokens[token].weiDecimals));
        // forge-lint: disable-end(unsafe-typecast)
        // Division truncates toward zero: what is short rounds away from it.
        return scaled < 0 && scaled % unit != 0 ? scaled / unit - 1 : scaled / unit;
    }

    /// @notice Wei of a collateral that a debt (USD WAD) ties up, up (SPEC PM-23).
    function lockedCollateralUp(
        uint256 debtValue,
        uint256 px,
        uint256 weiDecimals,
        uint256 szDecimals,
        uint256 ltvBps
    ) internal pure returns (uint256) {
        return debtValue.mulDivUp(BPS, ltvBps).amountUp(px, weiDecimals, szDecimals);
    }

    /// @notice Supply of a token that leaves the health factor at one or above, wei, down (SPEC PM-28).
    function withdrawableDown(TokenState memory token, uint256 borrowPower, uint256 grossDebt)
        internal
        pure
        returns (uint256)
    {
        if (grossDebt == 0 || token.ltvBps == 0) return token.supplied;
        uint256 rest = borrowPower - weightLtvDown(tokenValueDown(token, token.supplied), token.ltvBps);
        if (grossDebt <= rest) return token.supplied;
        uint256 locked =
            lockedCollateralUp(grossDebt - rest, token.px, token.weiDecimals, token.szDecimals, token.ltvBps);
        return locked < token.supplied ? token.supplied - locked : 0;
    }

    /// @notice Wei of a token that a borrow power (USD WAD) buys within the user cap (SPEC PM-24).
    function buyingPowerDown(TokenState memory token, uint256 borrowPower) internal pure returns (uint256) {
        if (!token.borrowable || borrowPower == 0) return 0;
        uint256 power = borrowPower.amountDown(pxOf(token), token.weiDecimals, token.szDecimals);
        return power < token.userBorrowCap ? power : token.userBorrowCap;
    }

    /// @notice What is held of a token, wei, up; negative by what can be borrowed for orders (SPEC PM-25).
    function holdUp(TokenState memory token, int256 total, int256 equity, uint256 borrowPower)
        internal
        pure
        returns (int256)
    {
        // The cast is safe: the cap has 128 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (total < equity ? total : equity) - int256(buyingPowerDown(token, borrowPower));
    }

    /// @notice amount / cap (WAD), to nearest at the 10 decimals of the venue (SPEC PM-26).
    function capUsedNearest(uint256 amount, uint256 cap) internal pure returns (uint256) {
        if (amount == 0) return 0;
        if (cap == 0) return INFINITE;
        // Rounded to the decimals that the venue prints.
        // slither-disable-next-line divide-before-multiply
        return amount.mulDivNearest(10 ** DISPLAY_DECIMALS, cap) * (WAD / 10 ** DISPLAY_DECIMALS);
    }

    /// @notice Figures of dex `dex` from its raw USD and its cross positions (SPEC PM-03 to PM-07).
    function dexMargin(int256 rawUsd, PerpState[] memory perps, uint256 dex)
        internal
        pure
        returns (DexMargin memory figures)
    {
        figures.accountValue = rawUsd;
        for (uint256 i = 0; i < perps.length; ++i) {
            PerpState memory perp = perps[i];
            if (perp.dex != dex) continue;
            require(perp.mark != 0, MarkMissing(perp.asset));
            uint256 size = notional(perp.szi, perp.mark);
            // The cast is safe: size is the product of two 64-bit numbers.
            // forge-lint: disable-next-line(unsafe-typecast)
            figures.accountValue += perp.szi > 0 ? int256(size) : -int256(size);
            figures.notional += size;
            figures.initialMargin += initialMarginDown(size, perp.leverage);
            figures.maintenance += TierMath.maintenanceMarginDown(size, perp.table);
        }
        figures.transferMargin = transferMarginUp(figures.initialMargin, figures.notional);
    }

    /// @notice What of its equity an isolated position keeps after a fill, 1e-6 USD, up (SPEC CH-08); what it
    /// keeps beyond its equity is brought to it.
    function keptMarginUp(int256 equity, uint256 initialMargin, int256 sziBefore, int256 sziNow)
        internal
        pure
        returns (int256)
    {
        if (sziNow == 0) return 0;
        // The cast is safe: a margin is a part of the product of two 64-bit numbers.
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 required = int256(initialMargin);
        if ((sziBefore > 0 && sziNow < 0) || (sziBefore < 0 && sziNow > 0)) return required;
        (uint256 before, uint256 left) = (LiquidationMath.abs(sziBefore), LiquidationMath.abs(sziNow));
        if (left >= before) return equity > required ? equity : required;
        // forge-lint: disable-next-line(unsafe-typecast)
        return equity > 0 ? int256(uint256(equity).mulDivUp(left, before)) : equity;
    }

    /// @notice Figures of every dex of an account, in the order of `account.dexes`.
    function dexMargins(Account memory account) internal pure returns (DexMargin[] memory figures) {
        figures = Unset.dexMargins(account.dexes.length);
        for (uint256 i = 0; i < figures.length; ++i) {
            figures[i] = dexMargin(account.dexes[i].rawUsd, account.perps, i);
        }
    }

    /// @notice The token's price; reverts when there is none.
    function pxOf(TokenState memory token) internal pure returns (uint256) {
        require(token.px != 0, PriceMissing(token.token));
        return token.px;
    }

    function tokenValueDown(TokenState memory token, uint256 amount) internal pure returns (uint256) {
        return amount.valueDown(pxOf(token), token.weiDecimals, token.szDecimals);
    }

    function tokenValueUp(TokenState memory token, uint256 amount) internal pure returns (uint256) {
        return amount.valueUp(pxOf(token), token.weiDecimals, token.szDecimals);
    }

    /// @notice Equity of the token's dexes + idle + supplied - borrowed, token wei (SPEC PM-10).
    function netTotal(TokenState memory token, int256 equity) internal pure returns (int256) {
        // Casts are safe: balances are 128 bits wide.
        // forge-lint: disable-next-item(unsafe-typecast)
        return equity + int256(uint256(token.idle)) + int256(uint256(token.supplied))
            - int256(uint256(token.borrowed));
    }

    /// @notice min(user borrow cap, collateral at thresholds) in wei of a borrowable token (SPEC PM-11).
    /// @dev `values` are the collaterals' (USD WAD); `capEach` has the cap bound each, not their sum.
    function borrowCapacityDown(TokenState memory token, uint256[] memory values, bool capEach)
        internal
        pure
        returns (uint256 capacity)
    {
        if (!token.borrowable) return 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < values.length; ++i) {
            if (capEach) capacity += buyingPowerDown(token, values[i]);
            sum += values[i];
        }
        return capEach ? capacity : buyingPowerDown(token, sum);
    }

    /// @notice Figures of one token; equity and maintenance in token wei (SPEC PM-10 to PM-12).
    function tokenMargin(
        TokenState memory token,
        int256 equity,
        uint256 maintenance,
        uint256[] memory thresholdValues,
        MarginPolicy memory policy
    ) internal pure returns (TokenMargin memory figures) {
        figures.netTotal = netTotal(token, equity);
        figures.maintenance = maintenance;
        figures.requirement = maintenance;
        // Where nothing is required, nothing depends on the price: an amount of an unpriced token, which
        // anybody could send, must not stand in the way of the account's judgement.
        bool needed = token.px != 0 || maintenance != 0 || figures.netTotal < 0;
        if (needed) figures.borrowCapacity = borrowCapacityDown(token, thresholdValues, policy.capEach);
        figures.liquidationValue = figures.borrowCapacity;
        if (figures.netTotal < 0) {
            figures.requirement += LiquidationMath.abs(figures.netTotal);
            if (policy.borrowOffset != 0) {
                figures.requirement += uint256(policy.borrowOffset)
                    .amountUp(pxOf(token), token.weiDecimals, token.szDecimals);
            }
        } else {
            // forge-lint: disable-next-line(unsafe-typecast)
            figures.liquidationValue += uint256(figures.netTotal);
        }
    }

    /// @notice Whether net debts exceed the collateral at its thresholds, where that is a trigger (SPEC
    /// LQ-01).
    function isOwingTooMuch(uint256 netDebt, uint256 thresholdValue, bool secondTrigger)
        internal
        pure
        returns (bool)
    {
        return secondTrigger && netDebt > thresholdValue;
    }

    /// @notice Every margin figure of an account (SPEC PM-03 to PM-13, LQ-01 to LQ-05).
    function accountMargin(Account memory account) internal pure returns (AccountMargin memory) {
        return accountMarginWith(account, dexMargins(account));
    }

    /// @notice The same with the figures of its dexes, so that its positions are not looked at.
    function accountMarginWith(Account memory account, DexMargin[] memory dexes)
        internal
        pure
        returns (AccountMargin memory figures)
    {
        figures.dexes = dexes;
        uint256[] memory carried = _addCollateral(account, figures);
        TokenState[] memory tokens = account.tokens;
        MarginPolicy memory policy = account.policy;
        figures.tokens = Unset.tokenMargins(tokens.length);
        bool beyond = false;
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenState memory token = tokens[i];
            (int256 equity, uint256 maintenance) = _perpsOf(account, figures.dexes, i);
            TokenMargin memory margin = tokenMargin(token, equity, maintenance, carried, policy);
            figures.tokens[i] = margin;
            // Where nothing is required, there is nothing to be beyond.
            if (margin.requirement == 0) continue;
            uint256 ratio = ratioUp(margin.requirement, margin.liquidationValue);
            if (ratio > figures.ratio) figures.ratio = ratio;
            beyond = beyond
                || isBeyond(
                    margin.requirement, margin.liquidationValue, policy.trigger, policy.triggerInclusive
                );
            // In standard mode a dex's shortage is its own, and no debt of the account.
            if (margin.netTotal < 0 && account.mode != Mode.Standard) {
                uint256 debt = LiquidationMath.abs(margin.netTotal);
                figures.netDebt += tokenValueUp(token, debt);
                figures.shortfall += tokenValueUp(token, maintenance + debt);
            }
        }

        for (uint256 i = 0; i < figures.dexes.length; ++i) {
            if (_lacksMaintenance(figures.dexes[i])) figures.perpShortfall = true;
        }
        if (account.mode == Mode.Standard) {
            figures.ratio = _standardRatio(figures.dexes);
            figures.liquidatable = figures.perpShortfall;
        } else {
            bool second = isOwingTooMuch(figures.netDebt, figures.thresholdValue, policy.secondTrigger);
            bool short = policy.perpShortfallTrigger && figures.perpShortfall;
            figures.liquidatable = beyond || second || short;
        }
        figures.healthFactor = healthFactorDown(figures.borrowPower, figures.grossDebt);
        figures.health = healthOf(
            figures.liquidatable,
            figures.netDebt,
            figures.shortfall,
            figures.takeoverValue,
            figures.healthFactor
        );
    }

    /// @notice Net totals of all tokens with a price, 1e-6 USD, down (SPEC AC-12).
    function accountValueDown(Account memory account) internal pure returns (int256 value) {
        DexMargin[] memory dexes = dexMargins(account);
        for (uint256 i = 0; i < account.tokens.length; ++i) {
            TokenState memory token = account.tokens[i];
            if (token.px == 0) continue;
            (int256 equity,) = _perpsOf(account, dexes, i);
            int256 net = netTotal(token, equity);
            uint256 amount = LiquidationMath.abs(net);
            // Casts are safe: an amount of 129 bits at a price of 64 has at most 233.
            // forge-lint: disable-next-item(unsafe-typecast)
            value += net < 0 ? -int256(tokenValueUp(token, amount)) : int256(tokenValueDown(token, amount));
        }
        int256 unit = int256(WAD / 10 ** PERP_DECIMALS);
        // Division truncates toward zero: what is below it rounds away from it.
        return value < 0 && value % unit != 0 ? value / unit - 1 : value / unit;
    }

    /// @notice Whether portfolio margin is open to an account (SPEC AC-10); all in 1e-6 USD, and
    /// NO_CONDITION where there is none.
    function isAdmitted(uint256 volume, int256 value, uint64 minVolume, uint64 minValue, uint64 maxValue)
        internal
        pure
        returns (bool)
    {
        if (maxValue != NO_CONDITION && value >= int256(uint256(maxValue))) return false;
        if (minVolume == NO_CONDITION && minValue == NO_CONDITION) return true;
        if (minVolume != NO_CONDITION && volume > minVolume) return true;
        return minValue != NO_CONDITION && value > int256(uint256(minValue));
    }

    /// @notice The venue's state of an account (SPEC LQ-05).
    function healthOf(
        bool liquidatable,
        uint256 netDebt,
        uint256 shortfall,
        uint256 takeoverValue,
        uint256 healthFactor
    ) internal pure returns (Health) {
        if (liquidatable) {
            bool fullBand = netDebt != 0 && shortfall > takeoverValue;
            return fullBand ? Health.BackstopLiquidatable : Health.MarketLiquidatable;
        }
        return healthFactor < WAD ? Health.AtRisk : Health.Healthy;
    }

    /// @dev Adds what stands for debts, and returns each token's value at its liquidation threshold.
    function _addCollateral(Account memory account, AccountMargin memory figures)
        private
        pure
        returns (uint256[] memory carried)
    {
        TokenState[] memory tokens = account.tokens;
        bool backed = account.mode == Mode.PortfolioMargin;
        carried = new uint256[](tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenState memory token = tokens[i];
            if (token.borrowed != 0) figures.grossDebt += tokenValueUp(token, token.borrowed);
            uint256 supplied = token.supplied;
            uint256 ltvBps = token.ltvBps;
            if (!backed || ltvBps == 0 || supplied == 0) continue;
            uint256 value = tokenValueDown(token, supplied);
            figures.takeoverValue += weightTakeoverDown(value, ltvBps);
            figures.borrowPower += weightLtvDown(value, ltvBps);
            if (supplied > token.userSupplyCap) value = tokenValueDown(token, token.userSupplyCap);
            value = weightThresholdDown(value, ltvBps);
            carried[i] = value;
            figures.thresholdValue += value;
        }
    }

    function _perpsOf(Account memory account, DexMargin[] memory dexes, uint256 token)
        private
        pure
        returns (int256 equity, uint256 maintenance)
    {
        for (uint256 i = 0; i < dexes.length; ++i) {
            if (account.dexes[i].collateral != token) continue;
            uint256 weiDecimals = account.tokens[token].weiDecimals;
            equity += perpToWei(dexes[i].accountValue, weiDecimals);
            maintenance += dexes[i].maintenance * weiPerPerpUsd(weiDecimals);
        }
    }

    function _standardRatio(DexMargin[] memory dexes) private pure returns (uint256 worst) {
        for (uint256 i = 0; i < dexes.length; ++i) {
            int256 value = dexes[i].accountValue;
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 ratio = ratioUp(dexes[i].maintenance, value > 0 ? uint256(value) : 0);
            if (ratio > worst) worst = ratio;
        }
    }

    function _lacksMaintenance(DexMargin memory dex) private pure returns (bool) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return dex.accountValue < int256(dex.maintenance);
    }
}
