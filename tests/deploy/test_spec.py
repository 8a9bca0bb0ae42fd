"""What a file asks for is checked to the last key before any chain is asked. SPEC DP-02, DP-03."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy.conftest import DEPLOYER, EXAMPLES, LOCAL

from pmkit.deploy.document import parse_document, read_document
from pmkit.deploy.references import Created
from pmkit.deploy.spec import spec_of
from pmkit.errors import InputError
from pmkit.params import load_params

OPERATIONS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MAKER = "maker: 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
BACKSTOP = "backstop: 0x90F79bf6EB2c4f870365E785982E1f101E93b906"
ADMIN = next(line for line in LOCAL.splitlines(keepends=True) if "admin: $deployer" in line)
ELSEWHERE = "0x" + "ab" * 20


def spec(text=LOCAL, folder=Path("nowhere")):
    return spec_of(parse_document(text, "f.yaml"), DEPLOYER, "f.yaml", folder)


def changed(*changes):
    text = LOCAL
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def test_example_is_what_it_says():
    found = spec()
    roles = dict(found.roles)
    assert (roles["admin"], roles["unpauser"]) == (DEPLOYER, DEPLOYER)
    assert roles["reporter"] == roles["matcher"] == roles["guardian"] == OPERATIONS
    assert all(erc20 is None for _, erc20 in found.tokens)
    current = load_params("current")
    assert found.params.tokens == current.tokens
    assert current.policy.enable_min_volume == 5_000_000 * 10**6
    assert found.params.policy.enable_min_volume is None
    assert found.prices is not None
    assert found.prices.perps[0] == (0, 100_000 * 10, 100_000 * 10)


def test_other_example_needs_its_addresses_filled_in():
    document = read_document(EXAMPLES / "hyperevm-testnet.yaml")
    with pytest.raises(InputError, match=r"roles\.admin: is nobody"):
        spec_of(document, DEPLOYER, "f.yaml", EXAMPLES)


def test_contracts_that_are_to_be_created_stand_for_their_addresses():
    found = spec(changed(("guardian: $operations", "guardian: $venue")))
    assert found.role("guardian") == Created("Venue")
    found = spec(changed((MAKER, "maker: $registry")))
    assert found.role("maker") == Created("CollateralRegistry")
    found = spec(changed(("matcher: $operations", "matcher: $tokens.USDC")))
    assert found.role("matcher") == Created("tokens.USDC")


def test_tokens_may_be_named_by_address_and_refer_to_constants():
    text = changed(
        ("constants:\n", f"constants:\n  usdc: {ELSEWHERE}\n"),
        ("USDC: {create: true}", "USDC: $usdc"),
        ("matcher: $operations", "matcher: $tokens.USDC"),
    )
    found = spec(text)
    assert dict(found.tokens)["USDC"].lower() == ELSEWHERE
    assert found.role("matcher") == dict(found.tokens)["USDC"]


def test_figures_may_be_constants_of_the_file():
    text = changed(
        ("constants:\n", "constants:\n  cap: 7\n"),
        ("  policy:\n", "  tokens: {HYPE: {user_supply_cap: $cap}}\n  policy:\n"),
    )
    assert spec(text).params.token("HYPE").user_supply_cap == 7 * 10**8


def test_listing_file_stands_beside_the_file_that_names_it(tmp_path):
    (tmp_path / "own.toml").write_text(
        'name = "own"\ndate = "2026-01-01"\n'
        '[tokens.USDC]\nlisted = true\nborrowable = true\nltv = "0"\nglobal_supply_cap = "none"\n'
        'global_borrow_cap = "none"\nuser_supply_cap = "none"\nuser_borrow_cap = "none"\n'
    )
    text = changed(
        ("params: current", "params: own.toml"),
        *(
            (f"  {name}: {{create: true}}\n", "")
            for name in ("HYPE", "UBTC", "UETH", "USDT0", "USDH")
        ),
        ("  USDH: 1\n", ""),
        ("  USDT0: 1\n", ""),
    )
    assert [t.name for t in spec(text, tmp_path).params.tokens] == ["USDC"]


def test_prices_may_be_left_to_the_reporter():
    assert spec(LOCAL[: LOCAL.index("# The first report")]).prices is None


WRONG = {
    "an unknown section": (
        ("chain_id: 31337", "chain_id: 31337\nrole: {}"),
        r"f\.yaml: role: .*known",
    ),
    "no chain": (
        ("chain_id: 31337", ""),
        "chain_id: the id of the chain was expected, found nothing",
    ),
    "a chain that is none": (("chain_id: 31337", "chain_id: 0x7a69"), "chain_id: .*'0x7a69'"),
    "no parameters": (("params: current", ""), "params: a preset"),
    "unknown parameters": (("params: current", "params: curent"), "params: .*neither a preset"),
    "a listing that is no table": (
        ("listing:\n  name: local\n  policy:", "listing:\n - policy:"),
        "listing: a table",
    ),
    "a misspelt figure": (
        ("enable_min_volume", "enable_min_volumes"),
        r"f\.yaml: listing: policy\.enable_min_volumes: is not a known key",
    ),
    "a figure that contracts refuse": (
        ("enable_min_volume: none", "perp_taker_fee_ppm: 1000001"),
        r"f\.yaml: listing: .*FractionTooHigh",
    ),
    "a figure that is a contract": (
        ("enable_min_volume: none", "leg_seed: $venue"),
        r"listing\.policy\.leg_seed: a figure",
    ),
    "an unknown name": (
        ("matcher: $operations", "matcher: $operation"),
        r"roles\.matcher: there is no \$operation; there are .*\$operations",
    ),
    "an unknown role in a name": (
        ("unpauser: $roles.admin", "unpauser: $roles.adm"),
        r"there is no \$roles\.adm",
    ),
    "names that go round": (
        ("unpauser: $roles.admin", "unpauser: $roles.unpauser"),
        r"the references go round: \$roles\.unpauser -> \$roles\.unpauser",
    ),
    "constants that go round": (
        ("constants:\n", "constants:\n  a: $b\n  b: $a\n"),
        r"constants\.\w: the references go round: \$\w -> \$\w -> \$\w",
    ),
    "a venue made with itself": (
        (MAKER, "maker: $venue"),
        r"roles\.maker: the references go round: .*\$venue",
    ),
    "a taken name": (
        ("constants:\n", "constants:\n  venue: a\n"),
        r"constants\.venue: this name is taken",
    ),
    "an unknown role": (("guardian:", "guard:"), r"roles\.guard: is no role; there are"),
    "a role that lacks": ((ADMIN, ""), r"(roles\.admin: is missing|there is no \$roles\.admin)"),
    "an address that is none": (
        (BACKSTOP, "backstop: 0x90F7"),
        r"roles\.backstop: an address was expected, found '0x90F7'",
    ),
    "an address with a wrong digit": (
        (BACKSTOP, f"{BACKSTOP[:-1]}7"),
        r"roles\.backstop: .* has a mistake",
    ),
    "nobody": ((BACKSTOP, f"backstop: 0x{'0' * 40}"), r"roles\.backstop: is nobody"),
    "one account for two parties": (
        (BACKSTOP, "backstop: $roles.maker"),
        r"roles\.backstop: is maker's account too",
    ),
    "a token without ERC-20": (("  UBTC: {create: true}\n", ""), r"tokens\.UBTC: is missing"),
    "a token that is none": (
        ("  UBTC: {create: true}\n", "  UBTC: {create: true}\n  UBTX: {create: true}\n"),
        r"tokens\.UBTX: is no token",
    ),
    "a token neither created nor named": (
        ("UBTC: {create: true}", "UBTC: {create: false}"),
        r"tokens\.UBTC: an address or",
    ),
    "one ERC-20 for two tokens": (
        ("UBTC: {create: true}\n  UETH: {create: true}", f"UBTC: {ELSEWHERE}\n  UETH: {ELSEWHERE}"),
        r"tokens\.UETH: is the ERC-20 of UBTC too",
    ),
    "another token's ERC-20": (
        ("UBTC: {create: true}", "UBTC: $tokens.USDC"),
        r"tokens\.UBTC: each token needs an ERC-20 of its own",
    ),
    "a price that lacks": (("  SOL: 200\n", ""), r"f\.yaml: prices: .*prices\.SOL"),
    "a price of nothing": (
        ("  SOL: 200\n", "  SOL: 200\n  SOLX: 1\n"),
        r"prices\.SOLX: is neither",
    ),
    "a price of zero": (("SOL: 200", "SOL: 0"), "above zero"),
    "a price between steps": (("BTC: 100000", "BTC: 100000.05"), "BTC.*decimals"),
    "a price that is none": (
        ("BTC: 100000", "BTC: 1e5"),
        r"prices\.BTC: '1e5' is not a plain decimal",
    ),
    "a price that is true": (("BTC: 100000", "BTC: true"), r"prices\.BTC: a price in USD"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_deployed_is_refused_at_its_key(what):
    change, told = WRONG[what]
    with pytest.raises(InputError, match=told) as refused:
        spec(changed(change))
    assert str(refused.value).startswith("f.yaml: ")


def test_report_that_the_registry_would_refuse_is_refused():
    """The median of 1, 0.25 and 0.25 is nothing on a grid of whole dollars."""
    text = changed(
        (
            "  policy:\n",
            "  tokens: {UBTC: {sz_decimals: 8}}\n  perps: {BTC: {sz_decimals: 0}}\n  policy:\n",
        ),
        ("BTC: 100000", "BTC: 0.25\n  UBTC: 1"),
    )
    with pytest.raises(InputError, match=r"f\.yaml: prices: .*PriceZero\(id=197\)"):
        spec(text)


def test_dollar_at_the_start_of_text_is_written_twice():
    text = changed(("  name: local", "  name: $$local"))
    assert spec(text).params.name == "$local"
