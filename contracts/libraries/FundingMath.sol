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

/// @title Funding: premium, rate, index and payment
/// @notice Twin of `pmkit/funding.py`, where each formula is explained.
library FundingMath {
    int256 private constant ONE = 1e18;

    /// @notice (px - oracle) / oracle as WAD, down (SPEC FD-01).
    function premiumDown(uint64 px, uint64 oracle) internal pure returns (int256) {
        return _divDown((int256(uint256(px)) - int256(uint256(oracle))) * ONE, int256(uint256(oracle)));
    }

    /// @notice What the book is off the oracle price, WAD, down: by its impact bid above it, or by its impact
    /// ask below (SPEC FD-09).
    function impactPremiumDown(uint64 bid, uint64 ask, uint64 oracle) internal pure returns (int256) {
        uint256 above = bid > oracle ? bid - oracle : 0;
        uint256 below = ask < oracle ? oracle - ask : 0;
        // Casts are safe: prices have 64 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return _divDown((int256(above) - int256(below)) * ONE, int256(uint256(oracle)));
    }

    /// @notice What the middle of the impact prices is off the oracle price, WAD, down: the premium of dexes
    /// that others list (SPEC FD-10).
    function midPremiumDown(uint64 bid, uint64 ask, uint64 oracle) internal pure returns (int256) {
        int256 doubled = 2 * int256(uint256(oracle));
        return _divDown((int256(uint256(bid) + ask) - doubled) * ONE, doubled);
    }

    /// @notice The rate of eight hours: P + clamp(interest - P) (SPEC FD-02).
    function fundingRate(int256 premium) internal pure returns (int256) {
        return premium + _clamp(INTEREST - premium, CLAMP);
    }

    /// @notice What is paid in an hour, WAD (SPEC FD-03).
    function hourlyRateDown(int256 premium) internal pure returns (int256) {
        return _clamp(_divDown(fundingRate(premium), HOURS), HOURLY_CAP);
    }

    /// @notice What a position pays while the funding index grows, 1e-6 USD, up; negative when it receives
    /// (SPEC FD-04).
    function fundingPaymentUp(int64 szi, int256 growth) internal pure returns (int256) {
        return -_divDown(-int256(szi) * growth, ONE);
    }

    /// @notice How many hours of funding, whole intervals since the epoch, turned after one time and up to
    /// another; none where the interval is zero (SPEC FD-05).
    function hoursTurned(uint256 since, uint256 now_, uint256 interval) internal pure returns (uint256) {
        return interval == 0 ? 0 : now_ / interval - since / interval;
    }

    /// @notice The funding index after so many hours at unchanged prices, exactly (SPEC FD-06).
    function fundingIndexAfter(int256 index, uint64 mark, uint64 oracle, uint256 turned)
        internal
        pure
        returns (int256)
    {
        // The cast is safe: a number of hours is a time of 40 bits at most.
        // forge-lint: disable-next-line(unsafe-typecast)
        return index + int256(uint256(oracle)) * hourlyRateDown(premiumDown(mark, oracle)) * int256(turned);
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
