// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IBorrowLendPool} from "../interfaces/IBorrowLendPool.sol";
import {IClearinghouse} from "../interfaces/IClearinghouse.sol";
import {MarginMath} from "../libraries/MarginMath.sol";
import {
    BURNT,
    CORE_DEPOSIT_WALLET,
    HYPE,
    HYPE_SYSTEM,
    SPOT,
    SYSTEM,
    TOKEN_SYSTEM,
    USDC,
    WRAPPED_HYPE
} from "./CoreAddresses.sol";
import {CoreQueue} from "./CoreQueue.sol";
import {HypeSystem} from "./HypeSystem.sol";
import {Bridged, Delivery, IHyperCore} from "./IHyperCore.sol";
import {WrappedHype} from "./WrappedHype.sol";
import {RegistryWords} from "../libraries/RegistryWords.sol";

/// @title Between EVM and Core (SPEC HC-18 to HC-24)
/// @notice What an account has on Core the venue holds; what waits to be delivered is at the system address.
abstract contract CoreBridge is CoreQueue {
    using SafeERC20 for IERC20;

    /// @dev USDC of the deposit wallet, which has come here already.
    struct Deposit {
        address user;
        uint256 amount;
        uint32 dex;
    }

    /// @dev A token of Core on EVM: `up` units of the ERC-20 are `down` token wei.
    struct Link {
        uint64 token;
        address erc20;
        uint256 up;
        uint256 down;
    }

    /// @inheritdoc IHyperCore
    uint64 public override activationFee;
    /// @dev Credited up to `_credited`.
    Deposit[] private _deposits;
    uint256 private _credited;
    /// @dev Made up to `_made`.
    Delivery[] private _deliveries;
    uint256 private _made;

    /// @notice Take HYPE on its way between the system address and wrapped HYPE.
    receive() external payable {
        if (msg.sender != HYPE_SYSTEM) _only(WRAPPED_HYPE);
    }

    /// @inheritdoc IHyperCore
    function noteDeposit(address user, uint256 amount, uint32 dex) external {
        _only(CORE_DEPOSIT_WALLET);
        _deposits.push(Deposit(user, amount, dex));
    }

    /// @inheritdoc IHyperCore
    function pendingDeliveries() external view returns (Delivery[] memory pending) {
        pending = new Delivery[](_deliveries.length - _made);
        for (uint256 i = 0; i < pending.length; ++i) {
            pending[i] = _deliveries[_made + i];
        }
    }

    /// @inheritdoc IHyperCore
    function delivered(uint256 count) external {
        _only(SYSTEM);
        uint256 made = _made + count;
        require(made <= _deliveries.length, NothingToDeliver(made, _deliveries.length));
        _made = made;
    }

    /// @notice Credit a transfer from EVM; only Core itself, so that a refusal undoes it whole.
    function creditBridged(Bridged calldata bridged) external {
        _only(address(this));
        Link memory link = _linkOf(bridged.token);
        // Down to what whole units are worth, and back to those.
        // slither-disable-next-line divide-before-multiply
        uint256 amount = bridged.amount * link.down / link.up;
        uint256 units = amount * link.up / link.down;
        if (bridged.token == HYPE_SYSTEM) {
            HypeSystem(payable(HYPE_SYSTEM)).pay(units);
            WrappedHype(payable(WRAPPED_HYPE)).deposit{value: units}();
        } else {
            // What lies at a system address is the venue's: it was sent there to be credited.
            // slither-disable-next-line arbitrary-send-erc20
            IERC20(link.erc20).safeTransferFrom(systemAddress(link.token), address(this), units);
        }
        _credit(bridged.from, link, amount);
        emit BridgedToCore(bridged.from, link.token, amount, bridged.amount - units);
    }

    /// @notice Credit a deposit of the deposit wallet; only Core itself.
    function creditDeposit(uint256 number) external {
        _only(address(this));
        Deposit storage d = _deposits[number];
        Link memory link = _link(USDC);
        uint256 amount = d.amount * link.down / link.up;
        uint256 credited = _credit(d.user, link, amount);
        if (d.dex != SPOT) _toDex(d.user, USDC, credited, d.dex);
        emit BridgedToCore(d.user, USDC, amount, 0);
    }

    /// @notice Where a token is sent to change sides (SPEC HC-18).
    function systemAddress(uint64 token) public pure returns (address) {
        return token == HYPE ? HYPE_SYSTEM : address(TOKEN_SYSTEM + token);
    }

    /// @dev Credit all that the block has brought, each by itself.
    function _creditAll(Bridged[] calldata bridged) internal {
        // Only the node's transaction runs this; tokens can but add to the queue meanwhile.
        // slither-disable-start reentrancy-no-eth
        for (uint256 i = 0; i < bridged.length; ++i) {
            // Nothing is to be done where it went well.
            // solhint-disable-next-line no-empty-blocks
            try this.creditBridged(bridged[i]) {}
            catch (bytes memory reason) {
                emit BridgeRefused(bridged[i].from, bridged[i].token, bridged[i].amount, reason);
            }
        }
        for (; _credited < _deposits.length; ++_credited) {
            // solhint-disable-next-line no-empty-blocks
            try this.creditDeposit(_credited) {}
            catch (bytes memory reason) {
                Deposit storage d = _deposits[_credited];
                emit BridgeRefused(d.user, CORE_DEPOSIT_WALLET, d.amount, reason);
            }
        }
        // slither-disable-end reentrancy-no-eth
    }

    function _hasBridgeWork() internal view returns (bool) {
        return _credited < _deposits.length || _made < _deliveries.length;
    }

    /// @dev Send an account's own balance to another account, or to EVM where that is the token's system
    /// address.
    function _send(address from, address to, uint64 token, uint256 amount) internal {
        if (to == systemAddress(token)) {
            _toEvm(from, token, amount);
            return;
        }
        if (activationFee != 0 && !_exists(to)) {
            _speak(from, abi.encodeCall(IClearinghouse.spotSend, (venue.insurance(), USDC, activationFee)));
        }
        _speak(from, abi.encodeCall(IClearinghouse.spotSend, (to, token, amount)));
    }

    /// @dev Move spot balance, token wei, into a dex of a standard account; others' dexes fill themselves.
    function _toDex(address account, uint64 token, uint256 amount, uint32 dex) internal {
        if (!_isStandard(account)) return;
        uint64 usd = _perpUsd(token, amount, dex);
        _speak(account, abi.encodeCall(IClearinghouse.transferPerp, (dex, usd, true)));
    }

    /// @dev Token wei as 1e-6 of what a dex counts in, exactly.
    function _perpUsd(uint64 token, uint256 amount, uint32 dex) internal view returns (uint64) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (, uint64 collateral) = registry.dexOf(dex);
        require(collateral == token, NotTheDexToken(dex, collateral, token));
        uint256 unit = MarginMath.weiPerPerpUsd(RegistryWords.tokenOf(registry, token).weiDecimals);
        require(amount % unit == 0, IBorrowLendPool.InexactAmount(token, amount, unit));
        uint256 usd = amount / unit;
        require(usd <= type(uint64).max, IClearinghouse.InvalidSize(type(uint64).max));
        // The cast is safe: compared.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(usd);
    }

    function _link(uint64 token) internal view returns (Link memory link) {
        uint8 evmDecimals;
        (link.erc20, evmDecimals) = registry.tokenErc20(token);
        uint256 weiDecimals = RegistryWords.tokenOf(registry, token).weiDecimals;
        link.token = token;
        link.up = evmDecimals > weiDecimals ? 10 ** (evmDecimals - weiDecimals) : 1;
        link.down = evmDecimals < weiDecimals ? 10 ** (weiDecimals - evmDecimals) : 1;
    }

    function _toEvm(address from, uint64 token, uint256 amount) private {
        Link memory link = _link(token);
        uint256 burnt = amount % link.down;
        uint256 whole = amount - burnt;
        uint256 units = whole * link.up / link.down;
        address system = systemAddress(token);
        bool native = token == HYPE;
        _speak(
            from, abi.encodeCall(IBorrowLendPool.withdraw, (token, whole, native ? address(this) : system))
        );
        if (burnt != 0) _speak(from, abi.encodeCall(IClearinghouse.spotSend, (BURNT, token, burnt)));
        if (native) {
            WrappedHype(payable(WRAPPED_HYPE)).withdraw(units);
            HypeSystem(payable(HYPE_SYSTEM)).refill{value: units}();
        }
        _deliveries.push(Delivery(native ? address(0) : link.erc20, system, from, units));
        emit BridgedToEvm(from, token, whole, burnt);
    }

    /// @dev Pay token wei that have come here into an account; a new one pays for itself (SPEC HC-23).
    function _credit(address user, Link memory link, uint256 amount) private returns (uint256 credited) {
        IERC20(link.erc20).forceApprove(address(venue), amount * link.up / link.down);
        uint256 fee = _exists(user) ? 0 : activationFee;
        if (fee != 0) {
            require(link.token == USDC && amount > fee, ActivationFee(user, fee, amount));
            // It takes all that is asked for, or refuses.
            // slither-disable-next-line unused-return
            venue.deposit(USDC, fee, venue.insurance());
        }
        credited = venue.deposit(link.token, amount - fee, user);
    }

    /// @dev The token of Core that an ERC-20, or HYPE's system address, stands for. Wrapped HYPE stands for
    /// none: what is linked is native HYPE.
    function _linkOf(address token) private view returns (Link memory) {
        if (token == HYPE_SYSTEM) return _link(HYPE);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (uint64[] memory tokens,,,) = registry.listed();
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (tokens[i] == HYPE) continue;
            // The rest of the answer is not asked for.
            // slither-disable-next-line unused-return
            (address erc20,) = registry.tokenErc20(tokens[i]);
            if (erc20 == token) return _link(tokens[i]);
        }
        revert NotLinked(token);
    }
}
