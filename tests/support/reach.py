"""Which errors and events each external function can reach, from the compiler's syntax trees.

A function reaches what stands in its body and modifiers, and what the functions reach that these
name, through libraries and other contracts. What no call can bring about is among it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts import build_contracts as build

Node = dict[str, Any]
CONTRACTS = ("Venue", "CollateralRegistry", "LocalToken")
IMPLEMENTED_BY = {
    "ICollateralRegistry": "CollateralRegistry",
    "AccessControl": "CollateralRegistry",
    "IERC20": "LocalToken",
    "ERC20": "LocalToken",
}
"""Who runs when a function of an interface, or one that may be overridden, is named."""
NAMING = {"Identifier", "IdentifierPath", "MemberAccess"}


def reachable() -> set[tuple[str, str]]:
    """Return every pair of an external function and an error or event that it can reach."""
    program = Program(syntax_trees())
    return {
        (f"{contract}.{function['name']}", name)
        for contract in CONTRACTS
        for function in program.externals(contract)
        for name in program.reached(function)
    }


def syntax_trees() -> list[Node]:
    """Return the syntax trees of the contracts and all that they import, mocks apart."""
    settings = build.settings_of(build._read_config())
    sources = {n: text for n, text in build._read_sources().items() if "/mocks/" not in n}
    question = build.request(sources, settings)
    question["settings"]["outputSelection"] = {"*": {"": ["ast"]}}
    answer = build._compile(question, settings)
    return [source["ast"] for source in answer["sources"].values()]


class Program:
    """All declarations by their number, and what they name."""

    def __init__(self, trees: list[Node]) -> None:
        self.nodes = {node["id"]: node for tree in trees for node in walk(tree)}
        self.contracts = {
            node["name"]: node
            for node in self.nodes.values()
            if node["nodeType"] == "ContractDefinition"
        }

    def functions(self, contract: str) -> Iterator[Node]:
        """Yield the functions of a contract that have a body, the most derived ones first."""
        for base in self.contracts[contract]["linearizedBaseContracts"]:
            for member in self.nodes[base]["nodes"]:
                if member["nodeType"] == "FunctionDefinition" and member.get("body"):
                    yield member

    def externals(self, contract: str) -> list[Node]:
        """Return the functions that can be called from outside, each as it is overridden last."""
        found: dict[str, Node] = {}
        for function in self.functions(contract):
            if function["visibility"] in ("external", "public") and function["kind"] == "function":
                found.setdefault(function["name"], function)
        return list(found.values())

    def reached(self, start: Node) -> set[str]:
        """Return the names of the errors and events that a function reaches."""
        found, seen, waiting = set(), set(), [start]
        while waiting:
            node = self.implementation(waiting.pop())
            if node["id"] in seen:
                continue
            seen.add(node["id"])
            for named in self.named(node):
                if named["nodeType"] in ("ErrorDefinition", "EventDefinition"):
                    found.add(named["name"])
                elif named["nodeType"] in ("FunctionDefinition", "ModifierDefinition"):
                    waiting.append(named)
        return found

    def implementation(self, function: Node) -> Node:
        """Return the function that runs where one is named."""
        if function["nodeType"] != "FunctionDefinition":
            return function
        contract = IMPLEMENTED_BY.get(self.nodes[function["scope"]].get("name", ""))
        if contract is None:
            return function
        same = (function["name"], types_of(function))
        found = (f for f in self.functions(contract) if (f["name"], types_of(f)) == same)
        return next(found, function)

    def named(self, function: Node) -> Iterator[Node]:
        """Yield the declarations that a function or modifier names."""
        for node in walk(function):
            if node["nodeType"] in NAMING and node.get("referencedDeclaration") in self.nodes:
                yield self.nodes[node["referencedDeclaration"]]


def types_of(function: Node) -> list[str]:
    """Return the types of a function's parameters."""
    parameters = function["parameters"]["parameters"]
    return [parameter["typeDescriptions"]["typeString"] for parameter in parameters]


def walk(value: Any) -> Iterator[Node]:
    """Yield every node of a syntax tree."""
    if isinstance(value, list):
        for one in value:
            yield from walk(one)
    elif isinstance(value, dict):
        if "nodeType" in value and "id" in value:
            yield value
        for one in value.values():
            yield from walk(one)
