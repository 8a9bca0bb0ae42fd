"""The vault on the local chain that pmkit's fixtures give, called as on any chain, by web3."""

import pytest
from build import compiled
from web3 import Web3

HYPE = 10**18
USDC = 10**6
CREATION_GAS = 5_000_000
"""More than a small block of the chain has; estimates there are bounded by it."""
OPENING = 5 * USDC
"""What the owner opens the vault's account on Core with."""


class Caller:
    """Calls one contract; the node signs for whoever calls."""

    def __init__(self, web3, address, abi):
        self.contract = web3.eth.contract(address=address, abi=abi)
        self.address = address
        self.web3 = web3

    def send(self, who, function, *arguments, value=0):
        """Send a call as somebody and return its receipt. Raises what it reverts with."""
        call = self.contract.functions[function](*arguments)
        # The estimate runs the call, so that what it reverts with is raised here.
        fields = {"from": who, "value": value}
        sent = call.transact({**fields, "gas": call.estimate_gas(fields) * 3 // 2})
        receipt = self.web3.eth.wait_for_transaction_receipt(sent)
        assert receipt["status"] == 1
        return receipt

    def ask(self, function, *arguments, block="latest"):
        """Return what a view says in a block."""
        return self.contract.functions[function](*arguments).call(block_identifier=block)

    def try_out(self, who, function, *arguments, block="latest"):
        """Call as somebody in a block, and change nothing. Raises what it reverts with."""
        self.contract.functions[function](*arguments).call({"from": who}, block_identifier=block)

    def error(self, name):
        """Return the selector of a custom error, by which web3 tells of it."""
        (found,) = [e for e in self.contract.abi if e["type"] == "error" and e["name"] == name]
        types = ",".join(one["type"] for one in found["inputs"])
        return Web3.keccak(text=f"{name}({types})")[:4].to_0x_hex()


ERC20 = [
    {
        "type": "function",
        "name": name,
        "stateMutability": kind,
        "inputs": [{"name": "", "type": type_} for type_ in inputs],
        "outputs": [{"name": "", "type": output}],
    }
    for name, kind, inputs, output in (
        ("approve", "nonpayable", ("address", "uint256"), "bool"),
        ("balanceOf", "view", ("address",), "uint256"),
    )
]


@pytest.fixture
def web3(hyperevm):
    """Give the chain, as any client has it."""
    return Web3(Web3.HTTPProvider(hyperevm.deployment.rpc_url))


@pytest.fixture
def owner(hyperevm):
    """Give who runs the vault."""
    return hyperevm.account("trader")


@pytest.fixture
def depositors(hyperevm):
    """Give two who bring HYPE."""
    return hyperevm.account("supplier"), hyperevm.account("borrower")


@pytest.fixture
def usdc(hyperevm, web3):
    """Give USDC on the EVM."""
    return Caller(web3, dict(hyperevm.deployment.tokens)["USDC"], ERC20)


def deployed(web3, owner, usdc, limits):
    """Return a vault, deployed with limits of rate, use and slippage, in hundredths of %."""
    abi, code = compiled("CarryVault")
    creation = web3.eth.contract(abi=abi, bytecode=code).constructor(usdc.address, limits)
    fields = {"from": owner, "gas": CREATION_GAS}
    web3.eth.call({**fields, "data": creation.data_in_transaction})  # raises what it reverts with
    receipt = web3.eth.wait_for_transaction_receipt(creation.transact(fields))
    assert receipt["status"] == 1
    return Caller(web3, receipt["contractAddress"], abi)


@pytest.fixture
def deploy_vault(web3, owner, usdc):
    """Give a way to deploy a vault."""
    return lambda *limits: deployed(web3, owner, usdc, limits)


@pytest.fixture
def vault(deploy_vault):
    """Give a vault that borrows below 20 % a year, uses 80 % at most, and fills within 1 %."""
    return deploy_vault(2_000, 8_000, 100)


@pytest.fixture
def on_core(usdc, owner, depositors):
    """Give a way to bring a vault 1,000 HYPE of two depositors and take them to Core."""

    def bring(vault):
        first, second = depositors
        vault.send(first, "deposit", value=750 * HYPE)
        vault.send(second, "deposit", value=250 * HYPE)
        usdc.send(owner, "approve", vault.address, OPENING)
        vault.send(owner, "activate", OPENING)
        vault.send(owner, "invest")
        return vault

    return bring


@pytest.fixture
def invested(vault, on_core, owner):
    """Give the vault with as much HYPE sold short as it has."""
    on_core(vault)
    for step in ("enablePortfolioMargin", "supply", "openShort"):
        vault.send(owner, step)
    return vault


@pytest.fixture
def what_core_said(hyperevm):
    """Give a reader of what became of the vault's actions."""
    from pmkit.hypercore.records import read_records

    def read():
        records, _ = read_records(hyperevm.rpc, 1, 100)
        return [(record.name, record.status.name) for record in records]

    return read
