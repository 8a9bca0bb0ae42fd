// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Account, AccountMargin, Sweep, TokenState} from "../libraries/AccountTypes.sol";
import {FundingMath} from "../libraries/FundingMath.sol";
import {LiquidationMath, Takeover} from "../libraries/LiquidationMath.sol";
import {MarginMath} from "../libraries/MarginMath.sol";
import {OracleMath} from "../libraries/OracleMath.sol";
import {RateCurve, RateMath, ReserveIndexes} from "../libraries/RateMath.sol";
import {SweepMath} from "../libraries/SweepMath.sol";
import {Tier, TierMath} from "../libraries/TierMath.sol";
import {WadMath} from "../libraries/WadMath.sol";

/// @title Every pure twin as an external function
/// @notice For tests that hold the Solidity formulas against `pmkit`'s, function by function.
contract MathHarness {
    function mulDivDown(uint256 a, uint256 b, uint256 denominator) external pure returns (uint256) {
        return WadMath.mulDivDown(a, b, denominator);
    }

    function mulDivUp(uint256 a, uint256 b, uint256 denominator) external pure returns (uint256) {
        return WadMath.mulDivUp(a, b, denominator);
    }

    function mulDivNearest(uint256 a, uint256 b, uint256 denominator) external pure returns (uint256) {
        return WadMath.mulDivNearest(a, b, denominator);
    }

    function toUint128(uint256 value) external pure returns (uint128) {
        return WadMath.toUint128(value);
    }

    function pxScale(uint256 weiDecimals, uint256 szDecimals) external pure returns (uint256) {
        return WadMath.pxScale(weiDecimals, szDecimals);
    }

    function valueDown(uint256 amount, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        external
        pure
        returns (uint256)
    {
        return WadMath.valueDown(amount, px, weiDecimals, szDecimals);
    }

    function valueUp(uint256 amount, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        external
        pure
        returns (uint256)
    {
        return WadMath.valueUp(amount, px, weiDecimals, szDecimals);
    }

    function amountDown(uint256 value, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        external
        pure
        returns (uint256)
    {
        return WadMath.amountDown(value, px, weiDecimals, szDecimals);
    }

    function amountUp(uint256 value, uint256 px, uint256 weiDecimals, uint256 szDecimals)
        external
        pure
        returns (uint256)
    {
        return WadMath.amountUp(value, px, weiDecimals, szDecimals);
    }

    function utilization(uint256 borrowed, uint256 supplied) external pure returns (uint256) {
        return RateMath.utilization(borrowed, supplied);
    }

    function borrowRate(uint256 utilization_, RateCurve memory curve) external pure returns (uint256) {
        return RateMath.borrowRate(utilization_, curve);
    }

    function supplyRate(uint256 borrowRate_, uint256 utilization_, uint256 protocolShare)
        external
        pure
        returns (uint256)
    {
        return RateMath.supplyRate(borrowRate_, utilization_, protocolShare);
    }

    function expm1(uint256 exponent) external pure returns (uint256) {
        return RateMath.expm1(exponent);
    }

    function accrue(ReserveIndexes memory reserve, RateCurve memory curve, uint256 elapsed)
        external
        pure
        returns (ReserveIndexes memory)
    {
        return RateMath.accrue(reserve, curve, elapsed);
    }

    function sharesDown(uint256 amount, uint256 index) external pure returns (uint256) {
        return RateMath.sharesDown(amount, index);
    }

    function sharesUp(uint256 amount, uint256 index) external pure returns (uint256) {
        return RateMath.sharesUp(amount, index);
    }

    function amountOfSharesDown(uint256 shares, uint256 index) external pure returns (uint256) {
        return RateMath.amountOfSharesDown(shares, index);
    }

    function amountOfSharesUp(uint256 shares, uint256 index) external pure returns (uint256) {
        return RateMath.amountOfSharesUp(shares, index);
    }

    function marginTable(uint64[] memory lowerBounds, uint8[] memory maxLeverages)
        external
        pure
        returns (Tier[] memory)
    {
        return TierMath.marginTable(lowerBounds, maxLeverages);
    }

    function maintenanceMarginDown(uint256 notional, Tier[] memory table) external pure returns (uint256) {
        return TierMath.maintenanceMarginDown(notional, table);
    }

    function median(uint256 a, uint256 b, uint256 c) external pure returns (uint256) {
        return OracleMath.median(a, b, c);
    }

    function borrowOraclePx(
        uint256 spot,
        uint256 mark,
        uint256 oracle,
        uint256 perpSzDecimals,
        uint256 szDecimals,
        uint256 usdcPx
    ) external pure returns (uint256) {
        return OracleMath.borrowOraclePx(spot, mark, oracle, perpSzDecimals, szDecimals, usdcPx);
    }

    function initialMarginDown(uint256 notional_, uint256 leverage) external pure returns (uint256) {
        return MarginMath.initialMarginDown(notional_, leverage);
    }

    function transferMarginUp(uint256 initialMargin, uint256 notional_) external pure returns (uint256) {
        return MarginMath.transferMarginUp(initialMargin, notional_);
    }

    function ratioUp(uint256 requirement, uint256 liquidationValue) external pure returns (uint256) {
        return MarginMath.ratioUp(requirement, liquidationValue);
    }

    function isBeyond(uint256 requirement, uint256 liquidationValue, uint256 trigger, bool inclusive)
        external
        pure
        returns (bool)
    {
        return MarginMath.isBeyond(requirement, liquidationValue, trigger, inclusive);
    }

    function healthFactorDown(uint256 borrowPower, uint256 grossDebt) external pure returns (uint256) {
        return MarginMath.healthFactorDown(borrowPower, grossDebt);
    }

    function stepDebtUp(uint256 debtAtStart, uint256 debt, uint256 step, uint256 minimum)
        external
        pure
        returns (uint256)
    {
        return LiquidationMath.stepDebtUp(debtAtStart, debt, step, minimum);
    }

    function partialTakeover(uint256 debt, uint256 takeoverValue) external pure returns (Takeover memory) {
        return LiquidationMath.partialTakeover(debt, takeoverValue);
    }

    function fullTakeover(uint256 debt, uint256 collateralValue) external pure returns (Takeover memory) {
        return LiquidationMath.fullTakeover(debt, collateralValue);
    }

    function perpCloseUp(int256 szi, uint256 notional, uint256 threshold, uint256 part, bool cooling)
        external
        pure
        returns (uint256)
    {
        return LiquidationMath.perpCloseUp(szi, notional, threshold, part, cooling);
    }

    function displayLiquidationPxDown(
        uint256 mark,
        int256 szi,
        uint256 szDecimals,
        int256 available,
        uint256 maxLeverage
    ) external pure returns (int256) {
        return LiquidationMath.displayLiquidationPxDown(mark, szi, szDecimals, available, maxLeverage);
    }

    function isolatedLiquidationPxDown(
        uint256 mark,
        int256 szi,
        uint256 szDecimals,
        int256 margin,
        int256 maintenance,
        uint256 maxLeverage
    ) external pure returns (int256) {
        return LiquidationMath.isolatedLiquidationPxDown(
            mark, szi, szDecimals, margin, maintenance, maxLeverage
        );
    }

    function accountMargin(Account memory account) external pure returns (AccountMargin memory) {
        return MarginMath.accountMargin(account);
    }

    function sweep(Account memory account) external pure returns (Account memory, Sweep memory) {
        Sweep memory plan = SweepMath.sweep(account);
        return (account, plan);
    }

    function lockedCollateralUp(
        uint256 debtValue,
        uint256 px,
        uint256 weiDecimals,
        uint256 szDecimals,
        uint256 ltvBps
    ) external pure returns (uint256) {
        return MarginMath.lockedCollateralUp(debtValue, px, weiDecimals, szDecimals, ltvBps);
    }

    function buyingPowerDown(TokenState memory token, uint256 borrowPower) external pure returns (uint256) {
        return MarginMath.buyingPowerDown(token, borrowPower);
    }

    function premiumDown(uint64 px, uint64 oracle) external pure returns (int256) {
        return FundingMath.premiumDown(px, oracle);
    }

    function fundingRate(int256 premium) external pure returns (int256) {
        return FundingMath.fundingRate(premium);
    }

    function hourlyRateDown(int256 premium) external pure returns (int256) {
        return FundingMath.hourlyRateDown(premium);
    }

    function fundingPaymentUp(int64 szi, uint64 oracle, int256 rate) external pure returns (int256) {
        return FundingMath.fundingPaymentUp(szi, oracle, rate);
    }
}
