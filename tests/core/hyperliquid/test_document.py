"""JSON without surprises. SPEC HL-01."""

from __future__ import annotations

import json

import pytest

from pmkit.errors import InputError
from pmkit.hyperliquid.document import SIZE_LIMIT, load_document, parse_document


def refused(data: bytes) -> InputError:
    """Return the error that bytes give."""
    with pytest.raises(InputError) as failed:
        parse_document(data, "account.json")
    assert "\n" not in str(failed.value)
    return failed.value


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[" * 200_000, "is not JSON that can be read"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "is not JSON that can be read"),
    ],
    ids=["empty", "blank", "cut", "quotes", "binary", "deep", "digits"],
)
def test_text_that_is_not_json_is_refused_with_the_files_name(data, problem):
    error = refused(data)
    assert error.place == "account.json"
    assert problem in error.problem


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"a": {"b": [1, NaN]}}', "a.b[1]"),
        (b'{"a": -Infinity}', "a"),
        (b'{"a": {"": 1, "x y": Infinity}}', 'a["x y"]'),
        (b'{"states": {"xyz": 1, "xyz": 2}}', "states.xyz"),
        (b'{"a": 1, "a": 1}', "a"),
        (b'[{"a": 1, "a": 1}]', "bundle[0].a"),
    ],
)
def test_number_or_key_that_json_has_not_is_refused_at_its_place(data, place):
    assert refused(data).place == place


def test_numbers_with_a_point_stay_exact():
    node = parse_document(b'{"a": 0.1, "b": 1234567890123456789.01, "c": 1e2}', "x")
    assert node.at("a").units(30) == 10**29
    assert node.at("b").units(2) == 123456789012345678901
    with pytest.raises(InputError):
        node.at("c").units(2)


def test_file_larger_than_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(InputError, match=str(SIZE_LIMIT)):
        load_document(path)


def test_directory_or_absent_file_is_refused(tmp_path):
    for path, problem in ((tmp_path, "is a directory"), (tmp_path / "no.json", "no such file")):
        with pytest.raises(InputError, match=problem) as failed:
            load_document(path)
        assert failed.value.place == str(path)


def test_file_name_that_no_system_takes_is_refused(tmp_path):
    for name in ("x" * 5_000, "a\0b"):
        with pytest.raises(InputError, match="cannot be read"):
            load_document(tmp_path / name)


def test_file_of_json_is_read(tmp_path):
    path = tmp_path / "ok.json"
    path.write_text("\ufeff" + json.dumps({"a": "1.5"}), "utf-8")
    assert load_document(path).at("a").units(1) == 15
