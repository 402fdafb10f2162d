"""Bounds on what one GraphQL document may ask for, checked between parsing and validation.

Validation compares fields pairwise and execution resolves each of them, both after fragments are expanded: a document
of 30 fragments that spread the next one twice stands for 2**30 fields. So the cost is counted first, each fragment
once, in time proportional to the document's length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
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
_FIELDS = "{} fields, fragments expanded; at most {} are allowed."


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
    definitions = document.definitions
    operations = [each.selection_set for each in definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
    counter = _Counter(fragments)
    try:
        total = counter.selections_cost(chain.from_iterable(each.selections for each in operations), 1)
        if fragments:
            counter.check_fragments()
    except GraphQLError as error:
        return error
    if total.aliases > MAX_ALIASES:
        return _excess(total.aliases, MAX_ALIASES, "{} aliases, fragments expanded; at most {} are allowed.")
    return None


@dataclass
class _Counter:
    """Its methods raise GraphQLError at the first excess of depth, nesting or fields."""

    fragments: dict[str, FragmentDefinitionNode]
    costs: dict[str, Cost] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def selections_cost(self, selections: Iterable[SelectionNode], level: int) -> Cost:
        """Of what stands side by side: of an operation, a field or a fragment, or of all operations together."""
        if level > MAX_NESTING:
            raise _excess(level, MAX_NESTING, _NESTING)
        fields = aliases = depth = nesting = 0
        for selection in selections:
            cost = Cost()
            if isinstance(selection, FragmentSpreadNode):
                cost = self._fragment_cost(selection.name.value, level + 1)
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                cost = self.selections_cost(selection.selection_set.selections, level + 1)
            own_depth = cost.depth
            if isinstance(selection, FieldNode):
                own_depth = 0 if selection.name.value.startswith(_INTROSPECTION) else cost.depth + 1
                fields += 1
                aliases += selection.alias is not None
            fields, aliases = fields + cost.fields, aliases + cost.aliases
            depth, nesting = max(depth, own_depth), max(nesting, cost.nesting)
            if fields > MAX_FIELDS:
                raise _excess(fields, MAX_FIELDS, _FIELDS)
        if depth > MAX_DEPTH:
            raise _excess(depth, MAX_DEPTH, "The depth is {} levels of fields; at most {} are allowed.")
        return Cost(fields, aliases, depth, nesting + 1)

    def check_fragments(self) -> None:
        """Unused ones are bounded too, because validation visits them."""
        fields = sum(self._fragment_cost(name, 1).fields for name in self.fragments)
        if fields > MAX_FIELDS:
            raise _excess(fields, MAX_FIELDS, _FIELDS)

    def _fragment_cost(self, name: str, level: int) -> Cost:
        """Counted once; where it is spread again only its nesting is judged anew, at the level it is spread at."""
        if name in self.open:
            raise GraphQLError(f'Cannot spread fragment "{name}" within itself.')
        if name not in self.fragments:
            return Cost()  # validation says so
        if name not in self.costs:
            self.open.add(name)
            self.costs[name] = self.selections_cost(self.fragments[name].selection_set.selections, level)
            self.open.remove(name)
        cost = self.costs[name]
        if level + cost.nesting - 1 > MAX_NESTING:
            raise _excess(level + cost.nesting - 1, MAX_NESTING, _NESTING)
        return cost


def _excess(number: int, maximum: int, sentence: str) -> GraphQLError:
    return GraphQLError(sentence.format(number, maximum))
