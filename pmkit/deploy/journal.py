"""What a deployment has signed and what came of it, written before the next thing is done.

One JSON object a line, each on the disk before a transaction leaves: whatever is killed at whatever
moment, the next run finds the signed bytes of all that a node may have, and hands in the same bytes
again, which a chain takes at most once. A last line without its end was never acted on. SPEC DP-06.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from pmkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
SIZE_LIMIT = 100 * 2**20
SHOWN = 3
"""Differences that a message names; it counts the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A signed transaction that may have been sent."""

    nonce: int
    hash: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """A transaction that did what it should."""

    hash: str
    block: int
    address: str | None
    """Of the contract that it created."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """What a journal says."""

    inputs: dict[str, str] | None = None
    """What the deployment was begun with; None before it was."""
    intents: dict[str, list[Intent]] = field(default_factory=dict)
    """By step: what may still be mined."""
    mined: dict[str, Mined] = field(default_factory=dict)
    big_blocks_before: bool | None = None
    """How the deployer's flag for big blocks was before it was changed; None: it is as it was."""

    def require_same(self, inputs: Mapping[str, str], place: str) -> None:
        """Raise InputError, naming what differs, unless it was begun with these. SPEC DP-07."""
        if self.inputs is None or self.inputs == inputs:
            return
        odd = [
            f"{key} was {self.inputs.get(key, 'absent')}, is {inputs.get(key, 'absent')}"
            for key in sorted(self.inputs.keys() | inputs.keys())
            if self.inputs.get(key) != inputs.get(key)
        ]
        more = f" (and {len(odd) - SHOWN} more)" if len(odd) > SHOWN else ""
        told = "; ".join(odd[:SHOWN]) + more
        raise InputError(place=place, problem=f"was begun with other parameters: {told}")

    def take(self, record: Mapping[str, Any]) -> None:
        """Take in one record. Raises KeyError, TypeError, ValueError for one that is none."""
        match record:
            case {"pmkit_deploy": number, "inputs": dict(inputs)} if self.inputs is None:
                if number != FORMAT:
                    raise ValueError(f"format {number}")
                self.inputs = {str(key): str(value) for key, value in inputs.items()}
            case {"big_blocks_before": before} if before is None or isinstance(before, bool):
                self.big_blocks_before = before
            case {"step": str(step), "sending": dict(sent)} if self.inputs is not None:
                intent = Intent(nonce=int(sent["nonce"]), hash=sent["hash"], raw=sent["raw"])
                self.intents.setdefault(step, []).append(intent)
            case {"step": str(step), "mined": dict(done)} if self.inputs is not None:
                self.mined[step] = Mined(
                    hash=done["hash"], block=int(done["block"]), address=done["address"]
                )
            case {"step": str(step), "lost": list()} if self.inputs is not None:
                self.intents[step] = []
            case _:
                raise ValueError("it is no record of a deployment, or out of order")


class Journal:
    """The journal of one deployment on one chain, and the lock on it."""

    def __init__(self, path: Path, lock: IO[str], progress: Progress, length: int) -> None:
        self.path = path
        self.progress = progress
        self._lock = lock
        self._length = length
        """Bytes of whole lines."""

    @classmethod
    def open(cls, path: Path) -> Journal:
        """Take a journal, which need not be there yet. Raises InputError."""
        beside = path.with_name(f"{path.name}.lock")
        try:
            lock = beside.open("w", encoding="ascii")
        except OSError as error:
            problem = f"cannot be written: {error.strerror}"
            raise InputError(place=str(beside), problem=problem) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, lock, *read_progress(path))
        except BlockingIOError:
            lock.close()
            problem = "another deployment has this journal; wait for it, or end it"
            raise InputError(place=str(path), problem=problem) from None
        except BaseException:
            lock.close()
            raise

    def begin(self, inputs: Mapping[str, str]) -> None:
        """Note what the deployment is begun with, unless that is noted."""
        if self.progress.inputs is None:
            self.append({"pmkit_deploy": FORMAT, "inputs": dict(inputs)})

    def sending(self, step: str, intent: Intent) -> None:
        """Note a signed transaction; it may be sent once this returns."""
        sent = {"nonce": intent.nonce, "hash": intent.hash, "raw": intent.raw}
        self.append({"step": step, "sending": sent})

    def mined(self, step: str, done: Mined) -> None:
        """Note that a step is done."""
        told = {"hash": done.hash, "block": done.block, "address": done.address}
        self.append({"step": step, "mined": told})

    def lost(self, step: str) -> None:
        """Note that none of a step's transactions will ever do what it should."""
        self.append({"step": step, "lost": [i.hash for i in self.progress.intents.get(step, [])]})

    def big_blocks(self, before: bool | None) -> None:
        """Note how the flag was before it is changed; None: it is as it was again."""
        self.append({"big_blocks_before": before})

    def append(self, record: Mapping[str, Any]) -> None:
        """Put a record on the disk. Raises InputError when it cannot be written."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        try:
            with self.path.open("ab") as file:
                # Whatever follows the last whole line was torn off while it was written.
                file.truncate(self._length)
                file.seek(self._length)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if self._length == 0:
                sync_folder(self.path.parent)
        except OSError as error:
            problem = f"cannot be written: {error.strerror}"
            raise InputError(place=str(self.path), problem=problem) from error
        self._length += len(line)
        self.progress.take(record)

    def close(self) -> None:
        """Let go of the journal; the lock beside it stays, empty."""
        self._lock.close()


def read_progress(path: Path) -> tuple[Progress, int]:
    """Return what a journal says, and its length in bytes of whole lines; nothing without a file.

    Raises InputError for one that is damaged.
    """
    progress = Progress()
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise InputError(place=str(path), problem=f"is larger than {SIZE_LIMIT} bytes")
        data = path.read_bytes()
    except FileNotFoundError:
        return progress, 0
    except OSError as error:
        raise InputError(place=str(path), problem=f"cannot be read: {error.strerror}") from error
    lines = data.split(b"\n")
    torn_off = lines.pop()
    for i, line in enumerate(lines):
        try:
            record = json.loads(line)
            progress.take(record if isinstance(record, dict) else {})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            told = " ".join(str(error).split())
            problem = f"line {i + 1} is damaged ({told}); restore the file from a copy"
            raise InputError(place=str(path), problem=problem) from error
    return progress, len(data) - len(torn_off)


def sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
