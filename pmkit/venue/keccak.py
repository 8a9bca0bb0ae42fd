"""The hash that addresses of sub-accounts follow from, without a chain library.

Keccak-256 as Ethereum uses it, with the padding of the original submission; the standard library
has only the later SHA-3.
"""

from __future__ import annotations

MASK = 2**64 - 1
RATE = 136
"""Bytes that are taken in before each round of mixing."""


def _round_constants() -> list[int]:
    """Return the constants of the 24 rounds, from the linear register that defines them."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            register = (register << 1) ^ (register >> 7) * 0x171
            if register & 2:
                constant ^= 1 << (1 << j) - 1
        constants.append(constant)
    return constants


ROUNDS = _round_constants()


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & MASK if by else lane


def _mixed(lanes: list[list[int]]) -> list[list[int]]:
    """Return the state after 24 rounds; lanes stand as [x][y]."""
    for constant in ROUNDS:
        parity = [a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] for a in lanes]
        for x in range(5):
            change = parity[x - 1] ^ _rotated(parity[(x + 1) % 5], 1)
            lanes[x] = [lane ^ change for lane in lanes[x]]
        x, y, current = 1, 0, lanes[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotated(current, (t + 1) * (t + 2) // 2 % 64)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        lanes[0][0] ^= constant
    return lanes


def words(*values: int) -> bytes:
    """Return numbers as the contracts' `abi.encode` lays them out, 32 bytes each."""
    return b"".join(value.to_bytes(32) for value in values)


def keccak256(data: bytes) -> bytes:
    """Return the hash of bytes.

    >>> keccak256(b"").hex()
    'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
    """
    padded = bytearray(data + bytes(RATE - len(data) % RATE))
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            at = start + 8 * i
            lanes[i % 5][i // 5] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _mixed(lanes)
    return b"".join(lanes[i][0].to_bytes(8, "little") for i in range(4))
