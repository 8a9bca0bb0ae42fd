// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool, ReserveView} from "../interfaces/IBorrowLendPool.sol";
import {Lending} from "../libraries/Lending.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title BorrowLendPool
/// @notice Money in and out of the pool; the actions themselves are in the library Lending.
abstract contract BorrowLendPool is VenueBase {
    /// @inheritdoc IBorrowLendPool
    function deposit(uint64 token, uint256 amount, address account)
        external
        nonReentrant
        announcing
        returns (uint256 credited)
    {
        return Lending.deposit(_s, registry, token, amount, account);
    }

    /// @inheritdoc IBorrowLendPool
    function supply(uint64 token, uint256 amount, address account)
        external
        nonReentrant
        announcing
        returns (uint256 credited)
    {
        return Lending.supply(_s, registry, insurance, token, amount, account);
    }

    /// @inheritdoc IBorrowLendPool
    function withdraw(uint64 token, uint256 amount, address to)
        external
        nonReentrant
        announcing
        returns (uint256 withdrawn)
    {
        return Lending.withdraw(_s, registry, insurance, _owner(), token, amount, to);
    }

    /// @inheritdoc IBorrowLendPool
    function borrow(uint64 token, uint256 amount) external nonReentrant announcing {
        Lending.borrow(_s, registry, insurance, _actor(), token, amount);
    }

    /// @inheritdoc IBorrowLendPool
    function repay(uint64 token, uint256 amount, address account)
        external
        nonReentrant
        announcing
        returns (uint256 repaid)
    {
        return Lending.repay(_s, registry, insurance, token, amount, account);
    }

    /// @inheritdoc IBorrowLendPool
    function accrue(uint64 token) external nonReentrant announcing {
        Lending.accrue(_s, registry, insurance, token);
    }

    /// @inheritdoc IBorrowLendPool
    function reserveStatus(uint64 token) external view returns (uint8) {
        return Lending.reserveStatus(_s, registry, insurance, token);
    }

    /// @inheritdoc IBorrowLendPool
    function reserveOf(uint64 token) external view returns (ReserveView memory) {
        return Lending.reserveOf(_s, registry, token);
    }
}
