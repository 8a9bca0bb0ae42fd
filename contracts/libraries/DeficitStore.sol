// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Reserve} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";

/// @title The deficit of a reserve, and the bit that tells whether there is one
/// @notice Nearly no reserve has one: the bit stands beside the states last announced, in a word that every
/// action reads, and the deficit in a word that only those read that find the bit. Nobody else writes
/// either, so they keep in step.
library DeficitStore {
    using WadMath for uint256;

    /// @dev The bit of a reserve's stored status that is never announced: a deficit stands.
    uint8 private constant STANDS = 0x80;

    /// @notice Whether a reserve has a deficit.
    function stands(Reserve storage reserve) internal view returns (bool) {
        return reserve.status & STANDS != 0;
    }

    /// @notice A reserve's deficit, token wei.
    function deficitOf(Reserve storage reserve) internal view returns (uint256) {
        return stands(reserve) ? reserve.deficit : 0;
    }

    /// @notice Set a reserve's deficit, token wei.
    function setDeficit(Reserve storage reserve, uint256 deficit) internal {
        reserve.deficit = deficit.toUint128();
        uint8 told = toldOf(reserve);
        reserve.status = deficit == 0 ? told : told | STANDS;
    }

    /// @notice RESERVE_* bits of a reserve as last announced.
    function toldOf(Reserve storage reserve) internal view returns (uint8) {
        return reserve.status & ~STANDS;
    }

    /// @notice Note what RESERVE_* bits of a reserve are announced.
    function setTold(Reserve storage reserve, uint8 told) internal {
        reserve.status = told | (reserve.status & STANDS);
    }
}
