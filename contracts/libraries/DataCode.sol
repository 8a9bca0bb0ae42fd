// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Bytes kept as the code of a contract
/// @notice A third of the gas of storage words to keep seven of them, and to read them as much as one and a
/// quarter. A leading zero byte keeps the code from ever running.
library DataCode {
    /// @notice Keep bytes; where the address is zero they could not be kept.
    function write(bytes memory data) internal returns (address at) {
        // Initialization code: copy what follows its ten bytes and return it.
        bytes memory init = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a3d393df300", data);
        // Assembly is the only way to create a contract of given code.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            at := create(0, add(init, 32), mload(init))
        }
    }

    /// @notice The bytes kept at an address; none where there is none.
    function read(address at) internal view returns (bytes memory data) {
        uint256 length = at.code.length;
        data = new bytes(length == 0 ? 0 : length - 1);
        // Assembly is the only way to copy a part of a contract's code.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            extcodecopy(at, add(data, 32), 1, mload(data))
        }
    }

    /// @notice Fill `into` with the bytes kept at an address, from a place. The caller knows that there are
    /// as many: what is not there reads as zeros.
    function copy(address at, uint256 from, bytes memory into) internal view {
        // Assembly is the only way to copy a part of a contract's code.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            extcodecopy(at, add(into, 32), add(from, 1), mload(into))
        }
    }
}
