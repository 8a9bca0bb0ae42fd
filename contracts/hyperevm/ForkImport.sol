// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry, PerpParams, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {Bitmap} from "../libraries/Bitmap.sol";
import {DeficitStore} from "../libraries/DeficitStore.sol";
import {Pool} from "../libraries/Pool.sol";
import {AccountState, Position, Reserve, TokenBalance, VenueState} from "../libraries/VenueState.sol";
import {RAY} from "../libraries/WadMath.sol";

/// @notice One token of an imported account.
struct TokenImport {
    uint64 token;
    /// Pool position: supply shares when positive, debt shares when negative, at an index of one.
    int128 shares;
    /// What the position was worth when it was last touched, token wei.
    uint128 basis;
    /// Spot balance outside the pool, token wei.
    uint128 idle;
}

/// @notice One dex of an imported account.
struct DexImport {
    uint32 dex;
    /// Equity without the positions' marked value, 1e-6 of the dex's collateral token.
    int128 rawUsd;
}

/// @notice One asset of an imported account: a position, or how one would be margined.
struct PositionImport {
    uint32 asset;
    int64 szi;
    uint128 entryNtl;
    uint8 leverage;
    bool isolated;
    /// Equity of an isolated position without its marked value, 1e-6 of its dex's collateral token.
    int128 isolatedUsd;
}

/// @notice An imported account.
struct AccountImport {
    address account;
    Mode mode;
    TokenImport[] tokens;
    DexImport[] dexes;
    PositionImport[] positions;
}

/// @notice An imported reserve, token wei.
struct ReserveImport {
    uint64 token;
    uint128 supplyShares;
    uint128 borrowShares;
    uint128 cash;
    uint128 deficit;
    /// 1e-9 token wei.
    uint128 buffer;
}

/// @title The state of another chain's HyperCore, written into a venue's storage (SPEC HE-22)
/// @notice Its code stands at the venue's address while a fork is made and at no other time, so that what it
/// writes is laid out by the compiler and not by hand. Its storage is the venue's.
contract ForkImport {
    using Bitmap for uint256;

    /// @dev The venue's whole storage.
    VenueState internal _s;

    /// @notice Write reserves, whose indexes are one and whose interest begins now; after the accounts.
    function importReserves(ICollateralRegistry registry, ReserveImport[] calldata reserves) external {
        for (uint256 i = 0; i < reserves.length; ++i) {
            ReserveImport calldata from = reserves[i];
            Reserve storage reserve = _s.reserves[registry.tokenIndex(from.token)];
            // The cast is safe: RAY is 10^27.
            // forge-lint: disable-next-line(unsafe-typecast)
            (reserve.supplyIndex, reserve.borrowIndex) = (uint104(RAY), uint104(RAY));
            (reserve.supplyShares, reserve.borrowShares) = (from.supplyShares, from.borrowShares);
            (reserve.cash, reserve.buffer) = (from.cash, from.buffer);
            DeficitStore.setDeficit(reserve, from.deficit);
            // forge-lint: disable-next-line(unsafe-typecast)
            reserve.accruedAt = uint40(block.timestamp);
            // forge-lint: disable-next-line(unsafe-typecast)
            reserve.bufferSweptAt = uint40(block.timestamp);
        }
    }

    /// @notice Write accounts; what they had of the tokens, dexes and assets named is gone.
    function importAccounts(ICollateralRegistry registry, AccountImport[] calldata accounts) external {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _importAccount(registry, accounts[i]);
        }
    }

    function _importAccount(ICollateralRegistry registry, AccountImport calldata from) private {
        address account = from.account;
        AccountStore.touch(_s, account);
        _s.accounts[account].mode = from.mode;
        for (uint256 i = 0; i < from.tokens.length; ++i) {
            _importToken(registry, account, from.tokens[i]);
        }
        for (uint256 i = 0; i < from.dexes.length; ++i) {
            // The rest of the answer is not asked for.
            // slither-disable-next-line unused-return
            (uint256 dex,) = registry.dexOf(from.dexes[i].dex);
            AccountStore.setRawUsd(_s, account, dex, from.dexes[i].rawUsd);
        }
        for (uint256 i = 0; i < from.positions.length; ++i) {
            _importPosition(registry, account, from.positions[i]);
        }
    }

    /// @dev A wei goes through the pool first, so that whatever it notes of lenders and debtors is noted;
    /// reserves come last, and write over what that wei did to them.
    function _importToken(ICollateralRegistry registry, address account, TokenImport calldata held) private {
        TokenParams memory p = registry.tokenParams(held.token);
        if (held.shares != 0) {
            Pool.accrue(_s, p);
            _s.reserves[p.index].cash = type(uint128).max / 2;
            if (held.shares > 0) Pool.credit(_s, account, p.index, 1);
            // How much of it becomes debt is not asked here.
            // slither-disable-next-line unused-return
            else Pool.debit(_s, account, p.index, 1);
        }
        TokenBalance storage balance = _s.balances[account][p.index];
        (balance.shares, balance.basis, balance.idle) = (held.shares, held.basis, held.idle);
        AccountStore.mark(_s, account, p.index);
    }

    /// @dev Funding is paid up to now.
    function _importPosition(ICollateralRegistry registry, address account, PositionImport calldata from)
        private
    {
        PerpParams memory perp = registry.perpParams(from.asset);
        Position storage position = _s.positions[account][perp.index];
        (position.szi, position.entryNtl) = (from.szi, from.entryNtl);
        (position.leverage, position.isolated) = (from.leverage, from.isolated);
        position.isolatedUsd = from.isolatedUsd;
        // The cast is safe: see `Position`.
        // forge-lint: disable-next-line(unsafe-typecast)
        position.fundingIndex = int176(perp.fundingIndex);
        if (from.szi == 0) return;
        AccountState storage state = _s.accounts[account];
        if (from.isolated) {
            state.isolatedBitmap = state.isolatedBitmap.with(perp.index);
        } else {
            state.perpBitmap = state.perpBitmap.with(perp.index);
            // A position has a dex, whatever its equity is.
            // The cast is safe: dex indexes are below 32.
            // forge-lint: disable-next-line(unsafe-typecast)
            state.dexBitmap = uint32(uint256(state.dexBitmap).with(perp.dex));
        }
    }
}
