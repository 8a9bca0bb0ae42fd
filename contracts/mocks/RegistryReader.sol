// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    AccountParams,
    ICollateralRegistry,
    Policy,
    PoolCaps,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {Assets, RegistryWords, TokenPlace} from "../libraries/RegistryWords.sol";

/// @title What the venue's libraries read in the registry's words
/// @notice For tests, which hold it against the registry's views.
contract RegistryReader {
    function accountParams(
        ICollateralRegistry registry,
        uint256 tokens,
        uint256 users,
        uint256 lent,
        uint256 pooled,
        bool widths,
        uint256 dexes,
        uint256 perps
    ) external view returns (AccountParams memory params) {
        Assets memory of_ = Assets(tokens, users, lent, pooled, widths, dexes, perps);
        RegistryWords.readAccount(registry, of_, params);
    }

    function tokenParams(ICollateralRegistry registry, uint256 id, uint256 parts)
        external
        view
        returns (TokenParams memory, TokenPlace memory)
    {
        return RegistryWords.partsOf(registry, id, parts);
    }

    function policy(ICollateralRegistry registry, uint256 parts) external view returns (Policy memory) {
        return RegistryWords.policyOf(registry, parts);
    }

    function poolCaps(ICollateralRegistry registry, uint256 tokens)
        external
        view
        returns (PoolCaps[] memory)
    {
        return RegistryWords.capsOf(registry, tokens);
    }
}
