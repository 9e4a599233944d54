"""From the text of a query to its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    execute,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution import ExecutionResult

from frontdesk_boulevard.sandbox.costs import Scales, Weight
from frontdesk_boulevard.sandbox.faults import Fault, Ungranted
from frontdesk_boulevard.sandbox.graph import Call, schema
from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.refusal import Refusal


@attrs.frozen(kw_only=True)
class Asked:
    """A query that has been read and may be answered."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    weight: Weight

    @property
    def name(self) -> str:
        """Call it as the first field of the root that it asks for."""
        for one in self.operation.selection_set.selections:
            if isinstance(one, FieldNode):
                return one.name.value
        return ""

    @property
    def later_page(self) -> bool:
        """Whether it asks for a page that is not the first."""
        return any(self.variables.get(name) is not None for name in ("after", "before"))

    @property
    def place(self) -> dict[str, Any]:
        """Say where the field is, as errors do."""
        first = self.operation.selection_set.selections[0]
        if first.loc is None:
            return {"path": [self.name]}
        start = first.loc.start_token
        return {
            "path": [self.name],
            "locations": [{"line": start.line, "column": start.column}],
        }


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """Read and check a document; the same one comes again and again."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema(), document))


class Wrong(Exception):  # noqa: N818
    """A query that cannot be answered, with what GraphQL says about it."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("wrong query")
        self.errors = errors


def read(body: bytes, options: Options) -> Asked:
    """Read a request.

    Raises:
        Refusal: It is no JSON, or no request of GraphQL.
        Wrong: Its query cannot be answered.
    """
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Refusal(400, "Invalid JSON") from None
    text, variables = given.get("query"), given.get("variables")
    if not isinstance(text, str):
        raise Refusal(400, "No query document supplied")
    if variables is not None and not isinstance(variables, dict):
        raise Refusal(400, "variables must be an object")
    document, errors = _read(text)
    if document is None or errors:
        raise Wrong([dict(error.formatted) for error in errors])
    operation = get_operation_ast(document, given.get("operationName"))
    if operation is None:
        raise Wrong([{"message": "Must provide operation name"}])
    variables = dict(variables or {})
    weight = Scales(options, document, variables).weigh(operation)
    if weight.depth > options.deepest:
        message = f"Query depth is {weight.depth}, which exceeds the limit of {options.deepest}"
        raise Wrong([{"message": message}])
    return Asked(document=document, operation=operation, variables=variables, weight=weight)


def answer(asked: Asked, call: Call, faults: Sequence[Fault]) -> dict[str, Any]:
    """Answer a query."""
    ungranted = [fault for fault in faults if isinstance(fault, Ungranted)]
    name = asked.operation.name
    result = execute(
        schema(),
        asked.document,
        context_value=call,
        variable_values=dict(asked.variables),
        operation_name=name.value if name else None,
        middleware=[_Guard(ungranted)] if ungranted else None,
    )
    if not isinstance(result, ExecutionResult):
        raise TypeError("no field of this schema is awaited")
    told: dict[str, Any] = {"data": result.data}
    if result.errors:
        told["errors"] = [dict(error.formatted) for error in result.errors]
    return told


@attrs.frozen
class _Guard:
    """Lets nobody see what is not granted."""

    ungranted: Sequence[Ungranted]

    # By place only: lists have an argument *after* of their own.
    def resolve(self, step: Any, row: Any, info: GraphQLResolveInfo, /, **arguments: Any) -> Any:
        for fault in self.ungranted:
            if fault.type == info.parent_type.name and fault.field == info.field_name:
                raise GraphQLError(fault.message)
        return step(row, info, **arguments)
