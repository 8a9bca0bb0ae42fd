"""Requests to end that whatever runs just then would swallow.

Python asks to end by an exception in the midst of that. A destructor, as libraries have them,
prints it and forgets it: who asked once would wait for ever. And ctypes makes another error of it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from ctypes import ArgumentError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that may ask to end."""
SOON = 0.01
"""Seconds after which it is asked again; the destructor is over by then, or another is asked."""


class _Requests:
    """What was asked for. No lock: the handler may interrupt itself."""

    to_end = False


def hear(number: int, frame: FrameType | None) -> None:
    """Note a request to end, and raise KeyboardInterrupt; what a signal is handled by."""
    _Requests.to_end = True
    signal.default_int_handler(number, frame)


def was_asked_to_end(error: Exception) -> bool:
    """Whether an error is what ctypes has made of a request. Any other is a fault, asked or not."""
    return _Requests.to_end and isinstance(error, ArgumentError)


@contextmanager
def heard_everywhere() -> Iterator[None]:
    """Note requests by ctrl-C, and ask again where one came while nothing could be told of it."""
    before = sys.unraisablehook
    again: list[threading.Timer] = []
    _Requests.to_end = False
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )

    def look(lost: sys.UnraisableHookArgs) -> None:
        # Of those who are heard, any will do.
        heard = [number for number in REQUESTS if signal.getsignal(number) is hear]
        if not issubclass(lost.exc_type, KeyboardInterrupt) or not heard:
            before(lost)
            return
        timer = threading.Timer(SOON, os.kill, (os.getpid(), heard[0]))
        timer.daemon = True
        again.append(timer)
        timer.start()

    sys.unraisablehook = look
    if ours:
        signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()
        if ours and signal.getsignal(signal.SIGINT) is hear:
            signal.signal(signal.SIGINT, signal.default_int_handler)
