"""A deployment on a chain, and a second run that sends nothing. SPEC DP-04 to DP-09."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from deploy.conftest import DEPLOYER, change, run, sent_by
from eth_account import Account
from eth_utils.crypto import keccak

from pmkit.chain.artifacts import load_artifact, load_deployed_code
from pmkit.chain.contracts import ask, call_of
from pmkit.chain.deployment import connect, load_deployment
from pmkit.chain.node import Node
from pmkit.chain.reader import Reader
from pmkit.chain.rpc import Rpc
from pmkit.chain.sender import Sender
from pmkit.chain.signing import KeySigner, NodeSigner
from pmkit.deploy.gas import costs_of
from pmkit.deploy.plan import plan_of
from pmkit.deploy.registry import chain_key, load_registry
from pmkit.deploy.run import prepare
from pmkit.deploy.verify import differences
from pmkit.errors import DeploymentDiffers, InputError, InsufficientFunds
from pmkit.venue import roles

KEY = "0x" + "42" * 32
OWNER = Account.from_key(KEY).address
OPERATIONS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def addresses_of(done):
    return {name: entry.address for name, entry in done.contracts.items()}


def has_role(rpc, done, role, account):
    call = call_of("CollateralRegistry", done.deployment.registry, "hasRole", role, account)
    return ask(rpc, call, "latest")


def test_registry_file_says_where_everything_is_and_what_it_is(deployed):
    rpc, files, made = deployed
    contracts = load_registry(files.registry)[chain_key(rpc)]
    assert contracts == made.contracts
    created = {step.creates for step in prepare(rpc, DEPLOYER, files).steps if step.creates}
    assert contracts.keys() == created
    libraries = addresses_of(made)
    for name, entry in contracts.items():
        receipt = rpc.request("eth_getTransactionReceipt", entry.transaction)
        assert receipt["contractAddress"] == entry.address.lower()
        assert int(receipt["blockNumber"], 16) == entry.block
        code = rpc.code(entry.address)
        assert entry.code_hash == "0x" + keccak(code).hex()
        artifact = "LocalToken" if name.startswith("tokens.") else name
        assert entry.abi == load_artifact(artifact).abi
        assert load_deployed_code(artifact).is_code(code, libraries)


def test_gas_bound_of_each_step_is_kept_and_not_far_above_a_creation(rpc, files):
    used = {}

    def tell(what, mined):
        receipt = rpc.request("eth_getTransactionReceipt", mined.hash)
        used[what] = int(receipt["gasUsed"], 16)

    run(rpc, files, tell=tell)
    for cost in prepare(rpc, DEPLOYER, files).costs:
        assert used[cost.step.what] <= cost.gas, cost.step.what
        if cost.step.what in ("create Venue", "create DebtLeg"):
            assert cost.gas < used[cost.step.what] * 5 // 4


def test_second_run_sends_nothing_and_writes_the_same(deployed):
    rpc, files, made = deployed
    before = (sent_by(rpc), files.registry.read_bytes(), files.deployment.read_bytes())
    again = run(rpc, files)
    assert again.sent == 0
    assert again == replace(made, sent=0)
    assert (sent_by(rpc), files.registry.read_bytes(), files.deployment.read_bytes()) == before


def test_venue_works_for_those_who_take_the_deployment_file(deployed):
    _, files, made = deployed
    node, deployment = connect(None, files.deployment)
    assert deployment == made.deployment == load_deployment(files.deployment)
    accounts = node.request("eth_accounts")
    supplier = Sender(Reader(node, deployment), NodeSigner(accounts[5]))
    supplier.mint("USDC", 10**9, supplier.address)
    supplier.supply("USDC", 10**10)
    assert supplier.reader.reserve("USDC").cash == 10**10
    node.close()


def test_roles_are_the_files_and_the_deployer_keeps_none_besides(rpc, files):
    change(files, "admin: $deployer", "admin: $operations")
    rpc.request("anvil_setBalance", OWNER, hex(10**20))
    done = run(rpc, files, signer=KeySigner(KEY))
    for role in (roles.DEFAULT_ADMIN_ROLE, roles.RISK_ADMIN, roles.REPORTER, roles.GUARDIAN):
        assert has_role(rpc, done, role, OPERATIONS)
        assert not has_role(rpc, done, role, OWNER)
    accounts = dict(done.deployment.accounts)
    assert accounts["deployer"] == OWNER
    assert accounts["unpauser"] == OPERATIONS
    assert sent_by(rpc, OWNER) == done.sent


def test_tokens_of_the_file_are_taken_as_they_are(deployed):
    rpc, files, made = deployed
    usdc = made.deployment.token("USDC")
    other = replace(
        files,
        registry=files.registry.with_name("second.json"),
        deployment=files.deployment.with_name("second-deployment.json"),
    )
    change(other, "USDC: {create: true}", f"USDC: {usdc}")
    done = run(rpc, other)
    assert done.deployment.token("USDC") == usdc
    assert "tokens.USDC" not in done.contracts
    assert done.deployment.venue != made.deployment.venue


WRONG_TOKENS = {
    "no code": ("0x" + "ab" * 20, r"tokens\.USDC: there is no code at"),
    "no ERC-20": (None, r"tokens\.USDC: the contract at .* does not tell its decimals"),
    "other decimals": ("HYPE", r"tokens\.USDC: the ERC-20 has 18 decimals, the listing says 6"),
}


@pytest.mark.parametrize("what", WRONG_TOKENS)
def test_erc20_that_does_not_fit_is_refused_before_the_first_transaction(deployed, what):
    rpc, files, made = deployed
    address, told = WRONG_TOKENS[what]
    if address is None:
        address = made.deployment.registry
    elif not address.startswith("0x"):
        address = made.deployment.token(address)
    second = replace(files, registry=files.registry.with_name("second.json"))
    change(second, "USDC: {create: true}", f"USDC: {address}")
    sent = sent_by(rpc)
    with pytest.raises(InputError, match=told):
        run(rpc, second)
    assert sent_by(rpc) == sent
    assert not second.journal(chain_key(rpc)).exists()


def test_tokens_that_anybody_mints_are_created_on_no_live_chain(files):
    class Live(Rpc):
        def request(self, method, *params):
            if method == "web3_clientVersion":
                return "nanoreth/v1"
            return super().request(method, *params)

    change(files, "chain_id: 31337", "chain_id: 999")
    with Node.start(chain_id=999) as node:
        with pytest.raises(InputError, match=r"tokens\.USDC: tokens are created on local and test"):
            run(Live(node.url), files)
        assert run(Rpc(node.url), files).sent > 0  # a node of one's own that stands for it


def test_other_chain_is_refused_before_anything_is_written(rpc, files):
    change(files, "chain_id: 31337", "chain_id: 998")
    with pytest.raises(InputError, match=r"chain_id: is 998, but the node at http.* has 31337"):
        run(rpc, files)
    assert {path.name for path in files.params.parent.iterdir()} == {"local.yaml"}


def test_poor_deployer_is_refused_with_both_numbers(rpc, files):
    rpc.request("anvil_setBalance", OWNER, hex(10**9))
    with pytest.raises(InsufficientFunds, match=r"it has 1000000000 wei, .* up to \d+ wei"):
        run(rpc, files, signer=KeySigner(KEY))
    assert sent_by(rpc, OWNER) == 0
    assert {path.name for path in files.params.parent.iterdir()} == {"local.yaml"}


def test_changed_parameters_are_refused_with_what_differs(deployed):
    rpc, files, _ = deployed
    change(files, "guardian: $operations", "guardian: $deployer")
    told = f"was begun with other parameters: roles.guardian was {OPERATIONS}, is {DEPLOYER}"
    with pytest.raises(InputError, match=told):
        run(rpc, files)


def test_other_deployer_is_refused(deployed):
    rpc, files, _ = deployed
    rpc.request("anvil_setBalance", OWNER, hex(10**20))
    with pytest.raises(InputError, match=f"deployer was {DEPLOYER}, is {OWNER}"):
        run(rpc, files, signer=KeySigner(KEY))


def test_registry_alone_tells_that_all_is_done(deployed):
    rpc, files, made = deployed
    files.journal(chain_key(rpc)).unlink()
    files.deployment.unlink()
    sent = sent_by(rpc)
    again = run(rpc, files)
    assert (again.sent, sent_by(rpc)) == (0, sent)
    assert again.contracts == made.contracts
    # Its last block is that of the last creation: the calls' are in the journal alone.
    assert replace(again.deployment, block=0) == replace(made.deployment, block=0)


def test_registry_of_another_deployment_is_refused(deployed):
    rpc, files, _ = deployed
    files.journal(chain_key(rpc)).unlink()
    change(files, "guardian: $operations", "guardian: $deployer")
    with pytest.raises(DeploymentDiffers, match=r"roles\.guardian is False, not True"):
        run(rpc, files)
    entries = json.loads(files.registry.read_text())
    del entries[chain_key(rpc)]["Venue"]
    files.registry.write_text(json.dumps(entries))
    with pytest.raises(InputError, match="has a deployment without Venue"):
        run(rpc, files)


def test_code_that_is_not_the_artifacts_is_found(deployed):
    rpc, files, made = deployed
    rpc.request("anvil_setCode", made.contracts["Lending"].address, "0x6001")
    with pytest.raises(DeploymentDiffers, match=r"Lending at .*: the code is not Lending's"):
        run(rpc, files)


def test_chain_that_was_rewound_under_a_journal_is_refused(deployed):
    rpc, files, made = deployed
    rpc.request("anvil_setCode", made.contracts["Lending"].address, "0x")
    with pytest.raises(InputError, match=r"tells of Lending at .*, where this chain has no code"):
        run(rpc, files)


def test_chain_that_was_rewound_under_a_registry_is_refused(deployed):
    rpc, files, made = deployed
    files.journal(chain_key(rpc)).unlink()
    rpc.request("anvil_setCode", made.contracts["Venue"].address, "0x")
    with pytest.raises(InputError, match=r"registry.json: tells of Venue at .*no code"):
        run(rpc, files)


def test_each_figure_of_the_file_is_read_back(deployed):
    """Whatever of the listing or the roles is changed, on paper, is found on the chain."""
    rpc, files, made = deployed
    spec = prepare(rpc, DEPLOYER, files).spec
    addresses = addresses_of(made)
    assert differences(rpc, spec, addresses) == []
    params = spec.params
    token, perp, pair = params.tokens[1], params.perps[0], params.pairs[0]

    def other(**changes):
        return replace(spec, params=replace(params, **changes))

    def other_token(**changes):
        return other(tokens=(params.tokens[0], replace(token, **changes), *params.tokens[2:]))

    def other_policy(**changes):
        return other(policy=replace(params.policy, **changes))

    wrong = {
        "borrowable": other_token(borrowable=not token.borrowable),
        "ltv_bps": other_token(ltv_bps=token.ltv_bps + 1),
        "user_borrow_cap": other_token(user_borrow_cap=token.user_borrow_cap + 1),
        "global_supply_cap": other_token(global_supply_cap=token.global_supply_cap + 1),
        "liquidation_width": other_token(liquidation_width=token.liquidation_width + 1),
        "slope": other_token(curve=replace(token.curve, slope=0)),
        "wei_decimals": other_token(wei_decimals=token.wei_decimals + 1),
        "erc20": other_token(evm_decimals=token.evm_decimals + 1),
        "names": other_token(name="OTHER"),
        "max_leverage": other(
            perps=(replace(perp, max_leverage=perp.max_leverage - 1), *params.perps[1:])
        ),
        "table": other(perps=(replace(perp, table_id=55), *params.perps[1:])),
        "pairs.@": other(pairs=(replace(pair, base=197), *params.pairs[1:])),
        "dexes": other(dexes=(replace(params.dexes[0], collateral=150),)),
        "debt_step": other_policy(debt_step=1),
        "trigger": other_policy(trigger=1),
        "funding_interval": other_policy(funding_interval=1),
        "roles.guardian": replace(spec, roles=(*spec.roles, ("guardian", OWNER))),
        "roles.maker": replace(
            spec, roles=tuple((r, OWNER if r == "maker" else a) for r, a in spec.roles)
        ),
    }
    for key, asked in wrong.items():
        if key == "names":
            asked = replace(
                asked,
                tokens=tuple(
                    (t.name, e) for t, (_, e) in zip(asked.params.tokens, spec.tokens, strict=True)
                ),
            )
            addresses = {**addresses, "tokens.OTHER": addresses[f"tokens.{token.name}"]}
        found = differences(rpc, asked, addresses)
        assert any(key in problem for problem in found), (key, found)
    renounced = replace(spec, roles=tuple((r, OWNER if r == "admin" else a) for r, a in spec.roles))
    found = differences(rpc, renounced, addresses)
    assert any("deployer's role of admin is True" in problem for problem in found)


def test_costs_of_what_is_left_are_all_that_is_asked_of_the_deployer(deployed):
    rpc, files, _ = deployed
    rpc.request("anvil_setBalance", DEPLOYER, "0x0")
    prepared = prepare(rpc, DEPLOYER, files)
    assert prepared.left == ()
    assert prepared.ready.gas == 0
    assert prepared.costs == costs_of(plan_of(prepared.spec))


def test_key_in_the_url_of_a_node_is_in_no_file_and_no_answer(standing_node, rpc, files):
    """SPEC DP-10."""
    key = "0123456789abcdef0123456789abcdef"
    done = run(Rpc(f"{standing_node.url}/?key={key}"), files)
    assert done.deployment.rpc_url is None
    assert json.loads(files.deployment.read_text())["rpc_url"] is None
    written = [path for path in files.params.parent.iterdir() if path.is_file()]
    assert len(written) >= 4
    assert [path for path in written if key in path.read_text()] == []
    asked, _ = connect(rpc.url, files.deployment)
    assert asked.url == rpc.url
