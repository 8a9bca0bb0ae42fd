// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice How the argument of a read is made of the account and of an id.
enum Shape {
    /// account, id
    AccountAndId,
    /// id, account
    IdAndAccount,
    /// account
    Account,
    /// id
    Id,
    /// no argument
    Nothing
}

/// @notice One precompile, asked for each of some ids.
struct Ask {
    address precompile;
    Shape shape;
    uint64[] ids;
    /// Leave an answer out whose first so many words are zero, or that failed; zero keeps every answer.
    uint256 heldWords;
}

/// @notice One answer, by the places of its ask and of its id.
struct Found {
    uint32 ask;
    uint32 id;
    bool ok;
    bytes data;
}

/// @title Many reads of HyperCore in one call, and so of one state (SPEC HE-21)
/// @notice Never deployed: its creation code is what `eth_call` runs, with no account and no state override,
/// so that any node answers. What would become its code is the answer.
contract CoreProbe {
    /// @dev Most bytes of an answer: no node takes larger code (EIP-170).
    uint256 private constant ROOM = 20_000;
    /// @dev Gas kept to hand the answer over, and for each byte of it: 200, and what its memory costs.
    uint256 private constant GAS_KEPT = 500_000;
    uint256 private constant GAS_PER_BYTE = 300;
    address private constant L1_BLOCK_NUMBER = address(0x809);

    /// @dev Reads from the `start`-th question on, as far as gas and room reach; `done` says how far. The
    /// answer is (block, time, L1 block as 0x809 answers it, done, found).
    constructor(address account, Ask[] memory asks, uint256 start, uint256 stipend) {
        uint256 total = 0;
        for (uint256 i = 0; i < asks.length; ++i) {
            total += asks[i].ids.length;
        }
        Found[] memory found = new Found[](total);
        uint256 kept = 0;
        uint256 bytesKept = 0;
        uint256 done = 0;
        bool full = false;
        for (uint256 i = 0; i < asks.length && !full; ++i) {
            for (uint256 j = 0; j < asks[i].ids.length; ++j) {
                if (done < start) {
                    ++done;
                    continue;
                }
                if (bytesKept > ROOM || gasleft() < stipend * 64 / 63 + GAS_KEPT + GAS_PER_BYTE * bytesKept) {
                    full = true;
                    break;
                }
                (bool ok, bytes memory data) =
                    asks[i].precompile.staticcall{gas: stipend}(_input(asks[i], j, account));
                ++done;
                if (_isLeftOut(ok, data, asks[i].heldWords)) continue;
                // Casts are safe: as many questions have no place in memory.
                // forge-lint: disable-next-line(unsafe-typecast)
                found[kept++] = Found(uint32(i), uint32(j), ok, ok ? data : bytes(""));
                bytesKept += 192 + (ok ? data.length : 0);
            }
        }
        (, bytes memory l1) = L1_BLOCK_NUMBER.staticcall{gas: stipend}("");
        // Assembly is the only way to shorten an array in memory, and to answer from a constructor.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(found, kept)
        }
        bytes memory answer = abi.encode(block.number, block.timestamp, l1, done, found);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(add(answer, 32), mload(answer))
        }
    }

    function _input(Ask memory ask, uint256 j, address account) private pure returns (bytes memory) {
        if (ask.shape == Shape.AccountAndId) return abi.encode(account, ask.ids[j]);
        if (ask.shape == Shape.IdAndAccount) return abi.encode(ask.ids[j], account);
        if (ask.shape == Shape.Account) return abi.encode(account);
        if (ask.shape == Shape.Id) return abi.encode(ask.ids[j]);
        return "";
    }

    function _isLeftOut(bool ok, bytes memory data, uint256 heldWords) private pure returns (bool) {
        if (heldWords == 0) return false;
        if (!ok) return true;
        uint256 held = 0;
        for (uint256 at = 32; at <= data.length && at <= 32 * heldWords; at += 32) {
            // Assembly is the only way to read a word of bytes in memory.
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                held := or(held, mload(add(data, at)))
            }
        }
        return held == 0;
    }
}
