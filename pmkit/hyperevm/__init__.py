"""A HyperEVM before a node: its blocks, and HyperCore's side of them.

`Front` is a thin JSON-RPC server before anvil. It makes the blocks and passes everything else
through, so that any framework over plain JSON-RPC finds the chain it will be deployed to.
"""

from pmkit.hyperevm.blocks import Blocks
from pmkit.hyperevm.front import Front

__all__ = ["Blocks", "Front"]
