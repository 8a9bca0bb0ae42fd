"""The venue's own API replies, read exactly: an account bundle becomes an account."""

from __future__ import annotations

from pmkit.hyperliquid.bundle import read_bundle
from pmkit.hyperliquid.document import load_document

__all__ = ["load_document", "read_bundle"]
