"""The invariants over many walks; each shard stands alone, so that every core has some."""

from __future__ import annotations

import pytest
from invariants.walk import Findings, walk


@pytest.mark.deep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(500_000, 500_400, 20))
def test_every_invariant_holds_over_many_walks(first: int) -> None:
    """SPEC IN-01 to IN-27."""
    found = Findings()
    walk(range(first, first + 20), 200, found)
    assert {rule: told for rule, told in found.broken.items() if told} == {}
