"""A chain in a file: what `pmkit up --state` saves and takes up again. SPEC HE-05.

The file belongs to one instance at a time; another is refused by the lock beside it. It is written
at one stroke, so that whoever is killed meanwhile leaves the file of before.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, is_dataclass
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from pmkit.errors import InputError
from pmkit.files import write_at_one_stroke
from pmkit.fork.accounts import ImportedAccount
from pmkit.model import Mode
from pmkit.policy import PairParams, PerpParams, TokenParams

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.policy import Params

FORMAT = 1
SIZE_LIMIT = 2 * 2**30
Kept = TypeVar("Kept")
"""A record that is written field by field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedChain:
    """A chain as it was saved."""

    chain_id: int
    params: str
    """The fingerprint of the parameters that it was begun with."""
    blocks: str
    big: tuple[str, ...]
    """Accounts that use big blocks."""
    held: tuple[str, ...]
    """Raw transactions that wait for a big block."""
    number: int
    timestamp: int
    node: str
    """The node's own dump, hex."""
    fork: SavedFork | None = None
    """What it was forked from; None for a chain from nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFork:
    """Where a fork's state came from, and where the rest of it still is."""

    block: int
    block_hash: str
    latest_only: bool
    asked_for: bool
    """Whether it had to be this block."""
    accounts: tuple[ImportedAccount, ...]
    left_out: tuple[str, ...]
    """Tokens that nobody was to have, as they were named."""
    tokens: tuple[TokenParams, ...]
    """What the fork lists: the parameters' and what accounts held beyond them."""
    perps: tuple[PerpParams, ...]
    pairs: tuple[PairParams, ...]


class StateFile:
    """A state file and the lock on it; a context manager that lets go of both."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> StateFile:
        """Take a state file, which need not be there yet. Raises InputError."""
        beside = lock_of(path)
        while True:
            try:
                lock = beside.open("w", encoding="ascii")
            except OSError as error:
                problem = f"cannot be written: {error.strerror}"
                raise InputError(place=str(beside), problem=problem) from error
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                problem = "another pmkit up has this state; end it, or choose another file"
                raise InputError(place=str(path), problem=problem) from None
            if is_at(lock, beside):
                return cls(path, lock)
            # Its owner took it away between the two steps: what was locked is no one's.
            lock.close()

    def load(self) -> SavedChain | None:
        """Return the chain in the file, None where there is no file. Raises InputError."""
        try:
            if self.path.stat().st_size > SIZE_LIMIT:
                raise self._wrong(f"is larger than {SIZE_LIMIT} bytes")
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._wrong(f"cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise self._wrong("is no text") from error
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._wrong(f"is no JSON: {error}") from error
        kind = found.get("pmkit_state") if isinstance(found, dict) else None
        if type(kind) is not int or kind != FORMAT:
            raise self._wrong(f"is no state of `pmkit up` in format {FORMAT}")
        return saved_of(found, self)

    def save(self, chain: SavedChain) -> None:
        """Write a chain. Raises InputError when the file cannot be written."""
        write_at_one_stroke(self.path, json.dumps({"pmkit_state": FORMAT, **asdict(chain)}))

    def close(self) -> None:
        """Let go of the file, and take the lock beside it away."""
        if not self._lock.closed:
            lock_of(self.path).unlink(missing_ok=True)
        self._lock.close()

    def _wrong(self, problem: str) -> InputError:
        return InputError(place=str(self.path), problem=problem)

    def wrong_key(self, key: str, expected: str) -> InputError:
        """Return the error of a key."""
        return self._wrong(f"{key}: {expected} was expected; the file is damaged")


def lock_of(path: Path) -> Path:
    """Return the lock beside a state file."""
    return path.with_name(f"{path.name}.lock")


def is_at(lock: IO[str], path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    except FileNotFoundError:
        return False


def saved_of(found: dict[str, Any], file: StateFile) -> SavedChain:
    """Return the chain of a parsed file. Raises InputError naming the key."""
    for key in ("chain_id", "number", "timestamp"):
        if type(found.get(key)) is not int or found[key] < 0:
            raise file.wrong_key(key, "a whole number")
    for key in ("params", "blocks", "node"):
        if not isinstance(found.get(key), str):
            raise file.wrong_key(key, "text")
    for key in ("big", "held"):
        listed = found.get(key)
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise file.wrong_key(key, "a list of texts")
    fork = found.get("fork")
    if fork is not None and not isinstance(fork, dict):
        raise file.wrong_key("fork", "an object")
    return SavedChain(
        chain_id=found["chain_id"],
        params=found["params"],
        blocks=found["blocks"],
        big=tuple(found["big"]),
        held=tuple(found["held"]),
        number=found["number"],
        timestamp=found["timestamp"],
        node=found["node"],
        fork=None if fork is None else saved_fork_of(fork, file),
    )


def saved_fork_of(found: dict[str, Any], file: StateFile) -> SavedFork:
    """Return what a parsed file's chain was forked from. Raises InputError naming the key."""
    if type(found.get("block")) is not int or found["block"] < 0:
        raise file.wrong_key("fork.block", "a whole number")
    if not isinstance(found.get("block_hash"), str):
        raise file.wrong_key("fork.block_hash", "text")
    for key in ("latest_only", "asked_for"):
        if not isinstance(found.get(key), bool):
            raise file.wrong_key(f"fork.{key}", "true or false")
    left_out = found.get("left_out")
    if not isinstance(left_out, list) or not all(isinstance(one, str) for one in left_out):
        raise file.wrong_key("fork.left_out", "a list of texts")
    return SavedFork(
        block=found["block"],
        block_hash=found["block_hash"],
        latest_only=found["latest_only"],
        asked_for=found["asked_for"],
        accounts=records_of(ImportedAccount, found, "accounts", file),
        left_out=tuple(left_out),
        tokens=records_of(TokenParams, found, "tokens", file),
        perps=records_of(PerpParams, found, "perps", file),
        pairs=records_of(PairParams, found, "pairs", file),
    )


def records_of(
    kind: type[Kept], fork: dict[str, Any], key: str, file: StateFile
) -> tuple[Kept, ...]:
    """Return the records under a key of a parsed fork. Raises InputError naming the key."""
    rows = fork.get(key)
    if not isinstance(rows, list):
        raise file.wrong_key(f"fork.{key}", "a list of objects")
    try:
        return tuple(record_of(kind, row) for row in rows)
    except ValueError as error:
        raise file.wrong_key(f"fork.{key}", "a list of objects") from error


def record_of(kind: type[Kept], row: Any) -> Kept:
    """Return a record from what it was written as. Raises ValueError for anything else."""
    hints = get_type_hints(kind)
    if not isinstance(row, dict) or row.keys() != hints.keys():
        raise ValueError(kind.__name__)
    return kind(**{name: value_of(hint, row[name]) for name, hint in hints.items()})


def value_of(hint: Any, value: Any) -> Any:
    """Return one field of a record. Raises ValueError for a value of another type."""
    if isinstance(hint, type) and is_dataclass(hint):
        return record_of(hint, value)
    if hint is Mode:
        return Mode(value)
    if type(value) not in (get_args(hint) or (hint,)):
        raise ValueError(hint)
    return value


def fingerprint(params: Params) -> str:
    """Return what tells parameters apart."""
    return sha256(repr(params).encode()).hexdigest()
