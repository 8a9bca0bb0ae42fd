// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {DayVolume, VenueState} from "./VenueState.sol";

/// @title What accounts have traded, by UTC day
/// @notice Totals that only grow, one word for each day on which an account traded: a window is the
/// difference of two of them (SPEC AC-11).
library Volume {
    /// @notice A spot fill weighs as much as this many perp fills.
    uint256 private constant SPOT_WEIGHT = 2;

    /// @notice Count a fill of an account, 1e-6 USD.
    function add(VenueState storage s, address account, uint256 usd) internal {
        DayVolume[] storage volumes = s.volumes[account];
        uint256 count = volumes.length;
        uint224 total = count == 0 ? 0 : volumes[count - 1].total;
        uint32 today = _today();
        if (count == 0 || volumes[count - 1].day != today) {
            volumes.push();
            volumes[count].day = today;
        } else {
            --count;
        }
        // The cast is safe: a fill is the product of two 64-bit numbers, and 2^96 of them fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        volumes[count].total = total + uint224(usd);
    }

    /// @notice Count a spot fill of an account, size and price as in orders: their product is the notional in
    /// 1e-8 of the quote token.
    function addSpot(VenueState storage s, address account, uint256 sz, uint256 px) internal {
        add(s, account, SPOT_WEIGHT * sz * px / 100);
    }

    /// @notice What an account has traded in its last UTC days, today's included, 1e-6 USD; since ever for
    /// a number of zero.
    function over(VenueState storage s, address account, uint256 window) internal view returns (uint256) {
        DayVolume[] storage volumes = s.volumes[account];
        uint256 count = volumes.length;
        if (count == 0) return 0;
        uint256 total = volumes[count - 1].total;
        uint256 today = _today();
        for (uint256 i = count; window != 0 && i != 0; --i) {
            DayVolume storage before = volumes[i - 1];
            if (before.day + window <= today) return total - before.total;
        }
        return total;
    }

    function _today() private view returns (uint32) {
        // The cast is safe: 2^32 days are more than the universe's age.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(block.timestamp / 1 days);
    }
}
