// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {MarginEngine} from "../libraries/MarginEngine.sol";
import {AccountState, Position, TokenBalance} from "../libraries/VenueState.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title Accounts
/// @notice Modes and leverage, and what is stored of an account.
abstract contract Accounts is VenueBase {
    /// @inheritdoc IAccounts
    function setMode(Mode mode) external nonReentrant {
        AccountState storage state = _s.accounts[msg.sender];
        require(state.perpBitmap == 0, PositionsOpen(state.perpBitmap));
        _sweep(msg.sender);
        MarginEngine.requireFlat(_s, registry, msg.sender);
        AccountStore.touch(_s, msg.sender);
        state.mode = mode;
        _sweep(msg.sender);
        emit ModeSet(msg.sender, mode);
    }

    /// @inheritdoc IAccounts
    function setLeverage(uint32 asset, uint8 leverage) external nonReentrant {
        PerpParams memory perp = registry.perpParams(asset);
        require(
            leverage != 0 && leverage <= perp.maxLeverage,
            LeverageOutOfRange(asset, leverage, perp.maxLeverage)
        );
        Position storage position = _s.positions[msg.sender][perp.index];
        AccountStore.touch(_s, msg.sender);
        if (position.szi == 0) {
            position.leverage = leverage;
        } else {
            _sweep(msg.sender);
            uint256 debtBefore = _grossDebt(msg.sender);
            position.leverage = leverage;
            _sweep(msg.sender);
            _requireSafe(msg.sender, debtBefore);
        }
        emit LeverageSet(msg.sender, asset, leverage);
    }

    /// @inheritdoc IAccounts
    function accountState(address account) external view returns (AccountState memory) {
        return _s.accounts[account];
    }

    /// @inheritdoc IAccounts
    function balanceOf(address account, uint64 token) external view returns (TokenBalance memory) {
        return _s.balances[account][registry.tokenIndex(token)];
    }

    /// @inheritdoc IAccounts
    function positionOf(address account, uint32 asset) external view returns (Position memory) {
        return _s.positions[account][registry.perpParams(asset).index];
    }

    /// @inheritdoc IAccounts
    function rawUsdOf(address account, uint32 dex) external view returns (int128) {
        (uint256 index,) = registry.dexOf(dex);
        return _s.rawUsd[account][index];
    }

    /// @inheritdoc IAccounts
    function accounts(uint256 start, uint256 limit)
        external
        view
        returns (address[] memory page, uint256 total)
    {
        total = _s.accountList.length;
        uint256 left = start < total ? total - start : 0;
        page = new address[](left < limit ? left : limit);
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _s.accountList[start + i];
        }
    }
}
