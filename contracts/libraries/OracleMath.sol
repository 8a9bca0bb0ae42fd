// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LiquidationMath} from "./LiquidationMath.sol";
import {MAX_EXPONENT, RateMath} from "./RateMath.sol";
import {PERP_DECIMALS, RAY, SPOT_DECIMALS, WadMath} from "./WadMath.sol";

/// @dev One, for the spot oracle price of USDC (USDT per USDC, 8 decimals).
uint256 constant USDC_PX_ONE = 1e8;
/// @dev Seconds in which the average of mid - oracle forgets all but 1/e of a sample.
uint256 constant BASIS_EMA_SECONDS = 150;
/// @dev The same of the book's median, which stands in for a part of the mark price.
uint256 constant BOOK_EMA_SECONDS = 30;

/// @notice A moving average: the sum of the samples, weighted by time and faded, over that of the weights.
struct Ema {
    /// Price units times seconds, RAY.
    int256 num;
    /// Seconds, RAY.
    uint256 den;
}

/// @title The borrow oracle price, the oracle price and the mark price
/// @notice Twin of `pmkit/oracle.py`, where each formula is explained.
library OracleMath {
    using WadMath for uint256;

    /// @notice No price with weight, or not as many weights as prices.
    error InvalidWeights(uint256 prices, uint256 weights, uint256 totalWeight);
    /// @notice Fewer than two parts of the mark price exist, or two without what stands in for the third;
    /// what is missing is zero.
    error MarkPartsMissing(uint256 basisPx, uint256 bookPx, uint256 cexPx, uint256 bookEmaPx);

    /// @notice The middle one of three.
    function median(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        (uint256 low, uint256 high) = a < b ? (a, b) : (b, a);
        if (c < low) return low;
        return c > high ? high : c;
    }

    /// @notice A perp price in USDC on the token's spot grid, to nearest (SPEC OR-01).
    function perpPxOnSpotGridNearest(uint256 px, uint256 perpSzDecimals, uint256 szDecimals, uint256 usdcPx)
        internal
        pure
        returns (uint256)
    {
        return WadMath.mulDivNearest(
            px * 10 ** (SPOT_DECIMALS - szDecimals) * USDC_PX_ONE,
            1,
            10 ** (PERP_DECIMALS - perpSzDecimals) * usdcPx
        );
    }

    /// @notice The median of spot price, perp mark and perp oracle, on the spot grid (SPEC OR-01).
    function borrowOraclePx(
        uint256 spot,
        uint256 mark,
        uint256 oracle,
        uint256 perpSzDecimals,
        uint256 szDecimals,
        uint256 usdcPx
    ) internal pure returns (uint256) {
        return median(
            spot,
            perpPxOnSpotGridNearest(mark, perpSzDecimals, szDecimals, usdcPx),
            perpPxOnSpotGridNearest(oracle, perpSzDecimals, szDecimals, usdcPx)
        );
    }

    /// @notice The least price at or below which half of the weight lies (SPEC OR-07).
    /// @dev A price of zero is missing, and its weight with it.
    function weightedMedian(uint256[] memory prices, uint256[] memory weights)
        internal
        pure
        returns (uint256 found)
    {
        uint256 total = prices.length == weights.length ? _weightUpTo(type(uint256).max, prices, weights) : 0;
        require(total != 0, InvalidWeights(prices.length, weights.length, total));
        for (uint256 i = 0; i < prices.length; ++i) {
            uint256 px = prices[i];
            bool lower = px != 0 && (found == 0 || px < found);
            if (lower && 2 * _weightUpTo(px, prices, weights) >= total) found = px;
        }
    }

    /// @notice e^(-elapsed / time constant) as RAY, down (SPEC OR-05).
    function decayDown(uint256 elapsed, uint256 timeConstant) internal pure returns (uint256) {
        uint256 exponent = elapsed.mulDivDown(RAY, timeConstant);
        if (exponent > MAX_EXPONENT) return 0;
        return RAY * RAY / (RAY + RateMath.expm1(exponent));
    }

    /// @notice A moving average after a sample that held for `elapsed` seconds (SPEC OR-05).
    function emaUpdated(Ema memory ema, int256 sample, uint256 elapsed, uint256 timeConstant)
        internal
        pure
        returns (Ema memory)
    {
        uint256 decay = decayDown(elapsed, timeConstant);
        uint256 weight = elapsed * RAY;
        // Casts are safe: what fades gets smaller, and a time has 40 bits.
        // forge-lint: disable-start(unsafe-typecast)
        int256 faded = int256(LiquidationMath.abs(ema.num).mulDivDown(decay, RAY));
        int256 num = (ema.num < 0 ? -faded : faded) + sample * int256(weight);
        // forge-lint: disable-end(unsafe-typecast)
        return Ema(num, ema.den.mulDivDown(decay, RAY) + weight);
    }

    /// @notice The value of a moving average, to nearest (SPEC OR-05).
    function emaNearest(Ema memory ema) internal pure returns (int256 value) {
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 den = int256(ema.den);
        int256 doubled = 2 * ema.num + den;
        value = doubled / (2 * den);
        // Division truncates toward zero.
        if (doubled < 0 && doubled % (2 * den) != 0) --value;
    }

    /// @notice Oracle price + moving average of mid - oracle; zero where either is missing (SPEC OR-06).
    function basisPxNearest(uint256 oracle, Ema memory ema) internal pure returns (uint256) {
        if (oracle == 0 || ema.den == 0) return 0;
        // Casts are safe: prices have 64 bits.
        // forge-lint: disable-next-item(unsafe-typecast)
        int256 px = int256(oracle) + emaNearest(ema);
        // forge-lint: disable-next-line(unsafe-typecast)
        return px > 0 ? uint256(px) : 0;
    }

    /// @notice The median of best bid, best ask and last trade; zero where one is missing (SPEC OR-06).
    function bookMedian(uint256 bid, uint256 ask, uint256 last) internal pure returns (uint256) {
        return bid == 0 || ask == 0 || last == 0 ? 0 : median(bid, ask, last);
    }

    /// @notice The median of three parts, or of two and what stands in for the third (SPEC OR-06).
    function markPx(uint256 basisPx, uint256 bookPx, uint256 cexPx, uint256 bookEmaPx)
        internal
        pure
        returns (uint256)
    {
        (uint256 a, uint256 b, uint256 c) = (basisPx, bookPx, cexPx);
        if (a == 0) a = bookEmaPx;
        else if (b == 0) b = bookEmaPx;
        else if (c == 0) c = bookEmaPx;
        require(a != 0 && b != 0 && c != 0, MarkPartsMissing(basisPx, bookPx, cexPx, bookEmaPx));
        return median(a, b, c);
    }

    /// @dev The weight of what is priced, at most at `px`.
    function _weightUpTo(uint256 px, uint256[] memory prices, uint256[] memory weights)
        private
        pure
        returns (uint256 weight)
    {
        for (uint256 i = 0; i < prices.length; ++i) {
            if (prices[i] != 0 && prices[i] <= px) weight += weights[i];
        }
    }
}
