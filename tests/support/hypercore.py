"""The small market with HyperEVM around it: the stand-ins where contracts look for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address

from pmkit.hypercore import addresses
from pmkit.hypercore.core_actions import encode_action
from pmkit.hypercore.precompiles import decode_output, encode_input, precompile
from support.evm import Contract, InProcessEvm
from support.venue import EVERYTHING, HYPE, KEEPER, Market

QUEUED, APPLIED, FAILED, NOT_MODELLED, DROPPED, RESTING, CANCELLED = range(7)
STIPEND = 3_000_000
PLENTY = 10**30


@dataclass
class Answer:
    """What a precompile did with a call."""

    ok: bool
    data: bytes
    gas: int


@dataclass
class HyperMarket(Market):
    """A market that contracts reach as they do on HyperEVM."""

    core: Contract = field(init=False)
    writer: Contract = field(init=False)
    wallet: Contract = field(init=False)
    user: Contract = field(init=False)
    """A contract of somebody else's."""

    @classmethod
    def deploy(cls) -> Self:
        market = super().deploy()
        evm, venue = market.evm, market.venue.address
        market.core = evm.put("HyperCore", addresses.HYPER_CORE, venue)
        evm.put("CoreReader", addresses.CORE_READER, venue)
        market.writer = evm.put("CoreWriter", addresses.CORE_WRITER)
        evm.put("HypeSystem", addresses.HYPE_SYSTEM)
        market.wallet = evm.put("CoreDepositWallet", addresses.CORE_DEPOSIT_WALLET)
        for number in range(addresses.FIRST_PRECOMPILE, addresses.LAST_PRECOMPILE + 1):
            evm.put("Precompile", addresses.precompile_address(number))
        for token, erc20 in market.erc20.items():
            if token != HYPE:
                owner = addresses.system_address(token)
                erc20("approve", addresses.HYPER_CORE, EVERYTHING, sender=owner)
        market.user = evm.deploy("CoreUser")
        return market

    @classmethod
    def create_erc20(cls, evm: InProcessEvm, token: int, decimals: int) -> Contract:
        if token != HYPE:
            return super().create_erc20(evm, token, decimals)
        erc20 = evm.put("WrappedHype", addresses.WRAPPED_HYPE)
        evm.evm.set_balance(erc20.address, PLENTY)
        return erc20

    # What contracts do

    def act(self, *actions: bytes, sender: str | None = None) -> int:
        """Let the contract, or a wallet, ask for actions; return the first one's number."""
        _, before = self.core("actions", 1, 0)
        if sender is None:
            self.user("act", list(actions))
        else:
            for action in actions:
                self.writer("sendRawAction", action, sender=sender)
        return int(before) + 1

    def read(self, name: str, *args: Any) -> dict[str, Any]:
        """Return what a precompile answers to the contract, by field name."""
        answer = self.try_read(precompile(name).address, encode_input(name, *args))
        assert answer.ok, f"{name}{args} failed"
        return decode_output(name, answer.data)

    def try_read(self, address: str, data: bytes, stipend: int = STIPEND) -> Answer:
        """Let the contract read a precompile."""
        return Answer(*self.user("readWithin", address, data, stipend))

    # What the node's front does

    def step(self, *bridged: tuple[str, str, int]) -> None:
        """Take a step of Core."""
        self.core("applyBlock", list(bridged), sender=addresses.SYSTEM)

    def deliver(self) -> None:
        """Make what is to be delivered in the next EVM block."""
        deliveries = self.core("pendingDeliveries")
        for made in deliveries:
            if int(made["token"], 16) == 0:
                self.move_native(made["from"], made["to"], made["amount"])
            else:
                (token,) = (
                    erc20 for erc20 in self.erc20.values() if erc20.address.lower() == made["token"]
                )
                token("transfer", made["to"], made["amount"], sender=made["from"])
        self.core("delivered", len(deliveries), sender=addresses.SYSTEM)

    def native(self, account: str) -> int:
        """Return native HYPE, 1e-18."""
        held: int = self.evm.evm.get_balance(account)
        return held

    def move_native(self, owner: str, to: str, amount: int) -> None:
        """Move native HYPE as a system transaction: an address with code sends no other."""
        self.evm.evm.set_balance(owner, self.native(owner) - amount)
        self.evm.evm.set_balance(to, self.native(to) + amount)

    def set_core(self, order_delay: int = 0, activation_fee: int = 0) -> None:
        """Set what the system sender may set."""
        self.core("setCore", order_delay, activation_fee, sender=addresses.SYSTEM)

    # What came of it

    def record(self, number: int) -> dict[str, Any]:
        """Return an action's record."""
        (found,), _ = self.core("actions", number, 1)
        return dict(found)

    def outcome(self, number: int) -> tuple[int, str | None, tuple[Any, ...]]:
        """Return how far an action has come, and the name and numbers of what refused it."""
        found = self.record(number)
        if not found["reason"]:
            return found["status"], None, ()
        reverted = self.evm.revert_of(f"Revert output: 0x{found['reason'].hex()}")
        return found["status"], reverted.name, reverted.values

    def done(self, name: str, sender: str | None = None, /, **fields: Any) -> None:
        """Ask for an action, take a step, and require that it was applied."""
        outcome = self.ended(name, sender, **fields)
        assert outcome == (APPLIED, None, ()), outcome

    def ended(
        self, name: str, sender: str | None = None, /, **fields: Any
    ) -> tuple[int, str | None, tuple[Any, ...]]:
        """Ask for an action, take a step, and return how it ended."""
        number = self.act(encode_action(name, **fields), sender=sender)
        self.step()
        return self.outcome(number)

    def stored(self, account: str, token: int) -> tuple[int, int]:
        """Return idle balance, and supply less debt, of an account's token."""
        for t in self.account(account)["tokens"]:
            if t["token"] == token:
                return t["idle"], t["supplied"] - t["borrowed"]
        return 0, 0

    def on_core(self, token: int, amount: int, account: str | None = None) -> str:
        """Give an account, the contract unless said, spot balance; return it checksummed."""
        whose = self.user.address if account is None else account
        self.fund(KEEPER, token, amount)
        self.venue("deposit", token, amount, whose, sender=KEEPER)
        return to_checksum_address(whose)


def words(*types_and_values: tuple[str, Any]) -> bytes:
    """Return encoded values."""
    return encode([t for t, _ in types_and_values], [v for _, v in types_and_values])
