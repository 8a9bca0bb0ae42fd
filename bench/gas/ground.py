"""The chain that everything is measured on, and contracts on it that are not the venue's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from pmkit.chain.abi import Interface
from pmkit.chain.contracts import call_of
from pmkit.units import UINT256_MAX

if TYPE_CHECKING:
    from pmkit.chain import LocalVenue
    from pmkit.chain.artifacts import Artifact

DAY = 86_400
STEP_GAS = 25_000_000
"""Gas given to each transaction; more than any uses, and less than a block has."""
GAS_MONEY = 10**20


class Ground:
    """A local chain: people, tokens, time, and transactions that say what they cost."""

    def __init__(self, local: LocalVenue) -> None:
        self.local = local
        self.rpc = local.rpc

    def person(self, name: str) -> str:
        """Return an account of a name's own, that the node acts for and that can pay for gas."""
        account = to_checksum_address(keccak(text=f"pmkit bench: {name}")[-20:])
        self.rpc.request("anvil_impersonateAccount", account)
        self.rpc.request("anvil_setBalance", account, hex(GAS_MONEY))
        return account

    def erc20(self, token: str) -> str:
        """Return the address of a listed token's ERC-20, which all protocols are measured with."""
        return str(self.local.reader.listing.token(token).erc20)

    def give(self, who: str, token: str, units: int, spender: str) -> None:
        """Put units of an ERC-20 into a wallet and let a contract take any of them.

        The largest allowance is one that no transfer writes.
        """
        erc20 = self.erc20(token)
        admin = self.local.account("admin")
        self.send(admin, erc20, call_of("LocalToken", erc20, "mint", who, units).data)
        self.send(who, erc20, call_of("LocalToken", erc20, "approve", spender, UINT256_MAX).data)

    def send(self, sender: str, to: str | None, data: bytes) -> dict[str, Any]:
        """Send one transaction, a block of its own, and return its receipt."""
        call = {"from": sender, "data": f"0x{data.hex()}", "gas": hex(STEP_GAS)}
        if to is not None:
            call["to"] = to
        receipt: dict[str, Any] = self.rpc.request("eth_sendTransactionSync", call)
        if int(receipt["status"], 16) != 1:
            self.rpc.request("eth_call", call, "latest")  # raises with the reason
            raise AssertionError(f"a transaction to {to} failed, for no reason that repeats")
        return receipt

    def create(
        self, artifact: Artifact, *arguments: object, libraries: dict[str, str] | None = None
    ) -> Contract:
        """Deploy a contract that is not the venue's."""
        abi = ForeignInterface(artifact)
        code = artifact.linked(libraries or {}) + abi.encode_constructor(*arguments)
        receipt = self.send(self.local.account("admin"), None, code)
        address = to_checksum_address(receipt["contractAddress"])
        return Contract(ground=self, abi=abi, address=address)


class ForeignInterface(Interface):
    """The functions of a contract that does not come with pmkit."""

    def __init__(self, artifact: Artifact) -> None:
        self.name = artifact.name
        self.abi = artifact.abi
        self._answers = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A deployed contract that is not the venue's."""

    ground: Ground
    abi: ForeignInterface
    address: str

    def at(self, address: str) -> Contract:
        """Return a contract of the same kind at another address, as behind a proxy."""
        return Contract(ground=self.ground, abi=self.abi, address=address)

    def tell(self, sender: str, function: str, *arguments: object) -> int:
        """Call a function in a transaction and return the gas used."""
        data = self.abi.encode(function, *arguments)
        return int(self.ground.send(sender, self.address, data)["gasUsed"], 16)

    def ask(self, function: str, *arguments: object) -> Any:
        """Return a function's answer at the latest block."""
        data = self.abi.encode(function, *arguments)
        call = {"to": self.address, "data": f"0x{data.hex()}"}
        answer: str = self.ground.rpc.request("eth_call", call, "latest")
        return self.abi.decode(function, bytes.fromhex(answer.removeprefix("0x")))
