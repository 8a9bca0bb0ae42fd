"""Files that are written whole or stay as they were."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pmkit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def write_at_one_stroke(path: Path, text: str) -> None:
    """Put a text in a file's place; whoever reads it meanwhile sees the old one or the new one.

    Where that fails, the old one stays, and nothing beside it. Raises InputError.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        problem = f"cannot be written: {error.strerror}"
        raise InputError(place=str(path), problem=problem) from error
