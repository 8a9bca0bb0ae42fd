// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IIsolatedPositions, IsolatedPosition} from "../interfaces/IIsolatedPositions.sol";
import {Isolated} from "../libraries/Isolated.sol";
import {Parties} from "../libraries/VenueState.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title IsolatedPositions
/// @notice Positions with margin of their own; what is done stands in the library Isolated.
abstract contract IsolatedPositions is VenueBase {
    /// @inheritdoc IIsolatedPositions
    function setIsolated(uint32 asset, bool isolated) external nonReentrant {
        Isolated.choose(_s, registry, Parties(maker, backstop, insurance), _actor(), asset, isolated);
    }

    /// @inheritdoc IIsolatedPositions
    function updateIsolatedMargin(uint32 asset, int64 usd) external nonReentrant announcing {
        Isolated.updateMargin(_s, registry, Parties(maker, backstop, insurance), _actor(), asset, usd);
    }

    /// @inheritdoc IIsolatedPositions
    function liquidateIsolated(address account, uint32 asset)
        external
        nonReentrant
        announcing
        returns (bool)
    {
        Parties memory parties = Parties(maker, backstop, insurance);
        return Isolated.liquidate(_s, registry, parties, account, asset, _actor(), _caller());
    }

    /// @inheritdoc IIsolatedPositions
    function isolatedOf(address account, uint32 asset) external view returns (IsolatedPosition memory) {
        return Isolated.positionOf(_s, registry, account, asset);
    }
}
