// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {ICollateralRegistry, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {IVenue} from "../interfaces/IVenue.sol";
import {Mode} from "../libraries/AccountTypes.sol";
import {AccountStore} from "../libraries/AccountStore.sol";
import {MarginEngine} from "../libraries/MarginEngine.sol";
import {VenueState} from "../libraries/VenueState.sol";
import {WadMath} from "../libraries/WadMath.sol";

/// @title What all modules share: storage, safety checks, and tokens in and out
/// @notice Modules inherit from here and from nothing else of one another.
abstract contract VenueBase is IVenue, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using WadMath for uint256;

    VenueState internal _s;

    /// @dev The account that the running call acts for; zero when the caller acts for itself.
    address internal transient _actingFor;
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

    constructor(ICollateralRegistry registry_, address maker_, address backstop_, address insurance_) {
        registry = registry_;
        maker = maker_;
        backstop = backstop_;
        insurance = insurance_;
        AccountStore.touch(_s, maker_);
        AccountStore.touch(_s, backstop_);
        AccountStore.touch(_s, insurance_);
        // What the backstop takes over it margins and funds like anybody; fees reach the insurance
        // account's balance by its sweep.
        _s.accounts[backstop_].mode = Mode.PortfolioMargin;
        _s.accounts[insurance_].mode = Mode.Unified;
    }

    /// @dev The account that acts.
    function _actor() internal view returns (address) {
        return _actingFor == address(0) ? msg.sender : _actingFor;
    }

    /// @dev The account that acts, where an operator may not act for it.
    function _owner() internal view returns (address) {
        require(!_asOperator, OwnerOnly(_actingFor, msg.sender));
        return _actor();
    }

    function _sweep(address account) internal {
        MarginEngine.sweep(_s, registry, account);
    }

    /// @dev Give an account idle balance and sweep it.
    function _credit(address account, TokenParams memory p, uint256 amount) internal {
        AccountStore.addIdle(_s, account, p.index, amount);
        _sweep(account);
    }

    function _requireSafe(address account, uint256 grossDebtBefore) internal view {
        MarginEngine.requireSafe(_s, registry, account, grossDebtBefore);
    }

    function _grossDebt(address account) internal view returns (uint256) {
        return MarginEngine.grossDebt(_s, registry, account);
    }

    /// @dev Take an amount from the caller's wallet; returns the token wei that came, rounded up to
    /// whole units of the ERC-20. Everything is what the wallet holds in whole token wei.
    function _pull(TokenParams memory p, uint256 amount) internal returns (uint256) {
        (address erc20, uint8 evmDecimals) = registry.tokenErc20(p.token);
        (uint256 up, uint256 down) = _evmScale(p.weiDecimals, evmDecimals);
        uint256 evmAmount = amount == type(uint256).max
            ? IERC20(erc20).balanceOf(msg.sender) / up * up
            : uint256(amount.toUint128()).mulDivUp(up, down);
        require(evmAmount != 0, IBorrowLendPool.ZeroAmount());
        uint256 before = IERC20(erc20).balanceOf(address(this));
        IERC20(erc20).safeTransferFrom(msg.sender, address(this), evmAmount);
        uint256 received = IERC20(erc20).balanceOf(address(this)) - before;
        require(received == evmAmount, IBorrowLendPool.TransferMismatch(p.token, evmAmount, received));
        return evmAmount.mulDivDown(down, up);
    }

    /// @dev Pay an amount, a whole number of units of the ERC-20, to a wallet.
    function _push(TokenParams memory p, uint256 amount, address to) internal {
        (address erc20, uint8 evmDecimals) = registry.tokenErc20(p.token);
        (uint256 up, uint256 down) = _evmScale(p.weiDecimals, evmDecimals);
        require(amount % down == 0, IBorrowLendPool.InexactAmount(p.token, amount, down));
        IERC20(erc20).safeTransfer(to, amount * up / down);
    }

    /// @dev Smallest amount, in token wei, that the wallet's ERC-20 can hold.
    function _evmUnit(TokenParams memory p) internal view returns (uint256 down) {
        (, uint8 evmDecimals) = registry.tokenErc20(p.token);
        (, down) = _evmScale(p.weiDecimals, evmDecimals);
    }

    function _evmScale(uint256 weiDecimals, uint256 evmDecimals)
        private
        pure
        returns (uint256 up, uint256 down)
    {
        return evmDecimals >= weiDecimals
            ? (10 ** (evmDecimals - weiDecimals), uint256(1))
            : (uint256(1), 10 ** (weiDecimals - evmDecimals));
    }
}
