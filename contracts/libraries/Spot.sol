// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {WadMath} from "./WadMath.sol";

/// @notice What an account pays and gets in a spot fill, token wei; the fee is taken of what it gets.
struct Swap {
    TokenParams paid;
    uint256 paidAmount;
    TokenParams got;
    uint256 gotAmount;
    uint256 fee;
}

/// @title Spot fills in token wei
/// @notice Rounding is against the account (SPEC CH-03).
library Spot {
    using WadMath for uint256;

    /// @notice First asset id of spot pairs in orders; the pair's number is added.
    uint32 internal constant ASSETS = 10_000;
    /// @notice First asset id of perps on the dexes of others.
    uint32 private constant OTHER_DEX_ASSETS = 100_000;

    /// @notice Whether an asset id is that of a spot pair.
    function isPair(uint32 asset) internal pure returns (bool) {
        return asset >= ASSETS && asset < OTHER_DEX_ASSETS;
    }

    /// @notice Token wei of the smallest size.
    function lot(TokenParams memory base) internal pure returns (uint256) {
        return 10 ** uint256(base.weiDecimals - base.szDecimals);
    }

    /// @notice What a buyer or seller of `sz` at `px` pays and gets, before the fee.
    function swapOf(TokenParams memory base, TokenParams memory quote, bool isBuy, uint256 sz, uint256 px)
        internal
        pure
        returns (Swap memory)
    {
        uint256 baseAmount = sz * lot(base);
        // sz * px is the notional in 1e-8 of the quote token.
        uint256 notional = sz * px;
        uint256 scale = 10 ** uint256(quote.weiDecimals);
        if (isBuy) return Swap(quote, notional.mulDivUp(scale, 1e8), base, baseAmount, 0);
        return Swap(base, baseAmount, quote, notional.mulDivDown(scale, 1e8), 0);
    }
}
