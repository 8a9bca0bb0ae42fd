// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ILiquidation} from "../interfaces/ILiquidation.sol";
import {Lending} from "../libraries/Lending.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title Deficits
/// @notice Bad debt in the open: who pays it down, and the last resort.
abstract contract Deficits is VenueBase {
    /// @inheritdoc ILiquidation
    function coverDeficit(uint64 token, uint256 amount)
        external
        nonReentrant
        announcing
        returns (uint256 paid)
    {
        return Lending.coverDeficit(_s, registry, token, amount);
    }

    /// @inheritdoc ILiquidation
    function coverDeficitFromInsurance(uint64 token) external nonReentrant announcing returns (uint256) {
        return Waterfall.coverFromInsurance(_s, registry, insurance, token);
    }

    /// @inheritdoc ILiquidation
    function sweepBuffer(uint64 token) external nonReentrant announcing returns (uint256) {
        return Waterfall.sweepBuffer(_s, registry, insurance, token);
    }

    /// @inheritdoc ILiquidation
    function socialise(uint64 token) external nonReentrant announcing returns (uint256) {
        registry.requireRole(registry.RISK_ADMIN(), msg.sender);
        return Waterfall.socialise(_s, registry, token);
    }
}
