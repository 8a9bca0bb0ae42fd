"""The fixture of forks, where a fork cannot be made or ended. SPEC HE-20, HE-41."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import pytest

from pmkit.errors import InputError
from pmkit.hyperevm.local import HyperEvm
from pmkit.testing.plugin import Forks, fork, pmkit_forks

__all__ = ["fork", "pmkit_forks"]


class Fake:
    """What a fork is to the fixture."""

    def __init__(self, url, ended):
        self.url, self.ended = url, ended

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.append(self.url)
        if self.url == "bad":
            raise RuntimeError("the end of one")

    @contextmanager
    def scratch(self):
        yield


def test_fork_that_fails_is_told_in_one_line(fork):
    for url, told in (("http://127.0.0.1:1", "cannot be reached"), ("mainnet", "is not an http")):
        with pytest.raises(pytest.fail.Exception, match="pmkit has no fork for tests: ") as failed:
            fork(url)
        assert failed.value.pytrace is False
        assert told in str(failed.value)
        assert len(str(failed.value).splitlines()) == 1


def test_all_forks_end_even_where_the_end_of_one_fails(monkeypatch):
    ended: list[str] = []
    monkeypatch.setattr(HyperEvm, "fork", lambda url, **_: Fake(url, ended))
    ends = ExitStack()
    forks = Forks(ends)
    first, _, _, again = [forks.get(url, {}) for url in ("first", "bad", "last", "first")]
    assert first is again
    with pytest.raises(RuntimeError, match="the end of one"):
        ends.close()
    assert ended == ["last", "bad", "first"]


def test_fork_that_failed_is_tried_again_and_then_kept(monkeypatch):
    tried = []

    def made(url, **options):
        tried.append(options)
        if len(tried) == 1:
            raise InputError(place=url, problem="is busy")
        return Fake(url, [])

    monkeypatch.setattr(HyperEvm, "fork", made)
    with ExitStack() as ends:
        forks = Forks(ends)
        with pytest.raises(InputError):
            forks.get("there", {"block": 7})
        assert forks.get("there", {"block": 7}) is forks.get("there", {"block": 7})
        assert forks.get("there", {"block": 8}) is not forks.get("there", {"block": 7})
    assert tried == [{"block": 7}, {"block": 7}, {"block": 8}]
