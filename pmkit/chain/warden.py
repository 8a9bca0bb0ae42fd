"""A process between pmkit and its node, so that the node never outlives pmkit.

Run by path, with Python's standard library alone: `warden.py FOLDER PROGRAM ARGUMENT...`. It starts
the program and ends it when its own standard input closes, which the kernel sees to even when pmkit
is killed. Where the kernel can (Linux), the program also ends with the warden. FOLDER, which holds
the program's log, then goes too; it stays when the program ended by itself, for whoever asks why.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

POLL = 0.2
"""Seconds between two looks at the program; standard input is seen at once."""
GRACE = 3.0
"""Seconds that the program has to end by itself."""
PR_SET_PDEATHSIG = 1


def main(folder: str, command: list[str]) -> int:
    """Run the program until it ends or pmkit does, and return its exit code."""
    parent = os.getppid()
    # Whoever stops pmkit by its process group or terminal leaves the ending to pmkit.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent())
    try:
        while program.poll() is None:
            ready, _, _ = select.select([0], [], [], POLL)
            # A process forked off pmkit may keep the pipe open, so its parent's number counts too.
            if os.getppid() != parent or (ready and os.read(0, 64) == b""):
                break
    finally:
        if program.poll() is None:
            end(program)
            shutil.rmtree(folder, ignore_errors=True)
    return program.returncode


def end(program: subprocess.Popen[bytes]) -> None:
    """End the program, by force where it does not listen."""
    program.terminate()
    try:
        program.wait(GRACE)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def end_with_parent() -> Callable[[], None] | None:
    """Return what the child runs first, so that it ends even if the warden is killed."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        with contextlib.suppress(OSError):
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
