// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {RESERVE_LOCKED} from "../interfaces/IBorrowLendPool.sol";
import {
    AccountParams,
    DexParams,
    ICollateralRegistry,
    PAUSE_BORROW,
    PAUSE_SUPPLY,
    PerpParams,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {
    Account,
    DexMargin,
    DexState,
    Mode,
    PerpState,
    Sweep,
    TokenState,
    TokenSweep
} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {DeficitStore} from "./DeficitStore.sol";
import {Funding} from "./Funding.sol";
import {MarginMath} from "./MarginMath.sol";
import {Pool} from "./Pool.sol";
import {RateMath, ReserveIndexes} from "./RateMath.sol";
import {Assets, RegistryWords} from "./RegistryWords.sol";
import {SweepMath} from "./SweepMath.sol";
import {Touched} from "./Touched.sol";
import {Unset} from "./Unset.sol";
import {AccountState, Position, Reserve, TokenBalance, VenueState} from "./VenueState.sol";
import {RAY, WadMath} from "./WadMath.sol";

/// @title From storage to the account that the pure formulas judge, and back
/// @notice The only code that reads or writes more than one table of the storage.
library AccountStore {
    using Bitmap for uint256;
    using WadMath for uint256;

    /// @dev A bit of no token.
    uint256 private constant NO_TOKEN = 255;

    /// @notice The sweep moved a token: into the pool, out of it, debt made, debt repaid.
    event Swept(
        address indexed account,
        uint64 indexed token,
        uint256 supply,
        uint256 withdraw,
        uint256 borrow,
        uint256 repay
    );
    /// @notice The sweep moved equity into a dex, or out of it when negative.
    event DexFunded(address indexed account, uint8 indexed dexIndex, int256 usd);

    /// @notice The dexes (bitmap of listing indexes) in which caps or cash keep the account below its
    /// transfer margin changed: bits that appear are fallbacks entered, bits that go are fallbacks left.
    event FallbackSet(address indexed account, uint256 dexesBefore, uint256 dexesNow);

    /// @notice The account as it stands, with interest and funding up to now and the room that pools leave,
    /// and the parameters it was read with.
    function load(VenueState storage s, ICollateralRegistry registry, address account)
        internal
        view
        returns (Account memory a, AccountParams memory params)
    {
        Assets memory of_ = _assetsOf(s, s.accounts[account]);
        of_.pooled = ~uint256(0);
        RegistryWords.readAccount(registry, of_, params);
        _assemble(s, account, a, params, reservesOf(s, params.tokens));
    }

    /// @notice The account as it stands, without the room that pools leave, and the parameters that margin
    /// depends on.
    function loadHeld(VenueState storage s, ICollateralRegistry registry, address account)
        internal
        view
        returns (Account memory a, AccountParams memory params)
    {
        RegistryWords.readAccount(registry, _assetsOf(s, s.accounts[account]), params);
        _readHeld(s, account, a, params);
    }

    /// @notice The account as it stands, with the room that pools leave where the sweep may move something:
    /// what is idle, and what dexes count in.
    function loadMovable(VenueState storage s, ICollateralRegistry registry, address account)
        internal
        view
        returns (Account memory a, AccountParams memory params)
    {
        uint256 movable = s.accounts[account].idleBitmap;
        Assets memory of_ = _assetsOf(s, s.accounts[account]);
        // Never zero, or those of the dexes would not come along.
        of_.pooled = movable.with(NO_TOKEN);
        RegistryWords.readAccount(registry, of_, params);
        _readHeld(s, account, a, params);
        _addRooms(s, a, params, movable);
    }

    /// @notice The account as it stands without its tokens, and the parameters that its margin and a
    /// liquidation step depend on, and its sweep where it moves something.
    function loadPerps(VenueState storage s, ICollateralRegistry registry, address account, bool moving)
        internal
        view
        returns (Account memory a, AccountParams memory params)
    {
        AccountState storage state = s.accounts[account];
        Assets memory of_ = _assetsOf(s, state);
        of_.widths = true;
        if (moving) of_.pooled = uint256(state.idleBitmap).with(NO_TOKEN);
        RegistryWords.readAccount(registry, of_, params);
        _readFrame(s, account, a, params);
    }

    /// @notice The same of positions that a step has changed, from the parameters they were read with.
    function reloadPerps(VenueState storage s, address account, AccountParams memory params)
        internal
        view
        returns (Account memory a)
    {
        uint256 bitmap = s.accounts[account].perpBitmap;
        PerpParams[] memory perps = Unset.perpParams(bitmap.count());
        uint256 found = 0;
        for (uint256 i = 0; i < params.perps.length; ++i) {
            if (bitmap.has(params.perps[i].index)) perps[found++] = params.perps[i];
        }
        params.perps = perps;
        _readFrame(s, account, a, params);
    }

    /// @notice The reserves of some tokens with interest up to now.
    function reservesOf(VenueState storage s, TokenParams[] memory tokens)
        internal
        view
        returns (ReserveIndexes[] memory reserves)
    {
        reserves = Unset.reserveIndexes(tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            reserves[i] = Pool.accrued(s, tokens[i].index, tokens[i].curve);
        }
    }

    /// @notice The account as it stands, from the parameters of its assets and the reserves of its tokens.
    function assemble(
        VenueState storage s,
        address account,
        AccountParams memory params,
        ReserveIndexes[] memory reserves
    ) internal view returns (Account memory a) {
        _assemble(s, account, a, params, reserves);
    }

    function _assemble(
        VenueState storage s,
        address account,
        Account memory a,
        AccountParams memory params,
        ReserveIndexes[] memory reserves
    ) private view {
        _readFrame(s, account, a, params);
        mapping(uint256 token => TokenBalance) storage balances = s.balances[account];
        uint256 idle = s.accounts[account].idleBitmap;
        for (uint256 i = 0; i < reserves.length; ++i) {
            TokenParams memory p = params.tokens[i];
            ReserveIndexes memory reserve = reserves[i];
            _set(a.tokens, i, p, balances[p.index], idle, reserve.supplyIndex, reserve.borrowIndex);
            _addRoom(s, p, a.tokens[i], reserve);
        }
    }

    /// @dev What is held of an account, to be asked for.
    function _assetsOf(VenueState storage s, AccountState storage state)
        private
        view
        returns (Assets memory of_)
    {
        of_.tokens = state.tokenBitmap;
        of_.users = ~uint256(0);
        of_.lent = s.lentBitmap;
        of_.dexes = state.dexBitmap;
        // Where there are cross positions, their dex is marked.
        of_.perps = of_.dexes == 0 ? 0 : state.perpBitmap;
    }

    function _readHeld(VenueState storage s, address account, Account memory a, AccountParams memory params)
        private
        view
    {
        _readFrame(s, account, a, params);
        fillTokens(s, account, a, params);
    }

    /// @notice Read the tokens of an account, anew where it was loaded before.
    function fillTokens(VenueState storage s, address account, Account memory a, AccountParams memory params)
        internal
        view
    {
        mapping(uint256 token => TokenBalance) storage balances = s.balances[account];
        uint256 idle = s.accounts[account].idleBitmap;
        uint256 lent = s.lentBitmap;
        TokenParams[] memory tokens = params.tokens;
        for (uint256 i = 0; i < tokens.length; ++i) {
            TokenParams memory p = tokens[i];
            (uint256 supplyIndex, uint256 borrowIndex) = indexes(s, p, lent);
            _set(a.tokens, i, p, balances[p.index], idle, supplyIndex, borrowIndex);
        }
    }

    /// @dev Set all of an account but its tokens, which are still unset then.
    function _readFrame(VenueState storage s, address account, Account memory a, AccountParams memory params)
        private
        view
    {
        a.mode = s.accounts[account].mode;
        a.policy = params.policy;
        a.tokens = Unset.tokenStates(params.tokens.length);
        DexState[] memory dexes = Unset.dexStates(params.dexes.length);
        for (uint256 i = 0; i < dexes.length; ++i) {
            DexParams memory dex = params.dexes[i];
            dexes[i] = DexState({collateral: dex.collateral, rawUsd: s.rawUsd[account][dex.index]});
        }
        a.dexes = dexes;
        if (params.perps.length != 0) a.perps = _perps(s.positions[account], params.perps, dexes);
    }

    /// @dev The positions, and their dexes net of the funding that they owe.
    function _perps(
        mapping(uint256 perp => Position) storage positions,
        PerpParams[] memory params,
        DexState[] memory dexes
    ) private view returns (PerpState[] memory perps) {
        perps = Unset.perpStates(params.length);
        int256[] memory owed = new int256[](dexes.length);
        for (uint256 i = 0; i < perps.length; ++i) {
            PerpParams memory perp = params[i];
            Position storage position = positions[perp.index];
            uint8 leverage = position.leverage;
            perps[i] = PerpState({
                asset: perp.asset,
                dex: perp.dex,
                szi: position.szi,
                mark: perp.mark,
                leverage: leverage == 0 ? perp.maxLeverage : leverage,
                table: perp.table
            });
            owed[perp.dex] += Funding.due(position, perp);
        }
        for (uint256 i = 0; i < dexes.length; ++i) {
            dexes[i].rawUsd = WadMath.toInt128(dexes[i].rawUsd - owed[i]);
        }
    }

    /// @notice One token of an account, with interest up to now and the room the pool leaves.
    function tokenState(VenueState storage s, address account, TokenParams memory p)
        internal
        view
        returns (TokenState memory t)
    {
        ReserveIndexes memory reserve = Pool.accrued(s, p.index, p.curve);
        t = _alone(s, account, p, reserve.supplyIndex, reserve.borrowIndex);
        _addRoom(s, p, t, reserve);
    }

    /// @notice One token of an account, with interest up to now and the pool's cash, but without its room.
    function ownState(VenueState storage s, address account, TokenParams memory p)
        internal
        view
        returns (TokenState memory t)
    {
        t = held(s, account, p);
        t.cash = s.reserves[p.index].cash;
    }

    /// @notice One token of an account, with interest up to now.
    function held(VenueState storage s, address account, TokenParams memory p)
        internal
        view
        returns (TokenState memory)
    {
        (uint256 supplyIndex, uint256 borrowIndex) = indexes(s, p, s.lentBitmap);
        return _alone(s, account, p, supplyIndex, borrowIndex);
    }

    function _alone(
        VenueState storage s,
        address account,
        TokenParams memory p,
        uint256 supplyIndex,
        uint256 borrowIndex
    ) private view returns (TokenState memory) {
        TokenState[] memory one = Unset.tokenStates(1);
        uint256 idle = s.accounts[account].idleBitmap;
        _set(one, 0, p, s.balances[account][p.index], idle, supplyIndex, borrowIndex);
        return one[0];
    }

    /// @notice The reserve's two indexes with interest up to now: what a balance is worth depends on no more.
    /// `lent` are the tokens that were lent.
    function indexes(VenueState storage s, TokenParams memory p, uint256 lent)
        internal
        view
        returns (uint256 supplyIndex, uint256 borrowIndex)
    {
        if (!lent.has(p.index)) return (RAY, RAY);
        Reserve storage reserve = s.reserves[p.index];
        if (reserve.accruedAt == block.timestamp) return (reserve.supplyIndex, reserve.borrowIndex);
        ReserveIndexes memory now_ = Pool.accrued(s, p.index, p.curve);
        return (now_.supplyIndex, now_.borrowIndex);
    }

    /// @dev Set a token of a list that is still unset; `idleBitmap` is the account's.
    function _set(
        TokenState[] memory list,
        uint256 i,
        TokenParams memory p,
        TokenBalance storage balance,
        uint256 idleBitmap,
        uint256 supplyIndex,
        uint256 borrowIndex
    ) private view {
        int128 shares = balance.shares;
        (uint256 supplied, uint256 borrowed) = Pool.amounts(shares, supplyIndex, borrowIndex);
        list[i] = TokenState({
            token: p.token,
            px: p.px,
            weiDecimals: p.weiDecimals,
            szDecimals: p.szDecimals,
            ltvBps: p.ltvBps,
            borrowable: p.borrowable,
            userSupplyCap: p.userSupplyCap,
            userBorrowCap: p.userBorrowCap,
            idle: idleBitmap.has(p.index) ? balance.idle : 0,
            supplied: supplied.toUint128(),
            borrowed: borrowed.toUint128(),
            // Only debt has a floor.
            borrowFloor: shares < 0 ? balance.borrowFloor : 0,
            supplyRoom: 0,
            borrowRoom: 0,
            cash: 0
        });
    }

    /// @dev Add the room that pools leave in the tokens of a bitmap and in those that dexes count in.
    function _addRooms(VenueState storage s, Account memory a, AccountParams memory params, uint256 movable)
        private
        view
    {
        for (uint256 i = 0; i < params.dexes.length; ++i) {
            movable = movable.with(params.tokens[params.dexes[i].collateral].index);
        }
        for (uint256 i = 0; i < a.tokens.length; ++i) {
            TokenParams memory p = params.tokens[i];
            if (movable.has(p.index)) _addRoom(s, p, a.tokens[i], Pool.accrued(s, p.index, p.curve));
        }
    }

    /// @dev Add the room and the cash that the pool leaves.
    function _addRoom(
        VenueState storage s,
        TokenParams memory p,
        TokenState memory t,
        ReserveIndexes memory reserve
    ) private view {
        uint256 totalSupplied = RateMath.amountOfSharesDown(reserve.supplyShares, reserve.supplyIndex);
        uint256 totalBorrowed = RateMath.amountOfSharesUp(reserve.borrowShares, reserve.borrowIndex);
        // What a locked supply has lent to a dex goes back to it, whatever the caps (SPEC LQ-12).
        if (isLocked(s, p.index)) {
            t.supplyRoom = type(uint128).max;
        } else if (p.paused & PAUSE_SUPPLY == 0) {
            t.supplyRoom = _room(p.globalSupplyCap, totalSupplied).toUint128();
        }
        if (p.paused & PAUSE_BORROW == 0) {
            t.borrowRoom = SweepMath.min(
                    _room(p.userBorrowCap, t.borrowed), _room(p.globalBorrowCap, totalBorrowed)
                ).toUint128();
        }
        t.cash = s.reserves[p.index].cash;
    }

    /// @notice What the global supply cap leaves of a reserve whose interest is stored.
    function supplyRoom(VenueState storage s, TokenParams memory p) internal view returns (uint256) {
        Reserve storage reserve = s.reserves[p.index];
        return
            _room(p.globalSupplyCap, RateMath.amountOfSharesDown(reserve.supplyShares, reserve.supplyIndex));
    }

    /// @notice Whether suppliers' withdrawals wait, as last announced (SPEC LQ-12, BL-20).
    function isLocked(VenueState storage s, uint256 token) internal view returns (bool) {
        return DeficitStore.toldOf(s.reserves[token]) & RESERVE_LOCKED != 0;
    }

    /// @notice Whether the sweep would find nothing to move: no dex to fund, and no idle balance that could
    /// repay debt or be supplied. Positions have a dex, and without dexes nothing but portfolio margin moves
    /// anything; a standard account has ordinary margin everywhere, and only leaves its fallbacks.
    function isAtRest(VenueState storage s, address account) internal view returns (bool) {
        AccountState storage state = s.accounts[account];
        if (state.mode == Mode.Standard) {
            return state.dexBitmap == 0 || state.perpBitmap == 0 || state.fallbackBitmap == 0;
        }
        if (state.dexBitmap != 0) return false;
        return state.mode == Mode.Unified || !idleMoves(s, account);
    }

    /// @notice Whether an idle balance of an account with portfolio margin could repay debt or be supplied.
    function idleMoves(VenueState storage s, address account) internal view returns (bool) {
        uint256 index;
        for (uint256 rest = s.accounts[account].idleBitmap; rest != 0;) {
            (index, rest) = rest.pop();
            TokenBalance storage balance = s.balances[account][index];
            if (balance.shares >= 0 || balance.idle > balance.borrowFloor) return true;
        }
        return false;
    }

    /// @notice Sweep an account and store what moved (SPEC PM-14). Returns the account as it stands then, as
    /// margin needs it. What its positions owe in funding stays owed (SPEC FD-07).
    function sweep(VenueState storage s, ICollateralRegistry registry, address account)
        internal
        returns (Account memory a)
    {
        AccountParams memory params;
        if (isAtRest(s, account)) {
            (a,) = loadHeld(s, registry, account);
            return a;
        }
        if (!moves(s, account, s.accounts[account].mode)) {
            (a,) = loadHeld(s, registry, account);
            return a;
        }
        (a, params) = loadMovable(s, registry, account);
        _sweep(s, account, a, params, MarginMath.dexMargins(a));
    }

    /// @notice Whether a sweep has to look at more than the mode: a standard account has ordinary margin
    /// everywhere, and falls back to nothing, which is noted here.
    function moves(VenueState storage s, address account, Mode mode) internal returns (bool) {
        if (mode == Mode.Standard) _noteFallback(s, account, 0);
        return mode != Mode.Standard;
    }

    /// @notice Sweep an account from the figures of its dexes, and store what moved. Tokens are read here,
    /// positions not at all. Returns what moved into each dex, perp USD.
    function sweepWith(
        VenueState storage s,
        address account,
        Account memory a,
        AccountParams memory params,
        DexMargin[] memory margins
    ) internal returns (int256[] memory dexTransfers) {
        AccountState storage state = s.accounts[account];
        a.mode = state.mode;
        a.tokens = Unset.tokenStates(params.tokens.length);
        fillTokens(s, account, a, params);
        _addRooms(s, a, params, state.idleBitmap);
        return _sweep(s, account, a, params, margins);
    }

    /// @dev Sweep an account that was just loaded, with room, and store what moved.
    function _sweep(
        VenueState storage s,
        address account,
        Account memory a,
        AccountParams memory params,
        DexMargin[] memory margins
    ) private returns (int256[] memory dexTransfers) {
        Sweep memory plan = SweepMath.sweepWith(a, margins);
        for (uint256 i = 0; i < plan.tokens.length; ++i) {
            // What is in the pool is worth what its shares are, which are rounded.
            if (_store(s, account, params.tokens[i], a.tokens[i], plan.tokens[i])) {
                a.tokens[i] = held(s, account, params.tokens[i]);
            }
        }
        uint256 short = 0;
        for (uint256 i = 0; i < plan.dexTransfers.length; ++i) {
            if (plan.dexLacks[i] != 0) short = short.with(params.dexes[i].index);
            int256 moved = plan.dexTransfers[i];
            if (moved == 0) continue;
            uint8 index = params.dexes[i].index;
            // Not what the account was left with: that is net of funding, which is still owed.
            addRawUsd(s, account, index, moved);
            emit DexFunded(account, index, moved);
        }
        _clearDexes(s, account, a);
        _noteFallback(s, account, short);
        return plan.dexTransfers;
    }

    /// @notice Set an account's equity in a dex. The dex stays marked until a sweep finds it empty.
    function setRawUsd(VenueState storage s, address account, uint256 dex, int128 usd) internal {
        s.rawUsd[account][dex] = usd;
        AccountState storage state = s.accounts[account];
        // The cast is safe: dex indexes are below 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (usd != 0) state.dexBitmap = uint32(uint256(state.dexBitmap).with(dex));
    }

    /// @notice Add to an account's equity in a dex, perp USD.
    function addRawUsd(VenueState storage s, address account, uint256 dex, int256 usd) internal {
        setRawUsd(s, account, dex, WadMath.toInt128(s.rawUsd[account][dex] + usd));
    }

    /// @notice Add to the equity behind a position, perp USD: its own where it is isolated (SPEC CH-07),
    /// else its dex's.
    function addPositionUsd(VenueState storage s, address account, uint256 perp, uint256 dex, int256 usd)
        internal
    {
        Position storage position = s.positions[account][perp];
        if (position.isolated) position.isolatedUsd = WadMath.toInt128(position.isolatedUsd + usd);
        else addRawUsd(s, account, dex, usd);
    }

    /// @notice Keep both bits of a token in step with the balance.
    function mark(VenueState storage s, address account, uint256 token) internal {
        AccountState storage state = s.accounts[account];
        uint256 before = state.idleBitmap;
        uint256 bitmap = s.balances[account][token].idle == 0 ? before.without(token) : before.with(token);
        // The cast is safe: token indexes are below 64.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (bitmap != before) state.idleBitmap = uint64(bitmap);
        markPosition(s, account, token);
        // Whether a deficit keeps suppliers waiting depends on the insurance account's balance.
        if (DeficitStore.stands(s.reserves[token])) Touched.add(token);
    }

    /// @notice Keep the bit of a token in step where nothing but the pool position may have changed.
    function markPosition(VenueState storage s, address account, uint256 token) internal {
        AccountState storage state = s.accounts[account];
        uint256 before = state.tokenBitmap;
        bool none = s.balances[account][token].shares == 0 && !uint256(state.idleBitmap).has(token);
        uint256 bitmap = none ? before.without(token) : before.with(token);
        // The cast is safe: token indexes are below 64.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (bitmap != before) state.tokenBitmap = uint64(bitmap);
    }

    /// @notice Add token wei to an account's idle balance.
    function addIdle(VenueState storage s, address account, uint256 token, uint256 amount) internal {
        touch(s, account);
        TokenBalance storage balance = s.balances[account][token];
        balance.idle = (balance.idle + amount).toUint128();
        mark(s, account, token);
    }

    /// @notice Require that an account can be judged with what it is about to receive: with portfolio margin,
    /// collateral needs a price (SPEC OR-09). Anybody may send some.
    function requireJudgeable(VenueState storage s, address account, TokenParams memory p) internal view {
        if (s.accounts[account].mode == Mode.PortfolioMargin) requirePriced(p);
    }

    /// @notice Require that a token has a price if it is collateral. `TokenPlace.judgeable` says the same,
    /// where no price is read.
    function requirePriced(TokenParams memory p) internal pure {
        require(p.ltvBps == 0 || p.px != 0, MarginMath.PriceMissing(p.token));
    }

    /// @notice Note an account on its first appearance.
    function touch(VenueState storage s, address account) internal {
        if (s.accounts[account].exists) return;
        s.accounts[account].exists = true;
        s.accountList.push(account);
    }

    /// @dev Store what the sweep did to a token, and tell whether it moved anything in the pool.
    function _store(
        VenueState storage s,
        address account,
        TokenParams memory p,
        TokenState memory after_,
        TokenSweep memory done
    ) private returns (bool usesPool) {
        usesPool = done.supply != 0 || done.repay != 0 || done.withdraw != 0 || done.borrow != 0;
        TokenBalance storage balance = s.balances[account][p.index];
        uint128 idle = uint256(s.accounts[account].idleBitmap).has(p.index) ? balance.idle : 0;
        if (!usesPool && idle == after_.idle) return false;
        if (idle != after_.idle) balance.idle = after_.idle;
        if (usesPool) {
            Pool.accrue(s, p);
            uint256 paidIn = done.supply + done.repay;
            uint256 paidOut = done.withdraw + done.borrow;
            if (paidIn != 0) Pool.credit(s, account, p.index, paidIn);
            // How much of it becomes debt is not asked here.
            // slither-disable-next-line unused-return
            if (paidOut != 0) Pool.debit(s, account, p.index, paidOut);
            emit Swept(account, p.token, done.supply, done.withdraw, done.borrow, done.repay);
        }
        mark(s, account, p.index);
    }

    /// @dev A dex without equity and positions is no longer read.
    function _clearDexes(VenueState storage s, address account, Account memory a) private {
        AccountState storage state = s.accounts[account];
        if (state.dexBitmap == 0 || state.perpBitmap != 0) return;
        uint256 bitmap = state.dexBitmap;
        uint256 rest = bitmap;
        for (uint256 i = 0; i < a.dexes.length; ++i) {
            uint256 index;
            (index, rest) = rest.pop();
            if (a.dexes[i].rawUsd == 0) bitmap = bitmap.without(index);
        }
        // The cast is safe: dex indexes are below 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (bitmap != state.dexBitmap) state.dexBitmap = uint32(bitmap);
    }

    /// @dev Note in which dexes the account has fallen back to ordinary margin (SPEC AC-07).
    function _noteFallback(VenueState storage s, address account, uint256 short) private {
        AccountState storage state = s.accounts[account];
        uint256 before = state.fallbackBitmap;
        if (before == short) return;
        // The cast is safe: dex indexes are below 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        state.fallbackBitmap = uint32(short);
        emit FallbackSet(account, before, short);
    }

    function _room(uint256 cap, uint256 used) private pure returns (uint256) {
        return used < cap ? cap - used : 0;
    }
}
