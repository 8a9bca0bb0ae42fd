"""The chain: a local node, the venue on it, one place that reads and one that writes.

Only `reader` asks the venue for figures and only `sender` sends transactions; both raise the named
errors of `pmkit.errors`. The core does not know that any of this exists.
"""

from __future__ import annotations

from pmkit.chain.actions import EVERYTHING
from pmkit.chain.deployment import Deployment
from pmkit.chain.local import LocalVenue
from pmkit.chain.node import Node
from pmkit.chain.reader import Reader
from pmkit.chain.rpc import Rpc
from pmkit.chain.sender import Receipt, Sender, Simulation
from pmkit.chain.signing import KeySigner, NodeSigner

__all__ = [
    "EVERYTHING",
    "Deployment",
    "KeySigner",
    "LocalVenue",
    "Node",
    "NodeSigner",
    "Reader",
    "Receipt",
    "Rpc",
    "Sender",
    "Simulation",
]
