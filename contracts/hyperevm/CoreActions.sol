// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {IBorrowLendPool, ReserveView} from "../interfaces/IBorrowLendPool.sol";
import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {PoolCaps} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {DataCode} from "../libraries/DataCode.sol";
import {Pool} from "../libraries/Pool.sol";
import {TokenBalance} from "../libraries/VenueState.sol";
import {ActionData} from "./ActionData.sol";
import {SPOT} from "./CoreAddresses.sol";
import {CoreBridge} from "./CoreBridge.sol";
import {CoreOrders} from "./CoreOrders.sol";
import {Status} from "./IHyperCore.sol";
import {RegistryWords} from "../libraries/RegistryWords.sol";

/// @title What each action does on the venue (SPEC HC-12 to HC-17, HC-22)
/// @notice Ids and words are those of the venue's own table.
abstract contract CoreActions is CoreOrders, CoreBridge {
    using ActionData for bytes;
    using SafeERC20 for IERC20;

    uint24 internal constant LIMIT_ORDER = 1;
    uint24 private constant SPOT_SEND = 6;
    uint24 private constant USD_CLASS_TRANSFER = 7;
    uint24 private constant CANCEL_BY_OID = 10;
    uint24 private constant CANCEL_BY_CLOID = 11;
    uint24 private constant SEND_ASSET = 13;
    uint24 private constant BORROW_LEND = 15;
    uint24 private constant SET_ABSTRACTION = 16;
    /// @dev One bit an id: 2 to 5 (vaults, staking), 8, 9, 12 and 17.
    uint256 private constant NOT_MODELLED = 0x2133C;
    uint256 private constant LAST_ACTION = 17;

    uint8 private constant OPERATION_SUPPLY = 0;
    uint8 private constant OPERATION_WITHDRAW = 1;
    /// @dev How many of its sub-accounts an account is recognised by.
    uint32 private constant SUB_ACCOUNTS = 64;

    /// @notice Apply one action; only Core itself, so that a refusal undoes it whole. An order that has
    /// `rested` only fills.
    function run(uint256 number, bool rested) external returns (Status) {
        _only(address(this));
        Entry storage entry = _entry(number);
        if (rested) {
            _fillResting(number);
            return Status.Applied;
        }
        bytes memory data = DataCode.read(entry.data);
        if (entry.actionId == LIMIT_ORDER) return _limitOrder(number, entry.user, data);
        return _runOther(entry.user, entry.actionId, data);
    }

    function _runOther(address user, uint24 id, bytes memory data) private returns (Status) {
        if (id == SPOT_SEND) _spotSend(user, data);
        else if (id == USD_CLASS_TRANSFER) _usdClassTransfer(user, data);
        else if (id == CANCEL_BY_OID) _cancelByOid(user, data);
        else if (id == CANCEL_BY_CLOID) _cancelByCloid(user, data);
        else if (id == SEND_ASSET) _sendAsset(user, data);
        else if (id == BORROW_LEND) _borrowLend(user, data);
        else if (id == SET_ABSTRACTION) _setAbstraction(user, data);
        else return _notModelled(id);
        return Status.Applied;
    }

    function _notModelled(uint24 id) private pure returns (Status) {
        require(id <= LAST_ACTION && (NOT_MODELLED >> id) & 1 == 1, UnknownAction(id));
        return Status.NotModelled;
    }

    function _limitOrder(uint256 number, address user, bytes memory data) private returns (Status) {
        data.requireWords(7);
        LimitOrder memory o = LimitOrder({
            asset: data.u32(0),
            isBuy: data.flag(1),
            limitPx: data.u64(2),
            sz: data.u64(3),
            reduceOnly: data.flag(4),
            tif: data.u8(5),
            // The cast is safe: the word was compared.
            // forge-lint: disable-next-line(unsafe-typecast)
            cloid: uint128(data.word(6, type(uint128).max))
        });
        return _place(number, user, o);
    }

    function _spotSend(address user, bytes memory data) private {
        data.requireWords(3);
        _send(user, data.account(0), data.u64(1), data.u64(2));
    }

    function _usdClassTransfer(address user, bytes memory data) private {
        data.requireWords(2);
        _speak(user, abi.encodeCall(IClearinghouse.transferPerp, (0, data.u64(0), data.flag(1))));
    }

    function _cancelByOid(address user, bytes memory data) private {
        data.requireWords(2);
        _cancel(user, data.u32(0), data.u64(1), false);
    }

    function _cancelByCloid(address user, bytes memory data) private {
        data.requireWords(2);
        _cancel(user, data.u32(0), data.word(1, type(uint128).max), true);
    }

    /// @dev Out of a dex, to another account, into a dex; dexes of other than standard accounts fill and
    /// empty themselves.
    function _sendAsset(address user, bytes memory data) private {
        data.requireWords(6);
        address to = data.account(0);
        address from = data.account(1);
        uint32 sourceDex = data.u32(2);
        uint32 destinationDex = data.u32(3);
        uint64 token = data.u64(4);
        uint256 amount = data.u64(5);
        if (from == address(0)) from = user;
        else _subIndex(user, from);
        if (sourceDex != SPOT && _isStandard(from)) {
            uint64 usd = _perpUsd(token, amount, sourceDex);
            _speak(from, abi.encodeCall(IClearinghouse.transferPerp, (sourceDex, usd, false)));
        }
        if (to != from) _send(from, to, token, amount);
        if (destinationDex != SPOT) _toDex(to, token, amount, destinationDex);
    }

    /// @dev Zero stands for as much as possible.
    function _borrowLend(address user, bytes memory data) private {
        data.requireWords(3);
        uint8 operation = data.u8(0);
        uint64 token = data.u64(1);
        uint256 amount = data.u64(2);
        require(operation <= OPERATION_WITHDRAW, UnknownOperation(operation));
        TokenBalance memory balance = venue.balanceOf(user, token);
        ReserveView memory reserve = venue.reserveOf(token);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (uint256 supplied,) = Pool.amounts(balance.shares, reserve.supplyIndex, reserve.borrowIndex);
        if (_state(user).mode == Mode.PortfolioMargin) {
            // What an account has idle and what it has supplied is one balance to the sweep, which supplies
            // it whatever was asked for.
            uint256 own = balance.idle + supplied;
            require(amount <= own, IBorrowLendPool.InsufficientBalance(token, amount, own));
            _speak(user, abi.encodeCall(IPortfolioMargin.sweep, (user)));
        } else if (operation == OPERATION_SUPPLY) {
            _supply(user, token, amount, balance.idle, reserve.supplied);
        } else {
            if (amount == 0) amount = supplied < reserve.cash ? supplied : reserve.cash;
            require(amount <= supplied, IBorrowLendPool.InsufficientBalance(token, amount, supplied));
            require(amount != 0, IBorrowLendPool.ZeroAmount());
            // What is idle is taken first: to itself, the account sends that and what it withdraws.
            _speak(user, abi.encodeCall(IClearinghouse.spotSend, (user, token, balance.idle + amount)));
        }
    }

    /// @dev By way of this contract's wallet, and so in whole units of the ERC-20.
    function _supply(address user, uint64 token, uint256 amount, uint256 idle, uint256 supplied) private {
        Link memory link = _link(token);
        if (amount == 0) {
            PoolCaps memory caps = RegistryWords.capsOf(registry, 1 << registry.tokenIndex(token))[0];
            uint256 room = supplied < caps.globalSupplyCap ? caps.globalSupplyCap - supplied : 0;
            // Down to whole units.
            // slither-disable-next-line divide-before-multiply
            amount = (idle < room ? idle : room) / link.down * link.down;
        }
        require(amount <= idle, IBorrowLendPool.InsufficientBalance(token, amount, idle));
        _speak(user, abi.encodeCall(IBorrowLendPool.withdraw, (token, amount, address(this))));
        IERC20(link.erc20).forceApprove(address(venue), amount * link.up / link.down);
        // It takes all that is asked for, or refuses.
        // slither-disable-next-line unused-return
        venue.supply(token, amount, user);
    }

    function _setAbstraction(address user, bytes memory data) private {
        data.requireWords(2);
        address account = data.account(0);
        uint8 mode = data.u8(1);
        require(mode != 0 && mode <= uint8(type(Mode).max) + 1, UnknownAbstraction(mode));
        bytes memory call = abi.encodeCall(IAccounts.setMode, (Mode(mode - 1)));
        if (account != user) {
            call = abi.encodeCall(IAccounts.forSubAccount, (_subIndex(user, account), call));
        }
        _speak(user, call);
    }

    /// @dev The index of a sub-account among the first ones of its master.
    function _subIndex(address user, address account) private view returns (uint32) {
        for (uint32 i = 0; i < SUB_ACCOUNTS; ++i) {
            if (venue.subAccountOf(user, i) == account) return i;
        }
        revert NotOwnAccount(user, account);
    }
}
