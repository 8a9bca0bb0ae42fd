// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @dev Where everything of HyperEVM is, on every chain (SPEC HC-01). Whoever applies the blocks of Core.
address constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
/// @dev The stand-in of HyperCore: queue, resting orders, transfers and records.
address constant HYPER_CORE = 0x9999999999999999999999999999999999999999;
/// @dev What answers the read precompiles.
address constant CORE_READER = 0x9999999999999999999999999999999999999998;
address constant CORE_WRITER = 0x3333333333333333333333333333333333333333;
/// @dev HYPE's system address; that of any other token is TOKEN_SYSTEM + its id.
address constant HYPE_SYSTEM = 0x2222222222222222222222222222222222222222;
uint160 constant TOKEN_SYSTEM = uint160(0x20) << 152;
address constant WRAPPED_HYPE = 0x5555555555555555555555555555555555555555;
address constant CORE_DEPOSIT_WALLET = 0x6B9E773128f453f5c2C60935Ee2DE2CBc5390A24;
/// @dev Whose balance is nobody's: parts that the receiving side cannot hold.
address constant BURNT = 0x000000000000000000000000000000000000dEaD;

uint64 constant USDC = 0;
uint64 constant HYPE = 150;
/// @dev "Spot" where a perp dex is asked for.
uint32 constant SPOT = type(uint32).max;
/// @dev First asset id of spot pairs, and of perps on the dexes of others.
uint32 constant SPOT_ASSETS = 10_000;
uint32 constant OTHER_DEX_ASSETS = 100_000;
