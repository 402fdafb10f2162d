"""Parses and evaluates the conditions of `rules:if`: `$A == "b" && ($C =~ /^d/ || !$E)`.

`true` and `false` are no texts: they equal only each other, or a boolean input. An unset variable is `null`. As in
Ruby, `&&` and `||` return one of their operands, and only `null` and false count as false; an empty text does not. The
whole condition holds if its value is set and not blank. `=~` searches the left operand for a `/pattern/`, which may be
the value of a variable. If the right operand is any other text, the left operand is searched for in it. `null` is
treated as empty text there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ci_config.conditions.patterns import BadPattern, compile_pattern, looks_like_pattern, source_of, source_within
from ci_config.conditions.tokens import BadExpression, Token, tokenize
from ci_config.errors import quote
from ci_config.limits import MAX_EXPRESSION_LENGTH, MAX_PARENTHESES

Variables = Mapping[str, str]
Value = str | bool | None
Node = Callable[[Variables], Value]
MIN_PATTERN_LENGTH = 2  # characters


@dataclass(frozen=True, slots=True)
class Expression:
    """A syntactically valid condition."""

    text: str
    node: Node
    pattern_variables: frozenset[str] = frozenset()  # on the right of =~ and !~
    pattern_texts: frozenset[str] = frozenset()

    def warnings(self, variables: Variables) -> Iterator[str]:
        """Sentences about right operands of =~ and !~ that are no patterns."""
        names = [f"${name}" for name in sorted(self.pattern_variables) if not may_be_pattern(variables.get(name))]
        names += [quote(text) for text in sorted(self.pattern_texts) if not may_be_pattern(text)]
        for name in names:
            yield f"{name} is no /pattern/, so the left side is searched for in it, not the other way round."

    def holds(self, variables: Variables) -> bool:
        """Whether the condition is true. Raises BadExpression if the value of a variable is too long a pattern."""
        return truth(self.node(variables))


@lru_cache(maxsize=2_048)
def parse(text: str) -> Expression:
    """Parse a condition. Raises BadExpression, whose text says what is wrong and where."""
    if len(text) > MAX_EXPRESSION_LENGTH:
        raise BadExpression(f"the condition is longer than {MAX_EXPRESSION_LENGTH:,} characters")
    parser = Parser(tokenize(text))
    node = parser.disjunction()
    if rest := parser.peek():
        raise BadExpression(f"{rest.shown} is one too many; join conditions with && or ||")
    return Expression(text, node, frozenset(parser.pattern_variables), frozenset(parser.pattern_texts))


def truth(value: Value) -> bool:
    return value if isinstance(value, bool) else bool(value and value.strip())


class Parser:
    """A recursive descent parser: `||` binds weakest, then `&&`, then comparisons."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.pattern_variables: set[str] = set()
        self.pattern_texts: set[str] = set()

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
        return parts[0] if len(parts) == 1 else first_where(is_set, parts)

    def conjunction(self) -> Node:
        parts = [self.comparison()]
        while self.accept("&&"):
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else first_where(is_unset, parts)

    def comparison(self) -> Node:
        left = self.operand()
        while operator := self.accept("==", "!=", "=~", "!~"):
            same = self.match(left) if operator in ("=~", "!~") else equals(left, self.operand())
            left = same if operator in ("==", "=~") else negate(same)
        return left

    def operand(self) -> Node:
        if self.accept("("):
            return self.group()
        if self.accept("!"):
            return self.negation()
        token = self.expect("a variable such as $NAME, a text in quotes, or null")
        if token.kind == "variable":
            name = token.text
            return lambda variables: variables.get(name)
        if token.kind == "boolean":
            return lambda variables: token.text == "true"
        if token.kind in ("string", "null"):
            constant = token.text if token.kind == "string" else None
            return lambda variables: constant
        if token.kind == "pattern":
            raise BadExpression(f"{token.shown} is a pattern; patterns stand after =~ or !~")
        raise BadExpression(f"{token.shown} stands where a variable, a text in quotes or null should")

    def negation(self) -> Node:
        """`!` before an operand: whether it is unset, false or blank."""
        self.depth += 1
        if self.depth > MAX_PARENTHESES:
            raise BadExpression(f"`!` stands before `!` more than {MAX_PARENTHESES} times")
        inner = self.operand()
        self.depth -= 1
        return lambda variables: not truth(inner(variables))

    def group(self) -> Node:
        self.depth += 1
        if self.depth > MAX_PARENTHESES:
            raise BadExpression(f"parentheses stand in each other deeper than {MAX_PARENTHESES} levels")
        inner = self.disjunction()
        if not self.accept(")"):
            raise BadExpression("a closing parenthesis is missing")
        self.depth -= 1
        return inner

    def match(self, left: Node) -> Node:
        """Parse the right operand of =~ or !~: a pattern, or anything that may have one as its value."""
        token = self.peek()
        if token is not None and token.kind == "pattern":
            self.position += 1
            return matches(left, pattern_source(token.text))
        if token is not None and token.kind == "variable":
            self.pattern_variables.add(token.text)
        if token is not None and token.kind == "string":
            self.pattern_texts.add(token.text)
        return matches_value_of(left, self.operand())

    def expect(self, wanted: str) -> Token:
        token = self.peek()
        if token is None:
            raise BadExpression(f"the condition ends where {wanted} should follow")
        self.position += 1
        return token


def pattern_source(slashed: str) -> str:
    try:
        source = source_of(slashed)
    except BadPattern as error:
        raise BadExpression(str(error)) from error
    if slashed.rindex("/") < MIN_PATTERN_LENGTH + 1:
        raise BadExpression(f"{quote(slashed)} is too short: GitLab takes patterns of two characters or more")
    return source


def may_be_pattern(value: str | None) -> bool:
    return value is None or looks_like_pattern(value)


def is_unset(value: Value) -> bool:
    return value is None or value is False


def is_set(value: Value) -> bool:
    return not is_unset(value)


def first_where(test: Callable[[Value], bool], parts: list[Node]) -> Node:
    """A node with the value of the first part that passes the test, or else of the last part."""

    def evaluate(variables: Variables) -> Value:
        value: Value = None
        for part in parts:
            if test(value := part(variables)):
                break
        return value

    return evaluate


def matches(left: Node, source: str) -> Node:
    return lambda variables: compile_pattern(source).search(search_text(left(variables))) is not None


def matches_value_of(left: Node, right: Node) -> Node:
    def evaluate(variables: Variables) -> Value:
        value = right(variables)
        if not isinstance(value, str):
            return False
        try:
            source = source_within(value)
        except BadPattern as error:
            raise BadExpression(str(error)) from error
        text = search_text(left(variables))
        return text in value if source is None else compile_pattern(source).search(text) is not None

    return evaluate


def search_text(value: Value) -> str:
    """The text that `=~` searches for a value."""
    return value if isinstance(value, str) else {None: "", True: "true", False: "false"}[value]


def equals(left: Node, right: Node) -> Node:
    return lambda variables: left(variables) == right(variables)


def negate(node: Node) -> Node:
    return lambda variables: not node(variables)
