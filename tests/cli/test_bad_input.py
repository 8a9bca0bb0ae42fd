"""Wrong input, a row each: one clear line, its exit code, nothing half-started. SPEC HE-07."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict

import pytest
from click.testing import CliRunner

from pmkit.chain.node import HOST, Node
from pmkit.cli import BAD_INPUT, NO_CHAIN, main
from pmkit.hyperevm.state import FORMAT, SavedChain, fingerprint
from pmkit.params import load_params

UP = [sys.executable, "-c", "from pmkit.cli import main; main()", "up", "--json"]
SECONDS = 60
STRANGER = "0x" + "11" * 20
SAVED = {
    "pmkit_state": FORMAT,
    **asdict(
        SavedChain(
            chain_id=998,
            params=fingerprint(load_params("current").local()),
            blocks="instant",
            big=(),
            held=(),
            number=7,
            timestamp=1_800_000_000,
            node="0x00",
        )
    ),
}


def told_once(errors, told):
    """Require one line that names what is wrong, and no traceback."""
    assert errors.count("\n") == 1, errors
    assert errors.startswith("error: ")
    assert told in errors
    assert "Traceback" not in errors


def ended(tmp_path, *options):
    """Run `pmkit up` to its end; require that it left neither process nor file."""
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    process = subprocess.run(
        [*UP, *options],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout == ""
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    # Whatever it starts is told its folder.
    assert str(tmp_path) not in everything_running()
    return process.returncode, process.stderr


def everything_running():
    return subprocess.run(
        ["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True
    ).stdout


# What `pmkit up` is told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--params", "yesterday"), "neither a preset (pre-alpha, alpha, current) nor a file"),
        (("--params", "no/such.toml"), "neither a preset"),
        (("--port", "70000"), "'--port': 70000"),
        (("--port", "-1"), "'--port': -1"),
        (("--chain-id", "0"), "'--chain-id': 0"),
        (("--chain-id", "mainnet"), "'--chain-id': 'mainnet'"),
        (("--blocks", "slow"), "'slow' is not one of 'instant', 'hyper'"),
        (("--state", "no/such/folder/chain.json"), "chain.json.lock: cannot be written"),
        (("--deployment", "no/such/folder/venue.json"), "venue.json: cannot be written"),
        (("--fast",), "No such option: --fast"),
        (("now",), "unexpected extra argument (now)"),
    ],
)
def test_wrong_option_starts_nothing(tmp_path, options, told):
    code, errors = ended(tmp_path, "--port", "0", *options)
    assert code == BAD_INPUT
    told_once(errors, told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is no JSON"),
        (json.dumps(SAVED)[:60], "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        (b"\xff\xfe\x00", "is no text"),
        ('{"name": "somebody else\'s"}', "is no state of `pmkit up`"),
        ("7", "is no state of `pmkit up`"),
        ({**SAVED, "pmkit_state": FORMAT + 1}, f"in format {FORMAT}"),
        ({**SAVED, "pmkit_state": True}, f"in format {FORMAT}"),
        ({**SAVED, "number": "7"}, "number: a whole number was expected"),
        ({**SAVED, "node": None}, "node: text was expected"),
        ({**SAVED, "held": [7]}, "held: a list of texts was expected"),
        ({**SAVED, "params": "other"}, "was begun with other parameters"),
        ({**SAVED, "blocks": "hyper"}, "was begun with --blocks hyper"),
        # What the node makes of it shows only once there is one.
        (SAVED, "is damaged"),
        ({**SAVED, "node": "nothing"}, "is damaged"),
    ],
)
def test_wrong_state_is_left_as_it_is(tmp_path, content, told):
    path = tmp_path / "chain.json"
    data = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    code, errors = ended(tmp_path, "--port", "0", "--state", str(path))
    assert code == BAD_INPUT
    told_once(errors, told)
    assert str(path) in errors


def test_state_of_another_chain_id_is_left_as_it_is(tmp_path):
    path = tmp_path / "chain.json"
    path.write_text(json.dumps(SAVED), "utf-8")
    code, errors = ended(tmp_path, "--port", "0", "--state", str(path), "--chain-id", "999")
    assert code == BAD_INPUT
    told_once(errors, "holds chain 998, not 999")


def test_params_that_are_no_toml_start_nothing(tmp_path):
    path = tmp_path / "params.toml"
    path.write_text("{]", "utf-8")
    code, errors = ended(tmp_path, "--port", "0", "--params", str(path))
    assert code == BAD_INPUT
    told_once(errors, "params.toml")


def test_port_of_another_program_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = ended(tmp_path, "--port", str(port))
    assert code == NO_CHAIN
    told_once(errors, f"port {port} cannot be used (Address already in use)")


def test_second_instance_on_a_port_or_a_state_is_refused(tmp_path):
    place = tmp_path / "first"
    place.mkdir()
    state = place / "chain.json"
    first = subprocess.Popen(
        [*UP, "--port", "0", "--state", str(state)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )
    try:
        url = json.loads(first.stdout.readline())["rpc_url"]
        port = url.rpartition(":")[2]
        mine = tmp_path / "second"
        mine.mkdir()
        code, errors = ended(mine, "--port", port)
        assert code == NO_CHAIN
        told_once(errors, f"port {port} cannot be used")
        code, errors = ended(mine, "--port", "0", "--state", str(state))
        assert code == BAD_INPUT
        told_once(errors, "another pmkit up has this state")
        # The first one is none the worse for it.
        assert invoke("mine", "--rpc", url).exit_code == 0
    finally:
        first.terminate()
        first.communicate(timeout=SECONDS)
    assert [path.name for path in place.iterdir()] == ["chain.json"]


# What the other commands find


def invoke(*arguments):
    return CliRunner().invoke(main, list(arguments))


COMMANDS = (
    ("price",),
    ("price", "BTC=1"),
    ("mine",),
    ("warp", "1h"),
    ("actions",),
    ("accounts",),
    ("margin", STRANGER),
    ("supply", "USDC", "1"),
    ("order", "BTC", "1", "--buy"),
    ("liquidate", STRANGER),
)
"""Every kind of command that is about a chain."""


@pytest.fixture(autouse=True)
def no_deployment(monkeypatch):
    monkeypatch.delenv("PMKIT_DEPLOYMENT", raising=False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_node_ends_with_three(command):
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        url = f"http://{HOST}:{probe.getsockname()[1]}"
        # Bound, but nobody listens.
        result = invoke(*command, "--rpc", url)
    assert result.exit_code == NO_CHAIN
    told_once(result.output, f"{url}: cannot be reached")


@pytest.fixture(scope="module")
def plain_node():
    with Node.start() as node:
        yield node


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_node_of_somebody_else_ends_with_three(command, plain_node):
    result = invoke(*command, "--rpc", plain_node.url)
    assert result.exit_code == NO_CHAIN
    told_once(result.output, "the chain carries no record of one")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nothing", "is not an http or https URL"),
        ("ws://127.0.0.1:8545", "is not an http or https URL"),
        ("http://", "is not an http or https URL"),
        ("http://127.0.0.1:99999", "is not the URL of a node"),
        ("http://[::1", "is not the URL of a node"),
    ],
)
def test_url_of_nothing_ends_with_two(url, told):
    result = invoke("mine", "--rpc", url)
    assert result.exit_code == BAD_INPUT
    told_once(result.output, told)


@pytest.fixture
def stranger():
    """Give a web server that answers everything with what it is told to."""
    answers = [b""]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(answers[0])))
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def answer(body):
            answers[0] = body
            return f"http://{HOST}:{server.server_port}"

        yield answer
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>hello</html>", "answered no JSON"),
        (b"\xff", "answered no JSON"),
        (b"[]", "answered no JSON-RPC"),
        (b"null", "answered no JSON-RPC"),
        (b"{}", "gave no answer to eth_getCode"),
        (b'{"result": null}', "answered eth_getCode with 'null'"),
        (b'{"result": 7}', "answered eth_getCode with '7'"),
        (b'{"result": "0xzz"}', "answered eth_getCode with"),
        (b'{"result": {"code": "0x"}}', "answered eth_getCode with"),
        (b'{"error": "go away"}', "answered eth_getCode with"),
        (b'{"error": {"code": "x"}}', "answered eth_getCode with"),
    ],
)
def test_server_that_is_no_node_ends_with_three(stranger, body, told):
    result = invoke("mine", "--rpc", stranger(body))
    assert result.exit_code == NO_CHAIN
    told_once(result.output, told)


# What they are told about a chain that is there


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("price DOGE2=1", "there is no coin or token DOGE2"),
        ("price DOGE2=-5%", "there is no coin or token DOGE2"),
        ("price btc=1", "there is no coin or token btc"),
        ("price USDC=0.99", "there is no coin or token USDC"),
        ("price BTC=-5", "a price above zero was expected, found '-5'"),
        ("price BTC=0", "a price above zero was expected, found '0'"),
        ("price BTC=0.0", "a price above zero was expected"),
        ("price BTC=much", "a price above zero was expected"),
        ("price BTC=1e5", "a price above zero was expected"),
        ("price BTC=nan", "a price above zero was expected"),
        ("price BTC=inf", "a price above zero was expected"),
        ("price BTC=٣", "a price above zero was expected"),
        ("price BTC=x%", "COIN=±N%: 'BTC=x%' is not of the form BTC=-10%"),
        ("price BTC=%", "is not of the form BTC=-10%"),
        ("price BTC=--10%", "is not of the form BTC=-10%"),
        ("price BTC=-10%%", "is not of the form BTC=-10%"),
        ("price BTC=NaN%", "is not of the form BTC=-10%"),
        ("price BTC=-100%", "leaves no price above zero"),
        ("price BTC=-101%", "leaves no price above zero"),
        ("price BTC=-99.99999999%", "would round to zero"),
        ("price BTC=+999999999% BTC=1", "named twice"),
        ("price BTC", "not of the form BTC=100000"),
        ("price BTC=", "not of the form BTC=100000"),
        ("price =5", "not of the form BTC=100000"),
        ("price BTC=100000.01", "has more than 1 decimals"),
        ("price BTC=99999999999999999999", "beyond the venue's range of numbers"),
        ("price BTC=1 BTC=2", "named twice"),
        ("price BTC=-10% UBTC=-10%", "moves twice"),
        ("price UBTC=-10% BTC=90000", "moves twice"),
        ("price BTC=90000 UBTC=-10%", "UBTC: is named twice"),
        ("mine 0", "0 is not in the range"),
        ("mine -1", "-1 is not in the range"),
        ("mine soon", "'soon' is not a valid integer"),
        ("warp soon", "is not of the form 90s"),
        ("warp -1h", "is not of the form 90s"),
        ("warp 0s", "is not of the form 90s"),
        ("warp 1w", "is not of the form 90s"),
        ("warp 1.5h", "is not of the form 90s"),
        ("warp 999999999d", "is more than 100 years"),
        ("actions --user nobody", "--user: there is no account 'nobody'"),
        ("actions --user 0x12", "--user: '0x12' is no address"),
        ("actions --first 0", "0 is not in the range"),
        ("accounts --limit 0", "0 is not in the range"),
        ("liquidate nobody", "ACCOUNT: there is no account 'nobody'"),
        ("supply PEPE 1", "there is no token PEPE"),
        ("supply USDC 1e3", "is not a plain decimal number"),
        ("supply USDC 0", "must be above zero"),
        ("order PEPE 1 --buy", "PEPE"),
        ("order BTC 1", "say --buy or --sell"),
        ("order BTC 1 --buy --sell", "say --buy or --sell, not both"),
        ("liquidate 0x9965507D1a55bcC2695C58ba16FB37d819B0A4dC", "ACCOUNT: 0x9965507D"),
        (
            "actions --user 0x9965507D1a55bcC2695C58ba16FB37d819B0A4dd",
            "--user: 0x9965507D1a55bcC2695C58ba16FB37d819B0A4dd has a mistake: its capitals",
        ),
    ],
)
def test_wrong_word_changes_nothing_and_says_why(venue, command, told):
    before = venue.rpc.block()
    name, *words = command.split()
    options = [word for word in words if word.startswith("--")]
    if not options:
        words = ["--", *words]
    result = invoke(name, "--rpc", venue.node.url, *words)
    assert result.exit_code == BAD_INPUT, result.output
    told_once(result.output, told)
    assert venue.rpc.block() == before
