// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    AccountParams,
    DexParams,
    ICollateralRegistry,
    PAUSE_LIQUIDATION,
    PerpParams,
    Policy,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {AccountReport, Look, PxOverride} from "../interfaces/IPortfolioMargin.sol";
import {Leg} from "../interfaces/ILiquidation.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {Context} from "./LiquidationContext.sol";
import {LiquidationGuard} from "./LiquidationGuard.sol";
import {LiquidationLeg} from "./LiquidationLeg.sol";
import {MarginMath} from "./MarginMath.sol";
import {PriceAge} from "./PriceAge.sol";
import {ReserveIndexes} from "./RateMath.sol";
import {StaleMath} from "./StaleMath.sol";
import {SweepMath} from "./SweepMath.sol";
import {Unset} from "./Unset.sol";
import {AccountState, Parties, VenueState} from "./VenueState.sol";
import {Assets, POLICY_WHOLE, RegistryWords} from "./RegistryWords.sol";

/// @title Many accounts in one walk, run in the venue's storage
/// @notice What accounts have in common, parameters, prices and reserves, is read once. Deployed apart and
/// linked, so that the venue stays small. Rules: SPEC KP-03, KP-04.
library Survey {
    using Bitmap for uint256;

    /// @dev What the accounts have in common, and where in it a listing index stands.
    struct Common {
        Parties parties;
        AccountParams params;
        ReserveIndexes[] reserves;
        uint256[] tokenAt;
        uint256[] dexAt;
        uint256[] perpAt;
        Policy policy;
        bool paused;
    }

    /// @notice `Account` or `AccountReport` of each account, encoded one by one and then as a whole.
    function look(
        VenueState storage s,
        ICollateralRegistry registry,
        Parties memory parties,
        address[] calldata accounts,
        Look what,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (bytes memory) {
        Common memory all = _common(s, registry, accounts);
        all.parties = parties;
        _override(all, tokenPxs, marks);
        bytes[] memory found = new bytes[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 free = _freeMemory();
            found[i] = _keepAt(free, _lookAt(s, all, accounts[i], what));
        }
        return abi.encode(found);
    }

    function _freeMemory() private pure returns (uint256 free) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// @dev Keep what was told of an account and free all else that was allocated for it, which nothing
    /// refers to any more: the cost of memory grows with its square.
    function _keepAt(uint256 free, bytes memory told) private pure returns (bytes memory kept) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let size := and(add(mload(told), 63), not(31))
            mcopy(free, told, size)
            mstore(0x40, add(free, size))
            kept := free
        }
    }

    function _lookAt(VenueState storage s, Common memory all, address account, Look what)
        private
        view
        returns (bytes memory)
    {
        (AccountParams memory params, ReserveIndexes[] memory reserves) = _ownOf(all, s.accounts[account]);
        Account memory a = AccountStore.assemble(s, account, params, reserves);
        // The account as the sweep leaves it is asked for, not its plan.
        // slither-disable-next-line unused-return
        if (what != Look.Stored) SweepMath.sweep(a);
        if (what != Look.Margin) return abi.encode(a);
        // A struct in memory begins with zeros.
        // slither-disable-next-line uninitialized-local
        AccountReport memory report;
        report.margin = MarginMath.accountMargin(a);
        uint256 maximum = all.policy.maxLiquidationPriceAge;
        bool young;
        uint256 stale;
        (young, stale, report.oldestPxTime) = PriceAge.look(a, params, maximum);
        bool isUser = LiquidationGuard.isUser(all.parties, account);
        if (!report.margin.liquidatable || !isUser) return abi.encode(report);

        // A struct in memory begins with zeros.
        // slither-disable-next-line uninitialized-local
        Context memory c;
        (c.account, c.a, c.params, c.m, c.policy) = (account, a, params, report.margin, all.policy);
        (bool found, Leg leg) = LiquidationLeg.choose(c);
        if (found && leg == Leg.DebtPartial) {
            // The cast is safe: times fit 40 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            report.readyAt = uint40(LiquidationLeg.readyAt(s.accounts[account].debtSteppedAt, all.policy));
        }
        if (stale != 0 && young) {
            a = AccountStore.assemble(s, account, params, reserves);
            StaleMath.atTwicePx(a, stale);
            // The account as the sweep leaves it is asked for, not its plan.
            // slither-disable-next-line unused-return
            SweepMath.sweep(a);
            young = MarginMath.accountMargin(a).liquidatable;
        }
        report.actionable = found && young && !all.paused && block.timestamp >= report.readyAt;
        return abi.encode(report);
    }

    /// @dev Parameters and reserves of all that any of the accounts holds.
    function _common(VenueState storage s, ICollateralRegistry registry, address[] calldata accounts)
        private
        view
        returns (Common memory all)
    {
        uint256 tokens = 0;
        uint256 dexes = 0;
        uint256 perps = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            AccountState storage state = s.accounts[accounts[i]];
            tokens |= state.tokenBitmap;
            dexes |= state.dexBitmap;
            perps |= state.perpBitmap;
        }
        uint256 every = ~uint256(0);
        Assets memory of_ = Assets(tokens, every, s.lentBitmap, every, true, dexes, perps);
        RegistryWords.readAccount(registry, of_, all.params);
        all.reserves = AccountStore.reservesOf(s, all.params.tokens);
        all.policy = RegistryWords.policyOf(registry, POLICY_WHOLE);
        all.paused = registry.paused() & PAUSE_LIQUIDATION != 0;
        (all.tokenAt, all.dexAt, all.perpAt) = (new uint256[](64), new uint256[](32), new uint256[](256));
        for (uint256 i = 0; i < all.params.tokens.length; ++i) {
            all.tokenAt[all.params.tokens[i].index] = i;
        }
        for (uint256 i = 0; i < all.params.dexes.length; ++i) {
            all.dexAt[all.params.dexes[i].index] = i;
        }
        for (uint256 i = 0; i < all.params.perps.length; ++i) {
            all.perpAt[all.params.perps[i].index] = i;
        }
    }

    /// @dev Put other prices in place of the reported ones; their times stay those of the reports, so that no
    /// answer looks younger than what it rests on.
    function _override(Common memory all, PxOverride[] calldata tokenPxs, PxOverride[] calldata marks)
        private
        pure
    {
        for (uint256 o = 0; o < tokenPxs.length; ++o) {
            for (uint256 i = 0; i < all.params.tokens.length; ++i) {
                TokenParams memory p = all.params.tokens[i];
                if (p.token == tokenPxs[o].id) p.px = tokenPxs[o].px;
            }
        }
        for (uint256 o = 0; o < marks.length; ++o) {
            for (uint256 i = 0; i < all.params.perps.length; ++i) {
                PerpParams memory p = all.params.perps[i];
                if (p.asset == marks[o].id) p.mark = marks[o].px;
            }
        }
    }

    /// @dev The part of it that one account holds, as the registry would tell it of the account alone.
    function _ownOf(Common memory all, AccountState storage state)
        private
        view
        returns (AccountParams memory own, ReserveIndexes[] memory reserves)
    {
        uint256 tokens = state.tokenBitmap;
        uint256 dexes = state.dexBitmap;
        uint256 perps = state.perpBitmap;
        own.policy = all.params.policy;
        DexParams[] memory ownDexes = Unset.dexParams(dexes.count());
        own.dexes = ownDexes;
        uint256 rest = dexes;
        uint256 index;
        for (uint256 i = 0; rest != 0; ++i) {
            (index, rest) = rest.pop();
            DexParams memory dex = all.params.dexes[all.dexAt[index]];
            uint8 collateral = all.params.tokens[dex.collateral].index;
            tokens = tokens.with(collateral);
            ownDexes[i] = DexParams({index: dex.index, collateral: collateral});
        }
        for (uint256 i = 0; i < ownDexes.length; ++i) {
            ownDexes[i].collateral = uint8(tokens.rank(ownDexes[i].collateral));
        }
        uint256 count = tokens.count();
        own.tokens = Unset.tokenParams(count);
        reserves = Unset.reserveIndexes(count);
        rest = tokens;
        for (uint256 i = 0; rest != 0; ++i) {
            (index, rest) = rest.pop();
            uint256 at = all.tokenAt[index];
            (own.tokens[i], reserves[i]) = (all.params.tokens[at], all.reserves[at]);
        }
        own.perps = Unset.perpParams(perps.count());
        rest = perps;
        for (uint256 i = 0; rest != 0; ++i) {
            (index, rest) = rest.pop();
            own.perps[i] = _perpOf(all, all.params.perps[all.perpAt[index]], dexes);
        }
    }

    function _perpOf(Common memory all, PerpParams memory listed, uint256 dexes)
        private
        pure
        returns (PerpParams memory)
    {
        return PerpParams({
            asset: listed.asset,
            mark: listed.mark,
            pxTime: listed.pxTime,
            index: listed.index,
            // The cast is safe: there are 32 dexes.
            // forge-lint: disable-next-line(unsafe-typecast)
            dex: uint8(dexes.rank(all.params.dexes[listed.dex].index)),
            szDecimals: listed.szDecimals,
            maxLeverage: listed.maxLeverage,
            fundingIndex: listed.fundingIndex,
            table: listed.table
        });
    }
}
