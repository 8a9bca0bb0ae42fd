// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {PerpParams} from "../interfaces/ICollateralRegistry.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {Batches} from "../libraries/Batches.sol";
import {Failure} from "../libraries/Failure.sol";
import {Funding} from "../libraries/Funding.sol";
import {Isolated} from "../libraries/Isolated.sol";
import {ModeChange} from "../libraries/ModeChange.sol";
import {AccountState, Position, TokenBalance} from "../libraries/VenueState.sol";
import {Volume} from "../libraries/Volume.sol";
import {VenueBase} from "./VenueBase.sol";
import {POLICY_ACCESS, RegistryWords} from "../libraries/RegistryWords.sol";

/// @title Accounts
/// @notice Modes and leverage, and what is stored of an account.
abstract contract Accounts is VenueBase {
    /// @inheritdoc IAccounts
    function setMode(Mode mode) external nonReentrant announcing {
        address account = _owner();
        AccountState storage state = _s.accounts[account];
        bool flat =
            state.mode != Mode.PortfolioMargin || RegistryWords.policyOf(registry, POLICY_ACCESS).leavesFlat;
        // An isolated position has taken its margin the way of the mode, and gives it back the same way.
        uint256 open = state.isolatedBitmap;
        if (flat) open |= state.perpBitmap;
        require(open == 0, PositionsOpen(open));
        _sweep(account);
        ModeChange.requireLeavable(_s, registry, account, flat);
        // Only its master acts for a sub-account here, and else nobody but the account itself.
        if (mode == Mode.PortfolioMargin && state.mode != mode) {
            ModeChange.requireAdmitted(_s, registry, account, _caller());
        }
        AccountStore.touch(_s, account);
        state.mode = mode;
        _sweep(account);
        if (!flat) _requireSafe(account, 0);
        emit ModeSet(account, mode);
    }

    /// @inheritdoc IAccounts
    function setLeverage(uint32 asset, uint8 leverage) external nonReentrant announcing {
        address account = _actor();
        PerpParams memory perp = registry.perpParams(asset);
        require(
            leverage != 0 && leverage <= perp.maxLeverage,
            LeverageOutOfRange(asset, leverage, perp.maxLeverage)
        );
        Position storage position = _s.positions[account][perp.index];
        AccountStore.touch(_s, account);
        if (position.szi == 0) {
            position.leverage = leverage;
        } else if (position.isolated) {
            position.leverage = leverage;
            Isolated.requireInitialMargin(_s, registry, account, asset);
        } else {
            _sweep(account);
            uint256 debtBefore = _grossDebt(account);
            position.leverage = leverage;
            _sweep(account);
            _requireSafe(account, debtBefore);
        }
        emit LeverageSet(account, asset, leverage);
    }

    /// @inheritdoc IAccounts
    function approveOperator(address operator, bool approved) external nonReentrant {
        address account = _owner();
        _s.operators[account][operator] = approved;
        emit OperatorSet(account, operator, approved);
    }

    /// @inheritdoc IAccounts
    function onBehalf(address account, bytes calldata call) external returns (bytes memory) {
        address operator = _caller();
        require(_s.operators[account][operator], NotOperator(account, operator));
        _asOperator = true;
        return _act(account, call);
    }

    /// @inheritdoc IAccounts
    function forSubAccount(uint32 index, bytes calldata call) external returns (bytes memory) {
        return _act(subAccountOf(_caller(), index), call);
    }

    /// @inheritdoc IAccounts
    function forCore(address account, bytes calldata call) external returns (bytes memory result) {
        require(msg.sender == core, NotCore(msg.sender, core));
        require(_actor() == msg.sender, ActingAlready(_actor()));
        _calledBy = account;
        // It calls nobody but itself, and each of those calls takes the guard.
        // slither-disable-next-line reentrancy-no-eth
        result = _run(call);
        _calledBy = address(0);
    }

    /// @inheritdoc IAccounts
    function batch(bytes[] calldata calls) external announcing returns (bytes[] memory) {
        // Each of the calls takes the guard for itself, and nothing foreign runs between them.
        require(!_reentrancyGuardEntered(), ReentrancyGuardReentrantCall());
        return Batches.run(_s, registry, _actor(), calls);
    }

    /// @inheritdoc IAccounts
    function subAccountOf(address master, uint32 index) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(master, index)))));
    }

    /// @inheritdoc IAccounts
    function isOperator(address account, address operator) external view returns (bool) {
        return _s.operators[account][operator];
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
    function fundingDueOf(address account, uint32 asset) external view returns (int256) {
        PerpParams memory perp = registry.perpParams(asset);
        return Funding.due(_s.positions[account][perp.index], perp);
    }

    /// @inheritdoc IAccounts
    function rawUsdOf(address account, uint32 dex) external view returns (int128) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (uint256 index,) = registry.dexOf(dex);
        return _s.rawUsd[account][index];
    }

    /// @inheritdoc IAccounts
    function volumeOf(address account) external view returns (uint256 recent, uint256 total) {
        return (
            Volume.over(_s, account, RegistryWords.policyOf(registry, POLICY_ACCESS).enableVolumeDays),
            Volume.over(_s, account, 0)
        );
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

    /// @dev Run a call with another account acting; the caller's refusals come back as they are.
    function _act(address account, bytes calldata call) private returns (bytes memory result) {
        require(_actingFor == address(0), ActingAlready(_actingFor));
        _actingFor = account;
        // It calls nobody but itself, and each of those calls takes the guard.
        // slither-disable-next-line reentrancy-no-eth
        result = _run(call);
        _actingFor = address(0);
        _asOperator = false;
    }

    /// @dev Run a call of the venue's own code, so that nothing can run here that could not be called
    /// directly.
    function _run(bytes calldata call) private returns (bytes memory) {
        // slither-disable-next-line controlled-delegatecall
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok, bytes memory answer) = address(this).delegatecall(call);
        if (!ok) {
            require(answer.length != 0, UnknownCall(bytes4(call)));
            Failure.pass(answer);
        }
        return answer;
    }
}
