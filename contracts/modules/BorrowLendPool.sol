// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool, ReserveView} from "../interfaces/IBorrowLendPool.sol";
import {PAUSE_BORROW, PAUSE_SUPPLY, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {Mode, TokenState} from "../libraries/AccountTypes.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {Pool} from "../libraries/Pool.sol";
import {RateMath, ReserveIndexes, SHARE_UNIT} from "../libraries/RateMath.sol";
import {AccountState, Reserve, TokenBalance} from "../libraries/VenueState.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {VenueBase} from "./VenueBase.sol";

/// @title BorrowLendPool
/// @notice Money in and out of the pool, one action one function.
abstract contract BorrowLendPool is VenueBase {
    using WadMath for uint256;

    /// @inheritdoc IBorrowLendPool
    function deposit(uint64 token, uint256 amount, address account)
        external
        nonReentrant
        returns (uint256 credited)
    {
        TokenParams memory p = registry.tokenParams(token);
        require(amount != 0, ZeroAmount());
        // The transfer comes first: what is credited is what came.
        credited = _pull(p, amount);
        _credit(account, p, credited);
        emit Deposited(account, token, credited, msg.sender);
    }

    /// @inheritdoc IBorrowLendPool
    function supply(uint64 token, uint256 amount, address account)
        external
        nonReentrant
        returns (uint256 credited)
    {
        TokenParams memory p = registry.tokenParams(token);
        require(amount != 0, ZeroAmount());
        Pool.accrue(_s, p.index, p.curve);
        TokenState memory t = AccountStore.tokenState(_s, account, p);
        credited = _pull(p, amount);
        // Paying debt is never paused.
        require(credited <= t.borrowed || p.paused & PAUSE_SUPPLY == 0, Paused(PAUSE_SUPPLY));
        uint256 supplied = credited > t.borrowed ? credited - t.borrowed : 0;
        require(supplied <= t.supplyRoom, SupplyCapExceeded(token, supplied, t.supplyRoom));

        AccountStore.touch(_s, account);
        Pool.credit(_s, account, p.index, credited);
        AccountStore.mark(_s, account, p.index);
        _sweep(account);
        emit Supplied(account, token, credited, msg.sender);
    }

    /// @inheritdoc IBorrowLendPool
    function withdraw(uint64 token, uint256 amount, address to)
        external
        nonReentrant
        returns (uint256 withdrawn)
    {
        TokenParams memory p = registry.tokenParams(token);
        address account = _owner();
        withdrawn = _takeOut(account, p, amount, _evmUnit(p));
        emit Withdrawn(account, token, withdrawn, to);
        _push(p, withdrawn, to);
    }

    /// @inheritdoc IBorrowLendPool
    function borrow(uint64 token, uint256 amount) external nonReentrant {
        TokenParams memory p = registry.tokenParams(token);
        require(amount != 0, ZeroAmount());
        address account = _actor();
        Mode mode = _s.accounts[account].mode;
        require(mode == Mode.PortfolioMargin, NotPortfolioMargin(mode));
        require(p.borrowable, NotBorrowable(token));
        require(p.paused & PAUSE_BORROW == 0, Paused(PAUSE_BORROW));

        Pool.accrue(_s, p.index, p.curve);
        _sweep(account);
        TokenState memory t = AccountStore.tokenState(_s, account, p);
        // Supply is drawn first: who supplies for the account must not keep it from borrowing.
        require(amount > t.supplied, BorrowWhileSupplied(token, t.supplied));
        if (t.supplied != 0) Waterfall.requireUnlocked(_s, insurance, p);
        uint256 debt = amount - t.supplied;
        require(debt <= t.borrowRoom, BorrowCapExceeded(token, debt, t.borrowRoom));
        require(amount <= t.cash, InsufficientCash(token, amount, t.cash));

        uint256 borrowed = Pool.debit(_s, account, p.index, amount);
        TokenBalance storage balance = _s.balances[account][p.index];
        balance.idle += amount.toUint128();
        balance.borrowFloor += borrowed.toUint128();
        AccountStore.mark(_s, account, p.index);

        _requireSafe(account, 0);
        emit Borrowed(account, token, amount);
    }

    /// @inheritdoc IBorrowLendPool
    function repay(uint64 token, uint256 amount, address account)
        external
        nonReentrant
        returns (uint256 repaid)
    {
        TokenParams memory p = registry.tokenParams(token);
        require(amount != 0, ZeroAmount());
        Pool.accrue(_s, p.index, p.curve);
        uint256 debt = AccountStore.tokenState(_s, account, p).borrowed;
        require(debt != 0, NoDebt(token));

        uint256 credited = _pull(p, amount < debt ? amount : debt);
        repaid = credited < debt ? credited : debt;
        TokenBalance storage balance = _s.balances[account][p.index];
        uint128 floor = balance.borrowFloor;
        balance.borrowFloor = repaid < floor ? floor - repaid.toUint128() : 0;
        Pool.credit(_s, account, p.index, credited);
        AccountStore.mark(_s, account, p.index);
        _sweep(account);
        emit Repaid(account, token, repaid, msg.sender);
    }

    /// @inheritdoc IBorrowLendPool
    function accrue(uint64 token) external nonReentrant {
        TokenParams memory p = registry.tokenParams(token);
        Pool.accrue(_s, p.index, p.curve);
    }

    /// @inheritdoc IBorrowLendPool
    function reserveOf(uint64 token) external view returns (ReserveView memory view_) {
        TokenParams memory p = registry.tokenParams(token);
        Reserve storage reserve = _s.reserves[p.index];
        ReserveIndexes memory now_ = Pool.accrued(_s, p.index, p.curve);
        view_.token = token;
        view_.supplyIndex = now_.supplyIndex;
        view_.borrowIndex = now_.borrowIndex;
        view_.supplied = RateMath.amountOfSharesDown(now_.supplyShares, now_.supplyIndex);
        view_.borrowed = RateMath.amountOfSharesUp(now_.borrowShares, now_.borrowIndex);
        view_.cash = reserve.cash;
        view_.buffer = now_.buffer / SHARE_UNIT;
        view_.deficit = reserve.deficit;
        view_.utilization = RateMath.utilization(view_.borrowed, view_.supplied);
        view_.borrowRate = RateMath.borrowRate(view_.utilization, p.curve);
        view_.supplyRate = RateMath.supplyRate(view_.borrowRate, view_.utilization, p.curve.protocolShare);
    }

    /// @dev Take own balance out of an account: idle first, then supply (SPEC BL-11). `unit` is the
    /// smallest amount that can be taken; everything means everything that is a multiple of it.
    function _takeOut(address account, TokenParams memory p, uint256 amount, uint256 unit)
        internal
        returns (uint256)
    {
        require(amount != 0, ZeroAmount());
        Pool.accrue(_s, p.index, p.curve);
        _sweep(account);
        TokenState memory t = AccountStore.tokenState(_s, account, p);
        uint256 gross = uint256(t.idle) + t.supplied;
        uint256 available = gross > t.borrowed ? gross - t.borrowed : 0;
        if (amount == type(uint256).max) amount = available / unit * unit;
        require(amount != 0, ZeroAmount());
        require(amount % unit == 0, InexactAmount(p.token, amount, unit));
        require(amount <= available, InsufficientBalance(p.token, amount, available));
        uint256 fromIdle = amount < t.idle ? amount : t.idle;
        uint256 fromPool = amount - fromIdle;
        require(fromPool <= t.cash, InsufficientCash(p.token, fromPool, t.cash));

        _s.balances[account][p.index].idle = t.idle - fromIdle.toUint128();
        if (fromPool != 0) Waterfall.requireUnlocked(_s, insurance, p);
        if (fromPool != 0) Pool.debit(_s, account, p.index, fromPool);
        AccountStore.mark(_s, account, p.index);

        if (_hasExposure(account)) _requireSafe(account, 0);
        return amount;
    }

    /// @dev Whether balances of an account stand for debt or perps: never a standard account's, whose
    /// dexes have their own margin. A closed position may have left its dex below zero.
    function _hasExposure(address account) private view returns (bool) {
        AccountState storage state = _s.accounts[account];
        uint256 bitmap = state.tokenBitmap;
        for (uint256 i = 0; bitmap >> i != 0; ++i) {
            if (_s.balances[account][i].shares < 0) return true;
        }
        if (state.mode == Mode.Standard) return false;
        if (state.perpBitmap != 0) return true;
        bitmap = state.dexBitmap;
        for (uint256 i = 0; bitmap >> i != 0; ++i) {
            if (_s.rawUsd[account][i] < 0) return true;
        }
        return false;
    }
}
