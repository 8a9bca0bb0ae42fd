// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry, PAUSE_LIQUIDATION} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation} from "../interfaces/ILiquidation.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {Parties} from "./VenueState.sol";

/// @title Who may be liquidated, and by whom (SPEC LQ-15)
/// @notice The same for accounts and for isolated positions.
library LiquidationGuard {
    /// @notice Require that a caller may liquidate an account, and that liquidation is not paused.
    function requireAllowed(
        ICollateralRegistry registry,
        Parties memory parties,
        address account,
        address caller,
        address sender
    ) internal view {
        requireUser(parties, account);
        // Nor by who acts for the caller: its master or its operator, whom the core may speak for.
        require(account != caller && account != sender, ILiquidation.SelfLiquidation(account));
        require(registry.paused() & PAUSE_LIQUIDATION == 0, IPortfolioMargin.Paused(PAUSE_LIQUIDATION));
    }

    /// @notice Require an account that is none of the venue's own.
    function requireUser(Parties memory parties, address account) internal pure {
        require(isUser(parties, account), ILiquidation.NotAUserAccount(account));
    }

    /// @notice Whether an account is none of the venue's own.
    function isUser(Parties memory parties, address account) internal pure returns (bool) {
        return account != parties.maker && account != parties.backstop && account != parties.insurance;
    }
}
