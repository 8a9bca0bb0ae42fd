// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IBorrowLendPool, ReserveView} from "../interfaces/IBorrowLendPool.sol";
import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {
    ICollateralRegistry,
    PAUSE_BORROW,
    PAUSE_SUPPLY,
    PoolCaps,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation} from "../interfaces/ILiquidation.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountCheck} from "./AccountCheck.sol";
import {AccountStore} from "./AccountStore.sol";
import {Mode, TokenState} from "./AccountTypes.sol";
import {Custody} from "./Custody.sol";
import {DeficitStore} from "./DeficitStore.sol";
import {MarginMath} from "./MarginMath.sol";
import {OwnBalance} from "./OwnBalance.sol";
import {Pool} from "./Pool.sol";
import {RateMath, ReserveIndexes, SHARE_UNIT} from "./RateMath.sol";
import {
    RegistryWords,
    TOKEN_CURVE,
    TOKEN_GLOBAL_CAPS,
    TOKEN_PAUSED,
    TOKEN_USER_CAPS,
    TokenPlace
} from "./RegistryWords.sol";
import {ReserveStatus} from "./ReserveStatus.sol";
import {Sweeps} from "./Sweeps.sol";
import {Reserve, TokenBalance, VenueState} from "./VenueState.sol";
import {WadMath} from "./WadMath.sol";
import {Waterfall} from "./Waterfall.sol";

/// @title Money in and out of the pool, one action one function, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC BL-09 to BL-14, CH-05.
library Lending {
    using WadMath for uint256;

    /// @dev What is asked of a token: interest, and what its reserve's state depends on.
    uint256 private constant POOL = TOKEN_CURVE | TOKEN_GLOBAL_CAPS;

    /// @notice Move an amount of the caller's wallet to an account's spot balance.
    function deposit(
        VenueState storage s,
        ICollateralRegistry registry,
        uint64 token,
        uint256 amount,
        address account
    ) external returns (uint256 credited) {
        (TokenParams memory p, TokenPlace memory place) = RegistryWords.partsOf(registry, token, 0);
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        _requireReceiver(s, account, token, place);
        // The transfer comes first: what is credited is what came.
        credited = Custody.pull(token, place, amount);
        _credit(s, registry, account, p, credited);
        emit IBorrowLendPool.Deposited(account, token, credited, msg.sender);
    }

    /// @notice Move an amount of the caller's wallet into the pool for an account.
    function supply(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        uint64 token,
        uint256 amount,
        address account
    ) external returns (uint256 credited) {
        (TokenParams memory p, TokenPlace memory place) =
            RegistryWords.partsOf(registry, token, POOL | TOKEN_PAUSED);
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        _requireReceiver(s, account, token, place);
        Pool.accrue(s, p);
        uint256 debt = Pool.debtOf(s, account, p.index);
        credited = Custody.pull(token, place, amount);
        // Paying debt is never paused.
        require(credited <= debt || p.paused & PAUSE_SUPPLY == 0, IPortfolioMargin.Paused(PAUSE_SUPPLY));
        uint256 supplied = credited > debt ? credited - debt : 0;
        uint256 room = AccountStore.supplyRoom(s, p);
        require(supplied <= room, IBorrowLendPool.SupplyCapExceeded(token, supplied, room));

        AccountStore.touch(s, account);
        Pool.credit(s, account, p.index, credited);
        AccountStore.markPosition(s, account, p.index);
        Sweeps.run(s, registry, account);
        emit IBorrowLendPool.Supplied(account, token, credited, msg.sender);
        ReserveStatus.announceAlone(s, insurance, p);
    }

    /// @notice Pay an amount of an account's own balance to a wallet.
    function withdraw(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        address account,
        uint64 token,
        uint256 amount,
        address to
    ) external returns (uint256 withdrawn) {
        (TokenParams memory p, TokenPlace memory place) = RegistryWords.partsOf(registry, token, POOL);
        require(to != address(this), IAccounts.NotAReceiver(to));
        withdrawn = _takeOut(s, registry, insurance, account, p, amount, Custody.unit(place));
        emit IBorrowLendPool.Withdrawn(account, token, withdrawn, to);
        Custody.push(token, place, withdrawn, to);
        ReserveStatus.announceAlone(s, insurance, p);
    }

    /// @notice Move an amount of an account's own balance to another account.
    function spotSend(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        address account,
        uint64 token,
        uint256 amount,
        address to
    ) external {
        (TokenParams memory p, TokenPlace memory place) = RegistryWords.partsOf(registry, token, POOL);
        _requireReceiver(s, to, token, place);
        uint256 sent = _takeOut(s, registry, insurance, account, p, amount, 1);
        _credit(s, registry, to, p, sent);
        emit IClearinghouse.SpotSent(account, to, token, sent);
        ReserveStatus.announceAlone(s, insurance, p);
    }

    /// @notice Borrow to an account's idle balance, and raise the floor of debt that the sweep leaves.
    function borrow(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        address account,
        uint64 token,
        uint256 amount
    ) external {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (TokenParams memory p,) =
            RegistryWords.partsOf(registry, token, POOL | TOKEN_PAUSED | TOKEN_USER_CAPS);
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        Mode mode = s.accounts[account].mode;
        require(mode == Mode.PortfolioMargin, IPortfolioMargin.NotPortfolioMargin(mode));
        require(p.borrowable, IBorrowLendPool.NotBorrowable(token));
        require(p.paused & PAUSE_BORROW == 0, IPortfolioMargin.Paused(PAUSE_BORROW));

        Pool.accrue(s, p);
        Sweeps.run(s, registry, account);
        TokenState memory t = AccountStore.tokenState(s, account, p);
        // Supply is drawn first: who supplies for the account must not keep it from borrowing.
        require(amount > t.supplied, IBorrowLendPool.BorrowWhileSupplied(token, t.supplied));
        if (t.supplied != 0) Waterfall.requireUnlocked(s, insurance, p);
        uint256 debt = amount - t.supplied;
        require(debt <= t.borrowRoom, IBorrowLendPool.BorrowCapExceeded(token, debt, t.borrowRoom));
        require(amount <= t.cash, IBorrowLendPool.InsufficientCash(token, amount, t.cash));

        uint256 borrowed = Pool.debit(s, account, p.index, amount);
        TokenBalance storage balance = s.balances[account][p.index];
        balance.idle = (balance.idle + amount).toUint128();
        balance.borrowFloor += borrowed.toUint128();
        AccountStore.mark(s, account, p.index);

        AccountCheck.requireSafe(s, registry, account, 0);
        emit IBorrowLendPool.Borrowed(account, token, amount);
        ReserveStatus.announceAlone(s, insurance, p);
    }

    /// @notice Repay an account's debt from the caller's wallet.
    function repay(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        uint64 token,
        uint256 amount,
        address account
    ) external returns (uint256 repaid) {
        (TokenParams memory p, TokenPlace memory place) = RegistryWords.partsOf(registry, token, POOL);
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        Pool.accrue(s, p);
        uint256 debt = Pool.debtOf(s, account, p.index);
        require(debt != 0, IBorrowLendPool.NoDebt(token));

        uint256 credited = Custody.pull(token, place, amount < debt ? amount : debt);
        repaid = credited < debt ? credited : debt;
        TokenBalance storage balance = s.balances[account][p.index];
        uint128 floor = balance.borrowFloor;
        balance.borrowFloor = repaid < floor ? floor - repaid.toUint128() : 0;
        Pool.credit(s, account, p.index, credited);
        AccountStore.markPosition(s, account, p.index);
        Sweeps.run(s, registry, account);
        emit IBorrowLendPool.Repaid(account, token, repaid, msg.sender);
        ReserveStatus.announceAlone(s, insurance, p);
    }

    /// @notice Pay a reserve's deficit down from the caller's wallet (SPEC LQ-10).
    function coverDeficit(VenueState storage s, ICollateralRegistry registry, uint64 token, uint256 amount)
        external
        returns (uint256 paid)
    {
        (TokenParams memory p, TokenPlace memory place) = RegistryWords.partsOf(registry, token, 0);
        uint256 deficit = DeficitStore.deficitOf(s.reserves[p.index]);
        require(deficit != 0, ILiquidation.NoDeficit(token));
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        paid = Custody.pull(token, place, amount < deficit ? amount : deficit);
        Waterfall.coverFromWallet(s, p, msg.sender, paid);
    }

    /// @notice Store a reserve's interest up to now.
    function accrue(VenueState storage s, ICollateralRegistry registry, address insurance, uint64 token)
        external
    {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (TokenParams memory p,) = RegistryWords.partsOf(registry, token, POOL);
        Pool.accrue(s, p);
        ReserveStatus.announceAlone(s, insurance, p);
    }

    /// @notice Tell in what states the action has left the reserves that it touched (SPEC BL-21).
    function announce(VenueState storage s, ICollateralRegistry registry, address insurance) external {
        ReserveStatus.announce(s, registry, insurance);
    }

    /// @notice What limits a reserve with interest up to now (SPEC BL-20).
    function reserveStatus(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        uint64 token
    ) external view returns (uint8) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (TokenParams memory p,) = RegistryWords.partsOf(registry, token, POOL);
        PoolCaps memory caps = ReserveStatus.capsOf(p);
        ReserveIndexes memory now_ = Pool.accrued(s, p.index, p.curve);
        return ReserveStatus.bits(s, insurance, caps, now_.supplyIndex, now_.borrowIndex);
    }

    /// @notice A reserve with interest up to now.
    function reserveOf(VenueState storage s, ICollateralRegistry registry, uint64 token)
        external
        view
        returns (ReserveView memory view_)
    {
        TokenParams memory p = RegistryWords.lentOf(registry, token);
        Reserve storage reserve = s.reserves[p.index];
        ReserveIndexes memory now_ = Pool.accrued(s, p.index, p.curve);
        view_.token = token;
        view_.supplyIndex = now_.supplyIndex;
        view_.borrowIndex = now_.borrowIndex;
        view_.supplied = RateMath.amountOfSharesDown(now_.supplyShares, now_.supplyIndex);
        view_.borrowed = RateMath.amountOfSharesUp(now_.borrowShares, now_.borrowIndex);
        view_.cash = reserve.cash;
        view_.buffer = now_.buffer / SHARE_UNIT;
        view_.deficit = DeficitStore.deficitOf(reserve);
        view_.utilization = RateMath.utilization(view_.borrowed, view_.supplied);
        view_.borrowRate = RateMath.borrowRate(view_.utilization, p.curve);
        view_.supplyRate = RateMath.supplyRate(view_.borrowRate, view_.utilization, p.curve.protocolShare);
    }

    /// @dev Require of whoever is to receive a token that it can ever take it out again, and that it can be
    /// judged with it (SPEC BL-11, OR-09).
    function _requireReceiver(VenueState storage s, address receiver, uint64 token, TokenPlace memory place)
        private
        view
    {
        // Nobody has the venue's key.
        require(receiver != address(this), IAccounts.NotAReceiver(receiver));
        bool judged = s.accounts[receiver].mode == Mode.PortfolioMargin;
        require(!judged || place.judgeable, MarginMath.PriceMissing(token));
    }

    /// @dev Give an account idle balance and sweep it.
    function _credit(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        TokenParams memory p,
        uint256 amount
    ) private {
        AccountStore.addIdle(s, account, p.index, amount);
        Sweeps.run(s, registry, account);
    }

    /// @dev Take own balance out of an account: idle first, then supply (SPEC BL-11). `unit` is the
    /// smallest amount that can be taken; everything means everything that is a multiple of it.
    function _takeOut(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        address account,
        TokenParams memory p,
        uint256 amount,
        uint256 unit
    ) private returns (uint256) {
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        Pool.accrue(s, p);
        Sweeps.run(s, registry, account);
        TokenState memory t = AccountStore.ownState(s, account, p);
        uint256 gross = uint256(t.idle) + t.supplied;
        uint256 available = gross > t.borrowed ? gross - t.borrowed : 0;
        // Down to whole units.
        // slither-disable-next-line divide-before-multiply
        if (amount == type(uint256).max) amount = available / unit * unit;
        require(amount != 0, IBorrowLendPool.ZeroAmount());
        require(amount % unit == 0, IBorrowLendPool.InexactAmount(p.token, amount, unit));
        require(amount <= available, IBorrowLendPool.InsufficientBalance(p.token, amount, available));

        OwnBalance.draw(s, insurance, account, p, t, amount);
        if (OwnBalance.hasExposure(s, account)) AccountCheck.requireSafe(s, registry, account, 0);
        return amount;
    }
}
