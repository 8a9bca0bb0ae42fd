// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "./interfaces/ICollateralRegistry.sol";
import {ILiquidation, LiquidationStep} from "./interfaces/ILiquidation.sol";
import {Liquidation} from "./libraries/Liquidation.sol";
import {LiquidationGuard} from "./libraries/LiquidationGuard.sol";
import {Parties} from "./libraries/VenueState.sol";
import {Accounts} from "./modules/Accounts.sol";
import {BorrowLendPool} from "./modules/BorrowLendPool.sol";
import {Clearinghouse} from "./modules/Clearinghouse.sol";
import {Deficits} from "./modules/Deficits.sol";
import {IsolatedPositions} from "./modules/IsolatedPositions.sol";
import {PortfolioMargin} from "./modules/PortfolioMargin.sol";
import {VenueBase} from "./modules/VenueBase.sol";

/// @title The venue: nothing but the composition of its modules
/// @notice Modules, registry and linked libraries at one address.
contract Venue is Accounts, BorrowLendPool, Clearinghouse, PortfolioMargin, Deficits, IsolatedPositions {
    constructor(ICollateralRegistry registry_, address maker_, address backstop_, address insurance_)
        VenueBase(registry_, maker_, backstop_, insurance_)
    {}

    /// @inheritdoc ILiquidation
    function liquidate(address account) external nonReentrant announcing returns (LiquidationStep memory) {
        return _liquidate(account, false);
    }

    /// @inheritdoc ILiquidation
    function liquidateAsTaker(address account)
        external
        nonReentrant
        announcing
        returns (LiquidationStep memory)
    {
        return _liquidate(account, true);
    }

    function _liquidate(address account, bool asTaker) private returns (LiquidationStep memory) {
        Parties memory parties = Parties(maker, backstop, insurance);
        address caller = _actor();
        LiquidationGuard.requireAllowed(registry, parties, account, caller);
        return Liquidation.step(_s, registry, parties, account, caller, asTaker);
    }
}
