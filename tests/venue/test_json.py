"""A venue as JSON: exact, and read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from venue.stage import (
    set_prices,
)

from pmkit.errors import (
    InputError,
)
from pmkit.venue import Venue
from pmkit.venue.events import Swept


def test_json_leads_back_to_the_same_venue(venue: Venue) -> None:
    text = json.dumps(venue.to_json())
    read = Venue.from_json(json.loads(text))
    assert read.to_json() == venue.to_json()
    assert read.log == venue.log
    assert read.dump_storage() == venue.dump_storage()
    # And it goes on from there as the other one.
    for either in (venue, read):
        either.advance(3_600)
        set_prices(either, btc="120000")
        either.account("keeper").sweep("borrower")
    assert read.to_json() == venue.to_json()
    assert any(isinstance(event, Swept) for event in read.events)


def test_json_has_no_number_that_a_reader_could_round(venue: Venue) -> None:
    def numbers(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [n for one in value.values() for n in numbers(one)]
        if isinstance(value, list):
            return [n for one in value for n in numbers(one)]
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []

    assert numbers(venue.to_json()) == []


def broken(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return JSON with one place changed; None takes it away."""
    copy = json.loads(json.dumps(found))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "pmkit venue 0"),
        (("now",), 5),
        (("now",), "0"),
        (("now",), "007"),
        (("now",), None),
        (("extra",), "1"),
        (("names",), []),
        (("tables", "reserves", 0, 1, "cash"), "-1"),
        (("tables", "reserves", 0, 1, "cash"), str(2**128)),
        (("tables", "reserves", 0, 1, "cash"), "1.5"),
        (("tables", "reserves", 0, 1, "supply_index"), str(2**104)),
        (("tables", "reserves", 0, 1, "borrow_index"), str(2**104)),
        (("tables", "reserves", 0, 1, "buffer"), str(2**128)),
        (("tables", "reserves", 0, 1, "more"), "1"),
        (("tables", "accounts", 0, 1, "mode"), "3"),
        (("tables", "accounts", 0, 1, "exists"), "1"),
        (("tables", "accounts", 0, 0), "0x12"),
        (("tables", "accounts", 0), ["x"]),
        (("tables", "positions"), None),
        (("tables", "balances", 0, 0), ["0x" + "00" * 20]),
        (("tables", "tokens", 0, 0), "1"),
        (("tables", "account_list", 0), None),
        (("log", 3, "name"), "no_such_action"),
        (("log", 3, "args"), []),
        (("log", 3, "refusal"), {"name": "PmkitError", "values": {}}),
        (("log", 3, "time"), "x"),
    ],
)
def test_json_with_anything_wrong_is_refused_by_its_place(
    venue: Venue, path: tuple[Any, ...], value: Any
) -> None:
    with pytest.raises(InputError):
        Venue.from_json(broken(venue.to_json(), path, value))


def test_json_with_a_key_twice_is_refused(venue: Venue) -> None:
    found = venue.to_json()
    found["tables"]["accounts"].append(found["tables"]["accounts"][0])
    with pytest.raises(InputError, match="stands twice"):
        Venue.from_json(found)
