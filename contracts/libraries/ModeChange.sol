// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {AccountParams, ICollateralRegistry, Policy} from "../interfaces/ICollateralRegistry.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account} from "./AccountTypes.sol";
import {MarginMath} from "./MarginMath.sol";
import {VenueState} from "./VenueState.sol";
import {Volume} from "./Volume.sol";
import {POLICY_ACCESS, RegistryWords} from "./RegistryWords.sol";

/// @title What a change of an account's mode asks for, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small. Rules: SPEC AC-02, AC-10.
library ModeChange {
    /// @notice Require that an account has no debt, and where asked no dex equity, as a change of mode
    /// needs (SPEC AC-02). Equity that suppliers' cash may have made stays while that waits (SPEC LQ-12).
    function requireLeavable(VenueState storage s, ICollateralRegistry registry, address account, bool flat)
        external
        view
    {
        (Account memory a, AccountParams memory params) = AccountStore.loadHeld(s, registry, account);
        for (uint256 i = 0; i < a.tokens.length; ++i) {
            require(a.tokens[i].borrowed == 0, IAccounts.DebtOpen(a.tokens[i].token, a.tokens[i].borrowed));
        }
        for (uint256 i = 0; i < a.dexes.length; ++i) {
            int128 rawUsd = a.dexes[i].rawUsd;
            bool locked = AccountStore.isLocked(s, params.tokens[a.dexes[i].collateral].index);
            uint256 open = s.accounts[account].perpBitmap;
            require(!locked || open == 0, IAccounts.PositionsOpen(open));
            require(!(flat || locked) || rawUsd == 0, IAccounts.DexEquityOpen(params.dexes[i].index, rawUsd));
        }
    }

    /// @notice Require what the policy asks of an account before portfolio margin (SPEC AC-10); volume is
    /// that of its master, who may be the account itself. And that what it holds as collateral has a price
    /// (SPEC OR-09).
    function requireAdmitted(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        address master
    ) external view {
        Policy memory p = RegistryWords.policyOf(registry, POLICY_ACCESS);
        (Account memory a, AccountParams memory params) = AccountStore.loadHeld(s, registry, account);
        for (uint256 i = 0; i < a.tokens.length; ++i) {
            bool held = a.tokens[i].idle != 0 || a.tokens[i].supplied != 0;
            if (held) AccountStore.requirePriced(params.tokens[i]);
        }
        uint256 volume = Volume.over(s, master, p.enableVolumeDays);
        int256 value = MarginMath.accountValueDown(a);
        require(
            MarginMath.isAdmitted(volume, value, p.enableMinVolume, p.enableMinValue, p.enableMaxValue),
            IAccounts.EnablingRefused(volume, p.enableMinVolume, value, p.enableMinValue, p.enableMaxValue)
        );
    }
}
