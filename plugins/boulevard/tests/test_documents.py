"""Every document is one that the schema has, not too deep, and asks for no more than it may."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
)

from frontdesk_boulevard import documents, reading
from frontdesk_boulevard.sandbox.graph import schema

SHARED = Path(__file__).parents[3].parent / "shared" / "reference" / "boulevard-schema.graphql"
DOCUMENTS = documents.every()
DEEPEST = 10


def schemas() -> list[GraphQLSchema]:
    found = [schema()]
    if SHARED.exists():
        found.append(build_schema(SHARED.read_text("utf-8")))
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid(name: str) -> None:
    """Seen to fail when the field ``cancelledOn`` was asked of a membership."""
    for known in schemas():
        assert validate(known, parse(DOCUMENTS[name])) == []


def depth(selection: SelectionSetNode | None, parts: Mapping[str, FragmentDefinitionNode]) -> int:
    if selection is None:
        return 0
    deepest = 0
    for one in selection.selections:
        if isinstance(one, FieldNode):
            deepest = max(deepest, 1 + depth(one.selection_set, parts))
        elif isinstance(one, InlineFragmentNode):
            deepest = max(deepest, depth(one.selection_set, parts))
        elif isinstance(one, FragmentSpreadNode):
            deepest = max(deepest, depth(parts[one.name.value].selection_set, parts))
    return deepest


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_not_too_deep(name: str) -> None:
    definitions = parse(DOCUMENTS[name]).definitions
    parts = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
    (operation,) = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
    assert 0 < depth(operation.selection_set, parts) <= DEEPEST


def test_no_page_is_larger_than_boulevard_gives() -> None:
    assert all(listing.page <= documents.MOST for listing in documents.STREAMS.values())
    assert reading.LARGEST <= documents.MOST


@pytest.mark.parametrize("name", ["clients", "appointments", "orders", "memberships"])
def test_a_list_and_a_node_ask_for_the_same(name: str) -> None:
    listing = documents.STREAMS[name]
    assert listing.fragment in listing.whole
    assert listing.fragment in listing.by_ids(3)
    assert listing.by_ids(3).count("...Fields") == 3
