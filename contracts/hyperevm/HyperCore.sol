// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IVenue} from "../interfaces/IVenue.sol";
import {SYSTEM} from "./CoreAddresses.sol";
import {CoreActions} from "./CoreActions.sol";
import {CoreQueue} from "./CoreQueue.sol";
import {Bridged, IHyperCore, Status} from "./IHyperCore.sol";

/// @title HyperCore: the steps of Core after the blocks of EVM (SPEC HC-10)
/// @notice Its code is placed at a constant address; what it knows of the venue is in the code.
contract HyperCore is CoreActions {
    /// @dev Gas without which no further action is begun: a step that runs short leaves the rest to the next
    /// one, and nothing fails for want of gas.
    uint256 private constant GAS_FOR_ONE = 5_000_000;

    constructor(IVenue venue_) CoreQueue(venue_) {}

    /// @inheritdoc IHyperCore
    function applyBlock(Bridged[] calldata bridged) external {
        _only(SYSTEM);
        // Only the node's transaction runs this; tokens can but add to the queue meanwhile.
        // slither-disable-next-line reentrancy-no-eth
        _creditAll(bridged);
        _takeQueue();
        while (_isDue() && gasleft() > GAS_FOR_ONE) {
            _try(_delayed[_due++], false);
        }
        uint256[] memory crossing = _takeCrossing();
        for (uint256 i = 0; i < crossing.length; ++i) {
            if (gasleft() > GAS_FOR_ONE) _try(crossing[i], true);
            else _resting.push(crossing[i]);
        }
    }

    /// @inheritdoc IHyperCore
    function setCore(uint64 orderDelay_, uint64 activationFee_) external {
        _only(SYSTEM);
        orderDelay = orderDelay_;
        activationFee = activationFee_;
        emit CoreSettingsSet(orderDelay_, activationFee_);
    }

    /// @inheritdoc IHyperCore
    function hasWork() external view returns (bool) {
        return _taken < _entries.length || _hasBridgeWork() || _hasOrderWork();
    }

    function _takeQueue() private {
        while (_taken < _entries.length && gasleft() > GAS_FOR_ONE) {
            uint256 number = ++_taken;
            Entry storage entry = _entry(number);
            if (entry.status != Status.Queued) continue;
            if (entry.actionId == LIMIT_ORDER && orderDelay != 0) _delayed.push(number);
            // Only the node's transaction runs this; tokens can but add to the queue meanwhile.
            // slither-disable-next-line reentrancy-no-eth
            else _try(number, false);
        }
    }

    /// @dev Apply one action whole or not at all, and note how it ended.
    function _try(uint256 number, bool rested) private {
        try this.run(number, rested) returns (Status status) {
            _end(number, status, "");
        } catch (bytes memory reason) {
            _end(number, Status.Failed, reason);
        }
    }
}
