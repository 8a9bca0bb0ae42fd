"""Sets of listing indexes in one number: bit i stands for index i. Twin of `Bitmap.sol`."""

from __future__ import annotations

from functools import lru_cache


def having(bitmap: int, index: int) -> int:
    """Return the set with an index."""
    return bitmap | 1 << index


def without(bitmap: int, index: int) -> int:
    """Return the set without an index."""
    return bitmap & ~(1 << index)


@lru_cache(maxsize=4_096)
def members(bitmap: int) -> tuple[int, ...]:
    """Return the indexes of a set, ascending.

    >>> members(0b1010)
    (1, 3)
    """
    return tuple(i for i in range(bitmap.bit_length()) if bitmap >> i & 1)


def rank(bitmap: int, index: int) -> int:
    """Return how many indexes of the set lie below `index`.

    >>> rank(0b1010, 3)
    1
    """
    return (bitmap & (1 << index) - 1).bit_count()
