"""GraphQL over plain data: fields are keys of a dict, those with arguments are functions in it.

A field that is not there is a request that nobody expects, so a query can ask for nothing that no test answers.
"""

import graphql
from graphql.language import ast
from standins.github.routing import Unexpected

_ACTORS = {"User", "Bot", "Mannequin", "Organization", "EnterpriseUserAccount"}


class QueryError(Exception):
    """An error that GitHub puts beside the data, with its type."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def execute(query, variables, root):
    """The whole answer to a query: `data`, and `errors` where a field met one."""
    document = graphql.parse(query)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, ast.FragmentDefinitionNode)}
    (operation,) = (one for one in document.definitions if isinstance(one, ast.OperationDefinitionNode))
    for wanted in operation.variable_definitions or ():
        name = wanted.variable.name.value
        if (
            isinstance(wanted.type, ast.NonNullTypeNode)
            and variables.get(name) is None
            and wanted.default_value is None
        ):
            return {
                "errors": [
                    {"message": f"Variable ${name} of type {graphql.print_ast(wanted.type)} was provided invalid value"}
                ]
            }
    run = _Execution(fragments, variables)
    data = run.select(operation.selection_set, root, [])
    return {"data": data, "errors": run.errors} if run.errors else {"data": data}


class _Execution:
    def __init__(self, fragments, variables):
        self.fragments = fragments
        self.variables = variables
        self.errors = []

    def select(self, selection_set, source, path):
        out = {}
        for one in selection_set.selections:
            if not self._included(one):
                continue
            if isinstance(one, ast.FieldNode):
                key = (one.alias or one.name).value
                out[key] = self._field(one, source, [*path, key])
                continue
            fragment = self.fragments[one.name.value] if isinstance(one, ast.FragmentSpreadNode) else one
            wanted = fragment.type_condition.name.value if fragment.type_condition else None
            is_a = source.get("__typename", wanted)
            if wanted in (None, is_a) or (wanted == "Actor" and is_a in _ACTORS):
                out.update(self.select(fragment.selection_set, source, path))
        return out

    def _field(self, node, source, path):
        name = node.name.value
        if name not in source:
            raise Unexpected(f"GraphQL: the field {'.'.join(map(str, path))}")
        arguments = {one.name.value: self._value(one.value) for one in node.arguments or ()}
        found = source[name]
        try:
            if callable(found):
                found = found(**arguments)
            elif arguments:
                raise Unexpected(f"GraphQL: arguments of {'.'.join(map(str, path))}")
        except QueryError as error:
            self.errors.append({"type": error.kind, "path": path, "message": str(error)})
            return None
        return self._complete(node, found, path)

    def _complete(self, node, found, path):
        if isinstance(found, list):
            return [self._complete(node, one, [*path, place]) for place, one in enumerate(found)]
        if isinstance(found, dict):
            return self.select(node.selection_set, found, path)
        return found

    def _included(self, node):
        for one in node.directives or ():
            (condition,) = one.arguments
            if self._value(condition.value) is (one.name.value == "skip"):
                return False
        return True

    def _value(self, node):
        if isinstance(node, ast.VariableNode):
            return self.variables.get(node.name.value)
        if isinstance(node, ast.ListValueNode):
            return [self._value(one) for one in node.values]
        if isinstance(node, ast.ObjectValueNode):
            return {one.name.value: self._value(one.value) for one in node.fields}
        if isinstance(node, ast.NullValueNode):
            return None
        return int(node.value) if isinstance(node, ast.IntValueNode) else node.value


def connection(entries, render, *, first=None, last=None, after=None, limit=100):
    """A page of a list. A cursor is a place in it, so that what leaves the list shifts all that follows."""
    entries = list(entries)
    size = first if first is not None else last
    if size is None or not 1 <= size <= limit:
        raise QueryError("EXCESSIVE_PAGINATION", f"Requesting {size} records exceeds the limit of {limit} records.")
    begin = int(after.removeprefix("cursor-")) if after else 0
    shown = entries[begin : begin + size] if first is not None else entries[-size:]
    end = begin + len(shown)
    return {
        "totalCount": len(entries),
        "pageInfo": {
            "hasNextPage": first is not None and end < len(entries),
            "endCursor": f"cursor-{end}" if shown else None,
            "hasPreviousPage": begin > 0 or (first is None and len(shown) < len(entries)),
        },
        "nodes": [render(one) for one in shown],
    }
