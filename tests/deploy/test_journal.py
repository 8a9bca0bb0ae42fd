"""A journal survives being torn off, and nothing else passes for one. SPEC DP-06, DP-07."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from pmkit.deploy.journal import Intent, Journal, Mined, read_progress
from pmkit.errors import InputError

INPUTS = {"roles.admin": "a", "chain_id": "1"}
FIRST = Intent(nonce=7, hash="0x01", raw="0x02")
DONE = Mined(hash="0x01", block=9, address="0xabc")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "registry.1-00.journal"


def written(path):
    with closing(Journal.open(path)) as journal:
        journal.begin(INPUTS)
        journal.sending("create Venue", FIRST)
        journal.mined("create Venue", DONE)
        journal.sending("list", FIRST)
    return path.read_bytes()


def test_journal_is_read_as_it_was_written(path):
    written(path)
    progress = read_progress(path)[0]
    assert progress.inputs == INPUTS
    assert progress.mined == {"create Venue": DONE}
    assert progress.intents["list"] == [FIRST]


def test_looking_at_a_journal_that_is_not_there_makes_none(path):
    assert read_progress(path)[0].inputs is None
    assert list(path.parent.iterdir()) == []


def test_journal_torn_off_at_any_byte_is_the_journal_of_before_that_line(path):
    whole = written(path)
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        lines = sum(end <= cut for end in ends)
        progress = read_progress(path)[0]
        assert (progress.inputs is not None) == (lines >= 1)
        assert bool(progress.intents.get("create Venue")) == (lines >= 2)
        assert bool(progress.mined) == (lines >= 3)


def test_what_was_torn_off_is_written_over(path):
    whole = written(path)
    path.write_bytes(whole[:-5])
    with closing(Journal.open(path)) as journal:
        journal.mined("list", DONE)
    assert [json.loads(line) for line in path.read_text().splitlines()][-1] == {
        "step": "list",
        "mined": {"hash": "0x01", "block": 9, "address": "0xabc"},
    }
    assert read_progress(path)[0].intents.get("list") is None


def test_step_that_was_lost_has_nothing_left_to_be_mined(path):
    written(path)
    with closing(Journal.open(path)) as journal:
        journal.lost("list")
        assert journal.progress.intents["list"] == []
    assert read_progress(path)[0].intents["list"] == []


def test_journal_of_another_run_is_refused_by_name(path):
    with closing(Journal.open(path)), pytest.raises(InputError, match="another deployment has"):
        Journal.open(path)
    Journal.open(path).close()


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "[]",
        "{}",
        '{"pmkit_deploy": 2, "inputs": {}}',
        '{"step": "a", "sending": {"nonce": 1}}',
        '{"step": "a", "mined": {"hash": "0x"}}',
        '{"step": "a", "mined": 1}',
        '{"big_blocks_before": 1}',
    ],
)
def test_damaged_journal_is_refused_with_its_line(path, line):
    whole = written(path).decode()
    for text, number in ((f"{line}\n{whole}", 1), (f"{whole}{line}\n", 5)):
        path.write_text(text)
        with pytest.raises(InputError, match=f"journal: line {number} is damaged"):
            read_progress(path)[0]


def test_journal_is_no_journal_after_its_first_line_is_gone(path):
    path.write_bytes(written(path).split(b"\n", 1)[1])
    with pytest.raises(InputError, match="line 1 is damaged"):
        read_progress(path)[0]


def test_other_inputs_are_refused_with_what_differs(path):
    written(path)
    progress = read_progress(path)[0]
    progress.require_same(INPUTS, "j")
    with pytest.raises(InputError, match=r"roles\.admin was a, is b; tokens\.X was absent, is c"):
        progress.require_same({**INPUTS, "roles.admin": "b", "tokens.X": "c"}, "j")
    many = {str(i): "x" for i in range(9)}
    with pytest.raises(InputError, match=r"\(and 8 more\)"):
        progress.require_same(many, "j")


def test_journal_that_cannot_be_written_is_an_error_of_the_input(path):
    with pytest.raises(InputError, match="cannot be written"):
        Journal.open(path.parent / "nowhere" / "j")
