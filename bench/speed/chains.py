"""`pmkit up` as a process of its own, as users have it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pmkit.chain.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

END_SECONDS = 30


@contextmanager
def running(*options: str) -> Iterator[Deployment]:
    """Give the venue of a chain that is ready; it is ended afterwards."""
    command = [sys.executable, "-m", "pmkit", "up", "--json", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise AssertionError(f"pmkit up ended with {process.wait()} before it was ready")
        yield Deployment.from_json(json.loads(line), "pmkit up")
    finally:
        # Not SIGINT, which whatever runs in a shell's background ignores.
        process.terminate()
        try:
            process.communicate(timeout=END_SECONDS)
        finally:
            process.kill()
