"""What a query costs, and how deep it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from frontdesk_boulevard.sandbox.options import Options


@attrs.frozen
class Weight:
    """How much a selection weighs."""

    cost: int = 0
    depth: int = 0


@attrs.frozen
class Scales:
    """Weighs operations; a fragment is weighed wherever it is spread."""

    options: Options
    document: DocumentNode
    variables: Mapping[str, Any]

    def weigh(self, operation: OperationDefinitionNode) -> Weight:
        """Weigh one operation."""
        fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        return self._selected(operation.selection_set, fragments)

    def _selected(
        self, selection: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Weight:
        if selection is None:
            return Weight()
        cost = depth = 0
        for field in _fields(selection, fragments):
            inner = self._selected(field.selection_set, fragments)
            rows = self._rows(field)
            times = max(rows, 1) if self.options.cost_multiplied else 1
            cost += self.options.field_cost + times * inner.cost + rows * self.options.row_cost
            depth = max(depth, 1 + inner.depth)
        return Weight(cost, depth)

    def _rows(self, field: FieldNode) -> int:
        """Tell how many rows a list is asked for, none if it is no list."""
        found = 0
        for argument in field.arguments:
            if argument.name.value in {"first", "last"}:
                value = argument.value
                if isinstance(value, IntValueNode):
                    found = int(value.value)
                elif isinstance(value, VariableNode):
                    given = self.variables.get(value.name.value)
                    found = given if isinstance(given, int) else found
        return max(0, min(found, self.options.most_rows))


def _fields(
    selection: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Yield the fields of a selection, those of fragments too; valid documents have no circles."""
    for one in selection.selections:
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, InlineFragmentNode):
            yield from _fields(one.selection_set, fragments)
        elif isinstance(one, FragmentSpreadNode):
            yield from _fields(fragments[one.name.value].selection_set, fragments)
