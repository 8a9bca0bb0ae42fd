// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {ICollateralRegistry, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {ILiquidation} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {DeficitStore} from "./DeficitStore.sol";
import {Pool} from "./Pool.sol";
import {RateMath, SHARE_UNIT} from "./RateMath.sol";
import {POLICY_TERMS, RegistryWords} from "./RegistryWords.sol";
import {Sweeps} from "./Sweeps.sol";
import {Touched} from "./Touched.sol";
import {Reserve, TokenBalance, VenueState} from "./VenueState.sol";
import {RAY, WadMath} from "./WadMath.sol";

/// @title Who bears a loss: buffer, insurance, deficit, and in the end the suppliers
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC LQ-09 to LQ-12.
library Waterfall {
    using WadMath for uint256;

    /// @notice Make whoever took debt over whole for what it took without collateral: from the reserve's
    /// buffer, then the insurance account's balance, then the reserve's deficit (SPEC LQ-09).
    function coverLoss(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        address taker,
        TokenParams memory p,
        uint256 loss
    ) external {
        // Fees wait in the dexes until the insurance account is swept.
        Sweeps.run(s, registry, insurance);
        Pool.accrue(s, p);
        Reserve storage reserve = s.reserves[p.index];
        TokenBalance storage insured = s.balances[insurance][p.index];
        uint256 fromBuffer = _min(loss, reserve.buffer / SHARE_UNIT);
        uint256 fromInsurance = _min(loss - fromBuffer, insured.idle);
        uint256 deficit = loss - fromBuffer - fromInsurance;
        reserve.buffer -= (fromBuffer * SHARE_UNIT).toUint128();
        insured.idle -= fromInsurance.toUint128();
        AccountStore.mark(s, insurance, p.index);
        if (deficit != 0) DeficitStore.setDeficit(reserve, DeficitStore.deficitOf(reserve) + deficit);
        // The taker is made whole; only the insurance brought cash for it.
        Pool.credit(s, taker, p.index, loss);
        AccountStore.markPosition(s, taker, p.index);
        reserve.cash -= (loss - fromInsurance).toUint128();
        emit ILiquidation.LossCovered(p.token, fromBuffer, fromInsurance, deficit);
    }

    /// @notice Move the reserve's buffer, as far as cash allows, to the insurance account, once in every
    /// interval of so many seconds since the epoch (SPEC LQ-19).
    function sweepBuffer(VenueState storage s, ICollateralRegistry registry, address insurance, uint64 token)
        external
        returns (uint256 amount)
    {
        uint256 interval = RegistryWords.policyOf(registry, POLICY_TERMS).bufferInterval;
        TokenParams memory p = RegistryWords.lentOf(registry, token);
        require(interval != 0, ILiquidation.BufferSweepOff(p.token));
        Reserve storage reserve = s.reserves[p.index];
        uint256 readyAt = (reserve.bufferSweptAt / interval + 1) * interval;
        require(
            block.timestamp >= readyAt, ILiquidation.BufferSweepTooEarly(p.token, readyAt, block.timestamp)
        );
        Pool.accrue(s, p);
        amount = _min(reserve.buffer / SHARE_UNIT, reserve.cash);
        require(amount != 0, ILiquidation.NothingToSweep(p.token));
        reserve.buffer -= (amount * SHARE_UNIT).toUint128();
        reserve.cash -= amount.toUint128();
        // The cast is safe: times fit 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        reserve.bufferSweptAt = uint40(block.timestamp);
        AccountStore.addIdle(s, insurance, p.index, amount);
        emit ILiquidation.BufferSwept(p.token, amount);
    }

    /// @notice Pay a deficit down with what the buffer and the insurance account have by now (SPEC LQ-10).
    function coverFromInsurance(
        VenueState storage s,
        ICollateralRegistry registry,
        address insurance,
        uint64 token
    ) external returns (uint256 covered) {
        TokenParams memory p = RegistryWords.lentOf(registry, token);
        Pool.accrue(s, p);
        Reserve storage reserve = s.reserves[p.index];
        TokenBalance storage insured = s.balances[insurance][p.index];
        uint256 deficit = _requireDeficit(reserve, p);
        uint256 fromBuffer = _min(deficit, reserve.buffer / SHARE_UNIT);
        uint256 fromInsurance = _min(deficit - fromBuffer, insured.idle);
        covered = fromBuffer + fromInsurance;
        reserve.buffer -= (fromBuffer * SHARE_UNIT).toUint128();
        insured.idle -= fromInsurance.toUint128();
        AccountStore.mark(s, insurance, p.index);
        DeficitStore.setDeficit(reserve, deficit - covered);
        reserve.cash += fromInsurance.toUint128();
        emit ILiquidation.DeficitCovered(p.token, insurance, fromBuffer, fromInsurance, deficit - covered);
    }

    /// @notice Pay a deficit down with cash that came from a wallet (SPEC LQ-10).
    function coverFromWallet(VenueState storage s, TokenParams memory p, address payer, uint256 amount)
        external
    {
        Touched.add(p.index);
        Reserve storage reserve = s.reserves[p.index];
        uint256 deficit = DeficitStore.deficitOf(reserve);
        uint256 covered = _min(amount, deficit);
        DeficitStore.setDeficit(reserve, deficit - covered);
        reserve.cash += covered.toUint128();
        // What the wallet's units brought beyond the deficit stays the payer's.
        if (amount != covered) AccountStore.addIdle(s, payer, p.index, amount - covered);
        emit ILiquidation.DeficitCovered(p.token, payer, 0, covered, deficit - covered);
    }

    /// @notice Spread what is left of a deficit over all suppliers of the token (SPEC LQ-11): the only way
    /// in which a supply index falls.
    function socialise(VenueState storage s, ICollateralRegistry registry, uint64 token)
        external
        returns (uint256 written)
    {
        TokenParams memory p = RegistryWords.lentOf(registry, token);
        Pool.accrue(s, p);
        Reserve storage reserve = s.reserves[p.index];
        written = _requireDeficit(reserve, p);
        uint256 before = reserve.supplyIndex;
        Pool.noteLent(s, p.index);
        uint256 supplied = RateMath.amountOfSharesDown(reserve.supplyShares, before);
        // An index of zero could never be divided by again.
        require(written < supplied, ILiquidation.DeficitTooLarge(p.token, written, supplied));
        uint256 fall = (written * SHARE_UNIT).mulDivUp(RAY, reserve.supplyShares);
        // The cast is safe: it falls.
        // forge-lint: disable-next-line(unsafe-typecast)
        reserve.supplyIndex = uint104(before - fall);
        DeficitStore.setDeficit(reserve, 0);
        emit ILiquidation.Socialised(p.token, written, before, before - fall);
    }

    /// @notice Require that suppliers' cash is not waiting for a deficit (SPEC LQ-12).
    function requireUnlocked(VenueState storage s, address insurance, TokenParams memory p) internal view {
        uint256 deficit = DeficitStore.deficitOf(s.reserves[p.index]);
        if (deficit == 0) return;
        uint256 insured = s.balances[insurance][p.index].idle;
        require(deficit <= insured, IBorrowLendPool.WithdrawLocked(p.token, deficit, insured));
    }

    function _requireDeficit(Reserve storage reserve, TokenParams memory p)
        private
        view
        returns (uint256 deficit)
    {
        deficit = DeficitStore.deficitOf(reserve);
        require(deficit != 0, ILiquidation.NoDeficit(p.token));
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
