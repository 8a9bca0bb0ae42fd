// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {ICollateralRegistry, PAUSE_LIQUIDATION} from "./interfaces/ICollateralRegistry.sol";
import {Header, ILens, IsolatedReport, Outcome, Status} from "./interfaces/ILens.sol";
import {AccountReport, IPortfolioMargin, Look, PxOverride} from "./interfaces/IPortfolioMargin.sol";
import {IVenue} from "./interfaces/IVenue.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {PriceAge} from "./libraries/PriceAge.sol";

/// @title The lens
/// @notice Asks the venue for accounts by the dozen. Where a dozen fails it halves it, down to the account
/// that is to blame.
contract Lens is ILens {
    using Bitmap for uint256;

    /// @notice Accounts asked for in one walk.
    uint256 public constant CHUNK = 32;
    /// @notice Gas that one account may use at most: about what one with every asset that can be listed does.
    uint256 public constant ACCOUNT_GAS = 10_000_000;
    /// @notice Gas kept for the answer.
    uint256 public constant KEPT_GAS = 300_000;
    /// @notice And for each account in it.
    uint256 public constant KEPT_GAS_EACH = 8000;

    /// @inheritdoc ILens
    IVenue public immutable override venue;

    constructor(IVenue venue_) {
        venue = venue_;
    }

    /// @inheritdoc ILens
    function accounts(uint256 start, uint256 limit)
        external
        view
        returns (Header memory header, address[] memory page, uint256 total)
    {
        header = _header();
        (page, total) = venue.accounts(start, limit);
    }

    /// @inheritdoc ILens
    function accountsOf(
        address[] calldata accounts_,
        bool asIfSwept,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (Header memory, Outcome[] memory) {
        return _look(accounts_, asIfSwept ? Look.Swept : Look.Stored, tokenPxs, marks);
    }

    /// @inheritdoc ILens
    function reportsOf(
        address[] calldata accounts_,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) external view returns (Header memory, Outcome[] memory) {
        return _look(accounts_, Look.Margin, tokenPxs, marks);
    }

    /// @inheritdoc ILens
    function reportOf(address account, PxOverride[] calldata tokenPxs, PxOverride[] calldata marks)
        external
        view
        returns (AccountReport memory)
    {
        _requireListed(tokenPxs, marks);
        address[] memory one = new address[](1);
        one[0] = account;
        return abi.decode(venue.survey(one, Look.Margin, tokenPxs, marks)[0], (AccountReport));
    }

    /// @inheritdoc ILens
    function isolatedOf(address[] calldata accounts_)
        external
        view
        returns (Header memory header, Outcome[] memory outcomes)
    {
        header = _header();
        outcomes = new Outcome[](accounts_.length);
        for (uint256 i = 0; i < accounts_.length; ++i) {
            uint256 gas = _gasFor(1, accounts_.length);
            if (gas == 0) {
                outcomes[i].status = Status.OutOfGas;
                continue;
            }
            // A view; each call is about another account.
            // slither-disable-next-line calls-loop,low-level-calls
            // solhint-disable-next-line avoid-low-level-calls
            (bool ok, bytes memory answer) =
                address(this).staticcall{gas: gas}(abi.encodeCall(this.isolatedReportsOf, (accounts_[i])));
            if (!ok) outcomes[i].status = answer.length == 0 ? Status.OutOfGas : Status.Refused;
            outcomes[i].data = answer;
        }
    }

    /// @inheritdoc ILens
    function isolatedReportsOf(address account) external view returns (IsolatedReport[] memory reports) {
        // An account's positions are asked for one by one, in a view.
        // slither-disable-start calls-loop
        uint256 rest = venue.accountState(account).isolatedBitmap;
        reports = new IsolatedReport[](rest.count());
        if (rest == 0) return reports;
        ICollateralRegistry registry = venue.registry();
        // slither-disable-next-line unused-return
        (,, uint32[] memory assets,) = registry.listed();
        uint256 maximum = registry.policy().maxLiquidationPriceAge;
        bool paused = registry.paused() & PAUSE_LIQUIDATION != 0;
        uint256 index;
        for (uint256 i = 0; i < reports.length; ++i) {
            (index, rest) = rest.pop();
            IsolatedReport memory report = reports[i];
            report.perp = registry.perpParams(assets[index]);
            report.position = venue.isolatedOf(account, assets[index]);
            // The cast is safe: margins are products of 64-bit numbers.
            // forge-lint: disable-next-line(unsafe-typecast)
            bool lacks = report.position.equity < int256(report.position.maintenance);
            report.actionable = lacks && !paused && PriceAge.age(report.perp.pxTime) <= maximum;
        }
        // slither-disable-end calls-loop
    }

    function _look(
        address[] calldata accounts_,
        Look look,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) private view returns (Header memory header, Outcome[] memory outcomes) {
        _requireListed(tokenPxs, marks);
        header = _header();
        outcomes = new Outcome[](accounts_.length);
        for (uint256 from = 0; from < accounts_.length; from += CHUNK) {
            uint256 to = from + CHUNK < accounts_.length ? from + CHUNK : accounts_.length;
            _fill(outcomes, accounts_, from, to, look, tokenPxs, marks);
        }
    }

    /// @dev Ask for a part of the accounts; halve it where that fails.
    function _fill(
        Outcome[] memory outcomes,
        address[] calldata accounts_,
        uint256 from,
        uint256 to,
        Look look,
        PxOverride[] calldata tokenPxs,
        PxOverride[] calldata marks
    ) private view {
        uint256 gas = _gasFor(to - from, outcomes.length);
        if (gas == 0) {
            for (uint256 i = from; i < to; ++i) {
                outcomes[i].status = Status.OutOfGas;
            }
            return;
        }
        // A view; each call is about other accounts.
        // slither-disable-next-line calls-loop,low-level-calls
        // solhint-disable-next-line avoid-low-level-calls
        (bool ok, bytes memory answer) = address(venue).staticcall{gas: gas}(
            abi.encodeCall(IPortfolioMargin.survey, (accounts_[from:to], look, tokenPxs, marks))
        );
        if (ok) {
            for (uint256 i = from; i < to; ++i) {
                outcomes[i].data = _rowOf(answer, i - from);
            }
        } else if (to - from == 1) {
            outcomes[from].status = answer.length == 0 ? Status.OutOfGas : Status.Refused;
            outcomes[from].data = answer;
        } else {
            uint256 middle = (from + to) / 2;
            _fill(outcomes, accounts_, from, middle, look, tokenPxs, marks);
            _fill(outcomes, accounts_, middle, to, look, tokenPxs, marks);
        }
    }

    /// @dev The gas that some of all accounts may use, zero where none is left but for the answer.
    function _gasFor(uint256 some, uint256 all) private view returns (uint256 gas) {
        uint256 kept = KEPT_GAS + KEPT_GAS_EACH * all;
        gas = gasleft();
        gas = gas > kept ? gas - kept : 0;
        if (gas > some * ACCOUNT_GAS) gas = some * ACCOUNT_GAS;
    }

    /// @dev A row of an encoded `bytes[]`, where it stands: copied, the answers about many accounts would
    /// cost as much again, by the square of their size.
    function _rowOf(bytes memory encoded, uint256 i) private pure returns (bytes memory row) {
        // Encoded bytes stand as bytes do in memory. Before the rows stand the length of what is encoded, the
        // way to the array, and its length.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let rows := add(encoded, 96)
            row := add(rows, mload(add(rows, mul(i, 32))))
        }
    }

    /// @dev Refuse a price of what is not listed.
    function _requireListed(PxOverride[] calldata tokenPxs, PxOverride[] calldata marks) private view {
        if (tokenPxs.length == 0 && marks.length == 0) return;
        ICollateralRegistry registry = venue.registry();
        // slither-disable-start calls-loop,unused-return
        for (uint256 i = 0; i < tokenPxs.length; ++i) {
            registry.tokenIndex(tokenPxs[i].id);
        }
        for (uint256 i = 0; i < marks.length; ++i) {
            registry.perpOraclePx(marks[i].id);
        }
        // slither-disable-end calls-loop,unused-return
    }

    function _header() private view returns (Header memory) {
        // Before the first block there is no other.
        // slither-disable-next-line incorrect-equality
        bytes32 parentHash = block.number == 0 ? bytes32(0) : blockhash(block.number - 1);
        return Header(block.number, block.timestamp, parentHash);
    }
}
