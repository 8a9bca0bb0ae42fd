// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IClearinghouse, Side} from "../interfaces/IClearinghouse.sol";
import {ILiquidation, InventoryView} from "../interfaces/ILiquidation.sol";
import {Lending} from "../libraries/Lending.sol";
import {Match, Matching} from "../libraries/Matching.sol";
import {Order, Trading} from "../libraries/Trading.sol";
import {Parties} from "../libraries/VenueState.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title Clearinghouse
/// @notice Orders and transfers; they themselves are in the library Trading.
abstract contract Clearinghouse is VenueBase {
    /// @inheritdoc IClearinghouse
    function order(uint32 asset, bool isBuy, uint64 limitPx, uint64 sz, bool reduceOnly)
        external
        nonReentrant
        announcing
    {
        Trading.order(
            _s,
            registry,
            Parties(maker, backstop, insurance),
            Order(_actor(), asset, isBuy, limitPx, sz, reduceOnly)
        );
    }

    /// @inheritdoc ILiquidation
    function sellInventory(uint32 pair) external nonReentrant announcing {
        Trading.sellInventory(_s, registry, Parties(maker, backstop, insurance), pair);
    }

    /// @inheritdoc ILiquidation
    function inventoryOf(uint64 token) external view returns (InventoryView memory) {
        return Trading.inventoryOf(_s, registry, token);
    }

    /// @inheritdoc IClearinghouse
    function matchOrders(
        uint32 asset,
        Side calldata buyer,
        Side calldata seller,
        uint64 px,
        uint64 sz,
        bool buyerTakes
    ) external nonReentrant announcing {
        Matching.matchOrders(
            _s, registry, Parties(maker, backstop, insurance), Match(asset, buyer, seller, px, sz, buyerTakes)
        );
    }

    /// @inheritdoc IClearinghouse
    function transferPerp(uint32 dex, uint64 usd, bool toPerp) external nonReentrant announcing {
        Trading.transferPerp(_s, registry, _actor(), dex, usd, toPerp);
    }

    /// @inheritdoc IClearinghouse
    function spotSend(address to, uint64 token, uint256 amount) external nonReentrant announcing {
        Lending.spotSend(_s, registry, insurance, _owner(), token, amount, to);
    }
}
