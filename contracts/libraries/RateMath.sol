// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {RAY, WAD, WadMath} from "./WadMath.sol";

/// @dev Seconds in a year of interest.
uint256 constant YEAR = 365 days;
/// @dev Shares per token wei while the index is one.
uint256 constant SHARE_UNIT = 1e9;
/// @dev Largest exponent of `expm1`.
uint256 constant MAX_EXPONENT = 40e27;

/// @dev Largest growth exponent of one accrual.
uint256 constant MAX_ACCRUAL = 20e27;
/// @dev Largest index: one, grown about 20,000 times. Any shares are worth less than 2^113 wei at it, so what
/// is repaid or taken over still fits beside them.
uint256 constant MAX_INDEX = type(uint104).max;
/// @dev The natural logarithm of two, 36 decimals.
uint256 constant LN2 = 693_147_180_559_945_309_417_232_121_458_176_568;

/// @notice Kink curve of one reserve (SPEC BL-02).
struct RateCurve {
    /// Borrow rate per year below the kink, RAY.
    uint256 base;
    /// Rise of the rate per unit of utilization above the kink, RAY.
    uint256 slope;
    /// Utilization at which the slope begins, RAY.
    uint256 kink;
    /// Share of borrow interest kept as liquidation buffer, WAD.
    uint64 protocolShare;
    /// Whether a debt grows by the rate in a year, (1 + r)^t, and not continuously, e^(r t).
    bool annual;
}

/// @notice What interest changes in a reserve.
struct ReserveIndexes {
    uint256 supplyIndex;
    uint256 borrowIndex;
    uint256 supplyShares;
    uint256 borrowShares;
    /// Liquidation buffer in 1e-9 token wei.
    uint256 buffer;
}

/// @title Interest: utilization, the kink curve, growth and shares
/// @notice Twin of `pmkit/rates.py`, where each formula is explained.
library RateMath {
    using WadMath for uint256;

    /// @notice The growth exponent (RAY) leaves the number range.
    error ExponentTooLarge(uint256 exponent, uint256 maximum);

    /// @notice borrowed / supplied as RAY, down, at most one (SPEC BL-01).
    function utilization(uint256 borrowed, uint256 supplied) internal pure returns (uint256) {
        if (borrowed == 0) return 0;
        if (borrowed >= supplied) return RAY;
        return borrowed.mulDivDown(RAY, supplied);
    }

    /// @notice Borrow rate per year (RAY) at a utilization, up (SPEC BL-02).
    function borrowRate(uint256 utilization_, RateCurve memory curve) internal pure returns (uint256) {
        if (utilization_ <= curve.kink) return curve.base;
        return curve.base + curve.slope.mulDivUp(utilization_ - curve.kink, RAY);
    }

    /// @notice Supply rate per year (RAY), down (SPEC BL-03).
    function supplyRate(uint256 borrowRate_, uint256 utilization_, uint256 protocolShare)
        internal
        pure
        returns (uint256)
    {
        return borrowRate_.mulDivDown(utilization_, RAY).mulDivDown(WAD - protocolShare, WAD);
    }

    /// @notice e^x - 1 as RAY for an exponent as RAY (SPEC BL-04).
    function expm1(uint256 exponent) internal pure returns (uint256 result) {
        require(exponent <= MAX_EXPONENT, ExponentTooLarge(exponent, MAX_EXPONENT));
        uint256 one = 1e36;
        // Nothing leaves the range: x is at most 40 ones, the series below two, the result below e^40 ones.
        unchecked {
            uint256 x = exponent * 1e9;
            uint256 halvings = 0;
            while (x > one / 16) {
                x = x / 2;
                ++halvings;
            }
            // Horner's form of x + x^2/2! + ... + x^16/16!, written out: every accrual and check comes by
            // here.
            uint256 series = one + x / 16;
            series = one + x * series / 15e36;
            series = one + x * series / 14e36;
            series = one + x * series / 13e36;
            series = one + x * series / 12e36;
            series = one + x * series / 11e36;
            series = one + x * series / 10e36;
            series = one + x * series / 9e36;
            series = one + x * series / 8e36;
            series = one + x * series / 7e36;
            series = one + x * series / 6e36;
            series = one + x * series / 5e36;
            series = one + x * series / 4e36;
            series = one + x * series / 3e36;
            series = one + x * series / 2e36;
            result = x * series / one;
            for (uint256 i = 0; i < halvings; ++i) {
                result = result.mulDivDown(result + 2 * one, one);
            }
            result = result / 1e9;
        }
    }

    /// @notice ln(1 + x) as RAY for a rate as RAY, down (SPEC BL-16).
    function ln1p(uint256 rate) internal pure returns (uint256) {
        uint256 one = 1e36;
        // The largest product there is: nothing below it leaves the range.
        uint256 x = rate * 1e45 / one;
        unchecked {
            x = one + x;
            uint256 power = one;
            uint256 whole = 0;
            while (x >= 2 * power) {
                power = 2 * power;
                whole = whole + LN2;
            }
            // ln(x / power) = 2 artanh(z), in Horner's form of z + z^3/3 + ... + z^65/65
            // Fixed point: each step is rounded as in the twin.
            // slither-disable-next-line divide-before-multiply
            uint256 z = (x - power) * one / (x + power);
            // Fixed point: each step is rounded as in the twin.
            // slither-disable-next-line divide-before-multiply
            uint256 square = z * z / one;
            uint256 series = 0;
            for (uint256 order = 65; order > 1; order -= 2) {
                series = (one / order + series) * square / one;
            }
            return (2 * z * (one + series) / one + whole) / 1e9;
        }
    }

    /// @notice What a debt of one grows by in `elapsed` seconds at a rate per year, RAY (SPEC BL-04, BL-16).
    function growthOf(uint256 rate, uint256 elapsed, bool annual) internal pure returns (uint256) {
        uint256 exponent = (annual ? ln1p(rate) : rate) * elapsed / YEAR;
        return expm1(exponent < MAX_ACCRUAL ? exponent : MAX_ACCRUAL);
    }

    /// @notice Make it the reserve after `elapsed` seconds of interest at its present rate (SPEC BL-05).
    function accrue(ReserveIndexes memory reserve, RateCurve memory curve, uint256 elapsed) internal pure {
        if (elapsed == 0 || reserve.borrowShares == 0) return;
        uint256 supplied = reserve.supplyShares.mulDivDown(reserve.supplyIndex, RAY);
        uint256 used = utilization(reserve.borrowShares.mulDivUp(reserve.borrowIndex, RAY), supplied);
        uint256 growth = growthOf(borrowRate(used, curve), elapsed, curve.annual);
        uint256 rise = _min(reserve.borrowIndex.mulDivUp(growth, RAY), MAX_INDEX - reserve.borrowIndex);
        uint256 interest = reserve.borrowShares.mulDivDown(rise, RAY);
        uint256 lent = _min(interest, supplied.mulDivDown(growth, RAY));
        uint256 most = interestRoomDown(reserve, interest, lent, curve.protocolShare);
        if (interest > most) {
            rise = most.mulDivDown(RAY, reserve.borrowShares);
            uint256 left = reserve.borrowShares.mulDivDown(rise, RAY);
            (interest, lent) = (left, lent.mulDivDown(left, interest));
        }
        if (lent != 0) {
            uint256 toSuppliers = lent.mulDivDown(WAD - curve.protocolShare, WAD);
            reserve.supplyIndex += toSuppliers.mulDivDown(RAY, reserve.supplyShares);
        }
        reserve.borrowIndex += rise;
        // What is lent beyond the supply is the buffer's own.
        reserve.buffer += interest - lent + lent.mulDivDown(curve.protocolShare, WAD);
    }

    /// @notice Interest, in 1e-9 token wei, that suppliers and buffer can take, where `lent` of it is earned
    /// by what is supplied (SPEC BL-22).
    function interestRoomDown(
        ReserveIndexes memory reserve,
        uint256 interest,
        uint256 lent,
        uint256 protocolShare
    ) internal pure returns (uint256 room) {
        room = type(uint128).max - reserve.buffer;
        if (lent == interest) {
            room = protocolShare == 0 ? type(uint256).max : room.mulDivDown(WAD, protocolShare);
        }
        if (lent != 0 && protocolShare < WAD) {
            uint256 earned = reserve.supplyShares.mulDivDown(MAX_INDEX - reserve.supplyIndex, RAY);
            uint256 most = earned.mulDivDown(WAD, WAD - protocolShare);
            if (lent > most) room = _min(room, interest.mulDivDown(most, lent));
        }
    }

    /// @notice Shares that token wei are worth at an index, down (SPEC BL-06).
    function sharesDown(uint256 amount, uint256 index) internal pure returns (uint256) {
        return (amount * SHARE_UNIT).mulDivDown(RAY, index);
    }

    /// @notice Shares that token wei are worth at an index, up (SPEC BL-06).
    function sharesUp(uint256 amount, uint256 index) internal pure returns (uint256) {
        return (amount * SHARE_UNIT).mulDivUp(RAY, index);
    }

    /// @notice Token wei that shares are worth at an index, down: supply (SPEC BL-06).
    function amountOfSharesDown(uint256 shares, uint256 index) internal pure returns (uint256) {
        return shares.mulDivDown(index, RAY * SHARE_UNIT);
    }

    /// @notice Token wei that shares are worth at an index, up: debt (SPEC BL-06).
    function amountOfSharesUp(uint256 shares, uint256 index) internal pure returns (uint256) {
        return shares.mulDivUp(index, RAY * SHARE_UNIT);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
