// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {LocalToken} from "../local/LocalToken.sol";

/// @notice What a token does wrong when it is pulled or paid out.
enum Fault {
    None,
    TakesFee,
    ReturnsFalse,
    Reenters
}

/// @title A token that does on demand what a venue must survive
contract MisbehavingToken is LocalToken {
    using Address for address;

    Fault public fault;
    /// @notice What it calls the venue with while it moves; empty stands for a sweep of its owner.
    bytes public prepared;

    constructor() LocalToken("misbehaving", 8) {}

    function misbehave(Fault fault_) external {
        fault = fault_;
    }

    function prepare(bytes calldata call) external {
        prepared = call;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (fault == Fault.Reenters) _reenter(to);
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (fault == Fault.ReturnsFalse) return false;
        if (fault == Fault.Reenters) _reenter(from);
        // A fee of one percent stays with the payer.
        return super.transferFrom(from, to, fault == Fault.TakesFee ? amount - amount / 100 : amount);
    }

    function _reenter(address account) private {
        if (prepared.length == 0) IPortfolioMargin(msg.sender).sweep(account);
        else msg.sender.functionCall(prepared);
    }
}
