"""Dated presets of the venue's parameters, one TOML file each, and the loader of them. SPEC CR-05.

A preset lists tokens on top of `venue.toml` (metadata, pairs, dexes, perps, tiers, curve). A file
of one's own has the same form and may replace any entry of `venue.toml`, or add to it.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from pmkit.errors import InputError
from pmkit.params.build import Table, overlaid, params_of
from pmkit.policy import Params

PRESETS = ("pre-alpha", "alpha", "current")
"""Names of the shipped presets, oldest first."""
SIZE_LIMIT = 1_000_000
"""Largest parameter file read, bytes."""


def load_params(source: str | Path, over: Table | None = None, place: str = "") -> Params:
    """Return a preset by its name, or the parameters of a TOML file.

    Entries of `over`, of the same form, go over its own; `place` is what errors in them name.
    Raises InputError naming the file and the place in it.
    """
    if source in PRESETS:
        preset, name = shipped(f"{source}.toml"), f"{source}.toml"
    else:
        path = Path(source)
        if not path.is_file():
            known = ", ".join(PRESETS)
            raise InputError(
                place="params", problem=f"{source} is neither a preset ({known}) nor a file"
            )
        preset, name = read_toml(path), path.name
    params = params_of(preset, shipped("venue.toml"), place=name)
    if not over:
        return params
    return params_of(overlaid(preset, over, place), shipped("venue.toml"), place=place)


def shipped(name: str) -> Table:
    """Return a parameter file of the package, parsed."""
    return parse_toml(resources.files(__name__).joinpath(name).read_text("utf-8"), name)


def read_toml(path: Path) -> Table:
    """Return a file, parsed. Raises InputError."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            raise InputError(place=path.name, problem=f"is larger than {SIZE_LIMIT} bytes")
        return parse_toml(data.decode("utf-8"), path.name)
    except OSError as error:
        raise InputError(place=path.name, problem=f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(place=path.name, problem="is not UTF-8 text") from error


def parse_toml(text: str, place: str) -> Table:
    """Return TOML text as a table; numbers with a point stay text, so that none becomes a float."""
    try:
        return tomllib.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise InputError(place=place, problem=f"is not TOML: {error}") from error
