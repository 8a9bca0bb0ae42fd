// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {ICollateralRegistry, PAUSE_RISK, Policy, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {PriceAge} from "./PriceAge.sol";
import {VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";
import {RegistryWords} from "./RegistryWords.sol";

/// @notice A spot pair as fills need it.
struct Pair {
    TokenParams base;
    TokenParams quote;
    uint64 px;
    uint40 pxTime;
}

/// @notice What an account pays and gets in a spot fill, token wei; the fee is taken of what it gets.
struct Swap {
    TokenParams paid;
    uint256 paidAmount;
    TokenParams got;
    uint256 gotAmount;
    uint256 fee;
}

/// @title Spot pairs and what fills in them come to
/// @notice Rounding is against the account (SPEC CH-03).
library Spot {
    using WadMath for uint256;

    /// @notice First asset id of spot pairs in orders; the pair's number is added.
    uint32 private constant ASSETS = 10_000;
    /// @notice First asset id of perps on the dexes of others.
    uint32 private constant OTHER_DEX_ASSETS = 100_000;

    /// @notice Whether an asset id is that of a spot pair.
    function isPair(uint32 asset) internal pure returns (bool) {
        return asset >= ASSETS && asset < OTHER_DEX_ASSETS;
    }

    /// @notice The pair of an asset id, which must have a price.
    function pairOfAsset(ICollateralRegistry registry, uint32 asset) internal view returns (Pair memory) {
        return pairOf(registry, asset - ASSETS);
    }

    /// @notice A pair by its number; it must have a price.
    function pairOf(ICollateralRegistry registry, uint32 id) internal view returns (Pair memory pair) {
        uint64 base;
        uint64 quote;
        (base, quote, pair.px, pair.pxTime) = registry.pairOf(id);
        require(pair.px != 0, IClearinghouse.SpotPriceMissing(id));
        pair.base = RegistryWords.tokenOf(registry, base);
        pair.quote = RegistryWords.tokenOf(registry, quote);
    }

    /// @notice Require a price that is young enough for new risk (SPEC OR-02).
    function requireYoungPx(Pair memory pair, Policy memory policy) internal view {
        uint256 old = PriceAge.age(pair.pxTime);
        require(
            old <= policy.maxPriceAge, IPortfolioMargin.StalePrice(pair.base.token, old, policy.maxPriceAge)
        );
    }

    /// @notice The most that an account may owe after a fill with portfolio margin, USD WAD: while risk is
    /// paused no more than before, in a batch too, whose check waits but not the pause (SPEC CR-07, AC-16).
    function mostDebt(VenueState storage s, ICollateralRegistry registry, address account)
        internal
        view
        returns (uint256)
    {
        if (registry.paused() & PAUSE_RISK == 0) return type(uint256).max;
        return MarginEngine.storedDebt(s, registry, account);
    }

    /// @notice Require that a fill has made no debt beyond that: what one has may always be sold and spent.
    function requireNoPausedDebt(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint256 most
    ) internal view {
        if (most == type(uint256).max) return;
        uint256 debt = MarginEngine.storedDebt(s, registry, account);
        require(debt <= most, IPortfolioMargin.Paused(PAUSE_RISK));
    }

    /// @notice Token wei of the smallest size.
    function lot(TokenParams memory base) internal pure returns (uint256) {
        return 10 ** uint256(base.weiDecimals - base.szDecimals);
    }

    /// @notice What a buyer or seller of `sz` at `px` pays and gets, before the fee.
    function swapOf(Pair memory pair, bool isBuy, uint256 sz, uint256 px)
        internal
        pure
        returns (Swap memory)
    {
        uint256 baseAmount = sz * lot(pair.base);
        // sz * px is the notional in 1e-8 of the quote token.
        uint256 notional = sz * px;
        uint256 scale = 10 ** uint256(pair.quote.weiDecimals);
        if (isBuy) return Swap(pair.quote, notional.mulDivUp(scale, 1e8), pair.base, baseAmount, 0);
        return Swap(pair.base, baseAmount, pair.quote, notional.mulDivDown(scale, 1e8), 0);
    }
}
