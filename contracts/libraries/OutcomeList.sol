// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Header, Status} from "../interfaces/ILens.sol";

/// @dev An answer `(Header, Outcome[])` that is being written.
struct OutcomeList {
    /// Where it begins in memory. It ends where free memory begins.
    uint256 at;
    /// Outcomes it will have.
    uint256 length;
    /// Those it has.
    uint256 told;
}

/// @title An answer that is written as it will be returned, at the end of memory
/// @notice What an account is told goes from the return data of a call to where it stays: copied and encoded
/// once more, many large answers would cost as much again, by the square of their size. Nothing is copied
/// that the gas left does not pay for, the end of the answer included. Rules: SPEC KP-03.
library OutcomeLists {
    /// @notice Gas to end the answer, whatever else happens.
    uint256 internal constant END_GAS = 20_000;
    /// @notice Gas for each outcome without data.
    uint256 internal constant EACH_GAS = 1000;

    uint256 private constant WORD = 32;
    /// @dev Bytes of the header, the way to the list, and its length.
    uint256 private constant FRONT = 160;
    /// @dev Bytes of an outcome without data: status, the way to the data, and its length.
    uint256 private constant OUTCOME = 96;

    /// @notice Begin an answer.
    function begin(Header memory header, uint256 length) internal pure returns (OutcomeList memory list) {
        // The list itself lies before the answer, where a result in memory is made first.
        uint256 at = 0;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            at := mload(0x40)
            mcopy(at, header, 96)
            mstore(add(at, 96), 128)
            mstore(add(at, 128), length)
            let end := add(add(at, 160), mul(length, 32))
            // All memory before the end is paid for from here on.
            mstore(end, 0)
            mstore(0x40, end)
        }
        (list.at, list.length) = (at, length);
    }

    /// @notice Tell the next account's outcome; its data is a part of what the last call returned. Where the
    /// gas does not suffice for it, that is told instead.
    function push(OutcomeList memory list, Status status, uint256 from, uint256 size) internal view {
        if (status == Status.OutOfGas || !_fits(list, size)) (status, size) = (Status.OutOfGas, 0);
        uint256 head = list.at + FRONT;
        uint256 place = head + list.told * WORD;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let end := mload(0x40)
            mstore(place, sub(end, head))
            mstore(end, status)
            mstore(add(end, 32), 64)
            mstore(add(end, 64), size)
            let data := add(end, 96)
            let next := add(data, and(add(size, 31), not(31)))
            // What follows the data up to a whole word is zero, as the length of none is.
            mstore(sub(next, 32), 0)
            returndatacopy(data, from, size)
            mstore(0x40, next)
        }
        ++list.told;
    }

    /// @notice Tell the outcomes of the next accounts: rows of the `bytes[]` that the last call returned.
    function pushRows(OutcomeList memory list, uint256 rows) internal view {
        for (uint256 i = 0; i < rows; ++i) {
            uint256 row = 64 + _answeredWord(64 + i * WORD);
            push(list, Status.Done, row + WORD, _answeredWord(row));
        }
    }

    /// @notice The gas that a question may use whose call takes some bytes of memory, zero where there is
    /// none left but for the end of the answer.
    function gasFor(OutcomeList memory list, uint256 callSize, uint256 callGas)
        internal
        view
        returns (uint256)
    {
        uint256 kept = _endGas(list.length - list.told, callSize) + callGas;
        uint256 left = gasleft();
        return left > kept ? left - kept : 0;
    }

    /// @notice Call a view with some gas at most, and free the memory that the call took. What it returned is
    /// still to be read.
    function ask(address target, uint256 most, bytes memory question) internal view returns (bool ok) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            // Nothing was allocated since, so that free memory ends the answer again.
            mstore(0x40, question)
            ok := staticcall(most, target, add(question, 32), mload(question), 0, 0)
        }
    }

    /// @notice Bytes that the last call returned.
    function answered() internal pure returns (uint256 size) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            size := returndatasize()
        }
    }

    /// @notice End the call with the answer; accounts that are left had not gas enough. Memory-safe: nothing
    /// runs afterwards.
    function finish(OutcomeList memory list) internal view {
        while (list.told < list.length) {
            push(list, Status.OutOfGas, 0, 0);
        }
        uint256 at = list.at;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(at, sub(mload(0x40), at))
        }
    }

    function _answeredWord(uint256 at) private pure returns (uint256 word) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            returndatacopy(0, at, 32)
            word := mload(0)
        }
    }

    function _fits(OutcomeList memory list, uint256 size) private view returns (bool) {
        return gasleft() > 3 * _words(size) + _endGas(list.length - list.told, size + WORD);
    }

    /// @dev Gas to end the answer with some more outcomes and some more bytes of memory.
    function _endGas(uint256 rest, uint256 size) private pure returns (uint256) {
        uint256 end = 0;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            end := mload(0x40)
        }
        return END_GAS + rest * EACH_GAS + _memoryGas(end + rest * OUTCOME + size) - _memoryGas(end);
    }

    /// @dev What memory up to a place costs.
    function _memoryGas(uint256 end) private pure returns (uint256) {
        uint256 words = _words(end);
        return 3 * words + words * words / 512;
    }

    function _words(uint256 size) private pure returns (uint256) {
        return (size + WORD - 1) / WORD;
    }
}
