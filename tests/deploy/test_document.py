"""A file of parameters is read strictly, and every error names the file and the key. SPEC DP-01."""

from __future__ import annotations

import pytest

from pmkit.deploy.document import parse_document, read_document
from pmkit.errors import InputError


def test_plain_values_are_what_they_look_like_and_no_more():
    text = """
    address: 0x00000000000000000000000000000000000000ff
    decimal: 0.10
    exponent: 1e3
    octal: 010
    date: 2026-08-19
    word: no
    number: 12
    minus: -3
    quoted: "12"
    yes: true
    nothing: null
    50: [a, {b: ~}]
    "": empty
    """
    assert parse_document(text, "f.yaml") == {
        "address": "0x00000000000000000000000000000000000000ff",
        "decimal": "0.10",
        "exponent": "1e3",
        "octal": "010",
        "date": "2026-08-19",
        "word": "no",
        "number": 12,
        "minus": -3,
        "quoted": "12",
        "yes": True,
        "nothing": None,
        "50": ["a", {"b": None}],
        "": "empty",
    }


WRONG = {
    "nothing": ("", "a table of parameters was expected"),
    "a list": ("[1]", "a table of parameters was expected"),
    "no YAML": ("a: [", "is not YAML: line"),
    "a tab": ("a:\n\t- b", "is not YAML: line 2"),
    "two documents": ("a: 1\n---\nb: 2", "is not YAML"),
    "a key twice": (
        "roles:\n  maker: a\n  maker: b",
        r"f\.yaml: roles\.maker: stands twice.*line 3",
    ),
    "a key twice at the top": ("a: 1\na: 1", r"f\.yaml: a: stands twice"),
    "an anchor": ("a: &x 1", "anchors are not known here"),
    "an alias of nothing": ("a: *x", "anchors are not known here"),
    "a merge key": ("a: &x {b: 1}\nc:\n  <<: *x", "anchors are not known here"),
    "a tag": ("a: !!float 1.5", r"f\.yaml: a: the tag .*float is not known"),
    "an object": ("a: !!python/object:os.system {}", "the tag .* is not known"),
    "a key that is a list": ("? [a]\n: 1", "a key must be text"),
    "a control character": ("a: \x01", "is not YAML"),
    "depth": ("[" * 100_000, "is not YAML"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_plain_table_is_refused_at_its_place(what):
    text, told = WRONG[what]
    with pytest.raises(InputError, match=told):
        parse_document(text, "f.yaml")


@pytest.mark.parametrize(
    ("data", "told"), [(b"\xff", "UTF-8"), (b"#" * 1_000_001, "larger than"), (None, "cannot be")]
)
def test_file_that_cannot_be_read_is_refused_by_name(tmp_path, data, told):
    path = tmp_path / "f.yaml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=rf"^f\.yaml: .*{told}"):
        read_document(path)
