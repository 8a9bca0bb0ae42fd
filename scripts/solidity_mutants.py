"""Mutants of a Solidity library: one small change each, as text.

The operators are slither-mutate's as far as they fit libraries of pure functions, and one of our
own: the rounding of a call turned. Left out are those that any call would find (a statement that
becomes a revert) and those that change no number (visibility, data location).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<text>"[^"]*")'
    r"|(?P<number>\b\d[\d_]*(?:\.\d+)?(?:e\d+)?\b)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<operator>\*\*|\+\+|--|&&|\|\||<<|>>|[<>=!+\-*/%|&^]=|[-+*/%<>=!&|^~?:;,.(){}\[\]])",
    re.DOTALL,
)
ARITHMETIC = ("+", "-", "*", "/", "%")
RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
ASSIGNMENTS = ("=", "+=", "-=", "*=")
PLAIN_SWAPS = {
    "**": ("*",),
    "&&": ("||",),
    "||": ("&&",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|", "^"),
    "|": ("&", "^"),
    "^": ("&", "|"),
    "++": ("--",),
    "--": ("++",),
}
WORD_SWAPS = {
    "true": ("false",),
    "false": ("true",),
    "Ceil": ("Floor",),
    "max": ("min",),
    "continue": ("break",),
}
ROUNDING = re.compile(r"^(mulDiv|value|amount|tokenValue)(Down|Up|Nearest)$")
DECLARATION = re.compile(r"^(\(|(u?int\d*|bool|[A-Z]\w*)(\[\])? (memory )?\w+ *[=;])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of source that is no comment."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: `new` in the place of `old`."""

    operator: str
    line: int
    column: int
    start: int
    old: str
    new: str

    def applied(self, source: str) -> str:
        """Return the source with the change."""
        return source[: self.start] + self.new + source[self.start + len(self.old) :]


def mutants(source: str) -> list[Mutant]:
    """Return every mutant of a library, in the order of its lines."""
    tokens = _tokens(source)
    found: dict[tuple[int, str, str], Mutant] = {}
    for first, last in _regions(tokens):
        for operator, start, end, new in _changes(source, tokens, first, last):
            old = source[start:end]
            line = source.count("\n", 0, start) + 1
            column = start - source.rfind("\n", 0, start)
            mutant = Mutant(
                operator=operator, line=line, column=column, start=start, old=old, new=new
            )
            found.setdefault((start, old, new), mutant)
    return sorted(found.values(), key=lambda m: (m.start, m.old, m.new))


def _tokens(source: str) -> list[Token]:
    return [
        Token(kind=m.lastgroup or "", text=m.group(), start=m.start(), end=m.end())
        for m in TOKEN.finditer(source)
        if m.lastgroup != "comment"
    ]


def _regions(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Yield the token ranges of function bodies and of the values of constants."""
    at = 0
    while at < len(tokens):
        text = tokens[at].text
        if text == "function":
            while tokens[at].text != "{":
                at += 1
            end = _closing(tokens, at)
            yield at + 1, end
            at = end
        elif text == "constant":
            while tokens[at].text != "=":
                at += 1
            end = at
            while tokens[end].text != ";":
                end += 1
            yield at + 1, end
            at = end
        at += 1


def _closing(tokens: list[Token], opening: int) -> int:
    """Return where the bracket that opens at `opening` closes."""
    pairs = {"{": "}", "(": ")"}
    opens, closes = tokens[opening].text, pairs[tokens[opening].text]
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at].text == opens) - (tokens[at].text == closes)
        if depth == 0:
            return at
    raise ValueError(f"{opens} at {tokens[opening].start} is never closed")


Change = tuple[str, int, int, str]


def _changes(source: str, tokens: list[Token], first: int, last: int) -> Iterator[Change]:
    for at in range(first, last):
        token = tokens[at]
        if token.kind == "number":
            yield from _literal(token)
        elif token.kind == "name":
            yield from _word(source, tokens, at)
        elif token.kind == "operator":
            yield from _operator(source, tokens, at)
    yield from _deletions(source, tokens, first, last)


def _literal(token: Token) -> Iterator[Change]:
    text = token.text.replace("_", "")
    changed = {"0", f"{text} + 1", f"{text} - 1"} - {"0" if text == "0" else ""}
    changed -= {"0 - 1", f"{text} - 1" if text == "1" else ""}
    for new in sorted(changed):
        yield "literal", token.start, token.end, new if new == "0" else f"({new})"


def _word(source: str, tokens: list[Token], at: int) -> Iterator[Change]:
    token = tokens[at]
    for new in WORD_SWAPS.get(token.text, ()):
        yield "word", token.start, token.end, new
    if rounding := ROUNDING.match(token.text):
        ways = ("Down", "Up", "Nearest") if rounding[1] == "mulDiv" else ("Down", "Up")
        for way in ways:
            if way != rounding[2]:
                yield "rounding", token.start, token.end, rounding[1] + way
    if token.text == "mulDiv":
        end = _closing(tokens, at + 1)
        if "Ceil" not in source[token.start : tokens[end].start]:
            yield "rounding", tokens[end].start, tokens[end].end, ", Math.Rounding.Ceil)"
    if token.text in ("if", "while", "require"):
        yield from _condition(source, tokens, at + 1)


def _condition(source: str, tokens: list[Token], opening: int) -> Iterator[Change]:
    closing = _closing(tokens, opening)
    end = tokens[closing].start
    if tokens[opening - 1].text == "require":
        depth = 0
        for at in range(opening + 1, closing):
            depth += (tokens[at].text == "(") - (tokens[at].text == ")")
            if tokens[at].text == "," and depth == 0:
                end = tokens[at].start
                break
    start = tokens[opening].end
    for new in ("true", "false", f"!({source[start:end]})"):
        yield "condition", start, end, new


def _operator(source: str, tokens: list[Token], at: int) -> Iterator[Change]:
    token, before = tokens[at], tokens[at - 1]
    binary = before.kind in ("name", "number") and before.text != "return"
    binary = binary or before.text in (")", "]")
    text = token.text
    if text == "-" and not binary:
        yield "unary", token.start, token.end, ""
    elif text in ARITHMETIC:
        for new in ARITHMETIC:
            if new != text:
                yield "arithmetic", token.start, token.end, new
    elif text in RELATIONS:
        for new in RELATIONS:
            # A loop that counts up to its bound by ones meets it: there the two say the same.
            if new != text and not (new == "!=" and _counts_up(tokens, at)):
                yield "relation", token.start, token.end, new
    elif text in ASSIGNMENTS[1:]:
        for new in ASSIGNMENTS:
            if new != text:
                yield "assignment", token.start, token.end, new
    elif text == "!":
        yield "unary", token.start, token.end, ""
    elif text == "?":
        yield from _ternary(source, tokens, at)
    for new in PLAIN_SWAPS.get(text, ()):
        yield "operator", token.start, token.end, new


def _counts_up(tokens: list[Token], at: int) -> bool:
    """Return whether a relation is that of `for (...; i < end; ++i)`."""
    back = at
    while back > 0 and tokens[back].text not in ("for", "{", "}"):
        back -= 1
    header = [t.text for t in tokens[back:at]]
    return header[:1] == ["for"] and header.count(";") == 1 and tokens[at].text == "<"


def _ternary(source: str, tokens: list[Token], at: int) -> Iterator[Change]:
    """Yield the condition of a ternary turned, and each of its branches always taken."""
    depth, first = 0, at
    while first > 0:
        text = tokens[first - 1].text
        depth += (text in (")", "]")) - (text in ("(", "["))
        if depth < 0 or (depth == 0 and text in ("=", ";", "return", ",", "{", "}", "+=", "-=")):
            break
        first -= 1
    start, end = tokens[first].start, tokens[at].start
    for new in ("true ", "false ", f"!({source[start:end].strip()}) "):
        yield "condition", start, end, new


def _deletions(source: str, tokens: list[Token], first: int, last: int) -> Iterator[Change]:
    depth, begin = 0, first
    for at in range(first, last):
        text = tokens[at].text
        depth += (text in ("(", "[")) - (text in (")", "]"))
        if depth == 0 and text in ("{", "}"):
            begin = at + 1
        elif depth == 0 and text == ";":
            start, end = tokens[begin].start, tokens[at].end
            begin = at + 1
            statement = source[start:end]
            if not statement.startswith("return") and not DECLARATION.match(statement):
                yield "deletion", start, end, ";" if statement.startswith("else") else ""
