"""The read precompiles: what they take, what they answer, what they cost. SPEC HC-25.

Arguments go encoded and without a selector, answers come the same way. Units stand in
docs/hyperevm.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.address import to_checksum_address

from pmkit.errors import InputError
from pmkit.hypercore.addresses import precompile_address

GAS_BASE, GAS_PER_BYTE = 2_000, 65
"""The venue's own price of a read: base + per byte of input and output."""

Fields = tuple[tuple[str, str], ...]
"""Names and types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precompile:
    """One read precompile."""

    number: int
    name: str
    inputs: Fields
    outputs: Fields
    whole: bool
    """Whether the answer is one dynamic value, such as a struct with text in it."""

    @property
    def address(self) -> str:
        """Where it is."""
        return precompile_address(self.number)


def fields_of(declared: str) -> Fields:
    """Return names and types of fields as Solidity declares them."""
    pairs = (field.rsplit(" ", 1) for field in declared.split(", ") if field)
    return tuple((name, type_) for type_, name in pairs)


def read(number: int, name: str, inputs: str, outputs: str, *, whole: bool = False) -> Precompile:
    """Return a precompile whose fields are given as Solidity declares them."""
    return Precompile(
        number=number,
        name=name,
        inputs=fields_of(inputs),
        outputs=fields_of(outputs),
        whole=whole,
    )


POSITION = "int64 szi, uint64 entry_ntl, int64 isolated_raw_usd, uint32 leverage, bool is_isolated"
PRECOMPILES = (
    read(0x800, "position", "address user, uint16 perp", POSITION),
    read(
        0x801,
        "spot_balance",
        "address user, uint64 token",
        "uint64 total, uint64 hold, uint64 entry_ntl",
    ),
    read(
        0x802,
        "user_vault_equity",
        "address user, address vault",
        "uint64 equity, uint64 locked_until_timestamp",
    ),
    read(0x803, "withdrawable", "address user", "uint64 withdrawable"),
    read(0x804, "delegations", "address user", "(address,uint64,uint64)[] delegations", whole=True),
    read(
        0x805,
        "delegator_summary",
        "address user",
        "uint64 delegated, uint64 undelegated, uint64 total_pending_withdrawal, "
        "uint64 n_pending_withdrawals",
    ),
    read(0x806, "mark_px", "uint32 perp", "uint64 px"),
    read(0x807, "oracle_px", "uint32 perp", "uint64 px"),
    read(0x808, "spot_px", "uint64 spot", "uint64 px"),
    read(0x809, "l1_block_number", "", "uint64 number"),
    read(
        0x80A,
        "perp_asset_info",
        "uint32 perp",
        "string coin, uint32 margin_table_id, uint8 sz_decimals, uint8 max_leverage, "
        "bool only_isolated",
        whole=True,
    ),
    read(0x80B, "spot_info", "uint64 spot", "string name, uint64[2] tokens", whole=True),
    read(
        0x80C,
        "token_info",
        "uint64 token",
        "string name, uint64[] spots, uint64 deployer_trading_fee_share, address deployer, "
        "address evm_contract, uint8 sz_decimals, uint8 wei_decimals, int8 evm_extra_wei_decimals",
        whole=True,
    ),
    read(
        0x80D,
        "token_supply",
        "uint64 token",
        "uint64 max_supply, uint64 total_supply, uint64 circulating_supply, "
        "uint64 future_emissions, (address,uint64)[] non_circulating_user_balances",
        whole=True,
    ),
    read(0x80E, "bbo", "uint64 asset", "uint64 bid, uint64 ask"),
    read(
        0x80F,
        "account_margin_summary",
        "uint32 perp_dex, address user",
        "int64 account_value, uint64 margin_used, uint64 ntl_pos, int64 raw_usd",
    ),
    read(0x810, "core_user_exists", "address user", "bool exists"),
    read(
        0x811,
        "borrow_lend_user_state",
        "address user, uint64 token",
        "uint64 borrow_basis, uint64 borrow_value, uint64 supply_basis, uint64 supply_value",
    ),
    read(
        0x812,
        "borrow_lend_reserve_state",
        "uint64 token",
        "uint64 borrow_yearly_rate_bps, uint64 supply_yearly_rate_bps, uint64 balance, "
        "uint64 utilization_bps, uint64 oracle_px, uint64 ltv_bps, uint64 total_supplied, "
        "uint64 total_borrowed",
    ),
    read(0x813, "position2", "address user, uint32 perp", POSITION),
)
BY_NAME = {found.name: found for found in PRECOMPILES}


def precompile(name: str) -> Precompile:
    """Return a precompile by its name. Raises InputError."""
    found = BY_NAME.get(name)
    if found is None:
        raise InputError(place=name, problem="there is no such precompile")
    return found


def encode_input(name: str, *values: Any) -> bytes:
    """Return the calldata of a read. Raises InputError."""
    types = [type_ for _, type_ in precompile(name).inputs]
    if len(types) != len(values):
        problem = f"{len(types)} arguments are taken, {len(values)} were given"
        raise InputError(place=name, problem=problem)
    try:
        return encode(types, values)
    except (EncodingError, TypeError, ValueError) as error:
        raise InputError(place=name, problem=" ".join(str(error).split())) from error


def decode_output(name: str, data: bytes) -> dict[str, Any]:
    """Return an answer by field name. Raises InputError for bytes that are none."""
    found = precompile(name)
    types = [type_ for _, type_ in found.outputs]
    try:
        if found.whole and len(types) > 1:
            (values,) = decode([f"({','.join(types)})"], data)
        else:
            values = decode(types, data)
    except DecodingError as error:
        raise InputError(place=name, problem=" ".join(str(error).split())) from error
    return {
        field: to_checksum_address(value) if type_ == "address" else value
        for (field, type_), value in zip(found.outputs, values, strict=True)
    }


def venue_gas(input_bytes: int, output_bytes: int) -> int:
    """Return what a read costs on the venue's own chain. SPEC HC-04.

    >>> venue_gas(32, 256)
    20720
    """
    return GAS_BASE + GAS_PER_BYTE * (input_bytes + output_bytes)
