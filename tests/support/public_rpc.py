"""An RPC as the public ones of HyperEVM are: before a node, with all their limits."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

STATE = {
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_call": 1,
    "eth_estimateGas": 1,
}
SERVED = (
    *STATE,
    "eth_chainId",
    "net_version",
    "web3_clientVersion",
    "eth_blockNumber",
    "eth_getBlockByNumber",
    "eth_getBlockByHash",
    "eth_getTransactionByHash",
    "eth_getTransactionReceipt",
    "eth_getLogs",
    "eth_gasPrice",
    "eth_feeHistory",
)


@dataclass
class PublicRpc:
    """A server that passes on what a public RPC would, and refuses the rest."""

    node: str
    latest_only: bool = True
    log_blocks: int = 50
    call_gas: int | None = None
    """The most gas of a call, which is also what a call has that asks for none."""
    busy_every: int = 0
    """Each so many-th request is answered "too many requests"; zero for none."""
    dies_after: int | None = None
    """Requests after which no connection is answered."""
    says: tuple[int, bytes] | None = None
    """Status and body of every answer, whatever was asked."""
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Methods that no public RPC serves."""

    def __enter__(self) -> PublicRpc:
        rpc = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet an answer: a client would wait 40 ms for the second.
            wbufsize = 65_536

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                rpc.serve(self, body)

            def do_GET(self) -> None:
                # Where a websocket was asked for, too.
                self.send_response(405)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def die(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        message = json.loads(body)
        with self.lock:
            self.asked.append(message["method"])
            count = len(self.asked)
        if self.dies_after is not None and count > self.dies_after:
            handler.close_connection = True
            handler.connection.close()
            return
        status, text = self.says or (200, b"")
        if self.says is None:
            if self.busy_every and count % self.busy_every == 0:
                # By HTTP and by JSON-RPC in turn, as providers differ.
                if count // self.busy_every % 2:
                    status, text = 429, b"Too Many Requests"
                else:
                    text = failed(message, -32_005, "rate limited")
            else:
                text = self.answer(message)
        handler.send_response(status)
        if status == 429:
            handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)
        handler.wfile.flush()

    def answer(self, message: dict[str, Any]) -> bytes:
        method, params = message["method"], message.get("params", [])
        if method not in SERVED:
            self.refused.append(method)
            return failed(message, -32_601, f"the method {method} does not exist/is not available")
        place = STATE.get(method)
        tag = "latest" if place is None or len(params) <= place else params[place]
        if self.latest_only and tag not in ("latest", "pending"):
            return failed(message, -32_602, "invalid block height: only the latest is supported")
        if method == "eth_call" and len(params) > 2:
            return failed(message, -32_602, "state overrides are not supported")
        if method == "eth_call" and self.call_gas is not None:
            if int(params[0].get("gas", "0x0"), 16) > self.call_gas:
                return failed(message, -32_000, "gas limit exceeds what a call may have")
            params[0].setdefault("gas", hex(self.call_gas))
        if method == "eth_getLogs":
            first, last = (int(params[0][end], 16) for end in ("fromBlock", "toBlock"))
            if last - first >= self.log_blocks:
                told = f"query exceeds max block range {self.log_blocks}"
                return failed(message, -32_602, told)
        parts = urlsplit(self.node)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/", json.dumps(message), headers)
        text = connection.getresponse().read()
        connection.close()
        return text


def failed(message: dict[str, Any], code: int, text: str) -> bytes:
    """Return a JSON-RPC error."""
    error = {"code": code, "message": text}
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}).encode()
