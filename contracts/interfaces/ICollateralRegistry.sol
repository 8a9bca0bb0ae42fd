// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {MarginPolicy} from "../libraries/AccountTypes.sol";
import {RateCurve} from "../libraries/RateMath.sol";
import {Tier} from "../libraries/TierMath.sol";

/// @notice How a token is listed; amounts in token wei.
struct TokenListing {
    /// The venue's token id.
    uint64 token;
    string name;
    /// The token's ERC-20 on this chain.
    address erc20;
    uint8 evmDecimals;
    uint8 weiDecimals;
    uint8 szDecimals;
    uint16 ltvBps;
    bool borrowable;
    uint128 userSupplyCap;
    uint128 userBorrowCap;
    uint128 globalSupplyCap;
    uint128 globalBorrowCap;
    RateCurve curve;
    /// Most value (USD WAD) of this collateral that one partial liquidation step takes; zero is none.
    uint128 liquidationWidth;
}

/// @notice How a perp asset is listed.
struct PerpListing {
    /// The venue's asset id.
    uint32 asset;
    string name;
    /// Id of the dex that lists it.
    uint32 dex;
    uint8 szDecimals;
    uint8 maxLeverage;
    uint16 marginTable;
}

/// @notice How a spot pair is listed.
struct PairListing {
    /// The venue's spot index; the asset id in orders is 10000 + pair.
    uint32 pair;
    uint64 base;
    uint64 quote;
    /// Whether `perp` takes part in the base token's borrow oracle price.
    bool hasPerp;
    uint32 perp;
}

/// @notice A reported spot price, 10^-(8 - szDecimals of the base).
struct SpotPrice {
    uint32 pair;
    uint64 px;
}

/// @notice Reported perp prices, 10^-(6 - szDecimals).
struct PerpPrice {
    uint32 asset;
    uint64 mark;
    uint64 oracle;
}

/// @notice Which leg a liquidation takes first; the venue promises no order (SPEC LQ-06).
enum LegChoice {
    /// The perp leg when closing all perps alone cures the account, else the debt leg.
    PerpFirstIfCures,
    DebtFirst,
    /// By a coin that the seed, the account and the time toss.
    Seeded
}

/// @notice What the policy leaves open beside margin; see SPEC.md.
struct Policy {
    MarginPolicy margin;
    /// Part (WAD) of the episode's debt that one debt-leg step takes.
    uint64 debtStep;
    /// Seconds between two debt-leg steps on an account.
    uint32 stepCadence;
    /// Seconds after which a new step starts a new episode.
    uint32 episodeTimeout;
    /// Least value (USD WAD) of a debt-leg step.
    uint128 minStep;
    /// Oldest price (seconds) on which new risk may be taken.
    uint32 maxPriceAge;
    /// Oldest price (seconds) on which an account may be liquidated or reduced.
    uint32 maxLiquidationPriceAge;
    /// Taker fees, millionths of notional, at most all of it.
    uint32 perpFeePpm;
    uint32 spotFeePpm;
    /// Seconds in which the backstop sells half of what it took over; zero sells all at once.
    uint32 twapHalfLife;
    /// Part of the collateral taken that goes to whoever triggered the step, millionths.
    uint32 rewardPpm;
    /// Seconds, counted from the epoch, in each of which the buffer is swept once; zero switches that off.
    uint32 bufferInterval;
    /// Whether a step of the debt leg needs a health factor below one.
    bool debtStepNeedsLowHealth;
    /// Notional (1e-6 USD) above which a perp-leg step closes only a part.
    uint64 perpThreshold;
    /// That part, WAD.
    uint64 perpPart;
    /// Seconds after such a step during which positions close whole.
    uint32 perpCooldown;
    /// Ratio (WAD) beyond which the backstop takes perps, of an account, a dex or an isolated position.
    uint64 perpBackstopRatio;
    LegChoice legOrder;
    /// Weighted volume (1e-6 USD) above which portfolio margin is open to an account (SPEC AC-10);
    /// NO_CONDITION, as in the next two, where there is no such condition.
    uint64 enableMinVolume;
    /// Account value (1e-6 USD) above which it is open too.
    uint64 enableMinValue;
    /// Account value (1e-6 USD) below which it is open.
    uint64 enableMaxValue;
    /// UTC days, today's included, over which volume counts; zero for all of them.
    uint16 enableVolumeDays;
    /// Whether an account leaves portfolio margin only without positions and dex equity.
    bool leavesFlat;
    /// Seed of `LegChoice.Seeded`.
    uint64 legSeed;
    /// Largest move of a price in one report, basis points; zero switches the bound off.
    uint32 maxMoveBps;
    /// Seconds of an hour of funding; zero switches funding off.
    uint32 fundingInterval;
}

/// @dev The most of `Policy.rewardPpm`: a tenth.
uint256 constant MAX_REWARD_PPM = 100_000;

/// @dev What a guardian may pause; repaying and leaving are not among it (SPEC CR-07).
uint8 constant PAUSE_SUPPLY = 1;
uint8 constant PAUSE_BORROW = 2;
uint8 constant PAUSE_RISK = 4;
uint8 constant PAUSE_LIQUIDATION = 8;

/// @notice A token as an account check needs it.
struct TokenParams {
    uint64 token;
    uint64 px;
    uint40 pxTime;
    uint8 index;
    uint8 weiDecimals;
    uint8 szDecimals;
    uint16 ltvBps;
    bool borrowable;
    uint128 userSupplyCap;
    uint128 userBorrowCap;
    uint128 globalSupplyCap;
    uint128 globalBorrowCap;
    RateCurve curve;
    /// Most value (USD WAD) of it that one partial liquidation step takes; zero is none.
    uint128 liquidationWidth;
    /// What is paused now, PAUSE_* bits.
    uint8 paused;
}

/// @notice What bounds a token's pool; amounts in token wei.
struct PoolCaps {
    uint64 token;
    uint8 index;
    bool borrowable;
    uint128 globalSupplyCap;
    uint128 globalBorrowCap;
}

/// @notice A perp dex as an account check needs it.
struct DexParams {
    uint8 index;
    /// Position of its collateral token in `AccountParams.tokens`.
    uint8 collateral;
}

/// @notice A perp asset as an account check needs it.
struct PerpParams {
    uint32 asset;
    uint64 mark;
    uint40 pxTime;
    uint8 index;
    /// Position of its dex in `AccountParams.dexes`.
    uint8 dex;
    uint8 szDecimals;
    uint8 maxLeverage;
    /// What one unit of size has paid in funding since listing, up to now, 1e-6 USD * 1e18.
    int256 fundingIndex;
    Tier[] table;
}

/// @notice Funding of a perp asset as it stands (SPEC FD-06).
struct FundingView {
    /// What one unit of size has paid since listing, up to now, 1e-6 USD * 1e18.
    int256 index;
    /// What the next hour to turn will charge at the prices as they stand, WAD.
    int256 hourlyRate;
    /// Hours in `index` that have turned since it was stored.
    uint256 turned;
    /// When the index was last stored.
    uint40 chargedAt;
}

/// @notice Everything about an account's assets that one check needs, in one call.
struct AccountParams {
    TokenParams[] tokens;
    DexParams[] dexes;
    PerpParams[] perps;
    MarginPolicy policy;
    /// Oldest prices (seconds) on which new risk may be taken, and on which an account may be liquidated.
    uint32 maxPriceAge;
    uint32 maxLiquidationPriceAge;
}

/// @title Listing, factors, caps, rate curves, margin tables, prices and roles
/// @notice Assets are listed once and never removed. Listing indexes (0, 1, 2, ...) are what
/// bitmaps and storage use; ids are the venue's own.
interface ICollateralRegistry {
    /// @notice A token was listed.
    event TokenListed(uint64 indexed token, uint8 index, string name, address erc20);
    /// @notice Loan to value and borrowability of a token changed.
    event TokenFactorsSet(uint64 indexed token, uint16 ltvBps, bool borrowable);
    /// @notice Caps of a token changed.
    event TokenCapsSet(
        uint64 indexed token,
        uint128 userSupplyCap,
        uint128 userBorrowCap,
        uint128 globalSupplyCap,
        uint128 globalBorrowCap
    );
    /// @notice The width of liquidation steps in a token changed, USD WAD.
    event LiquidationWidthSet(uint64 indexed token, uint128 width);
    /// @notice The rate curve of a token changed.
    event RateCurveSet(uint64 indexed token, RateCurve curve);
    /// @notice A perp dex was listed.
    event DexListed(uint32 indexed dex, uint8 index, string name, uint64 collateral);
    /// @notice A margin table changed.
    event MarginTableSet(uint16 indexed table, uint64[] lowerBounds, uint8[] maxLeverages);
    /// @notice A perp asset was listed.
    event PerpListed(uint32 indexed asset, uint8 index, string name, uint32 dex);
    /// @notice A spot pair was listed.
    event PairListed(uint32 indexed pair, uint64 base, uint64 quote);
    /// @notice The policy changed.
    event PolicySet(Policy policy);
    /// @notice The borrow oracle price of a token changed.
    event BorrowPriceSet(uint64 indexed token, uint64 px);
    /// @notice A spot price was reported.
    event SpotPriceSet(uint32 indexed pair, uint64 px);
    /// @notice Mark and oracle of a perp asset were reported.
    event PerpPriceSet(uint32 indexed asset, uint64 mark, uint64 oracle);
    /// @notice Hours of funding that have turned were stored: their number, the rate (WAD) of each, and
    /// the funding index after them.
    event FundingCharged(uint32 indexed asset, uint256 turned, int256 hourlyRate, int256 index);

    /// @notice What is paused changed; PAUSE_* bits.
    event PausedSet(uint8 paused);

    /// @notice No token of this id is listed.
    error UnknownToken(uint256 token);
    /// @notice No perp asset of this id is listed.
    error UnknownAsset(uint256 asset);
    /// @notice No spot pair of this index is listed.
    error UnknownPair(uint256 pair);
    /// @notice No dex of this id is listed.
    error UnknownDex(uint256 dex);
    /// @notice No margin table of this id is set.
    error UnknownMarginTable(uint256 table);
    /// @notice A table of an id below 50 is a single tier of that leverage, and nothing to be set.
    error SingleTierTable(uint256 table);
    /// @notice The id is listed already.
    error AlreadyListed(uint256 id);
    /// @notice No further asset of the kind fits.
    error ListingFull(uint256 maximum);
    /// @notice An asset's largest leverage must be at least one and at most its margin table's.
    error LeverageOutOfRange(uint32 asset, uint256 leverage, uint256 maximum);
    /// @notice A token's decimals outside the venue's ranges: 6 <= weiDecimals <= 18, szDecimals <= 8 and
    /// <= weiDecimals, evmDecimals <= 24.
    error DecimalsOutOfRange(uint256 weiDecimals, uint256 szDecimals, uint256 evmDecimals);
    /// @notice A perp's size finer than its prices allow.
    error SizeDecimalsOutOfRange(uint256 szDecimals, uint256 maximum);
    /// @notice The ERC-20 says that it has other decimals than it was to be listed with.
    error Erc20DecimalsDiffer(uint256 token, uint256 listed, uint256 told);
    /// @notice A loan to value of one or more.
    error LtvTooHigh(uint256 ltvBps, uint256 maximum);
    /// @notice A token that is collateral keeps a loan to value of one basis point or more.
    error CollateralNeedsLtv(uint64 token);
    /// @notice A part, fee, kink, rate or protocol share above its bound.
    error FractionTooHigh(uint256 value, uint256 maximum);
    /// @notice A part of a debt or position that one step takes is nothing.
    error FractionTooLow(uint256 value, uint256 minimum);
    /// @notice A figure of a rate curve is no multiple of 1e-15, which is `unit` of its own units.
    error FigureTooFine(uint256 value, uint256 unit);
    /// @notice A price of zero was reported.
    error PriceZero(uint256 id);
    /// @notice A price moved further in one report than the policy allows.
    error PriceMoveTooLarge(uint256 id, uint256 oldPx, uint256 newPx, uint256 maxMoveBps);
    /// @notice What actions read of the listing could not be kept as code: the call has too little gas.
    error ListingNotKept(uint256 size);

    // Named like the constants that answer them.
    // solhint-disable-next-line func-name-mixedcase
    /// @notice May list assets and set factors, caps, curves, tables and the policy.
    function RISK_ADMIN() external view returns (bytes32);

    // Named like the constants that answer them.
    // solhint-disable-next-line func-name-mixedcase
    /// @notice May report prices (SPEC CR-06).
    function REPORTER() external view returns (bytes32);

    // Named like the constants that answer them.
    // solhint-disable-next-line func-name-mixedcase
    /// @notice May fill orders of two accounts, which let it, against each other (SPEC CH-20).
    function MATCHER() external view returns (bytes32);

    // Named like the constants that answer them.
    // solhint-disable-next-line func-name-mixedcase
    /// @notice May pause.
    function GUARDIAN() external view returns (bytes32);

    // Named like the constants that answer them.
    // solhint-disable-next-line func-name-mixedcase
    /// @notice May unpause.
    function UNPAUSER() external view returns (bytes32);

    /// @notice Revert `AccessControlUnauthorizedAccount` unless an account has a role.
    function requireRole(bytes32 role, address account) external view;

    /// @notice Pause what the PAUSE_* bits name; what is paused stays paused (SPEC CR-07).
    function pause(uint8 bits) external;

    /// @notice Unpause what the PAUSE_* bits name (SPEC CR-07).
    function unpause(uint8 bits) external;

    /// @notice What is paused, PAUSE_* bits.
    function paused() external view returns (uint8);

    /// @notice List a token. A token of id 0 is the quote of all prices and is worth one USD always.
    function listToken(TokenListing calldata listing) external;

    /// @notice Set a token's loan to value and whether it can be borrowed (SPEC CR-02). It becomes collateral
    /// only once it has a price (SPEC OR-09).
    function setTokenFactors(uint64 token, uint16 ltvBps, bool borrowable) external;

    /// @notice Set a token's caps, token wei (SPEC CR-03). A cap never undoes what exists.
    function setTokenCaps(
        uint64 token,
        uint128 userSupplyCap,
        uint128 userBorrowCap,
        uint128 globalSupplyCap,
        uint128 globalBorrowCap
    ) external;

    /// @notice Set how much (USD WAD) of a collateral one partial liquidation step may take (SPEC LQ-25);
    /// zero sets no bound.
    function setLiquidationWidth(uint64 token, uint128 width) external;

    /// @notice Set a token's rate curve (SPEC BL-02). Interest up to now keeps the old curve only if
    /// the reserve was accrued in this block.
    function setRateCurve(uint64 token, RateCurve calldata curve) external;

    /// @notice List a perp dex and its collateral token.
    function listDex(uint32 dex, string calldata name, uint64 collateral) external;

    /// @notice Set the tiers of a margin table, of an id of 50 or more (SPEC PM-05, CR-04); open positions
    /// follow at once.
    function setMarginTable(uint16 table, uint64[] calldata lowerBounds, uint8[] calldata maxLeverages)
        external;

    /// @notice List a perp asset. A margin table of an id below 50 need not be set: the id is the leverage of
    /// its only tier (SPEC CR-04).
    function listPerp(PerpListing calldata listing) external;

    /// @notice List a spot pair. At most 64 are listed: every report of prices walks them all.
    function listPair(PairListing calldata listing) external;

    /// @notice Set the policy. Hours of funding that have turned keep the old interval.
    function setPolicy(Policy calldata policy_) external;

    /// @notice USDC's own oracle price in USDT as last reported, 8 decimals; zero before the first report.
    function usdcPx() external view returns (uint64);

    /// @notice Report prices; `usdcPx_` is USDC's own oracle price in USDT, 8 decimals. Borrow oracle
    /// prices of all tokens concerned follow (SPEC OR-01, OR-03). Hours of funding that have turned are
    /// charged at the old prices first (SPEC FD-06).
    function reportPrices(SpotPrice[] calldata spots, PerpPrice[] calldata perps, uint64 usdcPx_) external;

    /// @notice The policy.
    function policy() external view returns (Policy memory);

    /// @notice Listing index of a token id.
    function tokenIndex(uint256 token) external view returns (uint256);

    /// @notice A token's parameters by id.
    function tokenParams(uint256 token) external view returns (TokenParams memory);

    /// @notice The token's ERC-20 and its decimals there.
    function tokenErc20(uint256 token) external view returns (address erc20, uint8 evmDecimals);

    /// @notice A perp asset's parameters by id; `dex` is the listing index of its dex.
    function perpParams(uint256 asset) external view returns (PerpParams memory);

    /// @notice The oracle price of a perp asset, 10^-(6 - szDecimals) USD.
    function perpOraclePx(uint256 asset) external view returns (uint64);

    /// @notice Funding of a perp asset: the index up to now, the rate, and what is not stored yet.
    function fundingOf(uint256 asset) external view returns (FundingView memory);

    /// @notice Listing index and collateral token id of a dex id.
    function dexOf(uint256 dex) external view returns (uint256 index, uint64 collateral);

    /// @notice A spot pair: base and quote token ids, price and its time.
    function pairOf(uint256 pair) external view returns (uint64 base, uint64 quote, uint64 px, uint40 pxTime);

    /// @notice The perp asset that takes part in the borrow oracle price of a pair's base token, if any.
    function perpOfPair(uint256 pair) external view returns (bool hasPerp, uint32 asset);

    /// @notice All listed ids, in listing order.
    function listed()
        external
        view
        returns (uint64[] memory tokens, uint32[] memory dexes, uint32[] memory perps, uint32[] memory pairs);

    /// @notice The names of all listed tokens, dexes and perp assets, in listing order.
    function names()
        external
        view
        returns (string[] memory tokens, string[] memory dexes, string[] memory perps);

    /// @notice The name of a token.
    function tokenName(uint256 token) external view returns (string memory);

    /// @notice Name and margin table of a perp asset.
    function perpListing(uint256 asset) external view returns (string memory name, uint16 marginTable);

    /// @notice The registry's first word: what is paused, how much is listed, and the code that holds what
    /// seldom changes. `RegistryWords` reads it and the next ones.
    function sharedWord() external view returns (uint256);

    /// @notice The first word of a token by listing index, which has its price.
    function tokenWord(uint256 index) external view returns (uint256);

    /// @notice What changes with prices of the assets in three bitmaps of listing indexes, in words, and
    /// before it the registry's first word; the collateral tokens of the dexes come along, in ascending
    /// listing order. There are no perps without dexes.
    function accountWords(uint256 tokens, uint256 dexes, uint256 perps) external view returns (bytes memory);
}
