// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {FundingMath} from "./FundingMath.sol";
import {Position, VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";

/// @title Funding that positions owe
/// @notice A position owes what the funding index of its asset has grown by since it was settled. Loaded
/// accounts are net of it; whatever changes the size of a position settles it first (SPEC FD-07).
library Funding {
    /// @notice A position paid funding, or received it when negative, 1e-6 of its dex's collateral token.
    event FundingPaid(address indexed account, uint32 indexed asset, int256 usd);

    /// @notice What a position has to pay since it was settled, 1e-6 USD, up; negative when it receives.
    function due(Position storage position, PerpParams memory perp) internal view returns (int256) {
        return FundingMath.fundingPaymentUp(position.szi, perp.fundingIndex - position.fundingIndex);
    }

    /// @notice Settle a position in storage, out of its own margin where it is isolated; `dex` is the listing
    /// index of its dex.
    function settle(VenueState storage s, address account, PerpParams memory perp, uint256 dex) internal {
        Position storage position = s.positions[account][perp.index];
        if (position.fundingIndex == perp.fundingIndex) return;
        bool held = position.szi != 0;
        int256 usd = due(position, perp);
        // The cast is safe: see `Position`.
        // forge-lint: disable-next-line(unsafe-typecast)
        position.fundingIndex = int176(perp.fundingIndex);
        if (!held) return;
        // The dex of a position is marked already.
        if (position.isolated) position.isolatedUsd = WadMath.toInt128(position.isolatedUsd - usd);
        else s.rawUsd[account][dex] = WadMath.toInt128(s.rawUsd[account][dex] - usd);
        emit FundingPaid(account, perp.asset, usd);
    }
}
