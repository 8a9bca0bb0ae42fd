// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {MarginPolicy, Mode} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {ListingCode} from "./ListingCode.sol";
import {MarginMath} from "./MarginMath.sol";
import {Pool} from "./Pool.sol";
import {PriceAge} from "./PriceAge.sol";
import {RateCurve, RateMath} from "./RateMath.sol";
import {RegistryWords} from "./RegistryWords.sol";
import {SweepMath} from "./SweepMath.sol";
import {TokenWord} from "./TokenWord.sol";
import {AccountState, Reserve, TokenBalance, VenueState} from "./VenueState.sol";
import {RAY, WadMath} from "./WadMath.sol";
import {Words} from "./Words.sol";

/// @title Whether an account that only lends and borrows is safe, told without its figures
/// @notice What it passes the account check passes; of the rest it says nothing (SPEC AC-17). Collateral
/// counts for no more here than in the account check, and debt for no less: supply without the interest since
/// it was stored and up to a cap without its last bits, debt without the idle balance that stands against it.
library QuickCheck {
    using Bitmap for uint256;
    using TokenWord for uint256;
    using WadMath for uint256;
    using Words for bytes;

    /// @dev Where the words of the tokens begin.
    uint256 private constant TOKENS_AT = 1;

    /// @dev What is owed of a token: token wei, the token's first word and the user borrow cap.
    struct Debt {
        uint256 amount;
        uint256 word;
        uint256 cap;
    }

    /// @dev An account's sums, USD WAD, and what it owes.
    struct Sums {
        uint256 borrowPower;
        uint256 thresholdValue;
        uint256 grossDebt;
        Debt[] debts;
    }

    /// @dev An account's pool positions.
    struct Held {
        /// Their shares, in ascending listing order.
        bytes shares;
        /// Tokens that are supplied, and tokens that are owed.
        uint256 backing;
        uint256 owed;
    }

    /// @notice Whether an account certainly is what AC-04 demands, with health factor >= 1 unless its gross
    /// debt is at most `grossDebtBefore`, USD WAD.
    function passes(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint256 grossDebtBefore
    ) internal view returns (bool) {
        AccountState storage state = s.accounts[account];
        if (state.mode != Mode.PortfolioMargin || state.dexBitmap != 0) return false;
        Held memory held = _held(s.balances[account], state.tokenBitmap);
        bytes memory words = registry.accountWords(held.backing | held.owed, 0, 0);
        bytes memory head = ListingCode.head(words.at(0));
        // A struct in memory begins with zeros.
        // slither-disable-next-line uninitialized-local
        MarginPolicy memory policy;
        RegistryWords.setMargin(policy, head);
        if (policy.capEach) return false;
        // A struct in memory begins with zeros.
        // slither-disable-next-line uninitialized-local
        Sums memory sums;
        sums.debts = new Debt[](held.owed.count());
        // The other age is not asked for.
        // slither-disable-next-line unused-return
        (uint256 maxAge,) = RegistryWords.ages(head);
        if (!_add(s, sums, words, held, maxAge)) return false;
        bool healthy = sums.grossDebt <= grossDebtBefore || sums.grossDebt <= sums.borrowPower;
        return healthy && _isWithinTriggers(sums, policy);
    }

    function _held(mapping(uint256 token => TokenBalance) storage balances, uint256 tokens)
        private
        view
        returns (Held memory held)
    {
        bytes memory shares = Words.open();
        uint256 index;
        while (tokens != 0) {
            (index, tokens) = tokens.pop();
            int256 signed = balances[index].shares;
            if (signed == 0) continue;
            if (signed > 0) held.backing = held.backing.with(index);
            else held.owed = held.owed.with(index);
            Words.put(LiquidationMath.abs(signed));
        }
        Words.close(shares);
        held.shares = shares;
    }

    /// @dev Add all positions up. False where the account check may refuse for one of them alone.
    function _add(
        VenueState storage s,
        Sums memory sums,
        bytes memory words,
        Held memory held,
        uint256 maxAge
    ) private view returns (bool) {
        bytes memory row = ListingCode.newRow();
        uint256 lent = s.lentBitmap;
        uint256 debts = 0;
        uint256 rest = held.backing | held.owed;
        for (uint256 i = 0; rest != 0; ++i) {
            uint256 index;
            (index, rest) = rest.pop();
            uint256 shares = held.shares.at(i);
            uint256 w = words.at(TOKENS_AT + i);
            bool young = PriceAge.age(w.pxTime()) <= maxAge;
            if (held.backing.has(index)) {
                if (w.ltvBps() == 0) continue;
                if (w.px() == 0) return false;
                // An old price counts for nothing (SPEC OR-08).
                if (!young) continue;
                _addSupply(sums, w, shares, lent.has(index) ? s.reserves[index].supplyIndex : RAY);
            } else {
                if (!young || w.px() == 0 || !w.borrowable()) return false;
                ListingCode.readRow(words.at(0), index, row);
                uint256 cap = row.at(ListingCode.USER_CAPS) >> 128;
                uint256 borrowIndex = _grown(s, index, row.at(ListingCode.CURVE));
                _addDebt(sums, debts++, Debt(RateMath.amountOfSharesUp(shares, borrowIndex), w, cap));
            }
        }
        return true;
    }

    /// @dev A borrow index with interest up to now, from the word of the token's curve.
    function _grown(VenueState storage s, uint256 index, uint256 word) private view returns (uint256) {
        Reserve storage reserve = s.reserves[index];
        // Whether interest is stored up to this second: accrual over no time would give the same index.
        // slither-disable-next-line incorrect-equality
        if (reserve.accruedAt == block.timestamp) return reserve.borrowIndex;
        // A struct in memory begins with zeros.
        // slither-disable-next-line uninitialized-local
        RateCurve memory curve;
        RegistryWords.setCurve(curve, word);
        return Pool.accrued(s, index, curve).borrowIndex;
    }

    function _addSupply(Sums memory sums, uint256 w, uint256 shares, uint256 supplyIndex) private pure {
        uint256 supplied = RateMath.amountOfSharesDown(shares, supplyIndex);
        uint256 ltvBps = w.ltvBps();
        uint256 value = supplied.valueDown(w.px(), w.weiDecimals(), w.szDecimals());
        sums.borrowPower += MarginMath.weightLtvDown(value, ltvBps);
        uint256 cap = w.supplyCapDown();
        if (supplied > cap) value = cap.valueDown(w.px(), w.weiDecimals(), w.szDecimals());
        sums.thresholdValue += MarginMath.weightThresholdDown(value, ltvBps);
    }

    function _addDebt(Sums memory sums, uint256 place, Debt memory debt) private pure {
        uint256 w = debt.word;
        sums.grossDebt += debt.amount.valueUp(w.px(), w.weiDecimals(), w.szDecimals());
        sums.debts[place] = debt;
    }

    /// @dev Whether the debts, each as if nothing idle stood against it, are beyond no trigger (SPEC LQ-01).
    function _isWithinTriggers(Sums memory sums, MarginPolicy memory policy) private pure returns (bool) {
        if (MarginMath.isOwingTooMuch(sums.grossDebt, sums.thresholdValue, policy.secondTrigger)) {
            return false;
        }
        for (uint256 i = 0; i < sums.debts.length; ++i) {
            Debt memory debt = sums.debts[i];
            (uint256 px, uint256 weiDecimals, uint256 szDecimals) =
                (debt.word.px(), debt.word.weiDecimals(), debt.word.szDecimals());
            uint256 requirement = debt.amount;
            if (policy.borrowOffset != 0) {
                requirement += uint256(policy.borrowOffset).amountUp(px, weiDecimals, szDecimals);
            }
            uint256 capacity =
                SweepMath.min(sums.thresholdValue.amountDown(px, weiDecimals, szDecimals), debt.cap);
            if (MarginMath.isBeyond(requirement, capacity, policy.trigger, policy.triggerInclusive)) {
                return false;
            }
        }
        return true;
    }
}
