// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    FundingView,
    ICollateralRegistry,
    MAX_REWARD_PPM,
    PairListing,
    PerpListing,
    PerpParams,
    PerpPrice,
    Policy,
    SpotPrice,
    TokenListing,
    TokenParams
} from "./interfaces/ICollateralRegistry.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {DataCode} from "./libraries/DataCode.sol";
import {FundingMath} from "./libraries/FundingMath.sol";
import {ListingCode} from "./libraries/ListingCode.sol";
import {MarginMath} from "./libraries/MarginMath.sol";
import {OracleMath} from "./libraries/OracleMath.sol";
import {RateCurve} from "./libraries/RateMath.sol";
import {
    CURVE_RAY_UNIT,
    CURVE_WAD_UNIT,
    Curve,
    Dex,
    Perp,
    RegistryWords,
    Shared,
    TOKEN_WHOLE,
    Token,
    TokenPlace
} from "./libraries/RegistryWords.sol";
import {Tier, TierMath} from "./libraries/TierMath.sol";
import {TokenWord} from "./libraries/TokenWord.sol";
import {BPS, PPM, RAY, WAD} from "./libraries/WadMath.sol";
import {Words} from "./libraries/Words.sol";

/// @title Listing, factors, caps, rate curves, margin tables, prices and roles
/// @notice What is listed and at which price; it holds no money.
contract CollateralRegistry is ICollateralRegistry, AccessControl {
    using Bitmap for uint256;
    using Words for bytes;

    struct Pair {
        uint32 pair;
        uint8 base;
        uint8 quote;
        bool hasPerp;
        uint8 perp;
        uint64 px;
        uint40 pxTime;
    }

    /// @inheritdoc ICollateralRegistry
    bytes32 public constant RISK_ADMIN = keccak256("RISK_ADMIN");
    /// @inheritdoc ICollateralRegistry
    bytes32 public constant REPORTER = keccak256("REPORTER");
    /// @inheritdoc ICollateralRegistry
    bytes32 public constant MATCHER = keccak256("MATCHER");
    /// @inheritdoc ICollateralRegistry
    bytes32 public constant GUARDIAN = keccak256("GUARDIAN");
    /// @inheritdoc ICollateralRegistry
    bytes32 public constant UNPAUSER = keccak256("UNPAUSER");
    uint256 private constant MAX_TOKENS = 64;
    uint256 private constant MAX_DEXES = 32;
    uint256 private constant MAX_PERPS = 256;
    /// @dev Every report of prices walks them all.
    uint256 private constant MAX_PAIRS = 64;
    uint16 private constant FIRST_TIERED_TABLE = 50;
    uint256 private constant USDC = 0;
    /// @dev A price time that never goes stale: the quote token's.
    uint40 private constant ALWAYS = type(uint40).max;

    Shared private _shared;
    // Of fixed size: no access reads how many there are.
    Token[MAX_TOKENS] private _tokens;
    Dex[MAX_DEXES] private _dexes;
    Perp[MAX_PERPS] private _perps;
    Pair[] private _pairs;
    mapping(uint16 table => Tier[]) private _tables;
    mapping(uint256 token => TokenPlace) private _tokenAt;
    // Listing index + 1 by id; zero is unlisted.
    mapping(uint256 dex => uint256) private _dexAt;
    mapping(uint256 asset => uint256) private _perpAt;
    mapping(uint256 pair => uint256) private _pairAt;
    Policy private _policy;
    /// @inheritdoc ICollateralRegistry
    uint64 public override usdcPx;

    /// @dev Bring the code that actions read up to date with what a function has changed (SPEC CR-09).
    modifier keepingCode() {
        _;
        _keepCode();
    }

    constructor(address admin) keepingCode {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(RISK_ADMIN, admin);
        _grantRole(REPORTER, admin);
    }

    // Listing

    /// @inheritdoc ICollateralRegistry
    function listToken(TokenListing calldata listing) external onlyRole(RISK_ADMIN) keepingCode {
        require(_tokenAt[listing.token].at == 0, AlreadyListed(listing.token));
        require(_shared.tokens < MAX_TOKENS, ListingFull(MAX_TOKENS));
        require(
            listing.szDecimals <= 8 && listing.szDecimals <= listing.weiDecimals && listing.weiDecimals >= 6
                && listing.weiDecimals <= 18 && listing.evmDecimals <= 24,
            DecimalsOutOfRange(listing.weiDecimals, listing.szDecimals, listing.evmDecimals)
        );
        // What has no code yet, or does not tell, is listed at the listing's word.
        (bool told, uint8 decimals) = SafeERC20.tryGetDecimals(IERC20(listing.erc20));
        require(
            !told || decimals == listing.evmDecimals,
            Erc20DecimalsDiffer(listing.token, listing.evmDecimals, decimals)
        );
        _requireLtv(listing.ltvBps);
        _requireCurve(listing.curve);

        Token storage entry = _tokens[_shared.tokens++];
        entry.token = listing.token;
        if (listing.token == USDC) {
            (entry.px, entry.pxTime) = (uint64(10 ** (8 - listing.szDecimals)), ALWAYS);
        }
        entry.weiDecimals = listing.weiDecimals;
        entry.szDecimals = listing.szDecimals;
        entry.name = listing.name;
        TokenPlace storage place = _tokenAt[listing.token];
        (place.at, place.weiDecimals) = (_shared.tokens, listing.weiDecimals);
        (place.evmDecimals, place.erc20) = (listing.evmDecimals, listing.erc20);
        // Once it is so, it stays so: see `setTokenFactors`.
        place.judgeable = listing.ltvBps == 0 || listing.token == USDC;

        emit TokenListed(listing.token, _shared.tokens - 1, listing.name, listing.erc20);
        _setFactors(entry, listing.ltvBps, listing.borrowable);
        _setCaps(
            entry,
            listing.userSupplyCap,
            listing.userBorrowCap,
            listing.globalSupplyCap,
            listing.globalBorrowCap
        );
        _setCurve(entry, listing.curve);
        _setWidth(entry, listing.liquidationWidth);
    }

    /// @inheritdoc ICollateralRegistry
    function setTokenFactors(uint64 token, uint16 ltvBps, bool borrowable)
        external
        onlyRole(RISK_ADMIN)
        keepingCode
    {
        Token storage entry = _tokens[tokenIndex(token)];
        _requireLtv(ltvBps);
        // What was collateral once may still stand for debt: at zero nobody could take it for that.
        require(ltvBps != 0 || entry.ltvBps == 0, CollateralNeedsLtv(token));
        // Accounts may hold it already: without a price they could no longer be judged.
        bool unpriced = ltvBps != 0 && entry.ltvBps == 0 && entry.px == 0;
        require(!unpriced, MarginMath.PriceMissing(token));
        _setFactors(entry, ltvBps, borrowable);
    }

    /// @inheritdoc ICollateralRegistry
    function setTokenCaps(
        uint64 token,
        uint128 userSupplyCap,
        uint128 userBorrowCap,
        uint128 globalSupplyCap,
        uint128 globalBorrowCap
    ) external onlyRole(RISK_ADMIN) keepingCode {
        _setCaps(_tokens[tokenIndex(token)], userSupplyCap, userBorrowCap, globalSupplyCap, globalBorrowCap);
    }

    /// @inheritdoc ICollateralRegistry
    function setLiquidationWidth(uint64 token, uint128 width) external onlyRole(RISK_ADMIN) keepingCode {
        _setWidth(_tokens[tokenIndex(token)], width);
    }

    /// @inheritdoc ICollateralRegistry
    function setRateCurve(uint64 token, RateCurve calldata curve) external onlyRole(RISK_ADMIN) keepingCode {
        _requireCurve(curve);
        _setCurve(_tokens[tokenIndex(token)], curve);
    }

    /// @inheritdoc ICollateralRegistry
    function listDex(uint32 dex, string calldata name, uint64 collateral)
        external
        onlyRole(RISK_ADMIN)
        keepingCode
    {
        require(_dexAt[dex] == 0, AlreadyListed(dex));
        require(_shared.dexes < MAX_DEXES, ListingFull(MAX_DEXES));
        uint8 index = _shared.dexes++;
        _dexes[index] = Dex({dex: dex, collateral: uint8(tokenIndex(collateral)), name: name});
        _dexAt[dex] = index + 1;
        emit DexListed(dex, index, name, collateral);
    }

    /// @inheritdoc ICollateralRegistry
    function setMarginTable(uint16 table, uint64[] calldata lowerBounds, uint8[] calldata maxLeverages)
        external
        onlyRole(RISK_ADMIN)
    {
        require(table >= FIRST_TIERED_TABLE, SingleTierTable(table));
        _setTable(table, lowerBounds, maxLeverages);
    }

    /// @inheritdoc ICollateralRegistry
    function listPerp(PerpListing calldata listing) external onlyRole(RISK_ADMIN) {
        require(_perpAt[listing.asset] == 0, AlreadyListed(listing.asset));
        require(_shared.perps < MAX_PERPS, ListingFull(MAX_PERPS));
        require(_dexAt[listing.dex] != 0, UnknownDex(listing.dex));
        _nameSingleTier(listing.marginTable);
        require(_tables[listing.marginTable].length != 0, UnknownMarginTable(listing.marginTable));
        require(listing.szDecimals <= 6, SizeDecimalsOutOfRange(listing.szDecimals, 6));
        uint256 maxLeverage = _tables[listing.marginTable][0].maxLeverage;
        require(
            listing.maxLeverage != 0 && listing.maxLeverage <= maxLeverage,
            LeverageOutOfRange(listing.asset, listing.maxLeverage, maxLeverage)
        );
        uint256 index = _shared.perps++;
        Perp storage entry = _perps[index];
        entry.asset = listing.asset;
        entry.dex = uint8(_dexAt[listing.dex] - 1);
        entry.szDecimals = listing.szDecimals;
        entry.maxLeverage = listing.maxLeverage;
        entry.marginTable = listing.marginTable;
        entry.name = listing.name;
        _perpAt[listing.asset] = index + 1;
        emit PerpListed(listing.asset, uint8(index), listing.name, listing.dex);
    }

    /// @inheritdoc ICollateralRegistry
    function listPair(PairListing calldata listing) external onlyRole(RISK_ADMIN) {
        require(_pairAt[listing.pair] == 0, AlreadyListed(listing.pair));
        require(_pairs.length < MAX_PAIRS, ListingFull(MAX_PAIRS));
        _pairs.push(
            Pair({
                pair: listing.pair,
                base: uint8(tokenIndex(listing.base)),
                quote: uint8(tokenIndex(listing.quote)),
                hasPerp: listing.hasPerp,
                perp: listing.hasPerp ? uint8(_perpIndex(listing.perp)) : 0,
                px: 0,
                pxTime: 0
            })
        );
        _pairAt[listing.pair] = _pairs.length;
        emit PairListed(listing.pair, listing.base, listing.quote);
    }

    /// @inheritdoc ICollateralRegistry
    function setPolicy(Policy calldata policy_) external onlyRole(RISK_ADMIN) keepingCode {
        // In memory, as `policy` reads it: one copier and one encoder serve both.
        Policy memory p = policy_;
        _requirePart(p.debtStep);
        _requirePart(p.perpPart);
        require(p.rewardPpm <= MAX_REWARD_PPM, FractionTooHigh(p.rewardPpm, MAX_REWARD_PPM));
        require(p.perpFeePpm <= PPM, FractionTooHigh(p.perpFeePpm, PPM));
        require(p.spotFeePpm <= PPM, FractionTooHigh(p.spotFeePpm, PPM));
        if (p.fundingInterval != _policy.fundingInterval) {
            // The hours that have turned were hours of the old interval.
            for (uint256 i = 0; i < _shared.perps; ++i) {
                _chargeFunding(_perps[i]);
            }
        }
        _policy = p;
        emit PolicySet(p);
    }

    /// @inheritdoc ICollateralRegistry
    function requireRole(bytes32 role, address account) external view {
        _checkRole(role, account);
    }

    // Pause

    /// @inheritdoc ICollateralRegistry
    function pause(uint8 bits) external onlyRole(GUARDIAN) {
        _shared.paused |= bits;
        emit PausedSet(_shared.paused);
    }

    /// @inheritdoc ICollateralRegistry
    function unpause(uint8 bits) external onlyRole(UNPAUSER) {
        _shared.paused &= ~bits;
        emit PausedSet(_shared.paused);
    }

    // Prices

    /// @inheritdoc ICollateralRegistry
    function reportPrices(SpotPrice[] calldata spots, PerpPrice[] calldata perps, uint64 usdcPx_)
        external
        onlyRole(REPORTER)
    {
        uint256 maxMoveBps = _policy.maxMoveBps;
        _requireMove(USDC, usdcPx, usdcPx_, maxMoveBps);
        usdcPx = usdcPx_;
        for (uint256 i = 0; i < perps.length; ++i) {
            Perp storage perp = _perps[_perpIndex(perps[i].asset)];
            _requireMove(perp.asset, perp.mark, perps[i].mark, maxMoveBps);
            _requireMove(perp.asset, perp.oracle, perps[i].oracle, maxMoveBps);
            _chargeFunding(perp);
            perp.mark = perps[i].mark;
            perp.oracle = perps[i].oracle;
            perp.pxTime = uint40(block.timestamp);
            emit PerpPriceSet(perp.asset, perps[i].mark, perps[i].oracle);
        }
        for (uint256 i = 0; i < spots.length; ++i) {
            Pair storage pair = _pair(spots[i].pair);
            _requireMove(pair.pair, pair.px, spots[i].px, maxMoveBps);
            pair.px = spots[i].px;
            pair.pxTime = uint40(block.timestamp);
            emit SpotPriceSet(pair.pair, spots[i].px);
        }
        bool first = false;
        for (uint256 i = 0; i < _pairs.length; ++i) {
            if (_refreshBorrowPx(_pairs[i], usdcPx_)) first = true;
        }
        if (first) _keepCode();
    }

    // Views

    /// @inheritdoc ICollateralRegistry
    function policy() external view returns (Policy memory) {
        return _policy;
    }

    /// @inheritdoc ICollateralRegistry
    function paused() external view returns (uint8) {
        return _shared.paused;
    }

    /// @inheritdoc ICollateralRegistry
    function tokenIndex(uint256 token) public view returns (uint256) {
        uint256 at = _tokenAt[token].at;
        require(at != 0, UnknownToken(token));
        return at - 1;
    }

    /// @inheritdoc ICollateralRegistry
    function tokenParams(uint256 token) external view returns (TokenParams memory p) {
        // Read as everybody reads it; the place is not asked for.
        // slither-disable-next-line unused-return
        (p,) = RegistryWords.partsOf(this, token, TOKEN_WHOLE);
    }

    /// @inheritdoc ICollateralRegistry
    function tokenErc20(uint256 token) external view returns (address erc20, uint8 evmDecimals) {
        TokenPlace storage place = _tokenAt[token];
        require(place.at != 0, UnknownToken(token));
        return (place.erc20, place.evmDecimals);
    }

    /// @inheritdoc ICollateralRegistry
    function perpParams(uint256 asset) external view returns (PerpParams memory) {
        uint256 index = _perpIndex(asset);
        return _perpParams(index, _perps[index].dex);
    }

    /// @inheritdoc ICollateralRegistry
    function perpOraclePx(uint256 asset) external view returns (uint64) {
        return _perps[_perpIndex(asset)].oracle;
    }

    /// @inheritdoc ICollateralRegistry
    function fundingOf(uint256 asset) external view returns (FundingView memory) {
        Perp storage entry = _perps[_perpIndex(asset)];
        (int256 index, uint256 turned) = _funding(entry, _policy.fundingInterval);
        int256 rate = entry.oracle == 0 ? int256(0) : _hourlyRate(entry);
        return FundingView({index: index, hourlyRate: rate, turned: turned, chargedAt: entry.chargedAt});
    }

    /// @inheritdoc ICollateralRegistry
    function dexOf(uint256 dex) external view returns (uint256 index, uint64 collateral) {
        uint256 at = _dexAt[dex];
        require(at != 0, UnknownDex(dex));
        return (at - 1, _tokens[_dexes[at - 1].collateral].token);
    }

    /// @inheritdoc ICollateralRegistry
    function pairOf(uint256 pair)
        external
        view
        returns (uint64 base, uint64 quote, uint64 px, uint40 pxTime)
    {
        Pair storage entry = _pair(pair);
        return (_tokens[entry.base].token, _tokens[entry.quote].token, entry.px, entry.pxTime);
    }

    /// @inheritdoc ICollateralRegistry
    function perpOfPair(uint256 pair) external view returns (bool hasPerp, uint32 asset) {
        Pair storage entry = _pair(pair);
        return entry.hasPerp ? (true, _perps[entry.perp].asset) : (false, 0);
    }

    /// @inheritdoc ICollateralRegistry
    function listed()
        external
        view
        returns (uint64[] memory tokens, uint32[] memory dexes, uint32[] memory perps, uint32[] memory pairs)
    {
        tokens = new uint64[](_shared.tokens);
        dexes = new uint32[](_shared.dexes);
        perps = new uint32[](_shared.perps);
        pairs = new uint32[](_pairs.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            tokens[i] = _tokens[i].token;
        }
        for (uint256 i = 0; i < dexes.length; ++i) {
            dexes[i] = _dexes[i].dex;
        }
        for (uint256 i = 0; i < perps.length; ++i) {
            perps[i] = _perps[i].asset;
        }
        for (uint256 i = 0; i < pairs.length; ++i) {
            pairs[i] = _pairs[i].pair;
        }
    }

    /// @inheritdoc ICollateralRegistry
    function tokenName(uint256 token) external view returns (string memory) {
        return _tokens[tokenIndex(token)].name;
    }

    /// @inheritdoc ICollateralRegistry
    function perpListing(uint256 asset) external view returns (string memory name, uint16 marginTable) {
        Perp storage perp = _perps[_perpIndex(asset)];
        return (perp.name, perp.marginTable);
    }

    /// @inheritdoc ICollateralRegistry
    function names()
        external
        view
        returns (string[] memory tokens, string[] memory dexes, string[] memory perps)
    {
        tokens = new string[](_shared.tokens);
        dexes = new string[](_shared.dexes);
        perps = new string[](_shared.perps);
        for (uint256 i = 0; i < tokens.length; ++i) {
            tokens[i] = _tokens[i].name;
        }
        for (uint256 i = 0; i < dexes.length; ++i) {
            dexes[i] = _dexes[i].name;
        }
        for (uint256 i = 0; i < perps.length; ++i) {
            perps[i] = _perps[i].name;
        }
    }

    /// @inheritdoc ICollateralRegistry
    function sharedWord() public view returns (uint256) {
        uint256 slot;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            slot := _shared.slot
        }
        return Words.load(slot);
    }

    /// @inheritdoc ICollateralRegistry
    function tokenWord(uint256 index) external view returns (uint256) {
        assert(index < _shared.tokens);
        return Words.load(_tokenSlot(index));
    }

    /// @inheritdoc ICollateralRegistry
    function accountWords(uint256 tokens, uint256 dexes, uint256 perps)
        external
        view
        returns (bytes memory words)
    {
        // The venue asks for what it stores.
        assert(tokens >> _shared.tokens == 0 && dexes >> _shared.dexes == 0 && perps >> _shared.perps == 0);
        uint256 shared = sharedWord();
        // Collateral of dexes and the funding of perps are read there.
        bytes memory head = "";
        if (dexes | perps != 0) head = ListingCode.head(shared);
        words = Words.open();
        Words.put(shared);
        uint256 index;
        for (uint256 rest = ListingCode.withCollateral(head, tokens, dexes); rest != 0;) {
            (index, rest) = rest.pop();
            Words.put(Words.load(_tokenSlot(index)));
        }
        uint256 table = 0;
        for (uint256 rest = perps; rest != 0;) {
            (index, rest) = rest.pop();
            table = _putPerp(index, table, head);
        }
        Words.close(words);
    }

    // Internal

    /// @dev Keep as code what actions read of the listing and seldom changes: see `ListingCode`.
    function _keepCode() private {
        bytes memory words = Words.open();
        uint256 slot;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            slot := _policy.slot
        }
        _putWords(slot, ListingCode.POLICY_WORDS);
        uint256 some = 0;
        for (uint256 i = 0; i < _shared.dexes; ++i) {
            some |= uint256(_dexes[i].collateral) << 8 * i;
        }
        Words.put(some);
        uint256 tokens = _shared.tokens;
        for (uint256 i = 0; i < tokens; ++i) {
            TokenPlace storage place = _tokenAt[_tokens[i].token];
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                slot := place.slot
            }
            _putWords(slot, 1);
            slot = _tokenSlot(i);
            Words.put(TokenWord.withoutPrice(Words.load(slot)));
            _putWords(slot + 1, ListingCode.TOKEN_WORDS - ListingCode.USER_CAPS);
        }
        some = 0;
        for (uint256 i = 0; i < tokens; ++i) {
            some |= uint256(_tokens[i].token) << 64 * (i % ListingCode.IDS);
            if (i % ListingCode.IDS != ListingCode.IDS - 1 && i != tokens - 1) continue;
            Words.put(some);
            some = 0;
        }
        Words.close(words);
        address code = DataCode.write(words);
        require(code != address(0), ListingNotKept(words.length));
        _shared.code = code;
    }

    function _putWords(uint256 slot, uint256 count) private view {
        for (uint256 i = 0; i < count; ++i) {
            Words.put(Words.load(slot + i));
        }
    }

    function _setFactors(Token storage entry, uint16 ltvBps, bool borrowable) private {
        entry.ltvBps = ltvBps;
        entry.borrowable = borrowable;
        _tokenAt[entry.token].borrowable = borrowable;
        emit TokenFactorsSet(entry.token, ltvBps, borrowable);
    }

    function _setCaps(
        Token storage entry,
        uint128 userSupplyCap,
        uint128 userBorrowCap,
        uint128 globalSupplyCap,
        uint128 globalBorrowCap
    ) private {
        entry.shortSupplyCap = TokenWord.shortDown(userSupplyCap);
        entry.userSupplyCap = userSupplyCap;
        entry.userBorrowCap = userBorrowCap;
        entry.globalSupplyCap = globalSupplyCap;
        entry.globalBorrowCap = globalBorrowCap;
        emit TokenCapsSet(entry.token, userSupplyCap, userBorrowCap, globalSupplyCap, globalBorrowCap);
    }

    function _setCurve(Token storage entry, RateCurve memory curve) private {
        // Casts are safe: see `_requireCurve`.
        // forge-lint: disable-next-item(unsafe-typecast)
        entry.curve = Curve({
            base: uint64(curve.base / CURVE_RAY_UNIT),
            slope: uint64(curve.slope / CURVE_RAY_UNIT),
            kink: uint56(curve.kink / CURVE_RAY_UNIT),
            protocolShare: uint56(curve.protocolShare / CURVE_WAD_UNIT),
            annual: curve.annual
        });
        emit RateCurveSet(entry.token, curve);
    }

    function _setWidth(Token storage entry, uint128 width) private {
        entry.liquidationWidth = width;
        emit LiquidationWidthSet(entry.token, width);
    }

    function _setTable(uint16 table, uint64[] memory lowerBounds, uint8[] memory maxLeverages) private {
        Tier[] memory tiers = TierMath.marginTable(lowerBounds, maxLeverages);
        delete _tables[table];
        for (uint256 i = 0; i < tiers.length; ++i) {
            _tables[table].push(tiers[i]);
        }
        emit MarginTableSet(table, lowerBounds, maxLeverages);
    }

    /// @dev A table id below the tiered ones is the leverage of its only tier (SPEC CR-04).
    function _nameSingleTier(uint16 table) private {
        if (table == 0 || table >= FIRST_TIERED_TABLE || _tables[table].length != 0) return;
        uint8[] memory leverages = new uint8[](1);
        leverages[0] = uint8(table);
        _setTable(table, new uint64[](1), leverages);
    }

    /// @dev A token whose pair has a perp is worth the median of spot, mark and oracle; one whose pair
    /// has none is worth the spot price. Nothing is set until every component is known. Returns whether it
    /// is the token's first price, from which on accounts can be judged with it.
    function _refreshBorrowPx(Pair storage pair, uint256 usdcPx_) private returns (bool first) {
        if (pair.px == 0 || _tokens[pair.quote].token != USDC) return false;
        Token storage base = _tokens[pair.base];
        if (base.token == USDC) return false;
        uint256 px = pair.px;
        uint40 time = pair.pxTime;
        if (pair.hasPerp) {
            Perp storage perp = _perps[pair.perp];
            if (perp.pxTime == 0) return false;
            if (perp.pxTime < time) time = perp.pxTime;
            px = OracleMath.borrowOraclePx(
                px, perp.mark, perp.oracle, perp.szDecimals, base.szDecimals, usdcPx_
            );
        }
        require(px != 0 && px <= type(uint64).max, PriceZero(base.token));
        if (px == base.px && time == base.pxTime) return false;
        first = base.px == 0;
        base.px = uint64(px);
        base.pxTime = time;
        if (first) _tokenAt[base.token].judgeable = true;
        emit BorrowPriceSet(base.token, uint64(px));
    }

    /// @dev Store the hours of funding that have turned, at the prices that stood then (SPEC FD-06).
    function _chargeFunding(Perp storage perp) private {
        (int256 index, uint256 turned) = _funding(perp, _policy.fundingInterval);
        // Casts are safe: see `Perp`; times fit 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        (perp.fundingIndex, perp.chargedAt) = (int216(index), uint40(block.timestamp));
        if (turned != 0) emit FundingCharged(perp.asset, turned, _hourlyRate(perp), index);
    }

    /// @dev The funding index with the hours that have turned since it was stored, and how many.
    function _funding(Perp storage perp, uint256 interval)
        private
        view
        returns (int256 index, uint256 turned)
    {
        index = perp.fundingIndex;
        if (perp.oracle == 0) return (index, 0);
        turned = FundingMath.hoursTurned(perp.chargedAt, block.timestamp, interval);
        if (turned != 0) index = FundingMath.fundingIndexAfter(index, perp.mark, perp.oracle, turned);
    }

    function _hourlyRate(Perp storage perp) private view returns (int256) {
        return FundingMath.hourlyRateDown(FundingMath.premiumDown(perp.mark, perp.oracle));
    }

    function _tokenSlot(uint256 index) private view returns (uint256 slot) {
        Token storage entry = _tokens[index];
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            slot := entry.slot
        }
    }

    /// @dev Tiers of the same table as the perp's before are not put again.
    function _putPerp(uint256 index, uint256 tableBefore, bytes memory head)
        private
        view
        returns (uint256 id)
    {
        Perp storage entry = _perps[index];
        uint256 slot;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            slot := entry.slot
        }
        (int256 fundingIndex,) = _funding(entry, RegistryWords.fundingInterval(head));
        id = entry.marginTable;
        Words.put(Words.load(slot));
        // The cast is safe: it is cast back.
        // forge-lint: disable-next-line(unsafe-typecast)
        Words.put(uint256(fundingIndex));
        Tier[] storage table = _tables[uint16(id)];
        uint256 tiers = id == tableBefore ? 0 : table.length;
        Words.put(tiers);
        for (uint256 i = 0; i < tiers; ++i) {
            Tier storage tier = table[i];
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                slot := tier.slot
            }
            Words.put(Words.load(slot));
        }
    }

    function _perpParams(uint256 index, uint256 dex) private view returns (PerpParams memory) {
        Perp storage entry = _perps[index];
        (int256 fundingIndex,) = _funding(entry, _policy.fundingInterval);
        return PerpParams({
            asset: entry.asset,
            mark: entry.mark,
            pxTime: entry.pxTime,
            index: uint8(index),
            dex: uint8(dex),
            szDecimals: entry.szDecimals,
            maxLeverage: entry.maxLeverage,
            fundingIndex: fundingIndex,
            table: _tables[entry.marginTable]
        });
    }

    function _perpIndex(uint256 asset) private view returns (uint256) {
        uint256 at = _perpAt[asset];
        require(at != 0, UnknownAsset(asset));
        return at - 1;
    }

    function _pair(uint256 pair) private view returns (Pair storage) {
        uint256 at = _pairAt[pair];
        require(at != 0, UnknownPair(pair));
        return _pairs[at - 1];
    }

    function _requireLtv(uint256 ltvBps) private pure {
        require(ltvBps < BPS, LtvTooHigh(ltvBps, BPS - 1));
    }

    function _requireCurve(RateCurve memory curve) private pure {
        require(curve.kink <= RAY, FractionTooHigh(curve.kink, RAY));
        require(curve.protocolShare <= WAD, FractionTooHigh(curve.protocolShare, WAD));
        // Far beyond any rate, and small enough that a year of it fits every number.
        require(curve.base <= 5000 * RAY, FractionTooHigh(curve.base, 5000 * RAY));
        require(curve.slope <= 5000 * RAY, FractionTooHigh(curve.slope, 5000 * RAY));
        _requireMultiple(curve.kink, CURVE_RAY_UNIT);
        _requireMultiple(curve.protocolShare, CURVE_WAD_UNIT);
        _requireMultiple(curve.base, CURVE_RAY_UNIT);
        _requireMultiple(curve.slope, CURVE_RAY_UNIT);
    }

    /// @dev A liquidation step takes something: one of nothing would look like one and never end.
    function _requirePart(uint256 part) private pure {
        require(part != 0, FractionTooLow(part, 1));
        require(part <= WAD, FractionTooHigh(part, WAD));
    }

    function _requireMultiple(uint256 value, uint256 unit) private pure {
        require(value % unit == 0, FigureTooFine(value, unit));
    }

    function _requireMove(uint256 id, uint256 oldPx, uint256 newPx, uint256 maxMoveBps) private pure {
        require(newPx != 0, PriceZero(id));
        if (oldPx == 0 || maxMoveBps == 0) return;
        uint256 move = newPx > oldPx ? newPx - oldPx : oldPx - newPx;
        require(move * BPS <= oldPx * maxMoveBps, PriceMoveTooLarge(id, oldPx, newPx, maxMoveBps));
    }
}
