// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {PerpParams} from "./ICollateralRegistry.sol";
import {IsolatedPosition} from "./IIsolatedPositions.sol";
import {AccountReport, PxOverride} from "./IPortfolioMargin.sol";
import {IVenue} from "./IVenue.sol";

/// @notice The block that an answer is of.
struct Header {
    uint256 number;
    uint256 timestamp;
    /// Hash of the block before it: the answer is of the chain that this block is in.
    bytes32 parentHash;
}

/// @notice What became of one account.
enum Status {
    /// The data is what was asked for, encoded.
    Done,
    /// The data is the venue's refusal, encoded: a price is missing, or a number leaves its range.
    Refused,
    /// Nothing is known: the gas did not suffice, to ask for the account or to tell the answer. Ask for fewer
    /// accounts; one that is asked for alone may use all the gas of the call.
    OutOfGas
}

/// @notice One account of an answer.
struct Outcome {
    Status status;
    bytes data;
}

/// @notice An isolated position, which the report of its account leaves out.
struct IsolatedReport {
    /// The asset as `ICollateralRegistry.perpParams` tells it.
    PerpParams perp;
    IsolatedPosition position;
    /// Whether a liquidation step would be taken on it now, whoever asks.
    bool actionable;
}

/// @title The lens: many accounts of a venue in one question (SPEC KP-03, KP-04)
/// @notice No account hides another: one that cannot be read says why, in its place, and one for which the
/// gas did not suffice says that. A call reverts for want of gas only where there is not enough to say so of
/// each. Prices may be given in place of the reported ones: of tokens their borrow oracle price, of perp
/// assets the mark.
interface ILens {
    /// @notice A price (on its grid) of USDC that is not one USD, as `one` is.
    error UsdcNotOneUsd(uint64 px, uint64 one);
    /// @notice Two prices of one id.
    error PriceGivenTwice(uint64 id, uint64 first, uint64 second);

    /// @notice The venue that it looks at.
    function venue() external view returns (IVenue);

    /// @notice Accounts seen so far, from `start` on, at most `limit` of them; and how many there are.
    function accounts(uint256 start, uint256 limit)
        external
        view
        returns (Header memory header, address[] memory page, uint256 total);

    /// @notice `Account` of each account, as stored or as if swept: what margin formulas take. Reverts
    /// `UnknownToken` or `UnknownAsset` for a price of what is not listed, `PriceGivenTwice` and
    /// `UsdcNotOneUsd`.
    function accountsOf(
        address[] calldata accounts,
        bool asIfSwept,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (Header memory header, Outcome[] memory outcomes);

    /// @notice `AccountReport` of each account: margin figures as if swept, and whether a liquidation step
    /// would be taken. Reverts for prices as `accountsOf` does.
    function reportsOf(
        address[] calldata accounts,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (Header memory header, Outcome[] memory outcomes);

    /// @notice `IsolatedReport[]` of each account: its isolated positions at the reported marks, in listing
    /// order.
    function isolatedOf(address[] calldata accounts)
        external
        view
        returns (Header memory header, Outcome[] memory outcomes);

    /// @notice The isolated positions of one account; reverts as the venue refuses them.
    function isolatedReportsOf(address account) external view returns (IsolatedReport[] memory);

    /// @notice The report of one account; reverts as the venue refuses it, and for prices as `accountsOf`.
    function reportOf(address account, PxOverride[] calldata tokenPxs, PxOverride[] calldata marks)
        external
        view
        returns (AccountReport memory);
}
