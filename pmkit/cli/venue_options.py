"""Options that every command on a chain's venue shares, and what they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pmkit.chain.address import checked
from pmkit.chain.deployment import DEFAULT_RPC_URL, connect
from pmkit.chain.reader import Reader
from pmkit.chain.sender import Sender
from pmkit.chain.signing import KeySigner, NodeSigner
from pmkit.decimals import parse_units
from pmkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}", re.ASCII)
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
LONGEST_ROLE = 20
"""Characters; what is longer and no address is taken for a key, and not shown."""
DEPLOYMENT_VARIABLE = "PMKIT_DEPLOYMENT"
SENDER_VARIABLE = "PMKIT_FROM"
EVERYTHING_WORD = "all"

Command = Any
"""A function on its way to become a click command; click types none of its decorators' subjects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which venue a command is about."""

    rpc_url: str | None
    deployment: Path | None

    def reader(self) -> Reader:
        """Return a reader of the venue. Raises InputError, ChainError."""
        rpc, deployment = connect(self.rpc_url, self.deployment)
        return Reader(rpc, deployment)


def venue_options(command: Command) -> Command:
    """Add `--rpc`, `--deployment` and `--json`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--deployment",
            type=click.Path(path_type=Path),
            envvar=DEPLOYMENT_VARIABLE,
            show_envvar=True,
            metavar="FILE",
            help="Where the venue is, as `pmkit up` writes it; a local chain tells it by itself.",
        ),
        click.option(
            "--rpc",
            metavar="URL",
            help=f"Node of the chain.  [default: the deployment's, else {DEFAULT_RPC_URL}]",
        ),
    ):
        command = option(command)
    return command


def sender_options(role: str) -> Callable[[Command], Command]:
    """Add the shared options, and `--from` (by default a role) and `--simulate`."""

    def decorate(command: Command) -> Command:
        for option in (
            click.option("--simulate", is_flag=True, help="Send nothing; say what would happen."),
            click.option(
                "--from",
                "whose",
                default=role,
                show_default=True,
                envvar=SENDER_VARIABLE,
                show_envvar=True,
                metavar="ROLE|KEY",
                help="Role of a local chain, or a private key (better kept in the variable).",
            ),
        ):
            command = option(command)
        return venue_options(command)

    return decorate


def sender_of(reader: Reader, whose: str) -> Sender:
    """Return the sender of a role, a private key, or an address that the node signs for."""
    signer = key_signer_of(whose)
    return Sender(reader, signer or NodeSigner(address_of(reader, whose, "--from")))


def key_signer_of(whose: str) -> KeySigner | None:
    """Return the signer of a private key; None for a role or an address.

    Raises InputError, which never shows what it was given: it may be a key with a mistake.
    """
    if ADDRESS.fullmatch(whose) or len(whose) <= LONGEST_ROLE:
        return None
    if not KEY.fullmatch(whose):
        expected = "a role, an address, or a private key of 0x and 64 hex digits"
        problem = f"{expected} was expected, found {len(whose)} characters"
        raise InputError(place="--from", problem=problem)
    try:
        return KeySigner(whose)
    except InputError as error:
        raise InputError(place="--from", problem=error.problem) from error


def address_of(reader: Reader, who: str, place: str) -> str:
    """Return the address of a role, or an address as it is. Raises InputError at the place."""
    try:
        return checked(who) if who.startswith("0x") else reader.deployment.account(who)
    except InputError as error:
        raise InputError(place=place, problem=error.problem) from error


def amount_of(text: str, decimals: int, place: str) -> int:
    """Return a decimal number that is not negative in units of 10^-decimals, exactly."""
    units = parse_units(text, decimals, place)
    if units < 0:
        raise InputError(place=place, problem=f"{text} is negative")
    return units


def positive_amount_of(text: str, decimals: int, place: str) -> int:
    """Return a decimal number above zero, as above: nothing is done with nothing."""
    units = amount_of(text, decimals, place)
    if units == 0:
        raise InputError(place=place, problem="must be above zero")
    return units
