// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title What the read precompiles answer (SPEC HC-25 to HC-35)
/// @notice Any refusal here is a failure of the precompile, which burns all gas of its frame.
interface ICoreReader {
    /// @notice No precompile is at this address.
    error UnknownPrecompile(address precompile);
    /// @notice The precompile is about something that the venue here does not have.
    error NotOnThisVenue(address precompile);
    /// @notice The input is not so many words long.
    error MalformedInput(uint256 length, uint256 words);
    /// @notice A word of the input, or a figure of the answer, does not fit its type of so many bits.
    error DoesNotFit(uint256 value, uint256 bits);
    /// @notice The asset was never priced.
    error NeverPriced(uint256 asset);
    /// @notice The account has no supply and no debt of the token.
    error NothingLent(address user, uint64 token);

    /// @notice Answer the call of a precompile: encoded arguments in, encoded values out, no selector.
    function read(address precompile, bytes calldata input) external view returns (bytes memory);
}
