// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {IVenue} from "../interfaces/IVenue.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {DataCode} from "../libraries/DataCode.sol";
import {AccountState} from "../libraries/VenueState.sol";
import {ActionData} from "./ActionData.sol";
import {CORE_WRITER} from "./CoreAddresses.sol";
import {ActionRecord, IHyperCore, Status} from "./IHyperCore.sol";

/// @title What was asked for and what became of it
/// @notice An action is written once, in the block that asks for it, and waits for a step of Core.
abstract contract CoreQueue is IHyperCore {
    /// @dev Who and when share a word; the data is the code of a contract.
    struct Entry {
        address user;
        uint24 actionId;
        Status status;
        uint64 time;
        uint64 blockNumber;
        address data;
        bytes reason;
    }

    /// @dev No action that Core has is longer.
    uint256 private constant MAX_DATA = 4096;

    /// @inheritdoc IHyperCore
    IVenue public immutable override venue;
    /// @inheritdoc IHyperCore
    ICollateralRegistry public immutable override registry;

    /// @dev By number less one.
    Entry[] internal _entries;
    /// @dev Actions that a step has looked at.
    uint256 internal _taken;

    constructor(IVenue venue_) {
        venue = venue_;
        registry = venue_.registry();
    }

    /// @inheritdoc IHyperCore
    function enqueue(address user, bytes calldata data) external {
        _only(CORE_WRITER);
        Entry storage entry = _entries.push();
        (bool ok, uint24 actionId) = ActionData.head(data);
        ok = ok && data.length <= MAX_DATA;
        entry.user = user;
        entry.actionId = actionId;
        entry.time = uint64(block.timestamp);
        entry.blockNumber = uint64(block.number);
        if (data.length <= MAX_DATA) entry.data = DataCode.write(data);
        uint256 number = _entries.length;
        if (!ok) {
            _end(number, Status.Failed, abi.encodeWithSelector(MalformedAction.selector, data.length));
        } else if (!_exists(user)) {
            _end(number, Status.Dropped, abi.encodeWithSelector(NoSuchUser.selector, user));
        } else {
            _end(number, Status.Queued, "");
        }
    }

    /// @inheritdoc IHyperCore
    function actions(uint256 first, uint256 limit)
        external
        view
        returns (ActionRecord[] memory page, uint256 total)
    {
        total = _entries.length;
        if (first == 0) first = 1;
        uint256 left = first <= total ? total - first + 1 : 0;
        page = new ActionRecord[](left < limit ? left : limit);
        for (uint256 i = 0; i < page.length; ++i) {
            Entry storage entry = _entry(first + i);
            page[i] = ActionRecord({
                number: first + i,
                user: entry.user,
                actionId: entry.actionId,
                status: entry.status,
                blockNumber: entry.blockNumber,
                time: entry.time,
                reason: entry.reason,
                data: DataCode.read(entry.data)
            });
        }
    }

    /// @dev Note how far an action has come.
    function _end(uint256 number, Status status, bytes memory reason) internal {
        Entry storage entry = _entry(number);
        entry.status = status;
        if (reason.length != 0) entry.reason = reason;
        emit ActionSet(number, entry.user, entry.actionId, status, reason);
    }

    function _entry(uint256 number) internal view returns (Entry storage) {
        return _entries[number - 1];
    }

    function _exists(address account) internal view returns (bool) {
        return _state(account).exists;
    }

    function _isStandard(address account) internal view returns (bool) {
        return _state(account).mode == Mode.Standard;
    }

    function _state(address account) internal view returns (AccountState memory) {
        return venue.accountState(account);
    }

    /// @dev Let the venue run a call as if the account had made it (SPEC AC-08).
    function _speak(address account, bytes memory call) internal {
        // The venue's answer goes to nobody: actions have none.
        // slither-disable-next-line unused-return
        venue.forCore(account, call);
    }

    function _only(address required) internal view {
        require(msg.sender == required, OnlyFrom(msg.sender, required));
    }
}
