"""A local node: anvil as a child process that ends with its parent, whatever ends the parent.

The node binds a free port itself and says which, so two nodes never race for one. Only processes
started here are ever ended.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pmkit.chain.rpc import Rpc
from pmkit.errors import NodeUnavailable
from pmkit.toolchain import find_anvil

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

HOST = "127.0.0.1"
HARDFORK = "cancun"
"""What HyperEVM runs; the venue's guard needs its transient storage."""
DEFAULT_CHAIN_ID = 31337
START_SECONDS = 30.0
STOP_SECONDS = 10.0
STATES_KEPT = 256
"""Blocks whose state can be read; older states would go to disk."""
LISTENING = re.compile(r"Listening on [0-9.]+:([0-9]+)", re.ASCII)
TAIL = 20
"""Lines of the log that a failure shows."""
WARDEN = Path(__file__).with_name("warden.py")


class Node:
    """A running anvil; a context manager that ends it."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
        self._process = process
        self._folder = folder
        self.port = port
        self.url = f"http://{HOST}:{port}"

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        chain_id: int = DEFAULT_CHAIN_ID,
        timestamp: int | None = None,
        extra: tuple[str, ...] = (),
        seconds: float = START_SECONDS,
        give_up: Callable[[], bool] = lambda: False,
    ) -> Node:
        """Start a node on loopback; port 0 takes a free one. `timestamp` dates the first block.

        It has so many `seconds` to come up, unless `give_up` says that it will not.
        Raises ToolMissing without anvil, NodeUnavailable when it does not come up.
        """
        anvil = find_anvil()
        if port != 0:
            refuse_taken(port)
        process = None
        folder = Path(tempfile.mkdtemp(prefix="pmkit-node-"))
        # From here on: whoever is interrupted leaves no folder behind.
        try:
            options = [
                *("--host", HOST, "--port", str(port), "--chain-id", str(chain_id)),
                *("--hardfork", HARDFORK, "--prune-history", str(STATES_KEPT)),
                *("--cache-path", str(folder), *extra),
            ]
            if timestamp is not None:
                options += ["--timestamp", str(timestamp)]
            with log_of(folder).open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(WARDEN), str(folder), str(anvil), *options],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            node = cls(process, folder, wait_for_port(process, folder, port, seconds, give_up))
            # A line per request would fill the disk of a chain that stays up.
            Rpc(node.url).request("anvil_setLoggingEnabled", False)
        except BaseException:
            if process is not None:
                end(process)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return node

    @property
    def running(self) -> bool:
        """Whether the node is still there."""
        return self._process.poll() is None

    def require_running(self) -> None:
        """Raise NodeUnavailable, with the end of its log, if the node has gone."""
        if not self.running:
            code = self._process.returncode
            problem = f"anvil ended with exit code {code}; {log_tail(self._folder)}"
            raise NodeUnavailable(endpoint=self.url, problem=problem)

    def close(self) -> None:
        """End the node, if it still runs, and remove its log."""
        end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Node:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def refuse_taken(port: int) -> None:
    """Raise NodeUnavailable if something listens on a port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise taken_port(port, error) from error


def taken_port(port: int, error: OSError) -> NodeUnavailable:
    """Return the error of a port that cannot be listened on."""
    why = os.strerror(error.errno) if error.errno else str(error)
    problem = f"port {port} cannot be used ({why}); choose another, or 0 for any"
    return NodeUnavailable(endpoint=f"http://{HOST}:{port}", problem=problem)


def wait_for_port(
    process: subprocess.Popen[bytes],
    folder: Path,
    asked: int,
    seconds: float,
    give_up: Callable[[], bool],
) -> int:
    """Return the port that the node says it listens on. Raises NodeUnavailable."""
    deadline = time.monotonic() + seconds
    while True:
        ended = process.poll() is not None
        if found := LISTENING.search(log_of(folder).read_text("utf-8", "replace")):
            return int(found[1])
        if ended or give_up() or time.monotonic() > deadline:
            how = f"exit code {process.returncode}" if ended else f"silent for {seconds:g} s"
            endpoint = f"http://{HOST}:{asked or '(any port)'}"
            problem = f"anvil did not start ({how}); {log_tail(folder)}"
            raise NodeUnavailable(endpoint=endpoint, problem=problem)
        time.sleep(0.005)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let the warden end the node, and wait until both have gone."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def log_of(folder: Path) -> Path:
    """Return where a node's log is."""
    return folder / "anvil.log"


def log_tail(folder: Path) -> str:
    """Return the end of a node's log."""
    lines = log_of(folder).read_text("utf-8", "replace").strip().splitlines()[-TAIL:]
    said = " | ".join(line.strip() for line in lines if line.strip())
    return f"its log ends: {said}" if said else "its log is empty"
