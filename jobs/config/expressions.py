"""The language of `rules:if`: `$A == "b" && ($C =~ /^d/ || $E != null)`.

A variable that is not set is `null`. Alone, a value counts as true when it is set and not blank. `=~` searches text
for a `/pattern/`, which may itself be the value of a variable; `null` is searched as empty text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from jobs.config.limits import EXPRESSION, PARENTHESES
from jobs.config.patterns import BadPattern, compiled, looks_like_pattern, source_of
from jobs.config.tokens import BadExpression, Token, tokens_of

Variables = Mapping[str, str]
Value = str | bool | None
Node = Callable[[Variables], Value]


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that is known to be well formed."""

    text: str
    node: Node

    def holds(self, variables: Variables) -> bool:
        """Raises BadExpression when a variable that should hold a pattern does not."""
        return truth(self.node(variables))


@lru_cache(maxsize=2_048)
def parse(text: str) -> Expression:
    """Raises BadExpression, which says what is wrong and where."""
    if len(text) > EXPRESSION:
        raise BadExpression(f"the condition is longer than {EXPRESSION:,} characters")
    parser = Parser(tokens_of(text))
    node = parser.disjunction()
    if rest := parser.peek():
        raise BadExpression(f"{rest.shown} is one too many; join conditions with && or ||")
    return Expression(text, node)


def truth(value: Value) -> bool:
    return value if isinstance(value, bool) else bool(value and value.strip())


class Parser:
    """Recursive descent: `||` binds least, then `&&`, then comparisons."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def peek(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def accept(self, *texts: str) -> str | None:
        token = self.peek()
        if token is None or token.kind != "operator" or token.text not in texts:
            return None
        self.position += 1
        return token.text

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.accept("||"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda variables: any(truth(part(variables)) for part in parts)

    def conjunction(self) -> Node:
        parts = [self.comparison()]
        while self.accept("&&"):
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else lambda variables: all(truth(part(variables)) for part in parts)

    def comparison(self) -> Node:
        left = self.operand()
        operator = self.accept("==", "!=", "=~", "!~")
        if operator is None:
            return left
        right = self.pattern() if operator in ("=~", "!~") else self.operand()
        return COMPARISONS[operator](left, right)

    def operand(self) -> Node:
        if self.accept("("):
            return self.group()
        token = self.take("a variable such as $NAME, a text in quotes, or null")
        if token.kind == "variable":
            name = token.text
            return lambda variables: variables.get(name)
        if token.kind in ("string", "null"):
            constant = token.text if token.kind == "string" else None
            return lambda variables: constant
        if token.kind == "pattern":
            raise BadExpression(f"{token.shown} is a pattern; patterns stand after =~ or !~")
        raise BadExpression(f"{token.shown} stands where a variable, a text in quotes or null should")

    def group(self) -> Node:
        self.depth += 1
        if self.depth > PARENTHESES:
            raise BadExpression(f"parentheses stand in each other deeper than {PARENTHESES} levels")
        inner = self.disjunction()
        if not self.accept(")"):
            raise BadExpression("a closing parenthesis is missing")
        self.depth -= 1
        return inner

    def pattern(self) -> Node:
        token = self.take("a /pattern/ or a variable that holds one")
        if token.kind == "pattern":
            source = checked(token.text)
            return lambda variables: source
        if token.kind == "variable":
            name = token.text
            return lambda variables: source_in(name, variables)
        if token.kind == "string" and looks_like_pattern(token.text):
            source = checked(token.text)
            return lambda variables: source
        raise BadExpression(f"{token.shown} stands where a /pattern/ or a variable that holds one should")

    def take(self, wanted: str) -> Token:
        token = self.peek()
        if token is None:
            raise BadExpression(f"the condition ends where {wanted} should follow")
        self.position += 1
        return token


def checked(slashed: str) -> str:
    try:
        return source_of(slashed)
    except BadPattern as error:
        raise BadExpression(str(error)) from error


def source_in(name: str, variables: Variables) -> str | None:
    value = variables.get(name)
    if value is None:
        return None
    try:
        return source_of(value)
    except BadPattern as error:
        raise BadExpression(f"${name} should hold a pattern, but {error}") from error


def matches(left: Node, right: Node) -> Node:
    def search(variables: Variables) -> bool:
        source, text = right(variables), left(variables)
        return isinstance(source, str) and compiled(source).search(text if isinstance(text, str) else "") is not None

    return search


def differs(node: Callable[[Node, Node], Node]) -> Callable[[Node, Node], Node]:
    def build(left: Node, right: Node) -> Node:
        same = node(left, right)
        return lambda variables: not same(variables)

    return build


def equals(left: Node, right: Node) -> Node:
    return lambda variables: left(variables) == right(variables)


COMPARISONS = {"==": equals, "!=": differs(equals), "=~": matches, "!~": differs(matches)}
