// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "./IAccounts.sol";
import {IBorrowLendPool} from "./IBorrowLendPool.sol";
import {IClearinghouse} from "./IClearinghouse.sol";
import {ICollateralRegistry} from "./ICollateralRegistry.sol";
import {IIsolatedPositions} from "./IIsolatedPositions.sol";
import {ILiquidation} from "./ILiquidation.sol";
import {IPortfolioMargin} from "./IPortfolioMargin.sol";

/// @title The venue: everything that moves money, at one address
/// @notice Everything a caller of the venue can do and see.
interface IVenue is
    IAccounts,
    IBorrowLendPool,
    IClearinghouse,
    IPortfolioMargin,
    ILiquidation,
    IIsolatedPositions
{
    /// @notice Listing, parameters and prices.
    function registry() external view returns (ICollateralRegistry);

    /// @notice The account on the other side of every fill (SPEC CH-01).
    function maker() external view returns (address);

    /// @notice The account that takes liquidated debt and collateral over (SPEC LQ-03).
    function backstop() external view returns (address);

    /// @notice The account that receives fees and pays for losses after the buffer (SPEC LQ-09).
    function insurance() external view returns (address);

    /// @notice The contract that applies what accounts ask for on HyperEVM (SPEC AC-08); zero for none.
    function core() external view returns (address);
}
