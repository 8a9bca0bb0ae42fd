// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "./interfaces/ICollateralRegistry.sol";
import {ILiquidation, LiquidationOutcome, LiquidationStep} from "./interfaces/ILiquidation.sol";
import {Liquidation} from "./libraries/Liquidation.sol";
import {LiquidationBatch} from "./libraries/LiquidationBatch.sol";
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
    constructor(
        ICollateralRegistry registry_,
        address maker_,
        address backstop_,
        address insurance_,
        address core_
    ) VenueBase(registry_, maker_, backstop_, insurance_, core_) {}

    /// @inheritdoc ILiquidation
    function liquidate(address account) external nonReentrant announcing returns (LiquidationStep memory) {
        Parties memory parties = Parties(maker, backstop, insurance);
        return Liquidation.step(_s, registry, parties, account, _actor(), _caller(), false);
    }

    /// @inheritdoc ILiquidation
    function liquidateAsTaker(address account)
        external
        nonReentrant
        announcing
        returns (LiquidationStep memory)
    {
        Parties memory parties = Parties(maker, backstop, insurance);
        return Liquidation.step(_s, registry, parties, account, _actor(), _caller(), true);
    }

    /// @inheritdoc ILiquidation
    function liquidateBatch(address[] calldata accounts_, bool asTaker)
        external
        nonReentrant
        announcing
        returns (LiquidationOutcome[] memory)
    {
        Parties memory parties = Parties(maker, backstop, insurance);
        return LiquidationBatch.run(_s, registry, parties, accounts_, _actor(), _caller(), asTaker);
    }
}
