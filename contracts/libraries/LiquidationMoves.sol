// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, DexParams, PerpParams, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account, DexMargin, DexState, MarginPolicy} from "./AccountTypes.sol";
import {Perps} from "./Perps.sol";
import {Parties, VenueState} from "./VenueState.sol";

/// @notice A fill in one position of a liquidated account.
struct PerpFill {
    /// The venue's asset id.
    uint32 asset;
    /// Listing indexes of the asset and of its dex.
    uint8 index;
    uint8 dex;
    /// Funding index of the asset up to now.
    int256 fundingIndex;
    /// Signed, for the account.
    int64 size;
    uint64 px;
}

/// @title What a liquidation moves but for debt, run in the venue's storage
/// @notice Deployed apart and linked, and told no more than it needs: a call copies all there is.
library LiquidationMoves {
    /// @notice Close a position, or a part of it, against the market maker.
    function close(
        VenueState storage s,
        address account,
        Parties memory parties,
        PerpFill memory f,
        uint256 feePpm
    ) external {
        uint256 fee = Perps.fill(
            s, _paramsOf(f), account, parties.maker, parties.insurance, f.size, f.px, feePpm
        );
        emit ILiquidation.PositionClosed(account, f.asset, f.size, f.px, fee);
    }

    /// @notice Pass positions to the backstop, with what is left of each dex, perp USD.
    function takeOver(
        VenueState storage s,
        address account,
        Parties memory parties,
        PerpFill[] memory fills,
        DexParams[] memory dexes,
        int256[] memory left
    ) external {
        AccountStore.touch(s, parties.backstop);
        for (uint256 i = 0; i < fills.length; ++i) {
            PerpFill memory f = fills[i];
            // There is no fee.
            // slither-disable-next-line unused-return
            Perps.fill(s, _paramsOf(f), account, parties.backstop, parties.insurance, f.size, f.px, 0);
            emit ILiquidation.PositionTaken(account, f.asset, -f.size, f.px);
        }
        for (uint256 i = 0; i < dexes.length; ++i) {
            if (left[i] == 0) continue;
            AccountStore.addRawUsd(s, account, dexes[i].index, -left[i]);
            AccountStore.addRawUsd(s, parties.backstop, dexes[i].index, left[i]);
        }
    }

    /// @notice Sweep the account from the figures of its dexes. Returns what moved into each of them, perp
    /// USD.
    function sweep(
        VenueState storage s,
        address account,
        TokenParams[] memory tokens,
        DexParams[] memory dexes,
        DexState[] memory states,
        DexMargin[] memory margins,
        MarginPolicy memory policy
    ) external returns (int256[] memory dexTransfers) {
        // Structs in memory begin with zeros.
        // slither-disable-next-line uninitialized-local
        Account memory a;
        // slither-disable-next-line uninitialized-local
        AccountParams memory params;
        (a.dexes, a.policy) = (states, policy);
        (params.tokens, params.dexes) = (tokens, dexes);
        return AccountStore.sweepWith(s, account, a, params, margins);
    }

    /// @dev What fills ask for.
    function _paramsOf(PerpFill memory f) private pure returns (PerpParams memory perp) {
        (perp.asset, perp.index, perp.dex) = (f.asset, f.index, f.dex);
        perp.fundingIndex = f.fundingIndex;
    }
}
