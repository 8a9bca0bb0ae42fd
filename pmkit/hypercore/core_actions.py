"""Actions as CoreWriter takes them: version, id, and the fields as encoded words. SPEC HC-06."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.address import to_checksum_address

from pmkit.errors import InputError

VERSION = 1
HEAD = 4
"""Bytes before the fields: version and id."""
ALO, GTC, IOC = 1, 2, 3
"""Times in force of a limit order."""
SUPPLY, WITHDRAW = 0, 1
"""Operations of `borrow_lend`."""
DISABLED, UNIFIED_ACCOUNT, PORTFOLIO_MARGIN = 1, 2, 3
"""Modes of `set_abstraction`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionKind:
    """One of Core's actions."""

    id: int
    name: str
    fields: tuple[tuple[str, str], ...]
    """Names and types, in order."""
    modelled: bool
    """Whether the venue here does it; else it is accepted and recorded."""


def kind(id_: int, name: str, fields: str, *, modelled: bool = False) -> ActionKind:
    """Return a kind whose fields are given as Solidity declares them."""
    declared = (field.split() for field in fields.split(","))
    pairs = tuple((field, type_) for type_, field in declared)
    return ActionKind(id=id_, name=name, fields=pairs, modelled=modelled)


KINDS = (
    kind(
        1,
        "limit_order",
        "uint32 asset, bool is_buy, uint64 limit_px, uint64 sz, bool reduce_only, uint8 tif, "
        "uint128 cloid",
        modelled=True,
    ),
    kind(2, "vault_transfer", "address vault, bool is_deposit, uint64 usd"),
    kind(3, "token_delegate", "address validator, uint64 wei, bool is_undelegate"),
    kind(4, "staking_deposit", "uint64 wei"),
    kind(5, "staking_withdraw", "uint64 wei"),
    kind(6, "spot_send", "address destination, uint64 token, uint64 wei", modelled=True),
    kind(7, "usd_class_transfer", "uint64 ntl, bool to_perp", modelled=True),
    kind(8, "finalize_evm_contract", "uint64 token, uint8 variant, uint64 create_nonce"),
    kind(9, "add_api_wallet", "address wallet, string name"),
    kind(10, "cancel_by_oid", "uint32 asset, uint64 oid", modelled=True),
    kind(11, "cancel_by_cloid", "uint32 asset, uint128 cloid", modelled=True),
    kind(12, "approve_builder_fee", "uint64 max_fee_rate, address builder"),
    kind(
        13,
        "send_asset",
        "address destination, address sub_account, uint32 source_dex, uint32 destination_dex, "
        "uint64 token, uint64 wei",
        modelled=True,
    ),
    kind(15, "borrow_lend", "uint8 operation, uint64 token, uint64 wei", modelled=True),
    kind(16, "set_abstraction", "address user, uint8 mode", modelled=True),
    kind(17, "outcome_operation", "uint8 operation, uint32 question, uint32 outcome, uint64 wei"),
)
"""Every action that Core has; 14 was taken out of its table."""
BY_ID = {found.id: found for found in KINDS}
BY_NAME = {found.name: found for found in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreAction:
    """One action with its fields."""

    id: int
    name: str
    fields: dict[str, Any]


def encode_action(name: str, /, **fields: Any) -> bytes:
    """Return an action as bytes for `sendRawAction`. Raises InputError.

    >>> encode_action("borrow_lend", operation=SUPPLY, token=0, wei=10**8)[:4].hex()
    '0100000f'
    """
    found = BY_NAME.get(name)
    if found is None:
        raise InputError(place=name, problem="Core has no such action")
    expected = [field for field, _ in found.fields]
    if set(fields) != set(expected):
        odd = ", ".join(sorted(set(fields) ^ set(expected)))
        raise InputError(place=name, problem=f"missing or unknown: {odd}")
    try:
        words = encode([t for _, t in found.fields], [fields[field] for field in expected])
    except (EncodingError, TypeError, ValueError) as error:
        raise InputError(place=name, problem=" ".join(str(error).split())) from error
    return bytes([VERSION]) + found.id.to_bytes(3) + words


def decode_action(data: bytes) -> CoreAction:
    """Return the action that bytes stand for. Raises InputError for what is none."""
    if len(data) < HEAD or data[0] != VERSION:
        raise InputError(place="action", problem="version 1 and three bytes of id are expected")
    id_ = int.from_bytes(data[1:HEAD])
    found = BY_ID.get(id_)
    if found is None:
        raise InputError(place="action", problem=f"Core has no action {id_}")
    try:
        values = decode([t for _, t in found.fields], data[HEAD:])
    except DecodingError as error:
        raise InputError(place=found.name, problem=" ".join(str(error).split())) from error
    if encode([t for _, t in found.fields], values) != data[HEAD:]:
        raise InputError(place=found.name, problem="the fields are encoded otherwise")
    return CoreAction(id=id_, name=found.name, fields=shown(found, values))


def shown(found: ActionKind, values: tuple[Any, ...]) -> dict[str, Any]:
    """Return decoded values by field name, addresses checksummed."""
    return {
        field: to_checksum_address(value) if type_ == "address" else value
        for (field, type_), value in zip(found.fields, values, strict=True)
    }
