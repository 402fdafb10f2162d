"""Bounds on what one GraphQL document may ask for, checked between parsing and validation.

Validation compares fields pairwise and execution resolves each of them, both after fragments are expanded: a document
of 30 fragments that spread the next one twice stands for 2**30 fields. So the cost is counted first, each fragment
once, in time proportional to the document's length.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
)
from strawberry.extensions import SchemaExtension

MAX_TOKENS = 2000
MAX_DEPTH = 15  # of fields within fields; for what describes the schema, graphql-core has a rule of its own
MAX_NESTING = 50  # the same with fragments counted as levels, and introspection too
MAX_ALIASES = 20
MAX_FIELDS = 500
_INTROSPECTION = "__"
_NESTING = "{} levels of nesting, fragments included; at most {} are allowed."


class Cost(NamedTuple):
    """Of a selection after its fragments are expanded. `depth` and `nesting` count its levels."""

    fields: int = 0
    aliases: int = 0
    depth: int = 0
    nesting: int = 0


class QueryLimits(SchemaExtension):
    """Refuses a document beyond the limits above, with an error that names the limit."""

    def on_validate(self) -> None:  # type: ignore[override]  # before it; after it there is nothing to do
        document = self.execution_context.graphql_document
        assert document is not None  # validation follows parsing
        error = limit_error(document)
        if error is not None:
            self.execution_context.pre_execution_errors = [error]  # the validation proper is then left out


def limit_error(document: DocumentNode) -> GraphQLError | None:
    """The first limit that `document` exceeds, or a fragment that contains itself; None when it may be validated."""
    try:
        total = _Counter(document).document_cost()
    except GraphQLError as error:
        return error
    if total.aliases > MAX_ALIASES:
        return _excess(total.aliases, MAX_ALIASES, "{} aliases, fragments expanded; at most {} are allowed.")
    return None


class _Counter:
    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self.costs: dict[str, Cost] = {}
        self.open: set[str] = set()

    def document_cost(self) -> Cost:
        """Of all operations together. Raises GraphQLError at the first excess of depth, nesting or fields.

        Unused fragments are bounded too, because validation visits them.
        """
        total = _total(
            self._selections(definition.selection_set.selections, 1)
            for definition in self.document.definitions
            if isinstance(definition, OperationDefinitionNode)
        )
        if self.fragments:
            _total(self._fragment(name, 1) for name in self.fragments)
        return total

    def _selections(self, selections: tuple[SelectionNode, ...], level: int) -> Cost:
        if level > MAX_NESTING:
            raise _excess(level, MAX_NESTING, _NESTING)
        total = _total(self._selection(selection, level) for selection in selections)
        if total.depth > MAX_DEPTH:
            raise _excess(total.depth, MAX_DEPTH, "The depth is {} levels of fields; at most {} are allowed.")
        return total._replace(nesting=total.nesting + 1)

    def _selection(self, selection: SelectionNode, level: int) -> Cost:
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value, level + 1)
        if isinstance(selection, InlineFragmentNode):
            return self._selections(selection.selection_set.selections, level + 1)
        assert isinstance(selection, FieldNode)
        below = Cost()
        if selection.selection_set is not None:
            below = self._selections(selection.selection_set.selections, level + 1)
        depth = 0 if selection.name.value.startswith(_INTROSPECTION) else below.depth + 1
        return Cost(below.fields + 1, below.aliases + (selection.alias is not None), depth, below.nesting)

    def _fragment(self, name: str, level: int) -> Cost:
        """Counted once; where it is spread again only its nesting is judged anew, at the level it is spread at."""
        if name in self.open:
            raise GraphQLError(f'Cannot spread fragment "{name}" within itself.')
        if name not in self.fragments:
            return Cost()  # validation says so
        if name not in self.costs:
            self.open.add(name)
            self.costs[name] = self._selections(self.fragments[name].selection_set.selections, level)
            self.open.remove(name)
        cost = self.costs[name]
        if level + cost.nesting - 1 > MAX_NESTING:
            raise _excess(level + cost.nesting - 1, MAX_NESTING, _NESTING)
        return cost


def _total(costs: Iterable[Cost]) -> Cost:
    """Of what stands side by side. Raises GraphQLError as soon as the fields are too many."""
    fields = aliases = depth = nesting = 0
    for cost in costs:
        fields += cost.fields
        aliases += cost.aliases
        depth, nesting = max(depth, cost.depth), max(nesting, cost.nesting)
        if fields > MAX_FIELDS:
            raise _excess(fields, MAX_FIELDS, "{} fields, fragments expanded; at most {} are allowed.")
    return Cost(fields, aliases, depth, nesting)


def _excess(number: int, maximum: int, sentence: str) -> GraphQLError:
    return GraphQLError(sentence.format(number, maximum))
