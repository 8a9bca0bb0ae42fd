// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {LiquidationMath} from "./LiquidationMath.sol";
import {Inventory, VenueState} from "./VenueState.sol";

/// @title What the backstop took over and has still to sell (SPEC LQ-18)
/// @notice Half of what is scheduled falls due in every half-life; what is due waits for a sale.
library InventoryStore {
    /// @notice The inventory of a token with what has fallen due up to now, without storing it.
    function current(VenueState storage s, uint256 token, uint256 halfLife)
        internal
        view
        returns (Inventory memory now_)
    {
        now_ = s.inventory[token];
        uint256 left =
            LiquidationMath.remainingUp(now_.scheduled, block.timestamp - now_.scheduledAt, halfLife);
        now_.due = _capped(now_.due + (now_.scheduled - left));
        now_.scheduled = _capped(left);
        // The cast is safe: times fit 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        now_.scheduledAt = uint40(block.timestamp);
    }

    /// @notice Schedule what the backstop has taken over.
    function add(VenueState storage s, uint256 token, uint256 amount, uint256 halfLife) internal {
        Inventory memory now_ = current(s, token, halfLife);
        now_.scheduled = _capped(now_.scheduled + amount);
        s.inventory[token] = now_;
    }

    /// @notice Take whole lots of what is due, at most what is held, which may have been moved on: then
    /// less stays to be sold. Returns the amount to sell and what is left after it, token wei.
    function takeDue(VenueState storage s, uint256 token, uint256 held, uint256 lot, uint256 halfLife)
        internal
        returns (uint256 amount, uint256 left)
    {
        Inventory memory now_ = current(s, token, halfLife);
        if (now_.due > held) now_.due = _capped(held);
        if (now_.scheduled > held - now_.due) now_.scheduled = _capped(held - now_.due);
        // Down to whole units.
        // slither-disable-next-line divide-before-multiply
        amount = now_.due / lot * lot;
        now_.due = _capped(now_.due - amount);
        s.inventory[token] = now_;
        left = uint256(now_.scheduled) + now_.due;
    }

    /// @dev No liquidation fails for what a schedule can note.
    function _capped(uint256 amount) private pure returns (uint104) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return amount < type(uint104).max ? uint104(amount) : type(uint104).max;
    }
}
