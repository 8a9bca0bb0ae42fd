"""Bad input to `pmkit margin`: exit code 2, one line that names the place, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner
from core.bundles import ACCOUNTS, SHORT_BOOK, changed, recorded

import pmkit.cli
from pmkit.cli import LazyGroup, main
from pmkit.errors import ChainError, InputError, NodeUnavailable, PriceMissing, ToolMissing

GOOD = str(ACCOUNTS / f"{SHORT_BOOK}.json")
ADDRESS = "0x" + "ab" * 20


def failure(*arguments):
    """Run `pmkit margin`, which must refuse its input in one line, and return the line."""
    result = CliRunner().invoke(main, ["margin", *arguments])
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    lines = result.output.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"not json", "is not JSON"),
        (b"[]", "bundle: an object was expected"),
        (b"null", "bundle: an object was expected"),
        (b"{}", "userAbstraction: is missing"),
        (b"\x80", "is not UTF-8"),
    ],
)
def test_file_that_is_no_bundle_is_refused(tmp_path, content, words):
    path = tmp_path / "account.json"
    path.write_bytes(content)
    assert words in failure(str(path))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("spotClearinghouseState", "balances", 0, "total"), "NaN", "balances[0].total"),
        (("borrowLendReserveStates", 1), ..., "token 197 (UBTC) has no oraclePx"),
        (("meta", "marginTables"), [], "meta.marginTables: has no table 56"),
        (("borrowLendUserState",), ..., "borrowLendUserState: is missing"),
        (("clearinghouseStates",), {}, 'clearinghouseStates[""]: is missing'),
    ],
)
def test_bundle_that_is_wrong_is_refused_at_its_place(tmp_path, path, value, words):
    file = tmp_path / "account.json"
    file.write_text(json.dumps(changed(recorded(SHORT_BOOK), path, value)), "utf-8")
    assert words in failure(str(file), "--json")


def test_dex_named_twice_is_refused(tmp_path):
    text = json.dumps(recorded(SHORT_BOOK)).replace(
        '"clearinghouseStates": {', '"clearinghouseStates": {"": {}, ', 1
    )
    file = tmp_path / "account.json"
    file.write_text(text, "utf-8")
    assert 'clearinghouseStates[""]: this key appears twice' in failure(str(file))


def test_file_that_is_too_large_absent_or_a_directory_is_refused(tmp_path):
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(50_000_000)
    assert "10000000 bytes" in failure(str(huge))
    assert "no such file" in failure(str(tmp_path / "absent.json"))
    assert "is a directory" in failure(str(tmp_path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--shock", "BTC"), "--shock"),
        (("--shock", "BTC=-100%"), "leaves no price above zero"),
        (("--shock", "PURR=-10%"), "no perp coin 'PURR'"),
        (("--shock", "BTC=1%", "--shock", "BTC=1%"), "twice"),
        (("--params", "beta"), "pre-alpha, alpha, current"),
        (("--reading", "mine"), "recorded"),
        (("--rpc", "http://localhost:1"), "--rpc goes with an address"),
        (("--deployment", "x.json"), "--deployment goes with an address"),
        (("--jsn",), "--jsn"),
        (("another",), "another"),
    ],
)
def test_option_that_is_wrong_is_refused(options, words):
    assert words in failure(GOOD, *options)


def test_params_file_that_is_wrong_names_its_own_place(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ndate = "2026-01-01"\n[tokens.UBTC]\nlisted = 1\n', "utf-8")
    assert "mine.toml: tokens.UBTC.listed" in failure(GOOD, "--params", str(path))


def test_address_without_a_node_to_ask_is_refused():
    assert "--rpc" in failure(ADDRESS)


@pytest.mark.parametrize("params", ["current", "pre-alpha"])
def test_params_with_an_address_are_refused_even_the_usual_ones(params):
    said = failure(ADDRESS, "--rpc", "http://127.0.0.1:1", "--params", params)
    assert "--params goes with a file" in said


def test_deployment_of_the_environment_stands_in_no_files_way(monkeypatch):
    # It is for all commands; nobody named it for this one.
    monkeypatch.setenv("PMKIT_DEPLOYMENT", "x.json")
    assert CliRunner().invoke(main, ["margin", GOOD, "--json"]).exit_code == 0


def test_account_missing_or_unknown_command_is_a_usage_error():
    assert "ACCOUNT" in failure()
    result = CliRunner().invoke(main, ["margn"])
    assert result.exit_code == 2
    assert "margn" in result.output


def test_failure_goes_to_stderr_and_nothing_to_stdout():
    done = subprocess.run(
        [sys.executable, "-c", "from pmkit.cli import main; main()", "margin", "absent.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: absent.json: there is no such file\n"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (PriceMissing(token=5), 1),
        (InputError(place="here", problem="is wrong"), 2),
        (ChainError("no answer"), 3),
        (NodeUnavailable(endpoint="ipc", problem="gone"), 3),
        (ToolMissing(tool="anvil", needed_for="a chain", remedy="Install it."), 3),
        (KeyboardInterrupt(), 130),
        (click.UsageError("bad\nusage"), 2),
        (ZeroDivisionError("oops"), 70),
    ],
)
def test_failure_of_each_kind_has_its_exit_code_and_one_line(raised, code, monkeypatch):
    @click.command()
    def broken():
        raise raised

    group = LazyGroup(name="pmkit")
    monkeypatch.setattr(group, "get_command", lambda _ctx, _name: broken)
    result = CliRunner().invoke(group, ["broken"])
    assert result.exit_code == code
    # After ^C a line is opened first, so that the word does not stand behind it.
    assert len(result.output.strip().splitlines()) == 1
    assert result.output.strip().startswith("error: ")


def test_fault_with_debug_shows_where_it_came_from(monkeypatch):
    @click.command()
    def broken():
        raise ZeroDivisionError

    group = LazyGroup(name="pmkit", params=[click.Option(["--debug"], is_flag=True)])
    group.callback = lambda debug: None
    monkeypatch.setattr(group, "get_command", lambda _ctx, _name: broken)
    with pytest.raises(ZeroDivisionError):
        group.main(["--debug", "broken"])


def test_commands_are_listed_only_where_their_modules_are():
    context = click.Context(main)
    assert "margin" in main.list_commands(context)
    for name in main.list_commands(context):
        assert isinstance(main.get_command(context, name), click.Command), name
    assert set(main.list_commands(context)) <= set(pmkit.cli.COMMANDS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_refused(tmp_path):
    path = tmp_path / "secret.json"
    path.touch(mode=0o000)
    assert "cannot be read" in failure(str(path))
