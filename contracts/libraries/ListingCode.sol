// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {Bitmap} from "./Bitmap.sol";
import {DataCode} from "./DataCode.sol";
import {Words} from "./Words.sol";

/// @title What actions read of the listing and seldom changes, as the code of a contract (SPEC CR-09)
/// @notice One cold account stands for all of these words, each of which would be a cold one of storage. The
/// registry writes them anew whenever one of them changes, and its first word (`Shared`) says where they are.
/// A change costs the more for it: some 120,000 gas and 54,000 for each token listed, which from about 50
/// tokens on is more than a small block holds.
library ListingCode {
    using Bitmap for uint256;
    using Words for bytes;

    /// @dev Words before the tokens: the policy as it is stored, and the collateral of the dexes, a byte
    /// each.
    uint256 internal constant POLICY_WORDS = 7;
    uint256 internal constant DEXES_AT = 7;
    uint256 internal constant HEAD_WORDS = 8;

    /// @dev Words of a token, in listing order: its place, its first word without the price, and the rest as
    /// it is stored.
    uint256 internal constant PLACE = 0;
    uint256 internal constant FIRST = 1;
    uint256 internal constant USER_CAPS = 2;
    uint256 internal constant GLOBAL_CAPS = 3;
    uint256 internal constant CURVE = 4;
    uint256 internal constant WIDTH = 5;
    uint256 internal constant TOKEN_WORDS = 6;

    /// @dev After the tokens come their ids, so many in a word, lowest bits first.
    uint256 internal constant IDS = 4;

    /// @notice The words before the tokens.
    function head(uint256 shared) internal view returns (bytes memory words) {
        words = new bytes(32 * HEAD_WORDS);
        DataCode.copy(_code(shared), 0, words);
    }

    /// @notice Where the words of one token after the other can be put.
    function newRow() internal pure returns (bytes memory row) {
        row = new bytes(32 * TOKEN_WORDS);
    }

    /// @notice Put a token's words into a row, by listing index.
    function readRow(uint256 shared, uint256 index, bytes memory row) internal view {
        // The venue asks for what it stores.
        assert(index < _tokens(shared));
        DataCode.copy(_code(shared), 32 * (HEAD_WORDS + TOKEN_WORDS * index), row);
    }

    /// @notice The listing index of a token, by id.
    function find(uint256 shared, uint256 id) internal view returns (uint256 index) {
        uint256 tokens = _tokens(shared);
        // Whole words: the division is meant to round before.
        // slither-disable-next-line divide-before-multiply
        bytes memory ids = new bytes(32 * ((tokens + IDS - 1) / IDS));
        DataCode.copy(_code(shared), 32 * (HEAD_WORDS + TOKEN_WORDS * tokens), ids);
        uint256 word = 0;
        for (; index < tokens; ++index) {
            word = index % IDS == 0 ? ids.at(index / IDS) : word >> 64;
            if (uint64(word) == id) return index;
        }
        revert ICollateralRegistry.UnknownToken(id);
    }

    /// @notice Tokens, and with them the collateral of some dexes; bitmaps of listing indexes.
    function withCollateral(bytes memory head_, uint256 tokens, uint256 dexes)
        internal
        pure
        returns (uint256)
    {
        uint256 index;
        while (dexes != 0) {
            (index, dexes) = dexes.pop();
            tokens = tokens.with(collateral(head_, index));
        }
        return tokens;
    }

    /// @notice The collateral of a dex, by listing indexes.
    function collateral(bytes memory head_, uint256 dex) internal pure returns (uint256) {
        return uint8(head_.at(DEXES_AT) >> 8 * dex);
    }

    /// @dev The places are those of `Shared`.
    function _tokens(uint256 shared) private pure returns (uint256) {
        return uint8(shared >> 8);
    }

    function _code(uint256 shared) private pure returns (address) {
        return address(uint160(shared >> 40));
    }
}
