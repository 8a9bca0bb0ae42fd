"""JSON-RPC over HTTP: the one place where bytes go to a node and come back.

A connection is kept open and shared by threads one request at a time. Reading is repeated once over
a connection that the node had closed meanwhile; sending is not.
"""

from __future__ import annotations

import http.client
import json
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pmkit.decimals import shown
from pmkit.errors import InputError, NodeRefused, NodeUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT = 30.0
"""Seconds that a node may take to answer."""
NO_URL = "what was given"
KEY_LENGTH = 16
"""Letters from which on a part of a URL may be a key."""
SENDING = ("eth_sendRawTransaction", "eth_sendTransaction")
"""Methods that must not be repeated when an answer is lost."""

Request = tuple[str, list[Any]]
"""Method and parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is used of a block."""

    number: int
    timestamp: int
    hash: str
    base_fee: int
    """Wei per gas; zero on chains that know no base fee."""


class Rpc:
    """A node, by its URL."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self.url = url
        self.place = shown_url(url)
        """The URL as messages have it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise InputError(place=self.place, problem="is not the URL of a node") from None
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise InputError(place=self.place, problem="is not an http or https URL of a node")
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, port, timeout=timeout)
        weakref.finalize(self, self._connection.close)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        with self._lock:
            self._connection.close()

    def request(self, method: str, *params: Any) -> Any:
        """Return a node's answer. Raises NodeUnavailable, NodeRefused."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._post(message, repeat=method not in SENDING)
        if not isinstance(answer, dict):
            raise NodeUnavailable(endpoint=self.place, problem="answered no JSON-RPC")
        return self._result(method, answer)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Return the answers of several reading requests; a refused one is its NodeRefused.

        Raises NodeUnavailable.
        """
        if not requests:
            return []
        messages = [
            {"jsonrpc": "2.0", "id": i, "method": method, "params": params}
            for i, (method, params) in enumerate(requests)
        ]
        answers = self._post(messages, repeat=True)
        if not isinstance(answers, list) or len(answers) != len(requests):
            raise NodeUnavailable(endpoint=self.place, problem="does not answer batches in full")
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        results: list[Any] = []
        for i, (method, _) in enumerate(requests):
            try:
                results.append(self._result(method, by_id.get(i, {})))
            except NodeRefused as refused:
                results.append(refused)
        return results

    def chain_id(self) -> int:
        """Return the chain's id."""
        return self._number("eth_chainId")

    def block(self, number: int | str = "latest") -> Block:
        """Return a block by number or tag. Raises NodeUnavailable for one that is not there."""
        tag = hex(number) if isinstance(number, int) else number
        found = self.request("eth_getBlockByNumber", tag, False)
        if found is None:
            raise NodeUnavailable(endpoint=self.place, problem=f"has no block {number}")
        try:
            return Block(
                number=int(found["number"], 16),
                timestamp=int(found["timestamp"], 16),
                hash=found["hash"],
                base_fee=int(found.get("baseFeePerGas", "0x0"), 16),
            )
        except (LookupError, TypeError, ValueError, AttributeError):
            raise self._odd("eth_getBlockByNumber", found) from None

    def block_number(self) -> int:
        """Return the latest block's number."""
        return self._number("eth_blockNumber")

    def code(self, address: str) -> bytes:
        """Return the code at an address, empty where there is none."""
        found = self.request("eth_getCode", address, "latest")
        try:
            return bytes.fromhex(found.removeprefix("0x"))
        except (ValueError, AttributeError):
            raise self._odd("eth_getCode", found) from None

    def _number(self, method: str) -> int:
        found = self.request(method)
        try:
            return int(found, 16)
        except (TypeError, ValueError):
            raise self._odd(method, found) from None

    def _odd(self, method: str, answer: Any) -> NodeUnavailable:
        """Return the error of an answer that no node of a chain gives."""
        told = shown(json.dumps(answer))
        return NodeUnavailable(endpoint=self.place, problem=f"answered {method} with {told}")

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        if "error" in answer:
            error = answer["error"]
            if not isinstance(error, dict) or not isinstance(error.get("code", 0), int):
                raise self._odd(method, error)
            raise NodeRefused(
                method=method,
                code=error.get("code", 0),
                message=str(error.get("message", "")),
                data=revert_text(error.get("data")),
            )
        if "result" not in answer:
            raise NodeUnavailable(endpoint=self.place, problem=f"gave no answer to {method}")
        return answer["result"]

    def _post(self, message: Any, *, repeat: bool) -> Any:
        body = json.dumps(message).encode()
        with self._lock:
            reused = self._connection.sock is not None
            try:
                text = self._exchange(body)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                # A node that is silent for the whole time allowed would be silent once more.
                if not (reused and repeat) or isinstance(error, TimeoutError):
                    raise NodeUnavailable(endpoint=self.place, problem=told(error)) from error
                try:
                    text = self._exchange(body)
                except (OSError, http.client.HTTPException) as again:
                    self._connection.close()
                    raise NodeUnavailable(endpoint=self.place, problem=told(again)) from again
        try:
            return json.loads(text)
        except ValueError as error:
            raise NodeUnavailable(endpoint=self.place, problem="answered no JSON") from error

    def _exchange(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", self._path, body, headers)
        with self._connection.getresponse() as response:
            return response.read()


def public_url(url: str) -> str | None:
    """Return a node's URL if nothing in it can be a secret, else None. SPEC DP-10.

    >>> public_url("https://rpc.example.org/evm")
    'https://rpc.example.org/evm'
    """
    parts = urlsplit(url)
    words = parts.path.split("/")
    words += [label for label in (parts.hostname or "").split(".") if any(map(str.isdigit, label))]
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return url if plain and all(len(word) < KEY_LENGTH for word in words) else None


def shown_url(url: str) -> str:
    """Return a node's URL without what may be a secret in it.

    >>> shown_url("https://me:pass@rpc.example.org:8545/v2/0123456789abcdef0123456789abcdef")
    'https://rpc.example.org:8545/...'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return NO_URL
    host = parts.netloc.rpartition("@")[2].split(".")
    hidden = ["..." if len(label) >= KEY_LENGTH else label for label in host]
    return public_url(url) or f"{parts.scheme}://{'.'.join(hidden)}/..."


def revert_text(data: Any) -> str | None:
    """Return revert data as hex text, wherever a node puts it."""
    if isinstance(data, dict):
        data = data.get("data")
    return data if isinstance(data, str) and data.startswith("0x") else None


def told(error: Exception) -> str:
    """Return what a failed connection says."""
    return f"cannot be reached ({type(error).__name__}: {error})"
