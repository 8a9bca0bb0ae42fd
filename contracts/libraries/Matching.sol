// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IClearinghouse, Side} from "../interfaces/IClearinghouse.sol";
import {
    ICollateralRegistry,
    PAUSE_RISK,
    PerpParams,
    Policy,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {IIsolatedPositions} from "../interfaces/IIsolatedPositions.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountCheck} from "./AccountCheck.sol";
import {AccountStore} from "./AccountStore.sol";
import {Mode} from "./AccountTypes.sol";
import {Isolated} from "./Isolated.sol";
import {MarginEngine} from "./MarginEngine.sol";
import {MarginMath} from "./MarginMath.sol";
import {Payment} from "./Payment.sol";
import {Perps} from "./Perps.sol";
import {PriceAge} from "./PriceAge.sol";
import {Pair, Spot, Swap} from "./Spot.sol";
import {Sweeps} from "./Sweeps.sol";
import {Parties, Position, VenueState} from "./VenueState.sol";
import {Volume} from "./Volume.sol";
import {PPM, WadMath} from "./WadMath.sol";
import {POLICY_TERMS, RegistryWords} from "./RegistryWords.sol";

/// @notice Two orders as the matcher brings them together.
struct Match {
    uint32 asset;
    Side buyer;
    Side seller;
    uint64 px;
    uint64 sz;
    bool buyerTakes;
}

/// @title Fills between two accounts, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC CH-20 to CH-22.
library Matching {
    using WadMath for uint256;

    /// @dev What one side of a perp match was before it.
    struct Before {
        Position position;
        uint256 debt;
        bool reduces;
        /// Whether the side must be safe afterwards.
        bool checked;
    }

    /// @dev What one side of a spot match owes before it, and the most that it may owe after it.
    struct Debts {
        uint256 before;
        uint256 most;
    }

    /// @notice Fill two accounts' orders against each other; the caller is the matcher.
    function matchOrders(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        Match memory m
    ) external {
        registry.requireRole(registry.MATCHER(), msg.sender);
        require(m.sz != 0 && m.sz <= uint64(type(int64).max), IClearinghouse.InvalidSize(m.sz));
        require(m.buyer.account != m.seller.account, IClearinghouse.SelfTrade(m.buyer.account));
        _requireConsent(s, m.buyer.account);
        _requireConsent(s, m.seller.account);
        require(m.px <= m.buyer.limitPx, IClearinghouse.LimitPriceCrossed(m.buyer.limitPx, m.px));
        require(m.px >= m.seller.limitPx, IClearinghouse.LimitPriceCrossed(m.seller.limitPx, m.px));
        AccountStore.touch(s, m.buyer.account);
        AccountStore.touch(s, m.seller.account);
        uint256 fee = Spot.isPair(m.asset) ? _spot(s, registry, parties, m) : _perp(s, registry, parties, m);
        emit IClearinghouse.Matched(m.buyer.account, m.seller.account, m.asset, m.px, m.sz, m.buyerTakes, fee);
    }

    function _requireConsent(VenueState storage s, address account) private view {
        require(s.operators[account][msg.sender], IAccounts.NotOperator(account, msg.sender));
    }

    // Perps

    function _perp(VenueState storage s, ICollateralRegistry registry, Parties memory parties, Match memory m)
        private
        returns (uint256 fee)
    {
        PerpParams memory perp = registry.perpParams(m.asset);
        Policy memory policy = RegistryWords.policyOf(registry, POLICY_TERMS);
        require(perp.mark != 0, MarginMath.MarkMissing(m.asset));
        Before memory buyer = _before(s, perp, m, true);
        Before memory seller = _before(s, perp, m, false);
        bool reduces = buyer.reduces && seller.reduces;
        require(reduces || registry.paused() & PAUSE_RISK == 0, IPortfolioMargin.Paused(PAUSE_RISK));
        PriceAge.requireYoungMark(perp, reduces ? policy.maxLiquidationPriceAge : policy.maxPriceAge);

        _sweepBefore(s, registry, m.buyer.account, buyer);
        _sweepBefore(s, registry, m.seller.account, seller);
        fee = _fill(s, parties, perp, m, policy.perpFeePpm);
        _settle(s, registry, parties, perp, m.buyer.account, buyer);
        _settle(s, registry, parties, perp, m.seller.account, seller);
        // The cast is safe: the size was checked against int64.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 notional = MarginMath.notional(int64(m.sz), m.px);
        Volume.add(s, m.buyer.account, notional);
        Volume.add(s, m.seller.account, notional);
        if (buyer.checked) MarginEngine.requireSafe(s, registry, m.buyer.account, buyer.debt);
        if (seller.checked) MarginEngine.requireSafe(s, registry, m.seller.account, seller.debt);
    }

    /// @dev A side that only shrinks its position, at a price no worse for it than the mark, needs no margin.
    function _before(VenueState storage s, PerpParams memory perp, Match memory m, bool isBuy)
        private
        view
        returns (Before memory side)
    {
        Side memory order = isBuy ? m.buyer : m.seller;
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (, side.reduces) = Perps.sizeOf(s, perp, order.account, isBuy, m.sz, order.reduceOnly);
        side.position = s.positions[order.account][perp.index];
        side.checked = !side.reduces || (isBuy ? m.px > perp.mark : m.px < perp.mark);
    }

    /// @dev What an isolated position takes leaves the account check as a withdrawal does: whatever debt
    /// there is, the health factor must hold (SPEC CH-09).
    function _sweepBefore(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        Before memory side
    ) private {
        Sweeps.run(s, registry, account);
        if (side.checked && !side.position.isolated) {
            side.debt = MarginEngine.grossDebt(s, registry, account);
        }
    }

    function _fill(
        VenueState storage s,
        Parties memory parties,
        PerpParams memory perp,
        Match memory m,
        uint256 feePpm
    ) private returns (uint256) {
        // The cast is safe: the size was checked against int64.
        // forge-lint: disable-next-line(unsafe-typecast)
        int64 size = int64(m.sz);
        return m.buyerTakes
            ? Perps.fill(s, perp, m.buyer.account, m.seller.account, parties.insurance, size, m.px, feePpm)
            : Perps.fill(s, perp, m.seller.account, m.buyer.account, parties.insurance, -size, m.px, feePpm);
    }

    /// @dev Give an isolated position its margin, and sweep. One that shrinks below the mark's worth pays for
    /// that itself, and must be able to.
    function _settle(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        PerpParams memory perp,
        address account,
        Before memory side
    ) private {
        if (side.position.isolated) {
            bool pays = side.checked && side.reduces;
            Position storage position = s.positions[account][perp.index];
            bool closed = position.szi == 0;
            require(
                !pays || !closed || position.isolatedUsd >= 0,
                IIsolatedPositions.InsufficientIsolatedMargin(perp.asset, 0, position.isolatedUsd)
            );
            Isolated.settle(s, registry, parties, account, perp.asset, side.position.szi);
            if (pays && !closed) Isolated.requireInitialMargin(s, registry, account, perp.asset);
            if (pays) side.checked = false;
        }
        Sweeps.run(s, registry, account);
    }

    // Spot

    function _spot(VenueState storage s, ICollateralRegistry registry, Parties memory parties, Match memory m)
        private
        returns (uint256 fee)
    {
        Pair memory pair = Spot.pairOfAsset(registry, m.asset);
        Policy memory policy = RegistryWords.policyOf(registry, POLICY_TERMS);
        Spot.requireYoungPx(pair, policy);
        // Rounded up, and the seller gets all that the buyer pays.
        Swap memory swap = Spot.swapOf(pair, true, m.sz, m.px);
        fee = (m.buyerTakes ? swap.gotAmount : swap.paidAmount).mulDivUp(policy.spotFeePpm, PPM);

        address buyer = m.buyer.account;
        address seller = m.seller.account;
        AccountStore.requireJudgeable(s, buyer, swap.got);
        AccountStore.requireJudgeable(s, seller, swap.paid);
        Sweeps.run(s, registry, buyer);
        Sweeps.run(s, registry, seller);
        Debts memory buyers = _debts(s, registry, buyer);
        Debts memory sellers = _debts(s, registry, seller);
        Payment.pay(s, parties.insurance, buyer, swap.paid, swap.paidAmount);
        Payment.pay(s, parties.insurance, seller, swap.got, swap.gotAmount);
        _deliver(s, parties.insurance, buyer, swap.got, swap.gotAmount, m.buyerTakes ? fee : 0);
        _deliver(s, parties.insurance, seller, swap.paid, swap.paidAmount, m.buyerTakes ? 0 : fee);
        Sweeps.run(s, registry, buyer);
        Sweeps.run(s, registry, seller);
        Volume.addSpot(s, buyer, m.sz, m.px);
        Volume.addSpot(s, seller, m.sz, m.px);
        _requireSafe(s, registry, buyer, buyers, m.px > pair.px);
        _requireSafe(s, registry, seller, sellers, m.px < pair.px);
    }

    function _debts(VenueState storage s, ICollateralRegistry registry, address account)
        private
        view
        returns (Debts memory)
    {
        return Debts(MarginEngine.grossDebt(s, registry, account), Spot.mostDebt(s, registry, account));
    }

    function _deliver(
        VenueState storage s,
        address insurance,
        address account,
        TokenParams memory p,
        uint256 amount,
        uint256 fee
    ) private {
        AccountStore.addIdle(s, account, p.index, amount - fee);
        if (fee != 0) AccountStore.addIdle(s, insurance, p.index, fee);
    }

    /// @dev Who gives more than the price asks ends as after a withdrawal: borrowed money does not leave.
    function _requireSafe(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        Debts memory debts,
        bool gives
    ) private {
        if (s.accounts[account].mode != Mode.PortfolioMargin) return;
        Spot.requireNoPausedDebt(s, registry, account, debts.most);
        AccountCheck.requireSafe(s, registry, account, gives ? 0 : debts.before);
    }
}
