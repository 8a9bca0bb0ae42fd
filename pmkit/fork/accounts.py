"""Which accounts a fork imports, and in which mode: what no precompile tells. SPEC HE-22."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.address import checked
from pmkit.errors import InputError
from pmkit.model import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MODES = {
    "standard": Mode.STANDARD,
    "unified": Mode.UNIFIED,
    "portfolioMargin": Mode.PORTFOLIO_MARGIN,
}
"""Modes as the command line and files name them."""
NAMES = {mode: name for name, mode in MODES.items()}
GUESS = "auto"
"""Stands for a mode that follows from what the account has."""
COMMENT = "#"
SIZE_LIMIT = 10_000_000
MOST_ACCOUNTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkAccount:
    """An account to import."""

    address: str
    mode: Mode | None = None
    """None where it is to follow from what the account has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAccount:
    """One imported account, for whoever wants to know what it became."""

    address: str
    mode: Mode
    guessed: bool
    """Whether the mode follows from what the account has, and nobody said it."""
    exists: bool
    """Whether the upstream's Core knows it."""
    l1_block: int
    """The upstream's L1 block that it was read at."""


def mode_of(text: str, place: str) -> Mode | None:
    """Return a mode by its name, None for the guess. Raises InputError."""
    if text == GUESS:
        return None
    if text not in MODES:
        problem = f"{text} is no mode; there are {', '.join((*MODES, GUESS))}"
        raise InputError(place=place, problem=problem)
    return MODES[text]


def accounts_of(
    asked: Iterable[str | ForkAccount], mode: Mode | None = None
) -> tuple[ForkAccount, ...]:
    """Return accounts, each once; `mode` is that of those named by address. Raises InputError."""
    found: dict[str, ForkAccount] = {}
    for one in asked:
        account = ForkAccount(address=one, mode=mode) if isinstance(one, str) else one
        address = checked(account.address)
        known = ForkAccount(address=address, mode=account.mode)
        if found.setdefault(address, known) != known:
            raise InputError(place=address, problem="is named twice, with two modes")
    if len(found) > MOST_ACCOUNTS:
        problem = f"{len(found)} accounts are more than {MOST_ACCOUNTS}"
        raise InputError(place="accounts", problem=problem)
    return tuple(found.values())


def load_accounts(path: Path, mode: Mode | None = None) -> tuple[ForkAccount, ...]:
    """Return the accounts of a file: an address a line, and its mode if it is not `mode`.

    Raises InputError naming the line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
        text = data.decode("utf-8")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise InputError(place=path.name, problem=problem) from error
    except UnicodeDecodeError as error:
        raise InputError(place=path.name, problem="is no UTF-8 text") from error
    if len(data) > SIZE_LIMIT:
        raise InputError(place=path.name, problem=f"is larger than {SIZE_LIMIT} bytes")
    return listed_accounts(text.splitlines(), f"{path.name}, line", mode)


def listed_accounts(
    lines: Iterable[str], listed_in: str, mode: Mode | None = None
) -> tuple[ForkAccount, ...]:
    """Return the accounts of lines, each an address, and its mode if it is not `mode`.

    Raises InputError naming the place, which is `listed_in` and the line's number.
    """
    found = []
    for number, line in enumerate(lines, 1):
        place = f"{listed_in} {number}"
        words = line.split(COMMENT)[0].split()
        if not words:
            continue
        if len(words) > 2:
            raise InputError(place=place, problem="an address and at most a mode were expected")
        try:
            address = checked(words[0])
        except InputError as error:
            raise InputError(place=place, problem=str(error)) from error
        own = mode if len(words) == 1 else mode_of(words[1], place)
        found.append(ForkAccount(address=address, mode=own))
    return tuple(found)
