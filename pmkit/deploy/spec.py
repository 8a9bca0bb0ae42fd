"""What a file of parameters asks for, checked as far as that goes without a chain. SPEC DP-03."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_utils.address import is_address

from pmkit.chain.address import checked
from pmkit.chain.listing import Prices, genesis_prices, validate, validate_prices
from pmkit.decimals import DECIMAL, kind_of, shown
from pmkit.deploy.references import PARTIES, Created, References
from pmkit.errors import InputError
from pmkit.params import PRESETS, load_params

if TYPE_CHECKING:
    from pmkit.deploy.document import Table
    from pmkit.policy import Params

ADMIN, REPORTER, UNPAUSER = "admin", "reporter", "unpauser"
ROLES = (ADMIN, REPORTER, "matcher", "guardian", UNPAUSER, *PARTIES)
OPTIONAL = ("matcher", "guardian", UNPAUSER)
"""Roles that nobody need have; the admin may give them later."""
KEYS = ("chain_id", "params", "listing", "constants", "roles", "tokens", "prices")
CREATE = "create"
NOBODY = "0x" + "00" * 20

Address = str | Created


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploySpec:
    """A venue to deploy."""

    place: str
    """The file's name, for messages."""
    chain_id: int
    params: Params
    deployer: str
    roles: tuple[tuple[str, Address], ...]
    """In the order of ROLES, without those that nobody has."""
    tokens: tuple[tuple[str, str | None], ...]
    """Every token of the parameters with its ERC-20; None where one is created."""
    prices: Prices | None
    """The first report; None leaves it to the reporter."""

    def role(self, name: str) -> Address:
        """Return who has a role. Raises KeyError."""
        return dict(self.roles)[name]


def spec_of(document: Table, deployer: str, place: str, folder: Path) -> DeploySpec:
    """Return what a document asks for, with files named in it relative to a folder.

    Raises InputError naming the file and the key.
    """
    for key in document:
        if key not in KEYS:
            raise wrong(place, key, f"is not a known key; there are {', '.join(KEYS)}")
    for key in ("listing", "constants", "roles", "tokens", "prices"):
        if not isinstance(document.get(key, {}), dict):
            raise wrong(place, key, f"a table was expected, found {kind_of(document[key])}")
    known = References(document, deployer, place)
    # Even what nothing uses must hold: a constant that goes round is a mistake.
    for name, value in document.get("constants", {}).items():
        known.resolved(value, f"constants.{name}", (name,))
    params = params_of_document(document, known, place, folder)
    tokens = tokens_of(document, known, params, place)
    return DeploySpec(
        place=place,
        chain_id=chain_id_of(document, known, place),
        params=params,
        deployer=deployer,
        roles=roles_of(document, known, place),
        tokens=tokens,
        prices=prices_of(document, known, params, place),
    )


def chain_id_of(document: Table, known: References, place: str) -> int:
    """Return the chain that the file is for. Raises InputError."""
    value = known.resolved(document.get("chain_id"), "chain_id")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        problem = f"the id of the chain was expected, found {told(value)}"
        raise wrong(place, "chain_id", problem)
    return value


def params_of_document(document: Table, known: References, place: str, folder: Path) -> Params:
    """Return the listing: a preset or file, and what the document puts over it."""
    source = known.resolved(document.get("params"), "params")
    if not isinstance(source, str):
        problem = f"a preset ({', '.join(PRESETS)}) or a TOML file was expected"
        raise wrong(place, "params", f"{problem}, found {told(source)}")
    over = known.resolved(document.get("listing", {}), "listing")
    refuse_created(over, "listing", place)
    chosen: str | Path = source if source in PRESETS else folder / source
    try:
        params = load_params(chosen, over, f"{place}: listing")
    except InputError as error:
        if error.place.startswith(f"{place}: "):
            raise
        problem = error.problem if error.place == "params" else str(error)
        raise wrong(place, "params", problem) from error
    try:
        validate(params)
    except InputError as error:
        raise wrong(place, "listing" if over else "params", str(error)) from error
    return params


def roles_of(document: Table, known: References, place: str) -> tuple[tuple[str, Address], ...]:
    """Return who has which role. Raises InputError."""
    given = document.get("roles", {})
    for name in given:
        if name not in ROLES:
            raise wrong(place, f"roles.{name}", f"is no role; there are {', '.join(ROLES)}")
    found: list[tuple[str, Address]] = []
    for name in ROLES:
        if name in given:
            value = known.entry("roles", name)
            found.append((name, address_of(value, f"roles.{name}", place)))
        elif name not in OPTIONAL:
            raise wrong(place, f"roles.{name}", "is missing")
    holders = dict(found)
    for i, first in enumerate(PARTIES):
        for second in PARTIES[i + 1 :]:
            if holders[first] == holders[second]:
                problem = f"is {first}'s account too; each needs one of its own"
                raise wrong(place, f"roles.{second}", problem)
    return tuple(found)


def tokens_of(
    document: Table, known: References, params: Params, place: str
) -> tuple[tuple[str, str | None], ...]:
    """Return the ERC-20 of every token of the parameters. Raises InputError."""
    given = document.get("tokens", {})
    names = [token.name for token in params.tokens]
    for name in given:
        if name not in names:
            problem = f"is no token of the parameters; there are {', '.join(names)}"
            raise wrong(place, f"tokens.{name}", problem)
    found: dict[str, str | None] = {}
    for name in names:
        at = f"tokens.{name}"
        if name not in given:
            raise wrong(place, at, "is missing: the address of its ERC-20, or {create: true}")
        entry = given[name]
        if isinstance(entry, dict):
            if entry != {CREATE: True}:
                raise wrong(place, at, "an address or {create: true} was expected")
            found[name] = None
            continue
        erc20 = address_of(known.entry("tokens", name), at, place)
        if isinstance(erc20, Created):
            raise wrong(place, at, "each token needs an ERC-20 of its own")
        twin = next((other for other, address in found.items() if address == erc20), None)
        if twin is not None:
            raise wrong(place, at, f"is the ERC-20 of {twin} too; each token needs its own")
        found[name] = erc20
    return tuple(found.items())


def prices_of(document: Table, known: References, params: Params, place: str) -> Prices | None:
    """Return the first report of prices, None without one. Raises InputError."""
    if "prices" not in document:
        return None
    given = known.resolved(document["prices"], "prices")
    names = {token.name for token in params.tokens} | {perp.name for perp in params.perps}
    usd: dict[str, Decimal] = {}
    for name, value in given.items():
        at = f"prices.{name}"
        if name not in names:
            raise wrong(place, at, "is neither a coin nor a token of the parameters")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise wrong(place, at, f"a price in USD was expected, found {told(value)}")
        if DECIMAL.fullmatch(str(value)) is None:
            raise wrong(place, at, f"{shown(str(value))} is not a plain decimal number")
        usd[name] = Decimal(str(value))
    try:
        report = genesis_prices(params, usd)
        validate_prices(params, report)
    except InputError as error:
        raise wrong(place, "prices", str(error)) from error
    return report


def address_of(value: Any, at: str, place: str) -> Address:
    """Return an address, checksummed, or what will be one. Raises InputError."""
    if isinstance(value, Created):
        return value
    if not isinstance(value, str) or not is_address(value) or not value.startswith("0x"):
        raise wrong(place, at, f"an address was expected, found {told(value)}")
    if value == NOBODY:
        raise wrong(place, at, "is nobody: the zero address")
    try:
        return checked(value)
    except InputError as error:
        raise wrong(place, at, error.problem) from error


def refuse_created(value: Any, at: str, place: str) -> None:
    """Raise InputError where a figure is the address of a contract."""
    if isinstance(value, dict):
        for key, inner in value.items():
            refuse_created(inner, f"{at}.{key}", place)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            refuse_created(inner, f"{at}[{i}]", place)
    elif isinstance(value, Created):
        raise wrong(place, at, "a figure was expected, not a contract")


def told(value: Any) -> str:
    """Return a value for a message."""
    if isinstance(value, str):
        return shown(value)
    return "a contract" if isinstance(value, Created) else kind_of(value)


def wrong(place: str, at: str, problem: str) -> InputError:
    """Return the error of a key of a file."""
    return InputError(place=f"{place}: {at}", problem=problem)
