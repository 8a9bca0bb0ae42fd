// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev Rate of eight hours without a premium, WAD.
int256 constant INTEREST = 0.0001e18;
/// @dev Farthest that the interest pulls against the premium, WAD.
int256 constant CLAMP = 0.0005e18;
/// @dev Hours that a rate is stated for.
int256 constant HOURS = 8;
/// @dev Most that is paid in an hour, WAD.
int256 constant HOURLY_CAP = 0.04e18;

/// @title Funding: premium, rate and payment
/// @notice Twin of `pmkit/funding.py`, where each formula is explained.
library FundingMath {
    int256 private constant ONE = 1e18;

    /// @notice (px - oracle) / oracle as WAD, down (SPEC FD-01).
    function premiumDown(uint64 px, uint64 oracle) internal pure returns (int256) {
        return _divDown((int256(uint256(px)) - int256(uint256(oracle))) * ONE, int256(uint256(oracle)));
    }

    /// @notice The rate of eight hours: P + clamp(interest - P) (SPEC FD-02).
    function fundingRate(int256 premium) internal pure returns (int256) {
        return premium + _clamp(INTEREST - premium, CLAMP);
    }

    /// @notice What is paid in an hour, WAD (SPEC FD-03).
    function hourlyRateDown(int256 premium) internal pure returns (int256) {
        return _clamp(_divDown(fundingRate(premium), HOURS), HOURLY_CAP);
    }

    /// @notice What a position pays for a rate, 1e-6 USD, up; negative when it receives (SPEC FD-04).
    function fundingPaymentUp(int64 szi, uint64 oracle, int256 rate) internal pure returns (int256) {
        return -_divDown(-int256(szi) * int256(uint256(oracle)) * rate, ONE);
    }

    function _clamp(int256 value, int256 bound) private pure returns (int256) {
        if (value > bound) return bound;
        return value < -bound ? -bound : value;
    }

    /// @dev Division rounded toward minus infinity; the divisor is positive or zero.
    function _divDown(int256 a, int256 b) private pure returns (int256 quotient) {
        quotient = a / b;
        if (a % b < 0) --quotient;
    }
}
