"""Recorded bundles, and the bundle of an account that a test writes down."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from pmkit.hyperliquid.bundle import read_bundle
from pmkit.hyperliquid.document import parse_document
from pmkit.params import load_params
from pmkit.view import AccountView

ACCOUNTS = Path(__file__).parents[1] / "fixtures" / "accounts"
SHORT_BOOK = "btc_collateral_short_book"
CROSS_LONGS = "cross_longs"

Bundle = dict[str, Any]


def recorded(name: str) -> Bundle:
    """Return a recorded bundle, free to be changed."""
    found: Bundle = json.loads((ACCOUNTS / f"{name}.json").read_text("utf-8"))
    return found


def read(bundle: Bundle, params: str = "current") -> AccountView:
    """Return the account of a bundle."""
    return read_bundle(
        parse_document(json.dumps(bundle).encode(), "bundle.json"), load_params(params)
    )


def changed(bundle: Bundle, path: tuple[str | int, ...], value: object) -> Bundle:
    """Return a bundle with the value at a path put in place; `...` takes the key or element out."""
    copy: Any = deepcopy(bundle)
    spot = copy
    for step in path[:-1]:
        spot = spot[step]
    if value is ...:
        del spot[path[-1]]
    else:
        spot[path[-1]] = value
    result: Bundle = copy
    return result


def of_mode(bundle: Bundle, word: str) -> Bundle:
    """Return a bundle whose account is in another mode, in all that says so."""
    told = changed(bundle, ("userAbstraction",), word)
    if "portfolioMarginEnabled" in told["spotClearinghouseState"]:
        told["spotClearinghouseState"]["portfolioMarginEnabled"] = word == "portfolioMargin"
    return told
