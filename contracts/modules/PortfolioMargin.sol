// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IPortfolioMargin, Look, PxOverride} from "../interfaces/IPortfolioMargin.sol";
import {Account, AccountMargin} from "../libraries/AccountTypes.sol";
import {AccountViews} from "../libraries/AccountViews.sol";
import {Survey} from "../libraries/Survey.sol";
import {Parties} from "../libraries/VenueState.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title PortfolioMargin
/// @notice Views of the account walk, and the sweep by anybody.
abstract contract PortfolioMargin is VenueBase {
    /// @inheritdoc IPortfolioMargin
    function sweep(address account) external nonReentrant announcing {
        _sweep(account);
    }

    /// @inheritdoc IPortfolioMargin
    function accountOf(address account) external view returns (Account memory) {
        _return(AccountViews.accountOf(_s, registry, account));
    }

    /// @inheritdoc IPortfolioMargin
    function marginOf(address account) external view returns (AccountMargin memory) {
        _return(AccountViews.marginOf(_s, registry, account, true));
    }

    /// @inheritdoc IPortfolioMargin
    function storedMarginOf(address account) external view returns (AccountMargin memory) {
        _return(AccountViews.marginOf(_s, registry, account, false));
    }

    /// @inheritdoc IPortfolioMargin
    function survey(
        address[] calldata accounts,
        Look look,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (bytes[] memory) {
        _return(
            Survey.look(_s, registry, Parties(maker, backstop, insurance), accounts, look, tokenPxs, marks)
        );
    }

    /// @inheritdoc IPortfolioMargin
    function displayLiquidationPx(address account, uint32 asset) external view returns (int256) {
        return AccountViews.displayLiquidationPx(_s, registry, account, asset);
    }

    /// @dev End the call with what the engine encoded: decoding and encoding it once more would cost
    /// the venue 4 kB of code. Memory-safe: nothing runs afterwards.
    function _return(bytes memory encoded) private pure {
        // Assembly is the only way to end a call with given bytes.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(add(encoded, 32), mload(encoded))
        }
    }
}
