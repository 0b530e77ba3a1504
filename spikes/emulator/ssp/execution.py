"""GraphQL executed for real: parse, pick the operation, validate it, run it against our schema.

Clients send one document with all operations they know and name one. Only that one and the fragments it reaches are
validated, so that a newer client's other operations do not matter. Checked documents are kept by their text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Visitor,
    build_schema,
    execute,
    parse,
    validate,
    value_from_ast_untyped,
    visit,
)

DOCUMENTS_KEPT = 64


class GraphQLRefusal(ValueError):
    """A request that cannot be executed; `messages` say why, in GraphQL's words."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


@dataclass(frozen=True)
class Operation:
    """A validated operation: the root field it asks for tells what it is, its name is the client's own."""

    document: DocumentNode
    name: str


def load_schema() -> GraphQLSchema:
    """The provider's schema, with scalars that let nothing but their own type through."""
    schema = build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))
    for name, coerce in _SCALARS.items():
        scalar = schema.type_map[name]
        if not isinstance(scalar, GraphQLScalarType):
            raise TypeError(f"{name} must be a scalar in schema.graphql")
        scalar.coerce_input_value = coerce
        scalar.coerce_output_value = coerce
        scalar.coerce_input_literal = _literal(coerce)
    return schema


class Executor:
    """Runs operations of clients against one schema and one set of resolvers."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._prepare = lru_cache(maxsize=DOCUMENTS_KEPT)(self._prepare_fresh)

    def prepare(self, query: str, operation_name: str) -> Operation:
        """Find and check an operation. Raises GraphQLRefusal."""
        return self._prepare(query, operation_name)

    async def run(self, operation: Operation, variables: dict[str, Any], root: Any, context: Any) -> ExecutionResult:
        """Execute. Errors of resolvers are in the result, as GraphQL has it."""
        result = execute(
            self._schema,
            operation.document,
            root_value=root,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name,
        )
        return result if isinstance(result, ExecutionResult) else await result

    def _prepare_fresh(self, query: str, operation_name: str) -> Operation:
        try:
            document = _reduce(parse(query), operation_name)
        except GraphQLError as error:
            raise GraphQLRefusal([error.message]) from error
        errors = validate(self._schema, document)
        if errors:
            raise GraphQLRefusal([error.message for error in errors])
        return Operation(document=document, name=operation_name)


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.add(node.name.value)


def _reduce(document: DocumentNode, operation_name: str) -> DocumentNode:
    """The document with one operation and the fragments it reaches."""
    operation = next(
        (
            node
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode) and node.name and node.name.value == operation_name
        ),
        None,
    )
    if operation is None:
        raise GraphQLRefusal([f'Unknown operation named "{operation_name}".'])
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    reached: dict[str, FragmentDefinitionNode] = {}
    open_nodes: list[Node] = [operation]
    while open_nodes:
        spreads = _Spreads()
        visit(open_nodes.pop(), spreads)
        for name in sorted(spreads.names - reached.keys()):
            if name in fragments:  # an unknown one is reported by the validation
                reached[name] = fragments[name]
                open_nodes.append(fragments[name])
    return DocumentNode(definitions=(operation, *reached.values()))


def _literal(coerce: Callable[[object], object]) -> Callable[..., object]:
    return lambda node, *_: coerce(value_from_ast_untyped(node))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"a text is needed, not {value!r}")
    return value


def _long(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 63) <= value < 1 << 63:
        raise GraphQLError(f"Long cannot represent {value!r}")
    return value


_SCALARS: dict[str, Callable[[object], object]] = {
    "Long": _long,
    "DateTime": _text,
    "UUID": _text,
    "PublicKey": _text,
    "Hash32": _text,
}
