"""One fresh market for every story, on the contracts and in plain integers at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.story import Story


@pytest.fixture
def story() -> Iterator[Story]:
    """Give the market; at the end the books of both sides agree, and nothing is lost or made."""
    told = Story.deploy()
    told.widen()
    yield told
    told.require_books()
