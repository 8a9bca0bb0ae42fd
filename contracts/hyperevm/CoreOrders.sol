// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {OTHER_DEX_ASSETS, SPOT_ASSETS} from "./CoreAddresses.sol";
import {CoreQueue} from "./CoreQueue.sol";
import {IHyperCore, Status} from "./IHyperCore.sol";
import {RegistryWords} from "../libraries/RegistryWords.sol";

/// @title Limit orders: units, time in force, and what rests (SPEC HC-12 to HC-15)
/// @notice The venue fills at the mark at once or not at all; what waits for its price waits here, and locks
/// nothing.
abstract contract CoreOrders is CoreQueue {
    /// @dev Action 1 as its words are: price and size are human * 1e8.
    struct LimitOrder {
        uint32 asset;
        bool isBuy;
        uint64 limitPx;
        uint64 sz;
        bool reduceOnly;
        uint8 tif;
        uint128 cloid;
    }

    /// @dev An order in the venue's units.
    struct Resting {
        uint32 asset;
        bool isBuy;
        uint64 limitPx;
        uint64 sz;
        bool reduceOnly;
        uint128 cloid;
    }

    uint8 private constant ALO = 1;
    uint8 private constant IOC = 3;
    /// @dev Decimals of prices and sizes in actions, of perp prices and of spot prices for a size of one.
    uint256 private constant ACTION_DECIMALS = 8;
    uint256 private constant PERP_DECIMALS = 6;

    /// @inheritdoc IHyperCore
    uint64 public override orderDelay;
    /// @dev Orders in their delay, oldest first, from `_due` on.
    uint256[] internal _delayed;
    uint256 internal _due;
    uint256[] internal _resting;
    mapping(uint256 number => Resting) private _orders;

    /// @inheritdoc IHyperCore
    function restingOrders() external view returns (uint256[] memory) {
        return _resting;
    }

    /// @dev Fill an order or let it rest.
    function _place(uint256 number, address user, LimitOrder memory o) internal returns (Status) {
        require(o.tif >= ALO && o.tif <= IOC, UnknownTif(o.tif));
        require(o.sz != 0, IClearinghouse.InvalidSize(o.sz));
        (Resting memory order, uint64 px) = _inVenueUnits(o);
        bool fills = _crosses(order, px);
        require(!fills || o.tif != ALO, WouldFill(order.limitPx, px));
        if (fills || o.tif == IOC) {
            _fill(user, order);
            return Status.Applied;
        }
        _orders[number] = order;
        _resting.push(number);
        return Status.Resting;
    }

    /// @dev Fill an order that has rested; what the venue refuses then is gone.
    function _fillResting(uint256 number) internal {
        _fill(_entry(number).user, _orders[number]);
    }

    /// @dev Take the orders that rest and whose price has come off the list, and return them.
    function _takeCrossing() internal returns (uint256[] memory crossing) {
        uint256[] memory resting = _resting;
        crossing = new uint256[](resting.length);
        uint256 found = 0;
        delete _resting;
        for (uint256 i = 0; i < resting.length; ++i) {
            if (_isCrossing(resting[i])) crossing[found++] = resting[i];
            else _resting.push(resting[i]);
        }
        // Assembly is the only way to shorten an array in memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(crossing, found)
        }
    }

    /// @dev Take back an order of the account by its number, or by its client id where `byCloid`.
    function _cancel(address user, uint32 asset, uint256 id, bool byCloid) internal {
        for (uint256 i = 0; i < _resting.length; ++i) {
            uint256 number = _resting[i];
            Resting storage order = _orders[number];
            bool named = byCloid ? order.cloid == id && id != 0 : number == id;
            if (!named || order.asset != asset || _entry(number).user != user) continue;
            for (uint256 j = i + 1; j < _resting.length; ++j) {
                _resting[j - 1] = _resting[j];
            }
            _resting.pop();
            _end(number, Status.Cancelled, "");
            return;
        }
        revert NoSuchOrder(asset, id);
    }

    function _hasOrderWork() internal view returns (bool) {
        if (_isDue()) return true;
        for (uint256 i = 0; i < _resting.length; ++i) {
            if (_isCrossing(_resting[i])) return true;
        }
        return false;
    }

    /// @dev Whether the oldest order in its delay has waited long enough.
    function _isDue() internal view returns (bool) {
        if (_due == _delayed.length) return false;
        return block.timestamp >= uint256(_entry(_delayed[_due]).time) + orderDelay;
    }

    function _fill(address user, Resting memory order) private {
        _speak(
            user,
            abi.encodeCall(
                IClearinghouse.order, (order.asset, order.isBuy, order.limitPx, order.sz, order.reduceOnly)
            )
        );
    }

    function _isCrossing(uint256 number) private view returns (bool) {
        Resting memory order = _orders[number];
        (uint64 px,) = _market(order.asset);
        return _crosses(order, px);
    }

    function _crosses(Resting memory order, uint64 px) private pure returns (bool) {
        return px != 0 && (order.isBuy ? px <= order.limitPx : px >= order.limitPx);
    }

    /// @dev Price and size on the asset's grids, exactly, and the asset's price.
    function _inVenueUnits(LimitOrder memory o) private view returns (Resting memory, uint64 px) {
        uint256 szDecimals;
        (px, szDecimals) = _market(o.asset);
        uint256 pxDecimals = _isPair(o.asset) ? ACTION_DECIMALS : PERP_DECIMALS;
        uint256 step = 10 ** (ACTION_DECIMALS + szDecimals - pxDecimals);
        uint256 lot = 10 ** (ACTION_DECIMALS - szDecimals);
        require(o.limitPx % step == 0, InexactPrice(o.asset, o.limitPx, step));
        require(o.sz % lot == 0, InexactSize(o.asset, o.sz, lot));
        // The casts are safe: quotients of 64-bit numbers.
        // forge-lint: disable-next-item(unsafe-typecast)
        return
            (
                Resting(
                    o.asset, o.isBuy, uint64(o.limitPx / step), uint64(o.sz / lot), o.reduceOnly, o.cloid
                ),
                px
            );
    }

    /// @dev Mark of a perp or price of a pair, zero before the first report, and decimals of sizes.
    function _market(uint32 asset) private view returns (uint64 px, uint256 szDecimals) {
        if (_isPair(asset)) {
            uint64 base;
            // The rest of the answer is not asked for.
            // slither-disable-next-line unused-return
            (base,, px,) = registry.pairOf(asset - SPOT_ASSETS);
            return (px, RegistryWords.tokenOf(registry, base).szDecimals);
        }
        PerpParams memory perp = registry.perpParams(asset);
        return (perp.mark, perp.szDecimals);
    }

    function _isPair(uint32 asset) private pure returns (bool) {
        return asset >= SPOT_ASSETS && asset < OTHER_DEX_ASSETS;
    }
}
