// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccountParams, ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {IPortfolioMargin} from "../interfaces/IPortfolioMargin.sol";
import {AccountStore} from "./AccountStore.sol";
import {Account, AccountMargin, PerpState} from "./AccountTypes.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MarginMath} from "./MarginMath.sol";
import {SweepMath} from "./SweepMath.sol";
import {TierMath} from "./TierMath.sol";
import {VenueState} from "./VenueState.sol";

/// @title What the venue tells of one account, run in the venue's storage
/// @notice Deployed apart and linked, so that the venue stays small.
library AccountViews {
    /// @notice The account as stored, with interest up to now, encoded.
    function accountOf(VenueState storage s, ICollateralRegistry registry, address account)
        external
        view
        returns (bytes memory)
    {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (Account memory a,) = AccountStore.load(s, registry, account);
        return abi.encode(a);
    }

    /// @notice Margin figures as stored, or as if swept, encoded.
    function marginOf(VenueState storage s, ICollateralRegistry registry, address account, bool asIfSwept)
        external
        view
        returns (bytes memory)
    {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (Account memory a,) = AccountStore.load(s, registry, account);
        // The account as the sweep leaves it is asked for, not its plan.
        // slither-disable-next-line unused-return
        if (asIfSwept) SweepMath.sweep(a);
        return abi.encode(MarginMath.accountMargin(a));
    }

    /// @notice The price the venue displays beside a position (SPEC LQ-07).
    function displayLiquidationPx(
        VenueState storage s,
        ICollateralRegistry registry,
        address account,
        uint32 asset
    ) external view returns (int256) {
        (Account memory a, AccountParams memory params) = AccountStore.load(s, registry, account);
        AccountMargin memory m = MarginMath.accountMargin(a);
        for (uint256 i = 0; i < a.perps.length; ++i) {
            if (a.perps[i].asset != asset) continue;
            return _displayLiquidationPx(a, m, i, params.perps[i].szDecimals);
        }
        revert IPortfolioMargin.NoPosition(account, asset);
    }

    function _displayLiquidationPx(Account memory a, AccountMargin memory m, uint256 i, uint256 szDecimals)
        private
        pure
        returns (int256)
    {
        PerpState memory perp = a.perps[i];
        int256 available = MarginMath.displayAvailableDown(a, m, perp.dex);
        uint256 leverage = TierMath.tierAt(MarginMath.notional(perp.szi, perp.mark), perp.table).maxLeverage;
        return LiquidationMath.displayLiquidationPxDown(perp.mark, perp.szi, szDecimals, available, leverage);
    }
}
