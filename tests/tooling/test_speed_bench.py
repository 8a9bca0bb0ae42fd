"""The speed bench: what it measures, and that what is stored is whole and meets its goals."""

from __future__ import annotations

import json

import pytest

from bench.speed import __main__ as command
from bench.speed import blocks, front
from bench.speed.blocks import drifts_of
from bench.speed.measure import Goal, Measured, quantile, taken
from bench.speed.record import STORED, read, stored_of, write


def test_drift_is_counted_from_the_first_block_and_does_not_hide_by_adding_up():
    # A second late, in time, a second early: no mean of signed figures would tell.
    assert drifts_of([10.0, 12.0, 12.0, 12.0]) == [1_000, 0, -1_000]


def test_quantile_is_a_figure_that_was_measured():
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 0.01) == 1.0
    assert quantile([3.0, 1.0, 2.0], 1.0) == 3.0


def test_goal_is_missed_above_it():
    goals = tuple(Goal(figure=name, at_most=5.0) for name in ("at", "above"))
    measured = Measured(figures={"at": 5.0, "above": 5.001}, goals=goals)
    assert stored_of(measured, "c0de")["missed"] == ["above"]


def test_load_and_cpu_time_stand_beside_the_figures():
    with taken() as found:
        found.figures["mine"] = 1
    assert set(found.figures) == {"mine", "wall_s", "cpu_s", "load_before", "load_after"}


def test_what_is_measured_anew_leaves_the_rest_as_stored(tmp_path):
    path = tmp_path / "speed.json"
    write({"front": {"ms": 1}, "start": {"s": 1}}, path)
    write({"start": {"s": 2}}, path)
    assert read(path) == {"front": {"ms": 1}, "start": {"s": 2}}
    assert [kept.name for kept in tmp_path.iterdir()] == ["speed.json"]


def test_stored_figures_are_whole_and_meet_their_goals():
    stored = read(STORED)
    assert set(stored) == {"start", "front", "isolated", "blocks"}
    goals = {name: set(found["goals"].values()) for name, found in stored.items()}
    assert goals == {"start": {5.0}, "front": {1.0}, "isolated": {60.0}, "blocks": {50.0}}
    assert stored["blocks"]["blocks"] == 1_000
    assert stored["isolated"]["tests"] == 200
    assert [found["missed"] for found in stored.values()] == [[]] * 4


@pytest.mark.parametrize("arguments", [["no_subject"], ["--blocks", "9"]])
def test_unknown_subject_and_too_few_blocks_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert "there is no" in (told := capsys.readouterr().err) or "at least" in told


def test_missed_goal_is_told_and_ends_with_one(monkeypatch, tmp_path, capsys):
    slow = Measured(figures={"ms": 7}, goals=(Goal(figure="ms", at_most=1.0),))
    monkeypatch.setattr(front, "measure", lambda: slow)
    written: dict[str, dict[str, float]] = {}
    monkeypatch.setattr(command, "write", written.update)
    assert command.main(["front"]) == 1
    printed = capsys.readouterr()
    assert "misses its goal: front: ms" in printed.err
    assert written["front"]["ms"] == 7


@pytest.mark.slow
def test_blocks_are_watched_from_outside():
    found = blocks.measure(10)
    assert found.figures["blocks"] == 10
    # How large they are says how busy the machine is; tests/hyperevm/test_pace.py holds the rest.
    mean, worst = found.figures["drift_mean_ms"], found.figures["drift_worst_ms"]
    assert 0 <= mean <= found.figures["drift_p99_ms"] <= worst
    assert abs(found.figures["drift_at_the_end_ms"]) <= worst
    assert [goal.figure for goal in found.goals] == ["drift_mean_ms"]
    assert bool(found.missed()) is (mean > found.goals[0].at_most)


@pytest.mark.slow
def test_front_and_node_are_asked_by_turns(monkeypatch):
    monkeypatch.setattr(front, "TIMES", 50)
    found = front.measure()
    json.dumps(stored_of(found, None))
    assert found.figures["margin_of_front_ms"] > 0
