// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICollateralRegistry, PAUSE_LIQUIDATION} from "./interfaces/ICollateralRegistry.sol";
import {Header, ILens, IsolatedReport, Outcome, Status} from "./interfaces/ILens.sol";
import {AccountReport, IPortfolioMargin, Look, PxOverride} from "./interfaces/IPortfolioMargin.sol";
import {IVenue} from "./interfaces/IVenue.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {OutcomeList, OutcomeLists} from "./libraries/OutcomeList.sol";
import {PriceAge} from "./libraries/PriceAge.sol";

/// @title The lens
/// @notice Asks the venue for accounts by the dozen: for one first, and for the more the less those before
/// took of gas and memory. Where a dozen is refused it halves it, down to the account that is to blame; where
/// gas lacked for one it begins again with a single account.
contract Lens is ILens {
    using Bitmap for uint256;
    using OutcomeLists for OutcomeList;

    /// @notice Accounts asked for in one walk at most.
    uint256 public constant CHUNK = 32;
    /// @notice Bytes asked for in one walk, as far as can be foreseen: memory costs by the square of its
    /// size.
    uint256 public constant CHUNK_BYTES = 131_072;
    /// @notice Part of the gas left that a question about several accounts may use.
    uint256 public constant CHUNK_PART = 2;
    /// @notice Part of it that one about a single account may use while others wait.
    uint256 public constant SINGLE_PART = 4;
    /// @notice How many times the accounts of one question may be those of the one before.
    uint256 public constant GROWTH = 8;
    /// @notice How many times the gas that the accounts before took a question about several may use.
    uint256 public constant SLACK = 2;
    /// @notice And gas for what is read once in a walk.
    uint256 public constant WALK_GAS = 300_000;
    /// @notice Gas that asking takes beside what the answer does.
    uint256 public constant CALL_GAS = 15_000;
    /// @notice And for each account and each price that it names.
    uint256 public constant CALL_GAS_EACH = 400;

    /// @dev Bytes of a call without the accounts and prices that it names.
    uint256 private constant CALL_SIZE = 512;
    /// @dev Id of the quote, worth one USD (SPEC CR-01).
    uint64 private constant USDC = 0;

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
        _requirePrices(tokenPxs, marks);
        address[] memory one = new address[](1);
        one[0] = account;
        return abi.decode(venue.survey(one, Look.Margin, tokenPxs, marks)[0], (AccountReport));
    }

    /// @inheritdoc ILens
    function isolatedOf(address[] calldata accounts_)
        external
        view
        returns (Header memory, Outcome[] memory)
    {
        OutcomeList memory list = OutcomeLists.begin(_header(), accounts_.length);
        while (list.told < list.length) {
            uint256 gas = _gasFor(list, 1, 0, 0);
            // Zero is none left.
            // slither-disable-next-line incorrect-equality
            if (gas == 0) break;
            bytes memory call = abi.encodeCall(this.isolatedReportsOf, (accounts_[list.told]));
            bool ok = OutcomeLists.ask(address(this), gas, call);
            list.push(_statusOf(ok), 0, OutcomeLists.answered());
        }
        list.finish();
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
    ) private view returns (Header memory, Outcome[] memory) {
        _requirePrices(tokenPxs, marks);
        OutcomeList memory list = OutcomeLists.begin(_header(), accounts_.length);
        uint256 size = 1;
        uint256 each = 0;
        while (list.told < list.length) {
            uint256 from = list.told;
            if (size > list.length - from) size = list.length - from;
            uint256 gas = _gasFor(list, size, each, tokenPxs.length + marks.length);
            // Zero is none left.
            // slither-disable-next-line incorrect-equality
            if (gas == 0) break;
            uint256 before = gasleft();
            bytes memory call =
                abi.encodeCall(IPortfolioMargin.survey, (accounts_[from:from + size], look, tokenPxs, marks));
            bool ok = OutcomeLists.ask(address(venue), gas, call);
            if (ok) {
                list.pushRows(size);
                each = (before - gasleft()) / size;
                size = _sizeAfter(size, each, OutcomeLists.answered() / size);
            } else if (size < 2) {
                list.push(_statusOf(ok), 0, OutcomeLists.answered());
            } else {
                // A refusal is one account's, and it is sought. Want of gas tells nothing of any.
                size = OutcomeLists.answered() == 0 ? 1 : size / 2;
            }
        }
        list.finish();
    }

    /// @dev The gas that a question about some accounts and some prices may use, zero where none is left but
    /// for the answer: of several accounts as much as they may take by what each of those before them took,
    /// of the last one all.
    function _gasFor(OutcomeList memory list, uint256 some, uint256 each, uint256 prices)
        private
        view
        returns (uint256)
    {
        uint256 callSize = CALL_SIZE + 32 * some + 64 * prices;
        uint256 gas = list.gasFor(callSize, CALL_GAS + CALL_GAS_EACH * (some + prices));
        if (some > 1) return Math.min(gas / CHUNK_PART, WALK_GAS + SLACK * each * some);
        // Counted one by one, up to the length.
        // slither-disable-next-line incorrect-equality
        return list.told + 1 == list.length ? gas : gas / SINGLE_PART;
    }

    /// @dev How many accounts to ask for after some were told: not many more, and no more than gas and memory
    /// suffice for at what each of them took.
    function _sizeAfter(uint256 some, uint256 gasEach, uint256 bytesEach) private view returns (uint256) {
        uint256 size = Math.min(gasleft() / (CHUNK_PART * gasEach), CHUNK_BYTES / bytesEach);
        return Math.max(1, Math.min(size, Math.min(GROWTH * some, CHUNK)));
    }

    /// @dev What became of an account that was asked for alone: a refusal has data.
    function _statusOf(bool ok) private pure returns (Status) {
        if (ok) return Status.Done;
        return OutcomeLists.answered() == 0 ? Status.OutOfGas : Status.Refused;
    }

    /// @dev Refuse a price of what is not listed, a second one of what has one, and one of USDC that is not
    /// one USD.
    function _requirePrices(PxOverride[] calldata tokenPxs, PxOverride[] calldata marks) private view {
        if (tokenPxs.length == 0 && marks.length == 0) return;
        ICollateralRegistry registry = venue.registry();
        // slither-disable-start calls-loop,unused-return
        for (uint256 i = 0; i < tokenPxs.length; ++i) {
            registry.tokenIndex(tokenPxs[i].id);
            _requireFirst(tokenPxs, i);
            if (tokenPxs[i].id == USDC) {
                uint64 one = registry.tokenParams(USDC).px;
                require(tokenPxs[i].px == one, UsdcNotOneUsd(tokenPxs[i].px, one));
            }
        }
        for (uint256 i = 0; i < marks.length; ++i) {
            registry.perpOraclePx(marks[i].id);
            _requireFirst(marks, i);
        }
        // slither-disable-end calls-loop,unused-return
    }

    /// @dev Refuse a price of an id that has one before it. What is listed is few, so these are few too.
    function _requireFirst(PxOverride[] calldata pxs, uint256 i) private pure {
        for (uint256 j = 0; j < i; ++j) {
            require(pxs[j].id != pxs[i].id, PriceGivenTwice(pxs[i].id, pxs[j].px, pxs[i].px));
        }
    }

    function _header() private view returns (Header memory) {
        // Before the first block there is no other.
        // slither-disable-next-line incorrect-equality
        bytes32 parentHash = block.number == 0 ? bytes32(0) : blockhash(block.number - 1);
        return Header(block.number, block.timestamp, parentHash);
    }
}
