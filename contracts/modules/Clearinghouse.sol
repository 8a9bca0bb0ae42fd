// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IClearinghouse, Side} from "../interfaces/IClearinghouse.sol";
import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation, InventoryView} from "../interfaces/ILiquidation.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {Lending} from "../libraries/Lending.sol";
import {MarginEngine} from "../libraries/MarginEngine.sol";
import {MarginMath} from "../libraries/MarginMath.sol";
import {Match, Matching} from "../libraries/Matching.sol";
import {Order, Trading} from "../libraries/Trading.sol";
import {Parties, TokenBalance} from "../libraries/VenueState.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {VenueBase} from "./VenueBase.sol";
import {RegistryWords} from "../libraries/RegistryWords.sol";

/// @title Clearinghouse
/// @notice Orders and transfers; the fills themselves are in the library Trading.
abstract contract Clearinghouse is VenueBase {
    using WadMath for uint256;

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
        address account = _actor();
        Mode mode = _s.accounts[account].mode;
        require(mode == Mode.Standard, NotStandardMode(mode));
        require(usd != 0, ZeroAmount());
        (uint256 index, uint64 collateral) = registry.dexOf(dex);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (TokenParams memory p,) = RegistryWords.partsOf(registry, collateral, 0);
        uint256 amount = usd * MarginMath.weiPerPerpUsd(p.weiDecimals);
        TokenBalance storage balance = _s.balances[account][p.index];
        int256 moved = toPerp ? int256(uint256(usd)) : -int256(uint256(usd));
        if (toPerp) {
            require(amount <= balance.idle, InsufficientBalance(collateral, amount, balance.idle));
            balance.idle -= amount.toUint128();
        } else {
            balance.idle = (balance.idle + amount).toUint128();
        }
        AccountStore.addRawUsd(_s, account, index, moved);
        AccountStore.mark(_s, account, p.index);
        if (!toPerp) MarginEngine.requireTransferMargin(_s, registry, account, index);
        emit PerpTransferred(account, dex, moved);
    }

    /// @inheritdoc IClearinghouse
    function spotSend(address to, uint64 token, uint256 amount) external nonReentrant announcing {
        Lending.spotSend(_s, registry, insurance, _owner(), token, amount, to);
    }
}
