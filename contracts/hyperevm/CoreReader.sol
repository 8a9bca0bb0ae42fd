// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ReserveView} from "../interfaces/IBorrowLendPool.sol";
import {ICollateralRegistry, PerpParams, TokenParams} from "../interfaces/ICollateralRegistry.sol";
import {IVenue} from "../interfaces/IVenue.sol";
import {Account, AccountMargin, DexMargin, Mode} from "../libraries/AccountTypes.sol";
import {MarginMath} from "../libraries/MarginMath.sol";
import {Pool} from "../libraries/Pool.sol";
import {Position, TokenBalance} from "../libraries/VenueState.sol";
import {BPS, RAY} from "../libraries/WadMath.sol";
import {HYPE, OTHER_DEX_ASSETS, SPOT_ASSETS} from "./CoreAddresses.sol";
import {ICoreReader} from "./ICoreReader.sol";
import {RegistryWords} from "../libraries/RegistryWords.sol";

/// @title The read precompiles' answers, from the venue and its registry as they stand
/// @notice Units are the venue's: see the table in docs/hyperevm.md. Its code is placed at a constant
/// address.
contract CoreReader is ICoreReader {
    /// @notice Values of a borrow or supply position: what it was when last touched, and what it is.
    struct BasisAndValue {
        uint64 basis;
        uint64 value;
    }

    /// @notice Part of the answer of 0x804.
    struct Delegation {
        address validator;
        uint64 amount;
        uint64 lockedUntilTimestamp;
    }

    /// @notice The answer of 0x80a.
    struct PerpAssetInfo {
        string coin;
        uint32 marginTableId;
        uint8 szDecimals;
        uint8 maxLeverage;
        bool onlyIsolated;
    }

    /// @notice The answer of 0x80b.
    struct SpotInfo {
        string name;
        uint64[2] tokens;
    }

    /// @notice The answer of 0x80c.
    struct TokenInfo {
        string name;
        uint64[] spots;
        uint64 deployerTradingFeeShare;
        address deployer;
        address evmContract;
        uint8 szDecimals;
        uint8 weiDecimals;
        int8 evmExtraWeiDecimals;
    }

    /// @notice The answer of 0x812.
    struct ReserveState {
        uint64 borrowYearlyRateBps;
        uint64 supplyYearlyRateBps;
        uint64 balance;
        uint64 utilizationBps;
        uint64 oraclePx;
        uint64 ltvBps;
        uint64 totalSupplied;
        uint64 totalBorrowed;
    }

    uint160 private constant FIRST = 0x800;
    uint256 private constant WORD = 32;

    IVenue private immutable _VENUE;
    ICollateralRegistry private immutable _REGISTRY;

    constructor(IVenue venue) {
        _VENUE = venue;
        _REGISTRY = venue.registry();
    }

    /// @inheritdoc ICoreReader
    function read(address precompile, bytes calldata input) external view returns (bytes memory) {
        uint160 place = uint160(precompile);
        if (place < FIRST + 8) return _readAccount(place, input);
        if (place < FIRST + 16) return _readListing(place, input);
        return _readRest(place, input);
    }

    // One line a precompile

    function _readAccount(uint160 place, bytes calldata input) private view returns (bytes memory) {
        if (place == 0x800) return _position(input, 16);
        if (place == 0x801) return _spotBalance(input);
        if (place == 0x803) return _withdrawable(input);
        if (place == 0x804) return _delegations(input);
        if (place == 0x805) return _delegatorSummary(input);
        if (place == 0x806) return _px(_perp(input).mark, _u(input, 0, 1, 32));
        if (place == 0x807) return _oraclePx(input);
        return _nothing(place);
    }

    function _readListing(uint160 place, bytes calldata input) private view returns (bytes memory) {
        if (place == 0x808) return _spotPx(input);
        if (place == 0x809) return _l1BlockNumber(input);
        if (place == 0x80a) return _perpAssetInfo(input);
        if (place == 0x80b) return _spotInfo(input);
        if (place == 0x80c) return _tokenInfo(input);
        if (place == 0x80e) return _bbo(input);
        if (place == 0x80f) return _accountMarginSummary(input);
        return _nothing(place);
    }

    function _readRest(uint160 place, bytes calldata input) private view returns (bytes memory) {
        if (place == 0x810) return _coreUserExists(input);
        if (place == 0x811) return _borrowLendUserState(input);
        if (place == 0x812) return _borrowLendReserveState(input);
        if (place == 0x813) return _position(input, 32);
        return _nothing(place);
    }

    /// @dev There are no vaults and no supplies of tokens here; whoever asks asks for something unknown.
    function _nothing(uint160 place) private pure returns (bytes memory) {
        require(place != 0x802 && place != 0x80d, NotOnThisVenue(address(place)));
        revert UnknownPrecompile(address(place));
    }

    // Accounts

    function _position(bytes calldata input, uint256 bits) private view returns (bytes memory) {
        address user = _account(input, 0, 2);
        uint32 asset = uint32(_u(input, 1, 2, bits));
        PerpParams memory perp = _REGISTRY.perpParams(asset);
        Position memory p = _VENUE.positionOf(user, asset);
        int256 isolatedUsd = p.isolated ? p.isolatedUsd - _VENUE.fundingDueOf(user, asset) : int256(0);
        uint32 leverage = p.leverage == 0 ? perp.maxLeverage : p.leverage;
        return abi.encode(p.szi, _fit(p.entryNtl), _fitSigned(isolatedUsd), leverage, p.isolated);
    }

    /// @dev Where spot backs perps, the net total that is not below nothing and what orders may not use of it
    /// (SPEC HC-26).
    function _spotBalance(bytes calldata input) private view returns (bytes memory) {
        address user = _account(input, 0, 2);
        uint64 token = uint64(_u(input, 1, 2, 64));
        uint256 index = _REGISTRY.tokenIndex(token);
        if (_VENUE.accountState(user).mode == Mode.Standard) {
            return abi.encode(_fit(_VENUE.balanceOf(user, token).idle), uint64(0), uint64(0));
        }
        if (_VENUE.accountState(user).tokenBitmap >> index & 1 == 0 && !_backsDex(user, token)) {
            return abi.encode(uint64(0), uint64(0), uint64(0));
        }
        (int256 total, int256 hold) = _net(_VENUE.accountOf(user), token);
        return abi.encode(_fit(_above(total)), _fit(_above(hold)), uint64(0));
    }

    function _withdrawable(bytes calldata input) private view returns (bytes memory) {
        (DexMargin memory m,) = _dex(_account(input, 0, 1), 0);
        // The cast is safe: margins are sums of products of 64-bit numbers.
        // forge-lint: disable-next-line(unsafe-typecast)
        return abi.encode(_fit(_above(m.accountValue - int256(m.transferMargin))));
    }

    function _delegations(bytes calldata input) private pure returns (bytes memory) {
        _account(input, 0, 1);
        return abi.encode(new Delegation[](0));
    }

    function _delegatorSummary(bytes calldata input) private pure returns (bytes memory) {
        _account(input, 0, 1);
        return abi.encode(uint64(0), uint64(0), uint64(0), uint64(0));
    }

    function _accountMarginSummary(bytes calldata input) private view returns (bytes memory) {
        uint32 dex = uint32(_u(input, 0, 2, 32));
        (DexMargin memory m, int256 rawUsd) = _dex(_account(input, 1, 2), dex);
        return
            abi.encode(
                _fitSigned(m.accountValue), _fit(m.initialMargin), _fit(m.notional), _fitSigned(rawUsd)
            );
    }

    function _coreUserExists(bytes calldata input) private view returns (bytes memory) {
        return abi.encode(_VENUE.accountState(_account(input, 0, 1)).exists);
    }

    // Borrow and lend

    function _borrowLendUserState(bytes calldata input) private view returns (bytes memory) {
        address user = _account(input, 0, 2);
        uint64 token = uint64(_u(input, 1, 2, 64));
        TokenBalance memory balance = _VENUE.balanceOf(user, token);
        require(balance.shares != 0, NothingLent(user, token));
        ReserveView memory reserve = _VENUE.reserveOf(token);
        (uint256 supplied, uint256 borrowed) =
            Pool.amounts(balance.shares, reserve.supplyIndex, reserve.borrowIndex);
        // Nothing, as the name says.
        // slither-disable-next-line uninitialized-local
        BasisAndValue memory none;
        BasisAndValue memory held = BasisAndValue(_fit(balance.basis), _fit(supplied + borrowed));
        return balance.shares < 0 ? abi.encode(held, none) : abi.encode(none, held);
    }

    function _borrowLendReserveState(bytes calldata input) private view returns (bytes memory) {
        uint64 token = uint64(_u(input, 0, 1, 64));
        TokenParams memory p = RegistryWords.tokenOf(_REGISTRY, token);
        require(p.px != 0, NeverPriced(token));
        ReserveView memory reserve = _VENUE.reserveOf(token);
        return abi.encode(
            ReserveState({
                borrowYearlyRateBps: _fit(reserve.borrowRate * BPS / RAY),
                supplyYearlyRateBps: _fit(reserve.supplyRate * BPS / RAY),
                balance: _fit(reserve.cash),
                utilizationBps: _fit(reserve.utilization * BPS / RAY),
                oraclePx: p.px,
                ltvBps: p.ltvBps,
                totalSupplied: _fit(reserve.supplied),
                totalBorrowed: _fit(reserve.borrowed)
            })
        );
    }

    // Prices

    function _oraclePx(bytes calldata input) private view returns (bytes memory) {
        uint256 asset = _u(input, 0, 1, 32);
        return _px(_REGISTRY.perpOraclePx(asset), asset);
    }

    function _spotPx(bytes calldata input) private view returns (bytes memory) {
        uint256 pair = _u(input, 0, 1, 64);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (,, uint64 px,) = _REGISTRY.pairOf(pair);
        return _px(px, pair);
    }

    /// @dev There is no book: whatever is bought or sold is so at the mark, or the pair's price.
    function _bbo(bytes calldata input) private view returns (bytes memory) {
        uint256 asset = _u(input, 0, 1, 64);
        uint64 px;
        if (asset >= SPOT_ASSETS && asset < OTHER_DEX_ASSETS) {
            // The rest of the answer is not asked for.
            // slither-disable-next-line unused-return
            (,, px,) = _REGISTRY.pairOf(asset - SPOT_ASSETS);
        } else {
            px = _REGISTRY.perpParams(asset).mark;
        }
        require(px != 0, NeverPriced(asset));
        return abi.encode(px, px);
    }

    function _px(uint64 px, uint256 asset) private pure returns (bytes memory) {
        require(px != 0, NeverPriced(asset));
        return abi.encode(px);
    }

    // What is listed

    /// @dev A number that never falls: that of the EVM block.
    function _l1BlockNumber(bytes calldata input) private view returns (bytes memory) {
        _requireWords(input, 0);
        return abi.encode(_fit(block.number));
    }

    function _perpAssetInfo(bytes calldata input) private view returns (bytes memory) {
        PerpParams memory perp = _perp(input);
        (string memory coin, uint16 table) = _REGISTRY.perpListing(perp.asset);
        return abi.encode(PerpAssetInfo(coin, table, perp.szDecimals, perp.maxLeverage, false));
    }

    function _spotInfo(bytes calldata input) private view returns (bytes memory) {
        uint256 pair = _u(input, 0, 1, 64);
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (uint64 base, uint64 quote,,) = _REGISTRY.pairOf(pair);
        return abi.encode(SpotInfo(string.concat("@", Strings.toString(pair)), [base, quote]));
    }

    function _tokenInfo(bytes calldata input) private view returns (bytes memory) {
        uint64 token = uint64(_u(input, 0, 1, 64));
        TokenParams memory p = RegistryWords.tokenOf(_REGISTRY, token);
        (address erc20, uint8 evmDecimals) = _REGISTRY.tokenErc20(token);
        return abi.encode(
            TokenInfo({
                name: _REGISTRY.tokenName(token),
                spots: _pairsOf(token),
                deployerTradingFeeShare: 0,
                deployer: address(0),
                // What is linked to HYPE is the native coin.
                evmContract: token == HYPE ? address(0) : erc20,
                szDecimals: p.szDecimals,
                weiDecimals: p.weiDecimals,
                // The cast is safe: decimals are below 25.
                // forge-lint: disable-next-line(unsafe-typecast)
                evmExtraWeiDecimals: int8(uint8(evmDecimals)) - int8(uint8(p.weiDecimals))
            })
        );
    }

    /// @dev The pairs that trade a token for another.
    function _pairsOf(uint64 token) private view returns (uint64[] memory spots) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (,,, uint32[] memory pairs) = _REGISTRY.listed();
        spots = new uint64[](pairs.length);
        uint256 found = 0;
        for (uint256 i = 0; i < pairs.length; ++i) {
            // The rest of the answer is not asked for.
            // slither-disable-next-line unused-return
            (uint64 base,,,) = _REGISTRY.pairOf(pairs[i]);
            if (base == token) spots[found++] = pairs[i];
        }
        // Assembly is the only way to shorten an array in memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(spots, found)
        }
    }

    function _perp(bytes calldata input) private view returns (PerpParams memory) {
        return _REGISTRY.perpParams(_u(input, 0, 1, 32));
    }

    // The account walk

    /// @dev Net total of a token, and what orders may not use of it (SPEC PM-10, PM-25).
    function _net(Account memory a, uint64 token) private pure returns (int256 total, int256 hold) {
        AccountMargin memory m = MarginMath.accountMargin(a);
        for (uint256 i = 0; i < a.tokens.length; ++i) {
            if (a.tokens[i].token != token) continue;
            int256 equity = 0;
            for (uint256 d = 0; d < a.dexes.length; ++d) {
                if (a.dexes[d].collateral == i) equity += m.dexes[d].accountValue;
            }
            equity = MarginMath.perpToWei(equity, a.tokens[i].weiDecimals);
            uint256 power = a.mode == Mode.PortfolioMargin ? m.borrowPower : 0;
            total = m.tokens[i].netTotal;
            hold = MarginMath.holdUp(a.tokens[i], total, equity, power);
        }
    }

    /// @dev One dex of an account as stored, and its equity without the positions' value; nothing where the
    /// account has nothing there.
    function _dex(address user, uint32 dex) private view returns (DexMargin memory m, int256 rawUsd) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (uint256 index,) = _REGISTRY.dexOf(dex);
        uint256 bitmap = _VENUE.accountState(user).dexBitmap;
        if (bitmap >> index & 1 == 0) return (m, 0);
        Account memory a = _VENUE.accountOf(user);
        uint256 place = 0;
        for (uint256 i = 0; i < index; ++i) {
            place += bitmap >> i & 1;
        }
        rawUsd = a.dexes[place].rawUsd;
        m = MarginMath.dexMargin(rawUsd, a.perps, place);
    }

    /// @dev Whether a dex of the account counts in a token.
    function _backsDex(address user, uint64 token) private view returns (bool) {
        // The rest of the answer is not asked for.
        // slither-disable-next-line unused-return
        (, uint32[] memory dexes,,) = _REGISTRY.listed();
        uint256 bitmap = _VENUE.accountState(user).dexBitmap;
        for (uint256 i = 0; i < dexes.length; ++i) {
            if (bitmap >> i & 1 == 0) continue;
            // The rest of the answer is not asked for.
            // slither-disable-next-line unused-return
            (, uint64 collateral) = _REGISTRY.dexOf(dexes[i]);
            if (collateral == token) return true;
        }
        return false;
    }

    // Words

    function _account(bytes calldata input, uint256 index, uint256 words) private pure returns (address) {
        return address(uint160(_u(input, index, words, 160)));
    }

    /// @dev One of so many words, of at most so many bits.
    function _u(bytes calldata input, uint256 index, uint256 words, uint256 bits)
        private
        pure
        returns (uint256 value)
    {
        _requireWords(input, words);
        value = uint256(bytes32(input[WORD * index:WORD * (index + 1)]));
        require(value >> bits == 0, DoesNotFit(value, bits));
    }

    function _requireWords(bytes calldata input, uint256 words) private pure {
        require(input.length == WORD * words, MalformedInput(input.length, words));
    }

    function _above(int256 value) private pure returns (uint256) {
        // The cast is safe: the sign is known.
        // forge-lint: disable-next-line(unsafe-typecast)
        return value > 0 ? uint256(value) : 0;
    }

    function _fit(uint256 value) private pure returns (uint64) {
        require(value <= type(uint64).max, DoesNotFit(value, 64));
        // The cast is safe: compared.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(value);
    }

    function _fitSigned(int256 value) private pure returns (int64) {
        // Casts are safe: the first only tells the bits of what does not fit, the second is compared.
        // forge-lint: disable-start(unsafe-typecast)
        require(value >= type(int64).min && value <= type(int64).max, DoesNotFit(uint256(value), 64));
        return int64(value);
        // forge-lint: disable-end(unsafe-typecast)
    }
}
