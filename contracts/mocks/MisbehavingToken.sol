// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {LocalToken} from "../local/LocalToken.sol";

/// @notice What a token does wrong when it is pulled.
enum Fault {
    None,
    TakesFee,
    ReturnsFalse,
    Reenters,
    ReentersBatch
}

/// @title A token that does on demand what a venue must survive
contract MisbehavingToken is LocalToken {
    Fault public fault;

    constructor() LocalToken("misbehaving", 8) {}

    function misbehave(Fault fault_) external {
        fault = fault_;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (fault == Fault.ReturnsFalse) return false;
        if (fault == Fault.ReentersBatch) IAccounts(msg.sender).batch(new bytes[](0));
        if (fault == Fault.Reenters) IPortfolioMargin(msg.sender).sweep(from);
        // A fee of one percent stays with the payer.
        return super.transferFrom(from, to, fault == Fault.TakesFee ? amount - amount / 100 : amount);
    }
}
