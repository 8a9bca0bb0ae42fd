// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    Account,
    AccountMargin,
    DexMargin,
    Health,
    MarginPolicy,
    PerpState,
    Sweep,
    TokenMargin,
    TokenState,
    TokenSweep
} from "../libraries/AccountTypes.sol";
import {CLAMP, FundingMath, HOURLY_CAP, HOURS, INTEREST} from "../libraries/FundingMath.sol";
import {DISPLAY_DECIMALS, LiquidationMath, Takeover} from "../libraries/LiquidationMath.sol";
import {MarginMath, NO_CONDITION} from "../libraries/MarginMath.sol";
import {BASIS_EMA_SECONDS, BOOK_EMA_SECONDS, Ema, OracleMath, USDC_PX_ONE} from "../libraries/OracleMath.sol";
import {
    LN2,
    MAX_EXPONENT,
    MAX_INDEX,
    RateCurve,
    RateMath,
    ReserveIndexes,
    SHARE_UNIT,
    YEAR
} from "../libraries/RateMath.sol";
import {StaleMath} from "../libraries/StaleMath.sol";
import {SweepMath} from "../libraries/SweepMath.sol";
import {MAX_LEVERAGE, Tier, TierMath} from "../libraries/TierMath.sol";
import {BPS, INFINITE, PERP_DECIMALS, PPM, RAY, SPOT_DECIMALS, WAD, WadMath} from "../libraries/WadMath.sol";

/// @notice The constants that both languages write down.
struct Constants {
    uint256 wad;
    uint256 ray;
    uint256 bps;
    uint256 ppm;
    uint256 perpDecimals;
    uint256 spotDecimals;
    uint256 infinite;
    uint256 year;
    uint256 shareUnit;
    uint256 maxExponent;
    uint256 maxIndex;
    uint256 ln2;
    uint256 maxLeverage;
    uint256 usdcPxOne;
    uint256 basisEmaSeconds;
    uint256 bookEmaSeconds;
    uint256 displayDecimals;
    int256 interest;
    int256 clamp;
    int256 hours_;
    int256 hourlyCap;
    uint256 noCondition;
}

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

    function toInt128(int256 value) external pure returns (int128) {
        return WadMath.toInt128(value);
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

    function ln1p(uint256 rate) external pure returns (uint256) {
        return RateMath.ln1p(rate);
    }

    function growthOf(uint256 rate, uint256 elapsed, bool annual) external pure returns (uint256) {
        return RateMath.growthOf(rate, elapsed, annual);
    }

    function accrue(ReserveIndexes memory reserve, RateCurve memory curve, uint256 elapsed)
        external
        pure
        returns (ReserveIndexes memory)
    {
        RateMath.accrue(reserve, curve, elapsed);
        return reserve;
    }

    function interestRoomDown(
        ReserveIndexes memory reserve,
        uint256 interest,
        uint256 lent,
        uint256 protocolShare
    ) external pure returns (uint256) {
        return RateMath.interestRoomDown(reserve, interest, lent, protocolShare);
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

    function maintenanceMarginDown(uint256 notional_, Tier[] memory table) external pure returns (uint256) {
        return TierMath.maintenanceMarginDown(notional_, table);
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

    function weightedMedian(uint256[] memory prices, uint256[] memory weights)
        external
        pure
        returns (uint256)
    {
        return OracleMath.weightedMedian(prices, weights);
    }

    function decayDown(uint256 elapsed, uint256 timeConstant) external pure returns (uint256) {
        return OracleMath.decayDown(elapsed, timeConstant);
    }

    function emaUpdated(Ema memory ema, int256 sample, uint256 elapsed, uint256 timeConstant)
        external
        pure
        returns (Ema memory)
    {
        return OracleMath.emaUpdated(ema, sample, elapsed, timeConstant);
    }

    function emaNearest(Ema memory ema) external pure returns (int256) {
        return OracleMath.emaNearest(ema);
    }

    function basisPxNearest(uint256 oracle, Ema memory ema) external pure returns (uint256) {
        return OracleMath.basisPxNearest(oracle, ema);
    }

    function bookMedian(uint256 bid, uint256 ask, uint256 last) external pure returns (uint256) {
        return OracleMath.bookMedian(bid, ask, last);
    }

    function markPx(uint256 basisPx, uint256 bookPx, uint256 cexPx, uint256 bookEmaPx)
        external
        pure
        returns (uint256)
    {
        return OracleMath.markPx(basisPx, bookPx, cexPx, bookEmaPx);
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

    function rewardPpmDown(uint256 rewardPpm, uint256 debt, uint256 collateral)
        external
        pure
        returns (uint256)
    {
        return LiquidationMath.rewardPpmDown(rewardPpm, debt, collateral);
    }

    function widthShareDown(uint256 share, uint256 value, uint256 width) external pure returns (uint256) {
        return LiquidationMath.widthShareDown(share, value, width);
    }

    function fullTakeover(uint256 debt, uint256 collateralValue) external pure returns (Takeover memory) {
        return LiquidationMath.fullTakeover(debt, collateralValue);
    }

    function perpCloseUp(int256 szi, uint256 notional_, uint256 threshold, uint256 part, bool cooling)
        external
        pure
        returns (uint256)
    {
        return LiquidationMath.perpCloseUp(szi, notional_, threshold, part, cooling);
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

    function adlIndexDown(uint256 mark, uint256 entryNtl, int256 szi, uint256 notional_, int256 accountValue)
        external
        pure
        returns (uint256)
    {
        return LiquidationMath.adlIndexDown(mark, entryNtl, szi, notional_, accountValue);
    }

    function remainingUp(uint256 amount, uint256 elapsed, uint256 halfLife) external pure returns (uint256) {
        return LiquidationMath.remainingUp(amount, elapsed, halfLife);
    }

    function isBelowBackstop(int256 equity, uint256 maintenance, uint256 backstopRatio)
        external
        pure
        returns (bool)
    {
        return LiquidationMath.isBelowBackstop(equity, maintenance, backstopRatio);
    }

    function keptMarginUp(int256 equity, uint256 initialMargin, int256 sziBefore, int256 sziNow)
        external
        pure
        returns (int256)
    {
        return MarginMath.keptMarginUp(equity, initialMargin, sziBefore, sziNow);
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

    function withdrawableDown(TokenState memory token, uint256 borrowPower, uint256 grossDebt)
        external
        pure
        returns (uint256)
    {
        return MarginMath.withdrawableDown(token, borrowPower, grossDebt);
    }

    function buyingPowerDown(TokenState memory token, uint256 borrowPower) external pure returns (uint256) {
        return MarginMath.buyingPowerDown(token, borrowPower);
    }

    function holdUp(TokenState memory token, int256 total, int256 equity, uint256 borrowPower)
        external
        pure
        returns (int256)
    {
        return MarginMath.holdUp(token, total, equity, borrowPower);
    }

    function capUsedNearest(uint256 amount, uint256 cap) external pure returns (uint256) {
        return MarginMath.capUsedNearest(amount, cap);
    }

    function tierRoomDown(int256 szi, uint256 mark, bool isBuy, uint256 leverage, Tier[] memory table)
        external
        pure
        returns (uint256)
    {
        return TierMath.tierRoomDown(szi, mark, isBuy, leverage, table);
    }

    function premiumDown(uint64 px, uint64 oracle) external pure returns (int256) {
        return FundingMath.premiumDown(px, oracle);
    }

    function impactPremiumDown(uint64 bid, uint64 ask, uint64 oracle) external pure returns (int256) {
        return FundingMath.impactPremiumDown(bid, ask, oracle);
    }

    function midPremiumDown(uint64 bid, uint64 ask, uint64 oracle) external pure returns (int256) {
        return FundingMath.midPremiumDown(bid, ask, oracle);
    }

    function fundingRate(int256 premium) external pure returns (int256) {
        return FundingMath.fundingRate(premium);
    }

    function hourlyRateDown(int256 premium) external pure returns (int256) {
        return FundingMath.hourlyRateDown(premium);
    }

    function fundingPaymentUp(int64 szi, int256 growth) external pure returns (int256) {
        return FundingMath.fundingPaymentUp(szi, growth);
    }

    function hoursTurned(uint256 since, uint256 now_, uint256 interval) external pure returns (uint256) {
        return FundingMath.hoursTurned(since, now_, interval);
    }

    function fundingIndexAfter(int256 index, uint64 mark, uint64 oracle, uint256 turned)
        external
        pure
        returns (int256)
    {
        return FundingMath.fundingIndexAfter(index, mark, oracle, turned);
    }

    function tierAt(uint256 notional_, Tier[] memory table) external pure returns (Tier memory) {
        return TierMath.tierAt(notional_, table);
    }

    function perpPxOnSpotGridNearest(uint256 px, uint256 perpSzDecimals, uint256 szDecimals, uint256 usdcPx)
        external
        pure
        returns (uint256)
    {
        return OracleMath.perpPxOnSpotGridNearest(px, perpSzDecimals, szDecimals, usdcPx);
    }

    function notional(int256 szi, uint256 mark) external pure returns (uint256) {
        return MarginMath.notional(szi, mark);
    }

    function weiPerPerpUsd(uint256 weiDecimals) external pure returns (uint256) {
        return MarginMath.weiPerPerpUsd(weiDecimals);
    }

    function perpToWei(int256 usd, uint256 weiDecimals) external pure returns (int256) {
        return MarginMath.perpToWei(usd, weiDecimals);
    }

    function weightLtvDown(uint256 value, uint256 ltvBps) external pure returns (uint256) {
        return MarginMath.weightLtvDown(value, ltvBps);
    }

    function weightThresholdDown(uint256 value, uint256 ltvBps) external pure returns (uint256) {
        return MarginMath.weightThresholdDown(value, ltvBps);
    }

    function weightTakeoverDown(uint256 value, uint256 ltvBps) external pure returns (uint256) {
        return MarginMath.weightTakeoverDown(value, ltvBps);
    }

    function dexMargin(int256 rawUsd, PerpState[] memory perps, uint256 dex)
        external
        pure
        returns (DexMargin memory)
    {
        return MarginMath.dexMargin(rawUsd, perps, dex);
    }

    function pxOf(TokenState memory token) external pure returns (uint256) {
        return MarginMath.pxOf(token);
    }

    function tokenValueDown(TokenState memory token, uint256 amount) external pure returns (uint256) {
        return MarginMath.tokenValueDown(token, amount);
    }

    function tokenValueUp(TokenState memory token, uint256 amount) external pure returns (uint256) {
        return MarginMath.tokenValueUp(token, amount);
    }

    function netTotal(TokenState memory token, int256 equity) external pure returns (int256) {
        return MarginMath.netTotal(token, equity);
    }

    function borrowCapacityDown(TokenState memory token, uint256[] memory values, bool capEach)
        external
        pure
        returns (uint256)
    {
        return MarginMath.borrowCapacityDown(token, values, capEach);
    }

    function isOwingTooMuch(uint256 netDebt, uint256 thresholdValue, bool secondTrigger)
        external
        pure
        returns (bool)
    {
        return MarginMath.isOwingTooMuch(netDebt, thresholdValue, secondTrigger);
    }

    function tokenMargin(
        TokenState memory token,
        int256 equity,
        uint256 maintenance,
        uint256[] memory thresholdValues,
        MarginPolicy memory policy
    ) external pure returns (TokenMargin memory) {
        return MarginMath.tokenMargin(token, equity, maintenance, thresholdValues, policy);
    }

    function accountValueDown(Account memory account) external pure returns (int256) {
        return MarginMath.accountValueDown(account);
    }

    function isAdmitted(uint256 volume, int256 value, uint64 minVolume, uint64 minValue, uint64 maxValue)
        external
        pure
        returns (bool)
    {
        return MarginMath.isAdmitted(volume, value, minVolume, minValue, maxValue);
    }

    function healthOf(
        bool liquidatable,
        uint256 netDebt,
        uint256 shortfall,
        uint256 takeoverValue,
        uint256 healthFactor
    ) external pure returns (Health) {
        return MarginMath.healthOf(liquidatable, netDebt, shortfall, takeoverValue, healthFactor);
    }

    function ltvRoomDown(TokenState[] memory tokens, TokenState memory borrowed)
        external
        pure
        returns (uint256)
    {
        return SweepMath.ltvRoomDown(tokens, borrowed);
    }

    function sweepToken(
        TokenState memory token,
        uint256 room,
        uint256 wanted,
        uint256 freed,
        uint256 unit,
        bool lends
    ) external pure returns (TokenSweep memory, uint256) {
        return SweepMath.sweepToken(token, room, wanted, freed, unit, lends);
    }

    function isDecisive(Account memory account, uint256 token) external pure returns (bool) {
        return StaleMath.isDecisive(account, token);
    }

    function backs(Account memory account, uint256 token) external pure returns (bool) {
        return StaleMath.backs(account, token);
    }

    function withoutCollateral(Account memory account, uint256 stale) external pure returns (Account memory) {
        StaleMath.withoutCollateral(account, stale);
        return account;
    }

    function atTwicePx(Account memory account, uint256 stale) external pure returns (Account memory) {
        StaleMath.atTwicePx(account, stale);
        return account;
    }

    function twice(uint64 px) external pure returns (uint64) {
        return StaleMath.twice(px);
    }

    function constants() external pure returns (Constants memory) {
        return Constants({
            wad: WAD,
            ray: RAY,
            bps: BPS,
            ppm: PPM,
            perpDecimals: PERP_DECIMALS,
            spotDecimals: SPOT_DECIMALS,
            infinite: INFINITE,
            year: YEAR,
            shareUnit: SHARE_UNIT,
            maxExponent: MAX_EXPONENT,
            maxIndex: MAX_INDEX,
            ln2: LN2,
            maxLeverage: MAX_LEVERAGE,
            usdcPxOne: USDC_PX_ONE,
            basisEmaSeconds: BASIS_EMA_SECONDS,
            bookEmaSeconds: BOOK_EMA_SECONDS,
            displayDecimals: DISPLAY_DECIMALS,
            interest: INTEREST,
            clamp: CLAMP,
            hours_: HOURS,
            hourlyCap: HOURLY_CAP,
            noCondition: NO_CONDITION
        });
    }

    function displayAvailableDown(Account memory account, AccountMargin memory margin, uint256 dex)
        external
        pure
        returns (int256)
    {
        return MarginMath.displayAvailableDown(account, margin, dex);
    }
}
