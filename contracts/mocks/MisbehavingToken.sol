// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {LocalToken} from "../local/LocalToken.sol";

/// @notice What a token does wrong, or otherwise than others, when it moves.
enum Fault {
    None,
    /// A hundredth of what comes is taken from the receiver.
    TakesFee,
    /// A hundredth is taken from the payer besides.
    ChargesPayer,
    /// It says that it has moved, and has not.
    MovesNothing,
    /// The receiver has less than before.
    Drains,
    ReturnsFalse,
    /// Two, which is not true.
    ReturnsTwo,
    ReturnsNothing,
    /// Two words, the first of them true.
    ReturnsMore,
    RevertsWithoutAWord,
    /// Nobody's balance is told.
    HidesBalances,
    /// Decimals, which are optional, are not told.
    HidesDecimals
}

/// @title A token that does on demand what a venue must survive
contract MisbehavingToken is LocalToken {
    using Address for address;

    /// @notice The issuer has frozen the wallet.
    error Frozen(address account);
    /// @notice An allowance is only set from zero.
    error AllowanceNotZero(uint256 allowance);

    Fault public fault;
    mapping(address account => bool) public frozen;
    /// @notice What calls back answered: before the move, and after it.
    bytes[] public answers;

    address private _callee;
    bytes private _call;
    bool private _striking;

    constructor(uint8 decimals_) LocalToken("misbehaving", decimals_) {}

    function misbehave(Fault fault_) external {
        fault = fault_;
    }

    function freeze(address account, bool frozen_) external {
        frozen[account] = frozen_;
    }

    /// @notice Call a contract before and after every move.
    function callBack(address callee, bytes calldata call) external {
        (_callee, _call) = (callee, call);
    }

    /// @notice Take from a wallet, as a token does whose balances follow something else.
    function burn(address account, uint256 amount) external {
        _burn(account, amount);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        uint256 allowed = allowance(msg.sender, spender);
        require(amount == 0 || allowed == 0, AllowanceNotZero(allowed));
        return super.approve(spender, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        return _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        return _answer();
    }

    function balanceOf(address account) public view override returns (uint256) {
        if (fault == Fault.HidesBalances) _return(0, 0);
        return super.balanceOf(account);
    }

    function decimals() public view override returns (uint8) {
        if (fault == Fault.HidesDecimals) _revert();
        return super.decimals();
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        require(!frozen[from], Frozen(from));
        require(!frozen[to], Frozen(to));
        if (fault == Fault.RevertsWithoutAWord) _revert();
        if (fault == Fault.MovesNothing || fault == Fault.ReturnsFalse) return;
        _strike();
        super._update(from, to, amount);
        if (fault == Fault.TakesFee) _burn(to, amount / 100);
        if (fault == Fault.ChargesPayer) _burn(from, amount / 100);
        if (fault == Fault.Drains) _burn(to, amount + 1);
        _strike();
    }

    function _strike() private {
        if (_callee == address(0) || _striking) return;
        _striking = true;
        answers.push(_callee.functionCall(_call));
        _striking = false;
    }

    function _answer() private view returns (bool) {
        if (fault == Fault.ReturnsTwo) _return(2, 32);
        if (fault == Fault.ReturnsNothing) _return(0, 0);
        if (fault == Fault.ReturnsMore) _return(1, 64);
        return fault != Fault.ReturnsFalse;
    }

    /// @dev End the call with so many bytes, a word and zeros.
    function _return(uint256 word, uint256 length) private pure {
        // A return of another length than declared has no other form.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(0x00, word)
            mstore(0x20, 0)
            return(0x00, length)
        }
    }

    function _revert() private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }
}
