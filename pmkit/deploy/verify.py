"""The chain read back and held against what was asked for: code, roles, listing. SPEC DP-09.

Prices are left out: whoever reports them has moved them since.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from pmkit.chain.artifacts import load_deployed_code
from pmkit.chain.contracts import ask_each, call_of
from pmkit.chain.figures import table_of
from pmkit.chain.listing import policy_call
from pmkit.deploy.plan import BORN_WITH_NAMES, NO_CORE, bound, grants
from pmkit.deploy.references import LENS, PARTIES, REGISTRY, VENUE, created_token
from pmkit.errors import NodeRefused
from pmkit.venue.genesis import Genesis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pmkit.chain.contracts import Call
    from pmkit.chain.rpc import Rpc
    from pmkit.deploy.plan import Step
    from pmkit.deploy.spec import DeploySpec

Expectation = tuple[str, "Call", Any]
"""A place, a question to the chain, and the answer that is due; a dict is compared key by key."""


def code_differences(
    codes: Mapping[str, bytes], steps: Sequence[Step], addresses: Mapping[str, str]
) -> list[str]:
    """Return a clause for each created contract whose code is not its artifact's."""
    return [
        f"{step.creates} at {addresses[step.creates]}: "
        + ("there is no code" if not codes[step.creates] else f"the code is not {step.contract}'s")
        for step in steps
        if step.creates is not None
        and step.creates in codes
        and not load_deployed_code(step.contract).is_code(codes[step.creates], addresses)
    ]


def codes_of(rpc: Rpc, addresses: Mapping[str, str]) -> dict[str, bytes]:
    """Return the code at each address. Raises NodeRefused, NodeUnavailable."""
    answers = rpc.batch([("eth_getCode", [a, "latest"]) for a in addresses.values()])
    for answer in answers:
        if isinstance(answer, NodeRefused):
            raise answer
    found = zip(addresses, answers, strict=True)
    return {name: bytes.fromhex(code.removeprefix("0x")) for name, code in found}


def differences(rpc: Rpc, spec: DeploySpec, addresses: Mapping[str, str]) -> list[str]:
    """Return a clause for each role, party and figure that is not what was asked for."""
    expected = list(expectations(spec, addresses))
    answers = ask_each(rpc, [call for _, call, _ in expected], "latest")
    found: list[str] = []
    for (place, _, due), answer in zip(expected, answers, strict=True):
        if isinstance(answer, Exception):
            found.append(f"{place}: {answer}")
        else:
            found += compared(place, due, answer)
    return found


def expectations(spec: DeploySpec, addresses: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield every question about a deployment, with the answer that is due."""
    yield from venue_expectations(spec, addresses)
    yield from role_expectations(spec, addresses)
    yield from listing_expectations(spec, addresses)


def venue_expectations(spec: DeploySpec, addresses: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield what the venue was created with."""
    venue = addresses[VENUE]
    yield "venue.registry", call_of(VENUE, venue, "registry"), addresses[REGISTRY]
    yield "venue.core", call_of(VENUE, venue, "core"), NO_CORE
    yield "lens.venue", call_of(LENS, addresses[LENS], "venue"), venue
    for party in PARTIES:
        yield f"roles.{party}", call_of(VENUE, venue, party), bound(spec.role(party), addresses)


def role_expectations(spec: DeploySpec, addresses: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield who has which role of the registry, and that the deployer kept none besides."""
    held = [(what, role, bound(holder, addresses)) for what, role, holder in grants(spec)]
    for what, role, holder in held:
        yield f"roles.{what}", asked(addresses, "hasRole", role, holder), True
    for what, role in BORN_WITH_NAMES:
        if (what, role, spec.deployer) not in held:
            place = f"deployer's role of {what}"
            yield place, asked(addresses, "hasRole", role, spec.deployer), False


def listing_expectations(spec: DeploySpec, addresses: Mapping[str, str]) -> Iterator[Expectation]:
    """Yield every figure of the listing and the policy."""
    listing = Genesis.of(spec.params)
    erc20s = dict(spec.tokens)
    for token in listing.tokens:
        place = f"tokens.{token.name}"
        yield place, asked(addresses, "tokenParams", token.token), record(token)
        own = erc20s[token.name]
        erc20 = addresses[created_token(token.name)] if own is None else own
        question = asked(addresses, "tokenErc20", token.token)
        yield f"{place}.erc20", question, (erc20, token.evm_decimals)
        question = call_of("LocalToken", erc20, "decimals")
        yield f"{place}.decimals", question, token.evm_decimals
    for number, name, collateral in listing.dexes:
        yield f"dexes.{name}", asked(addresses, "dexOf", number), (number, collateral)
    for perp in listing.perps:
        table = spec.params.table(perp.margin_table)
        due = {**record(perp), "table": table}
        del due["name"], due["margin_table"]
        yield f"perps.{perp.name}", asked(addresses, "perpParams", perp.asset), due
    for pair in listing.pairs:
        place = f"pairs.@{pair.pair}"
        yield place, asked(addresses, "pairOf", pair.pair), (pair.base, pair.quote)
        due_perp = (pair.has_perp, pair.perp)
        yield f"{place}.perp", asked(addresses, "perpOfPair", pair.pair), due_perp
    names = (
        tuple(token.name for token in listing.tokens),
        tuple(name for _, name, _ in listing.dexes),
        tuple(perp.name for perp in listing.perps),
    )
    yield "names", asked(addresses, "names"), names
    yield "policy", asked(addresses, "policy"), record(policy_call(spec.params))


def asked(addresses: Mapping[str, str], function: str, *arguments: object) -> Call:
    """Return a question to the registry."""
    return call_of(REGISTRY, addresses[REGISTRY], function, *arguments)


def record(value: Any) -> dict[str, Any]:
    """Return a record as nested dicts."""
    return {
        f.name: record(inner) if is_dataclass(inner) else inner
        for f in fields(value)
        for inner in [getattr(value, f.name)]
    }


def compared(place: str, due: Any, answer: Any) -> Iterator[str]:
    """Yield a clause for each part of an answer that is not as it is due.

    Of a dict, the keys that both have; of a tuple, as many places as are due: more may have been
    listed since.
    """
    if isinstance(due, dict):
        for key in sorted(due.keys() & answer.keys()):
            told = table_of(answer[key]) if key == "table" else answer[key]
            yield from compared(f"{place}.{key}", due[key], told)
    elif isinstance(due, tuple) and len(answer) >= len(due):
        for i, part in enumerate(due):
            yield from compared(f"{place}[{i}]", part, answer[i])
    elif answer != due:
        yield f"{place} is {answer}, not {due}"
