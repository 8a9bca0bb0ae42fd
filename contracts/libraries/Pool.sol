// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {Bitmap} from "./Bitmap.sol";
import {RateCurve, RateMath, ReserveIndexes} from "./RateMath.sol";
import {Touched} from "./Touched.sol";
import {Reserve, TokenBalance, VenueState} from "./VenueState.sol";
import {RAY, WadMath} from "./WadMath.sol";

/// @title Reserves and signed pool positions
/// @notice Every change of a position goes through `credit` and `debit`, which round against the
/// account and keep the reserve's totals and cash in step (SPEC BL-05 to BL-08), or through `passOn`,
/// which changes no more than who holds shares.
library Pool {
    using Bitmap for uint256;
    using WadMath for uint256;

    /// @notice Interest was stored.
    event Accrued(uint64 indexed token, uint256 supplyIndex, uint256 borrowIndex, uint256 buffer);

    /// @notice The hourly ledger of a reserve (SPEC BL-15): the first accrual of an hour since the epoch.
    event InterestHour(uint64 indexed token, uint256 indexed hour, uint256 supplyIndex, uint256 borrowIndex);

    /// @notice The reserve's indexes with interest up to now, without storing them.
    function accrued(VenueState storage s, uint256 token, RateCurve memory curve)
        internal
        view
        returns (ReserveIndexes memory now_)
    {
        Reserve storage reserve = s.reserves[token];
        uint256 since = reserve.accruedAt;
        if (since == 0) {
            (now_.supplyIndex, now_.borrowIndex) = (RAY, RAY);
            return now_;
        }
        (now_.supplyIndex, now_.borrowIndex) = (reserve.supplyIndex, reserve.borrowIndex);
        (now_.supplyShares, now_.borrowShares) = (reserve.supplyShares, reserve.borrowShares);
        now_.buffer = reserve.buffer;
        RateMath.accrue(now_, curve, block.timestamp - since);
    }

    /// @notice Note that a reserve's indexes are no longer one.
    function noteLent(VenueState storage s, uint256 token) internal {
        uint256 lent = s.lentBitmap;
        // The cast is safe: token indexes are below 64.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (!lent.has(token)) s.lentBitmap = uint64(lent.with(token));
    }

    /// @notice Store interest up to now.
    function accrue(VenueState storage s, TokenParams memory p) internal {
        Touched.add(p.index);
        Reserve storage reserve = s.reserves[p.index];
        uint256 since = reserve.accruedAt;
        if (since == block.timestamp) return;
        ReserveIndexes memory now_ = accrued(s, p.index, p.curve);
        // Casts are safe: accrual keeps indexes within MAX_INDEX, the buffer in 128 bits (SPEC BL-22).
        // forge-lint: disable-start(unsafe-typecast)
        reserve.supplyIndex = uint104(now_.supplyIndex);
        reserve.borrowIndex = uint104(now_.borrowIndex);
        reserve.buffer = uint128(now_.buffer);
        reserve.accruedAt = uint40(block.timestamp);
        // forge-lint: disable-end(unsafe-typecast)
        if (now_.borrowShares != 0 && since != 0 && since / 1 hours != block.timestamp / 1 hours) {
            emit InterestHour(p.token, block.timestamp / 1 hours, now_.supplyIndex, now_.borrowIndex);
        }
        if (now_.borrowShares != 0) emit Accrued(p.token, now_.supplyIndex, now_.borrowIndex, now_.buffer);
    }

    /// @notice What an account owes of a token, token wei.
    /// @dev The reserve must be accrued.
    function debtOf(VenueState storage s, address account, uint256 token) internal view returns (uint256) {
        int128 shares = s.balances[account][token].shares;
        // The cast is safe: the sign is known.
        // forge-lint: disable-next-line(unsafe-typecast)
        return shares < 0 ? RateMath.amountOfSharesUp(uint128(-shares), s.reserves[token].borrowIndex) : 0;
    }

    /// @notice Put token wei into an account's position: debt is repaid first, the rest is supplied.
    /// @dev The reserve must be accrued.
    function credit(VenueState storage s, address account, uint256 token, uint256 amount) internal {
        Reserve storage reserve = s.reserves[token];
        TokenBalance storage balance = s.balances[account][token];
        (uint256 supplyIndex, uint256 borrowIndex) = (reserve.supplyIndex, reserve.borrowIndex);
        int128 before = balance.shares;
        int256 shares = before;
        uint256 supplied = amount;
        if (before < 0) {
            // Casts are safe: the sign is known, and shares were stored from 128 bits.
            // forge-lint: disable-start(unsafe-typecast)
            uint256 debtShares = uint128(-before);
            uint256 debt = RateMath.amountOfSharesUp(debtShares, borrowIndex);
            uint256 repaid = amount < debt ? amount : debt;
            uint256 burnt = repaid == debt ? debtShares : RateMath.sharesDown(repaid, borrowIndex);
            shares += int256(burnt);
            reserve.borrowShares -= uint128(burnt);
            // forge-lint: disable-end(unsafe-typecast)
            supplied = amount - repaid;
        }
        uint256 cash = (reserve.cash + uint256(amount.toUint128())).toUint128();
        if (supplied != 0) {
            uint256 minted = RateMath.sharesDown(supplied, supplyIndex).toUint128();
            // The cast is safe: 128 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            shares = WadMath.toInt128(shares + int256(minted));
            reserve.supplyShares = (reserve.supplyShares + minted).toUint128();
        }
        // Casts are safe: checked above.
        // forge-lint: disable-start(unsafe-typecast)
        reserve.cash = uint128(cash);
        _store(balance, before, int128(shares), supplyIndex, borrowIndex);
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @notice Take token wei out of an account's position: supply is drawn first, the rest is borrowed.
    /// @dev The reserve must be accrued. The caller checks cash, caps and margin.
    function debit(VenueState storage s, address account, uint256 token, uint256 amount)
        internal
        returns (uint256 borrowed)
    {
        Reserve storage reserve = s.reserves[token];
        TokenBalance storage balance = s.balances[account][token];
        (uint256 supplyIndex, uint256 borrowIndex) = (reserve.supplyIndex, reserve.borrowIndex);
        int128 before = balance.shares;
        int256 shares = before;
        borrowed = amount;
        if (before > 0) {
            // forge-lint: disable-start(unsafe-typecast)
            uint256 supplyShares = uint128(before);
            (uint256 drawn, uint256 burnt) = _drawUp(supplyShares, amount, supplyIndex);
            shares -= int256(burnt);
            reserve.supplyShares -= uint128(burnt);
            // forge-lint: disable-end(unsafe-typecast)
            borrowed = amount - drawn;
        }
        if (borrowed != 0) {
            noteLent(s, token);
            uint256 minted = RateMath.sharesUp(borrowed, borrowIndex).toUint128();
            // The cast is safe: 128 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            shares = WadMath.toInt128(shares - int256(minted));
            reserve.borrowShares = (reserve.borrowShares + minted).toUint128();
        }
        reserve.cash -= amount.toUint128();
        // The cast is safe: checked above.
        // forge-lint: disable-next-line(unsafe-typecast)
        _store(balance, before, int128(shares), supplyIndex, borrowIndex);
    }

    /// @notice Shares of an account's supply that an amount takes at an index, up.
    function drawnUp(VenueState storage s, address account, uint256 token, uint256 amount, uint256 index)
        internal
        view
        returns (uint256 burnt)
    {
        // The cast is safe: whoever asks knows of a supply.
        // forge-lint: disable-next-line(unsafe-typecast)
        (, burnt) = _drawUp(uint128(s.balances[account][token].shares), amount, index);
    }

    /// @dev What supply gives of an amount, token wei, and the shares it takes, up.
    function _drawUp(uint256 shares, uint256 amount, uint256 index)
        private
        pure
        returns (uint256 drawn, uint256 burnt)
    {
        uint256 supplied = RateMath.amountOfSharesDown(shares, index);
        drawn = amount < supplied ? amount : supplied;
        burnt = drawn == supplied ? shares : RateMath.sharesUp(drawn, index);
    }

    /// @notice Whether an account owes some of a token to the pool.
    function owes(VenueState storage s, address account, uint256 token) internal view returns (bool) {
        return s.balances[account][token].shares < 0;
    }

    /// @notice Pass supply shares from one account to another, at the index up to now (SPEC BL-24). The
    /// reserve stays as it is.
    /// @dev The giver has that many, and the taker owes nothing of the token.
    function passOn(
        VenueState storage s,
        uint256 token,
        address giver,
        address taker,
        uint256 shares,
        uint256 index
    ) internal {
        // Casts are safe: the giver has them, in 127 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 change = int256(shares);
        _change(s.balances[giver][token], -change, index);
        _change(s.balances[taker][token], change, index);
    }

    function _change(TokenBalance storage balance, int256 change, uint256 index) private {
        int128 shares = WadMath.toInt128(balance.shares + change);
        balance.shares = shares;
        // The cast is safe: neither owes anything.
        // forge-lint: disable-next-line(unsafe-typecast)
        balance.basis = RateMath.amountOfSharesDown(uint128(shares), index).toUint128();
    }

    /// @notice Supply and debt of a position in token wei, at given indexes.
    function amounts(int128 shares, uint256 supplyIndex, uint256 borrowIndex)
        internal
        pure
        returns (uint256 supplied, uint256 borrowed)
    {
        // Casts are safe: the sign is known.
        // forge-lint: disable-next-item(unsafe-typecast)
        if (shares > 0) supplied = RateMath.amountOfSharesDown(uint128(shares), supplyIndex);
        // forge-lint: disable-next-item(unsafe-typecast)
        else if (shares < 0) borrowed = RateMath.amountOfSharesUp(uint128(-shares), borrowIndex);
    }

    /// @dev Only debt has a floor, which is never more than the debt.
    function _store(
        TokenBalance storage balance,
        int128 before,
        int128 shares,
        uint256 supplyIndex,
        uint256 borrowIndex
    ) private {
        (uint256 supplied, uint256 borrowed) = amounts(shares, supplyIndex, borrowIndex);
        balance.shares = shares;
        balance.basis = (supplied + borrowed).toUint128();
        // The cast is safe: less than 128 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (before < 0 && borrowed < balance.borrowFloor) balance.borrowFloor = uint128(borrowed);
    }
}
