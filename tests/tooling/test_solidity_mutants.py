"""Mutants of Solidity: which changes are made, and where."""

from __future__ import annotations

from scripts.solidity_mutants import mutants

LIBRARY = """
import {WadMath} from "./WadMath.sol";

uint256 constant TOP = 7;

struct Pair { uint256 a; }

library L {
    error TooMuch(uint256 value);

    /// @notice a + b, never above TOP.
    function sum(uint256 a, uint256 b) internal pure returns (uint256 c) {
        require(a <= TOP, TooMuch(a));
        c = a + b; // not a - b
        if (a == 0 && b != 1) return 2;
        c = c > TOP ? TOP : c.mulDivUp(a, TOP);
        return -int256(c);
    }
}
"""


def made(operator):
    return {(m.old.strip(), m.new.strip()) for m in mutants(LIBRARY) if m.operator == operator}


def test_every_mutant_changes_its_line_and_no_other():
    for mutant in mutants(LIBRARY):
        before, after = LIBRARY.split("\n"), mutant.applied(LIBRARY).split("\n")
        differing = [n for n, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b]
        assert differing == [mutant.line]


def test_only_functions_and_constants_are_changed():
    lines = {m.line for m in mutants(LIBRARY)}
    changed = {LIBRARY.split("\n")[line - 1].strip().split(" ")[0] for line in lines}
    assert changed == {"uint256", "require(a", "c", "if", "return"}


def test_operators_are_replaced_by_all_others_of_their_kind():
    assert made("arithmetic") == {("+", new) for new in "-*/%"}
    assert ("<=", "<") in made("relation")
    assert {new for old, new in made("relation") if old == "=="} == {"<", "<=", ">", ">=", "!="}
    assert made("operator") == {("&&", "||")}
    assert made("unary") == {("-", "")}
    assert made("rounding") == {("mulDivUp", "mulDivDown"), ("mulDivUp", "mulDivNearest")}
    assert {new for old, new in made("literal") if old == "7"} == {"0", "(7 + 1)", "(7 - 1)"}


def test_conditions_become_true_false_and_their_opposite():
    whole = {"a <= TOP", "a == 0 && b != 1", "c > TOP"}
    assert {old for old, _ in made("condition")} == whole
    for old in whole:
        news = {new for was, new in made("condition") if was == old}
        assert news == {"true", "false", f"!({old})"}


def test_statements_are_left_out_but_for_those_that_must_stand():
    assert {old for old, _ in made("deletion")} == {
        "require(a <= TOP, TooMuch(a));",
        "c = a + b;",
        "if (a == 0 && b != 1) return 2;",
        "c = c > TOP ? TOP : c.mulDivUp(a, TOP);",
    }


def test_bound_of_a_counting_loop_is_not_called_a_mutant_where_it_is_none():
    loop = "library L { function f() { for (uint256 i = 0; i < 9; ++i) { if (i < 4) g(); } } }"
    unequal = [m for m in mutants(loop) if m.new == "!="]
    assert [loop[m.start :][:3] for m in unequal] == ["< 4"]
