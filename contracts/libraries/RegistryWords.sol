// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {
    AccountParams,
    DexParams,
    ICollateralRegistry,
    LegChoice,
    PerpParams,
    Policy,
    PoolCaps,
    TokenParams
} from "../interfaces/ICollateralRegistry.sol";
import {MarginPolicy} from "./AccountTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {ListingCode} from "./ListingCode.sol";
import {RateCurve} from "./RateMath.sol";
import {Tier} from "./TierMath.sol";
import {TokenWord} from "./TokenWord.sol";
import {Unset} from "./Unset.sol";
import {Words} from "./Words.sol";

/// @dev What the registry reads first: one word.
struct Shared {
    uint8 paused;
    uint8 tokens;
    uint8 dexes;
    uint16 perps;
    /// The code that holds what seldom changes: see `ListingCode`.
    address code;
}

/// @dev What a rate curve's figures are multiples of (SPEC BL-23): 1e-15, as RAY and as WAD.
uint256 constant CURVE_RAY_UNIT = 1e12;
uint256 constant CURVE_WAD_UNIT = 1e3;

/// @dev A rate curve in one word, in units of 1e-15; the registry bounds what it may hold.
struct Curve {
    uint64 base;
    uint64 slope;
    uint56 kink;
    uint56 protocolShare;
    bool annual;
}

/// @dev A token in words: what changes with its price is in the first.
struct Token {
    uint64 token;
    uint64 px;
    uint40 pxTime;
    uint8 weiDecimals;
    uint8 szDecimals;
    uint16 ltvBps;
    bool borrowable;
    /// The user supply cap once more, without its last bits.
    uint48 shortSupplyCap;
    uint128 userSupplyCap;
    uint128 userBorrowCap;
    uint128 globalSupplyCap;
    uint128 globalBorrowCap;
    Curve curve;
    uint128 liquidationWidth;
    string name;
}

/// @dev Where a token stands: its listing index + 1, zero if unlisted, and what it is on this chain.
struct TokenPlace {
    uint8 at;
    uint8 evmDecimals;
    address erc20;
    /// Two of the token's fields once more, where no price is read.
    uint8 weiDecimals;
    bool borrowable;
    /// Whether accounts can be judged with it: it is no collateral, or has a price (SPEC OR-09).
    bool judgeable;
}

/// @dev What is asked of a token beside its place.
uint256 constant TOKEN_PAUSED = 1;
uint256 constant TOKEN_PRICE = 2;
uint256 constant TOKEN_USER_CAPS = 4;
uint256 constant TOKEN_CURVE = 8;
uint256 constant TOKEN_GLOBAL_CAPS = 16;
uint256 constant TOKEN_WIDTH = 32;
uint256 constant TOKEN_WHOLE = 63;

/// @dev What is asked of the policy: a bit for each of its words, of which margin has two.
uint256 constant POLICY_MARGIN = 3;
uint256 constant POLICY_DEBT_STEP = 4;
uint256 constant POLICY_TERMS = 8;
uint256 constant POLICY_PERP_STEP = 16;
uint256 constant POLICY_ACCESS = 32;
uint256 constant POLICY_REST = 64;
uint256 constant POLICY_WHOLE = 127;

/// @dev A dex; the first word is all that is asked for.
struct Dex {
    uint32 dex;
    uint8 collateral;
    string name;
}

/// @dev A perp asset: prices are in the first word and funding in the second.
struct Perp {
    uint32 asset;
    uint64 mark;
    uint64 oracle;
    uint40 pxTime;
    uint8 dex;
    uint8 szDecimals;
    uint8 maxLeverage;
    uint16 marginTable;
    /// What one unit of size has paid since listing, 1e-6 USD * 1e18, up to `chargedAt`. It cannot
    /// overflow: an hour is worth less than 2^120, and there are less than 2^40 of them.
    int216 fundingIndex;
    uint40 chargedAt;
    string name;
}

/// @notice Assets by bitmaps of listing indexes, and what is asked of them. The collateral tokens of the
/// dexes come along, in ascending listing order.
struct Assets {
    uint256 tokens;
    /// Those whose user caps are wanted.
    uint256 users;
    /// Those whose curves are wanted.
    uint256 lent;
    /// Those whose global caps are wanted, and unless it is zero those of the dexes' collateral, and what
    /// sweeps read of the policy.
    uint256 pooled;
    /// Whether the widths of liquidation steps are.
    bool widths;
    uint256 dexes;
    uint256 perps;
}

/// @title What the registry says, in words, and what they say (SPEC CR-08, CR-09)
/// @notice Packed words stand as the structs above are stored. The registry writes them, those that seldom
/// change as code; whoever asks it reads them here.
library RegistryWords {
    using Bitmap for uint256;
    using TokenWord for uint256;
    using Words for bytes;

    /// @dev The policy's words.
    uint256 private constant MARGIN = 0;
    uint256 private constant MARGIN_OF_SWEEPS = 1;
    uint256 private constant DEBT_STEP = 2;
    uint256 private constant TERMS = 3;
    uint256 private constant PERP_STEP = 4;
    uint256 private constant ACCESS = 5;
    uint256 private constant REST = 6;

    /// @dev How far an answer has been read.
    struct Cursor {
        bytes words;
        uint256 at;
    }

    /// @notice A token's parameters by id, without the width of liquidation steps.
    function tokenOf(ICollateralRegistry registry, uint256 id) internal view returns (TokenParams memory p) {
        // Its place is not asked for.
        // slither-disable-next-line unused-return
        (p,) = partsOf(registry, id, TOKEN_WHOLE ^ TOKEN_WIDTH);
    }

    /// @notice The same as far as interest depends on it.
    function lentOf(ICollateralRegistry registry, uint256 id) internal view returns (TokenParams memory p) {
        // Its place is not asked for.
        // slither-disable-next-line unused-return
        (p,) = partsOf(registry, id, TOKEN_CURVE);
    }

    /// @notice Those parts of a token's parameters that are asked for (TOKEN_*), and its place. Id, index,
    /// decimals of the wei and borrowability are always among them.
    function partsOf(ICollateralRegistry registry, uint256 id, uint256 parts)
        internal
        view
        returns (TokenParams memory p, TokenPlace memory place)
    {
        uint256 shared = registry.sharedWord();
        uint256 index = ListingCode.find(shared, id);
        bytes memory row = ListingCode.newRow();
        ListingCode.readRow(shared, index, row);
        uint256 w = row.at(ListingCode.PLACE);
        (place.at, place.evmDecimals, place.erc20) = (uint8(w), uint8(w >> 8), address(uint160(w >> 16)));
        (place.weiDecimals, place.borrowable) = (uint8(w >> 176), w >> 184 & 1 != 0);
        place.judgeable = w >> 192 & 1 != 0;
        // Casts are safe: the id is listed, in a place below 64.
        // forge-lint: disable-next-line(unsafe-typecast)
        (p.token, p.index) = (uint64(id), uint8(index));
        (p.weiDecimals, p.borrowable) = (place.weiDecimals, place.borrowable);
        if (parts & TOKEN_PAUSED != 0) p.paused = uint8(shared);
        if (parts & TOKEN_PRICE != 0) _setFirst(p, registry.tokenWord(index));
        _setRest(
            p,
            row,
            parts & TOKEN_USER_CAPS != 0,
            parts & TOKEN_CURVE != 0,
            parts & TOKEN_GLOBAL_CAPS != 0,
            parts & TOKEN_WIDTH != 0
        );
    }

    /// @notice Set the parameters of some assets. What a function returns begins as zeros, which cost as much
    /// as what is put there: so whoever asks brings the place.
    function readAccount(ICollateralRegistry registry, Assets memory of_, AccountParams memory params)
        internal
        view
    {
        Cursor memory c = Cursor(registry.accountWords(of_.tokens, of_.dexes, of_.perps), 0);
        uint256 shared = _next(c);
        bytes memory head = ListingCode.head(shared);
        (params.maxPriceAge, params.maxLiquidationPriceAge) = ages(head);
        setMargin(params.policy, head);
        uint256 tokens = ListingCode.withCollateral(head, of_.tokens, of_.dexes);
        if (of_.pooled != 0) {
            params.policy.sweepDust = uint64(head.at(MARGIN_OF_SWEEPS));
            of_.pooled = ListingCode.withCollateral(head, of_.pooled, of_.dexes);
        }
        _readTokens(c, params, of_, tokens, shared);
        uint256 rest = of_.dexes;
        uint256 index;
        params.dexes = Unset.dexParams(of_.dexes.count());
        for (uint256 i = 0; rest != 0; ++i) {
            (index, rest) = rest.pop();
            params.dexes[i] = DexParams(uint8(index), uint8(tokens.rank(ListingCode.collateral(head, index))));
        }
        params.perps = Unset.perpParams(of_.perps.count());
        rest = of_.perps;
        // Empty until the first perp brings one.
        // slither-disable-next-line uninitialized-local
        Tier[] memory table;
        for (uint256 i = 0; rest != 0; ++i) {
            (index, rest) = rest.pop();
            table = _perp(c, params.perps, i, index, of_.dexes, table);
        }
    }

    /// @notice What bounds the pools of the tokens in a bitmap of listing indexes.
    function capsOf(ICollateralRegistry registry, uint256 tokens)
        internal
        view
        returns (PoolCaps[] memory caps)
    {
        uint256 shared = registry.sharedWord();
        bytes memory row = ListingCode.newRow();
        caps = new PoolCaps[](tokens.count());
        for (uint256 i = 0; i < caps.length; ++i) {
            uint256 index;
            (index, tokens) = tokens.pop();
            ListingCode.readRow(shared, index, row);
            uint256 first = row.at(ListingCode.FIRST);
            uint256 global = row.at(ListingCode.GLOBAL_CAPS);
            PoolCaps memory c = caps[i];
            c.token = first.id();
            c.index = uint8(index);
            c.borrowable = first.borrowable();
            (c.globalSupplyCap, c.globalBorrowCap) = (uint128(global), uint128(global >> 128));
        }
    }

    /// @notice Those parts of the policy that are asked for (POLICY_*).
    function policyOf(ICollateralRegistry registry, uint256 parts) internal view returns (Policy memory p) {
        bytes memory head = ListingCode.head(registry.sharedWord());
        uint256 w;
        if (parts & POLICY_MARGIN != 0) {
            setMargin(p.margin, head);
            p.margin.sweepDust = uint64(head.at(MARGIN_OF_SWEEPS));
        }
        if (parts & POLICY_DEBT_STEP != 0) {
            w = head.at(DEBT_STEP);
            (p.debtStep, p.stepCadence) = (uint64(w), uint32(w >> 64));
            (p.episodeTimeout, p.minStep) = (uint32(w >> 96), uint128(w >> 128));
        }
        if (parts & POLICY_TERMS != 0) {
            w = head.at(TERMS);
            (p.maxPriceAge, p.maxLiquidationPriceAge) = ages(head);
            (p.perpFeePpm, p.spotFeePpm) = (uint32(w >> 64), uint32(w >> 96));
            (p.twapHalfLife, p.rewardPpm) = (uint32(w >> 128), uint32(w >> 160));
            (p.bufferInterval, p.debtStepNeedsLowHealth) = (uint32(w >> 192), w >> 224 & 1 != 0);
        }
        if (parts & POLICY_PERP_STEP != 0) {
            w = head.at(PERP_STEP);
            (p.perpThreshold, p.perpPart) = (uint64(w), uint64(w >> 64));
            (p.perpCooldown, p.perpBackstopRatio) = (uint32(w >> 128), uint64(w >> 160));
            p.legOrder = LegChoice(uint8(w >> 224));
        }
        if (parts & POLICY_ACCESS != 0) {
            w = head.at(ACCESS);
            (p.enableMinVolume, p.enableMinValue) = (uint64(w), uint64(w >> 64));
            (p.enableMaxValue, p.enableVolumeDays) = (uint64(w >> 128), uint16(w >> 192));
            p.leavesFlat = w >> 208 & 1 != 0;
        }
        if (parts & POLICY_REST != 0) {
            w = head.at(REST);
            (p.legSeed, p.maxMoveBps) = (uint64(w), uint32(w >> 64));
            p.fundingInterval = uint32(w >> 96);
        }
    }

    /// @notice How old prices may be, from the words before the tokens.
    function ages(bytes memory head)
        internal
        pure
        returns (uint32 maxPriceAge, uint32 maxLiquidationPriceAge)
    {
        uint256 w = head.at(TERMS);
        return (uint32(w), uint32(w >> 32));
    }

    /// @notice How often funding is charged, from the same.
    function fundingInterval(bytes memory head) internal pure returns (uint32) {
        return uint32(head.at(REST) >> 96);
    }

    function _next(Cursor memory c) private pure returns (uint256 word) {
        word = c.words.at(c.at);
        ++c.at;
    }

    /// @notice Set the margin policy, but for what only sweeps read.
    function setMargin(MarginPolicy memory m, bytes memory head) internal pure {
        uint256 w = head.at(MARGIN);
        (m.trigger, m.triggerInclusive) = (uint64(w), w >> 64 & 1 != 0);
        m.borrowOffset = uint128(w >> 72);
        (m.strictLtv, m.capEach) = (w >> 200 & 1 != 0, w >> 208 & 1 != 0);
        (m.secondTrigger, m.perpShortfallTrigger) = (w >> 216 & 1 != 0, w >> 224 & 1 != 0);
    }

    /// @notice Set a rate curve from its word.
    function setCurve(RateCurve memory r, uint256 w) internal pure {
        // Nothing leaves the range: see `CollateralRegistry`.
        unchecked {
            r.base = uint64(w) * CURVE_RAY_UNIT;
            r.slope = uint64(w >> 64) * CURVE_RAY_UNIT;
            r.kink = uint56(w >> 128) * CURVE_RAY_UNIT;
            r.protocolShare = uint64(uint56(w >> 184) * CURVE_WAD_UNIT);
        }
        r.annual = w >> 240 & 1 != 0;
    }

    function _readTokens(
        Cursor memory c,
        AccountParams memory params,
        Assets memory of_,
        uint256 tokens,
        uint256 shared
    ) private view {
        params.tokens = new TokenParams[](tokens.count());
        bytes memory row = ListingCode.newRow();
        uint256 more = of_.widths ? tokens : of_.users | of_.lent | of_.pooled;
        uint256 index;
        for (uint256 i = 0; tokens != 0; ++i) {
            (index, tokens) = tokens.pop();
            TokenParams memory p = params.tokens[i];
            _setFirst(p, _next(c));
            (p.index, p.paused) = (uint8(index), uint8(shared));
            if (!more.has(index)) continue;
            ListingCode.readRow(shared, index, row);
            _setRest(p, row, of_.users.has(index), of_.lent.has(index), of_.pooled.has(index), of_.widths);
        }
    }

    function _setFirst(TokenParams memory p, uint256 w) private pure {
        (p.token, p.px, p.pxTime) = (w.id(), w.px(), w.pxTime());
        (p.weiDecimals, p.szDecimals) = (w.weiDecimals(), w.szDecimals());
        (p.ltvBps, p.borrowable) = (w.ltvBps(), w.borrowable());
    }

    function _setRest(TokenParams memory p, bytes memory row, bool users, bool curve, bool pool, bool width)
        private
        pure
    {
        uint256 w;
        if (users) {
            w = row.at(ListingCode.USER_CAPS);
            (p.userSupplyCap, p.userBorrowCap) = (uint128(w), uint128(w >> 128));
        }
        if (curve) setCurve(p.curve, row.at(ListingCode.CURVE));
        if (pool) {
            w = row.at(ListingCode.GLOBAL_CAPS);
            (p.globalSupplyCap, p.globalBorrowCap) = (uint128(w), uint128(w >> 128));
        }
        if (width) p.liquidationWidth = uint128(row.at(ListingCode.WIDTH));
    }

    /// @dev Set a perp of a list that is still unset. A table that is the same as the perp's before is not
    /// told again.
    function _perp(
        Cursor memory c,
        PerpParams[] memory list,
        uint256 i,
        uint256 index,
        uint256 dexes,
        Tier[] memory table
    ) private pure returns (Tier[] memory) {
        uint256 w = _next(c);
        uint256 fundingIndex = _next(c);
        uint256 tiers = _next(c);
        if (tiers != 0) table = _table(c, tiers);
        list[i] = PerpParams({
            asset: uint32(w),
            mark: uint64(w >> 32),
            pxTime: uint40(w >> 160),
            index: uint8(index),
            dex: uint8(dexes.rank(uint8(w >> 200))),
            szDecimals: uint8(w >> 208),
            maxLeverage: uint8(w >> 216),
            fundingIndex: int256(fundingIndex),
            table: table
        });
        return table;
    }

    function _table(Cursor memory c, uint256 tiers) private pure returns (Tier[] memory table) {
        table = Unset.tiers(tiers);
        for (uint256 i = 0; i < tiers; ++i) {
            uint256 w = _next(c);
            table[i] = Tier({
                lowerBound: uint64(w),
                maxLeverage: uint8(w >> 64),
                rate: uint32(w >> 72),
                deduction: uint120(w >> 104),
                scale: uint32(w >> 224)
            });
        }
    }
}
