// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {IVenue} from "../interfaces/IVenue.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {Deferral} from "../libraries/Deferral.sol";
import {Lending} from "../libraries/Lending.sol";
import {MarginEngine} from "../libraries/MarginEngine.sol";
import {Sweeps} from "../libraries/Sweeps.sol";
import {Touched} from "../libraries/Touched.sol";
import {VenueState} from "../libraries/VenueState.sol";

/// @title What all modules share: storage, who acts, and safety checks
/// @notice Modules inherit from here and from nothing else of one another.
abstract contract VenueBase is IVenue, ReentrancyGuardTransient {
    VenueState internal _s;

    /// @dev The account that the running call acts for; zero when the caller acts for itself.
    address internal transient _actingFor;
    /// @dev The account that the core lets call; zero when nobody calls through it.
    address internal transient _calledBy;
    /// @dev Whether it does so as an operator, with an operator's limits.
    bool internal transient _asOperator;

    /// @inheritdoc IVenue
    ICollateralRegistry public immutable override registry;
    /// @inheritdoc IVenue
    address public immutable override maker;
    /// @inheritdoc IVenue
    address public immutable override backstop;
    /// @inheritdoc IVenue
    address public immutable override insurance;
    /// @inheritdoc IVenue
    address public immutable override core;

    constructor(
        ICollateralRegistry registry_,
        address maker_,
        address backstop_,
        address insurance_,
        address core_
    ) {
        registry = registry_;
        maker = maker_;
        backstop = backstop_;
        insurance = insurance_;
        core = core_;
        AccountStore.touch(_s, maker_);
        AccountStore.touch(_s, backstop_);
        AccountStore.touch(_s, insurance_);
        // What the backstop takes over it margins and funds like anybody; fees reach the insurance
        // account's balance by its sweep.
        _s.accounts[backstop_].mode = Mode.PortfolioMargin;
        _s.accounts[insurance_].mode = Mode.Unified;
    }

    /// @dev Announce in what states an action has left the reserves that it touched (SPEC BL-21). Last of
    /// all, payments to wallets included: nothing depends on what is announced. A batch is one action.
    modifier announcing() {
        _;
        _announce();
    }

    /// @dev Who calls: the sender, or whom the core speaks for (SPEC AC-08).
    function _caller() internal view returns (address) {
        return _calledBy == address(0) ? msg.sender : _calledBy;
    }

    /// @dev The account that acts.
    function _actor() internal view returns (address) {
        return _actingFor == address(0) ? _caller() : _actingFor;
    }

    /// @dev The account that acts, where an operator may not act for it.
    function _owner() internal view returns (address) {
        require(!_asOperator, OwnerOnly(_actingFor, _caller()));
        return _actor();
    }

    function _announce() private {
        if (Touched.any() && !Deferral.running()) Lending.announce(_s, registry, insurance);
    }

    function _sweep(address account) internal {
        Sweeps.run(_s, registry, account);
    }

    function _requireSafe(address account, uint256 grossDebtBefore) internal {
        MarginEngine.requireSafe(_s, registry, account, grossDebtBefore);
    }

    function _grossDebt(address account) internal view returns (uint256) {
        return MarginEngine.grossDebt(_s, registry, account);
    }
}
