"""Every query in GraphQL that loopcheck can ask, against GitHub's published schema and its limits."""

import importlib
import os
import pkgutil
import re
from functools import cache
from pathlib import Path

import graphql
import pytest
from graphql.language import ast

import loopcheck
import loopcheck_checks

_QUERY = re.compile(r"\s*(query|mutation)\b[^{]*\{")
_PLACES = (loopcheck, loopcheck_checks)
MOST_NODES = 500_000


def queries():
    """All texts in all modules that are queries, by module and name."""
    for package in _PLACES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            source = Path(importlib.util.find_spec(found.name).origin).read_text()
            if not re.search(r'"""\s*\n?\s*(query|mutation)\b', source) or ".tests" in found.name:
                continue
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if isinstance(value, str) and name.lstrip("_").isupper() and _QUERY.match(value):
                    yield pytest.param(value, id=f"{found.name}.{name}")


QUERIES = list(queries())


def test_queries_are_found():
    names = " ".join(one.id for one in QUERIES)
    for name in ("issue_query.ALL", "issue_query.ONE", "issue_query.MORE_COMMENTS", "glances.GLANCES"):
        assert name in names


@cache
def schema():
    return graphql.build_schema(Path(os.environ["LOOPCHECK_GITHUB_SCHEMA"]).read_text(), assume_valid=True)


@pytest.mark.skipif("LOOPCHECK_GITHUB_SCHEMA" not in os.environ, reason="names GitHub's published GraphQL schema")
@pytest.mark.parametrize("query", QUERIES)
def test_it_fits_githubs_schema(query):
    assert graphql.validate(schema(), graphql.parse(query)) == []


@pytest.mark.parametrize("query", QUERIES)
def test_it_asks_for_fewer_nodes_than_github_allows(query):
    document = graphql.parse(query)
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, ast.FragmentDefinitionNode)}
    (operation,) = (one for one in document.definitions if isinstance(one, ast.OperationDefinitionNode))
    assert _nodes(operation.selection_set, fragments) < MOST_NODES / 5  # far from it: GitHub gives up after ten seconds


def _nodes(selection_set, fragments):
    """How many nodes could come, reckoned as GitHub does: each list as long as it may be. Variables count as 100."""
    count = 0
    for one in selection_set.selections if selection_set else ():
        if isinstance(one, ast.FragmentSpreadNode):
            count += _nodes(fragments[one.name.value].selection_set, fragments)
            continue
        inner = _nodes(one.selection_set, fragments)
        sizes = [
            int(argument.value.value) if isinstance(argument.value, ast.IntValueNode) else 100
            for argument in getattr(one, "arguments", None) or ()
            if argument.name.value in ("first", "last")
        ]
        count += sizes[0] * (1 + inner) if sizes else inner
    return count
