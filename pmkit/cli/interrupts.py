"""Requests to end that a destructor would swallow.

Python asks to end by an exception in whatever runs just then. In a destructor, as libraries have
them, it is printed and forgotten: who asked once would wait for ever.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that may ask to end."""
SOON = 0.01
"""Seconds after which it is asked again; the destructor is over by then, or another is asked."""


@contextmanager
def heard_everywhere() -> Iterator[None]:
    """Ask again to end where the request came while nothing could be told of it."""
    before = sys.unraisablehook
    again: list[threading.Timer] = []

    def look(lost: sys.UnraisableHookArgs) -> None:
        # Of those who are heard, any will do.
        heard = [n for n in REQUESTS if signal.getsignal(n) is signal.default_int_handler]
        if not issubclass(lost.exc_type, KeyboardInterrupt) or not heard:
            before(lost)
            return
        timer = threading.Timer(SOON, os.kill, (os.getpid(), heard[0]))
        timer.daemon = True
        again.append(timer)
        timer.start()

    sys.unraisablehook = look
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()
