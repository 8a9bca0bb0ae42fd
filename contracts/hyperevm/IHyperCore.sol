// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry} from "../interfaces/ICollateralRegistry.sol";
import {IVenue} from "../interfaces/IVenue.sol";

/// @notice How far an action has come (SPEC HC-11).
enum Status {
    /// Waits for the next step of Core, an order also for its delay.
    Queued,
    Applied,
    /// The venue or Core refused it; `reason` is the custom error.
    Failed,
    /// Core has such an action, this one does nothing with it.
    NotModelled,
    /// The actor was not on Core when the EVM block began.
    Dropped,
    /// An order that waits for its price.
    Resting,
    /// An order that was taken back.
    Cancelled
}

/// @notice What happened to one action.
struct ActionRecord {
    /// Counted from one; an order's oid.
    uint256 number;
    address user;
    uint24 actionId;
    Status status;
    /// EVM block that asked for it, and its time.
    uint64 blockNumber;
    uint64 time;
    bytes reason;
    /// As given to CoreWriter.
    bytes data;
}

/// @notice A transfer from EVM to Core that a block's logs show; `token` is the ERC-20, or the system
/// address of HYPE for native HYPE.
struct Bridged {
    address token;
    address from;
    uint256 amount;
}

/// @notice A transfer from Core to EVM that the next EVM block makes: `token.transfer(to, amount)` sent by
/// `from`, or, where the token is zero, the same value of native HYPE.
struct Delivery {
    address token;
    address from;
    address to;
    uint256 amount;
}

/// @title What HyperCore does for HyperEVM, on the venue (SPEC HC-01 to HC-24)
/// @notice A stand-in: on the venue's own chain it is no contract but the chain itself.
interface IHyperCore {
    /// @notice An action is queued, or has come to another end.
    event ActionSet(
        uint256 indexed number, address indexed user, uint24 indexed actionId, Status status, bytes reason
    );
    /// @notice A transfer from EVM was credited, token wei; `burnt` units of the ERC-20 are less than one.
    event BridgedToCore(address indexed user, uint64 indexed token, uint256 amount, uint256 burnt);
    /// @notice A transfer from EVM could not be credited and stays at the system address.
    event BridgeRefused(address indexed user, address indexed token, uint256 amount, bytes reason);
    /// @notice A transfer to EVM waits for the next EVM block; `burnt` token wei are less than a unit of the
    /// ERC-20.
    event BridgedToEvm(address indexed user, uint64 indexed token, uint256 amount, uint256 burnt);
    /// @notice The delay of orders (seconds) or the price of a new account (token wei of the quote) changed.
    event CoreSettingsSet(uint64 orderDelay, uint64 activationFee);

    /// @notice Only this address calls here.
    error OnlyFrom(address caller, address required);
    /// @notice The bytes are no action, or not as long as one of its id is.
    error MalformedAction(uint256 length);
    /// @notice A word of an action does not fit its type.
    error WordTooLarge(uint256 index, uint256 value, uint256 most);
    /// @notice Core knows no such action.
    error UnknownAction(uint24 actionId);
    /// @notice The account is not on Core yet; a transfer of the same block comes too late.
    error NoSuchUser(address user);
    /// @notice Neither the account itself nor one of its first sub-accounts.
    error NotOwnAccount(address user, address account);
    /// @notice 1 disabled, 2 unified, 3 portfolio margin.
    error UnknownAbstraction(uint8 mode);
    /// @notice 0 supply, 1 withdraw.
    error UnknownOperation(uint8 operation);
    /// @notice 1 Alo, 2 Gtc, 3 Ioc.
    error UnknownTif(uint8 tif);
    /// @notice A price (human * 1e8) between two steps of the asset's grid.
    error InexactPrice(uint32 asset, uint64 px, uint256 step);
    /// @notice A size (human * 1e8) that is no whole number of the asset's lots.
    error InexactSize(uint32 asset, uint64 sz, uint256 lot);
    /// @notice An order that only adds would fill at once; `px` is the asset's price.
    error WouldFill(uint64 limitPx, uint64 px);
    /// @notice No order of the account rests under this id in this asset.
    error NoSuchOrder(uint32 asset, uint256 id);
    /// @notice The dex counts in another token.
    error NotTheDexToken(uint32 dex, uint64 dexToken, uint64 token);
    /// @notice A new account's first receipt does not pay for it: the fee, and the quote token that came.
    error ActivationFee(address user, uint256 fee, uint256 received);
    /// @notice The ERC-20 stands for no token of Core.
    error NotLinked(address token);

    /// @notice The receiver takes no native HYPE.
    error ValueRefused(address to, uint256 amount);
    /// @notice Not so many deliveries wait.
    error NothingToDeliver(uint256 delivered, uint256 queued);

    /// @notice Queue an action; only CoreWriter.
    function enqueue(address user, bytes calldata data) external;

    /// @notice Queue the credit of USDC that has come here; only the deposit wallet (SPEC HC-21).
    function noteDeposit(address user, uint256 amount, uint32 dex) external;

    /// @notice One step of Core after an EVM block (SPEC HC-10): transfers from EVM, queued actions in their
    /// order, then orders that are due or rest. Only the system sender.
    function applyBlock(Bridged[] calldata bridged) external;

    /// @notice Forget the first `count` deliveries, which an EVM block has made; only the system sender.
    function delivered(uint256 count) external;

    /// @notice Set the delay of orders, seconds, and the price of a new account, wei of the quote token, zero
    /// for none (SPEC HC-12, HC-23); only the system sender.
    function setCore(uint64 orderDelay, uint64 activationFee) external;

    /// @notice Whether a step would do something now, or deliveries wait.
    function hasWork() external view returns (bool);

    /// @notice What the next EVM block delivers, in order.
    function pendingDeliveries() external view returns (Delivery[] memory);

    /// @notice Records from number `first` on (from one), at most `limit` of them; and how many there are.
    function actions(uint256 first, uint256 limit)
        external
        view
        returns (ActionRecord[] memory page, uint256 total);

    /// @notice Numbers of the orders that rest, oldest first.
    function restingOrders() external view returns (uint256[] memory);

    /// @notice The venue.
    function venue() external view returns (IVenue);

    /// @notice The venue's registry.
    function registry() external view returns (ICollateralRegistry);

    /// @notice Seconds between an order and its execution.
    function orderDelay() external view returns (uint64);

    /// @notice What a new account's first receipt pays, wei of the quote token; zero for nothing.
    function activationFee() external view returns (uint64);
}
