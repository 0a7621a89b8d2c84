"""What a Grafana rule fires on: the queries that its condition rests on, and the threshold. Pure.

A rule is a small graph: queries of data sources, and expressions over them, of which one is the condition. Read are
the usual forms: a threshold, a classic condition, or a comparison in a math expression, over one query, reduced or
not. Everything else says why it is not read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from loopcheck_checks.systems.prometheus.expression import parse

_EXPRESSIONS = frozenset(("__expr__", "-100"))
"""The names of the data source that is no data source: Grafana's own expressions."""
_EVALUATORS = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}
_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_PLAIN_REDUCERS = frozenset(("last", "mean", "avg", "min", "max", "median"))
_NUMBER = r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][-+]?[0-9]{1,2})?"
_VARIABLE = r"\$(?:\{([A-Za-z0-9_ -]{1,60})\}|([A-Za-z0-9_]{1,60}))"
_COMPARISON = re.compile(
    rf"\s*(?:{_VARIABLE}\s*(>=|<=|==|!=|>|<)\s*({_NUMBER})|({_NUMBER})\s*(>=|<=|==|!=|>|<)\s*{_VARIABLE})\s*"
)
_VARIABLES = re.compile(_VARIABLE)
_DECIDES = re.compile(r"[<>!]|==|&&|\|\||\b(?:and|or|unless|absent|absent_over_time)\b", re.IGNORECASE)
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_TEXT = re.compile(_QUOTED)
_TEXT_OR_COMMENT = {"expr": re.compile(_QUOTED + r"|#[^\n]*"), "rawSql": re.compile(_QUOTED + r"|--[^\n]*")}
_WORD = r"[A-Za-z0-9_:.]"
_MAX_NODES = 200
_MAX_TEXT = 20_000


class Query(msgspec.Struct, frozen=True):
    """A node of the graph, as Grafana writes it."""

    ref: str = msgspec.field(name="refId")
    model: dict[str, Any] = {}
    datasource: str = msgspec.field(default="", name="datasourceUid")


class Condition(msgspec.Struct, frozen=True):
    """What a rule fires on."""

    queries: tuple[str, ...] = ()
    """The text of each query that the condition rests on, without comments."""
    fires: str | None = None
    """When it fires: `> 30`. `None` where that is not read."""
    unread: str = ""
    """Why not."""
    direct: bool = False
    """Whether what is compared are the query's values: not a count of them, nor reckoned from several."""
    plain: bool = False
    """Whether these are a metric's own values: not a rate, a ratio or the like. Only of PromQL it is known."""
    labels: tuple[str, ...] | None = None
    """The only labels that its alerts have from its queries; `None` where that is not known."""


class _UnreadError(Exception):
    """The condition is of a form that is not read."""


def read(condition: str, nodes: Sequence[Query]) -> Condition:
    """What a rule with these nodes fires on."""
    if len(nodes) > _MAX_NODES:
        return Condition(unread="it has more parts than loopcheck reads")
    by_ref = {node.ref: node for node in nodes}
    sources = [node for node in _below(condition, by_ref) if node.datasource not in _EXPRESSIONS]
    texts = tuple(_text_of(node.model) for node in sources)
    labels = _labels(sources)
    try:
        fires, direct = _threshold(by_ref.get(condition), by_ref)
    except _UnreadError as why:
        return Condition(texts, unread=str(why), labels=labels)
    plain = direct and all(_is_metric(node.model.get("expr")) for node in sources)
    return Condition(texts, fires, direct=direct, plain=plain, labels=labels)


def holds(query: str, wanted: str) -> bool:
    """Whether a query holds a text, whole words of it. Spaces do not matter."""
    needle = " ".join(wanted.split())
    before = f"(?<!{_WORD})" if re.match(_WORD, needle) else ""
    after = f"(?!{_WORD})" if re.match(_WORD, needle[-1:]) else ""
    return re.search(before + re.escape(needle) + after, query) is not None


def _below(ref: str, nodes: Mapping[str, Query]) -> Iterator[Query]:
    """The nodes that one rests on, itself among them."""
    waiting, seen = [ref], set[str]()
    while waiting:
        node = nodes.get(waiting.pop())
        if node is None or node.ref in seen:
            continue
        seen.add(node.ref)
        yield node
        if node.datasource in _EXPRESSIONS:
            waiting += _inputs(node, nodes)


def _inputs(node: Query, nodes: Mapping[str, Query]) -> list[str]:
    kind, expression = node.model.get("type"), str(node.model.get("expression", ""))
    if kind == "classic_conditions":
        return [_ref_of(one) for one in _conditions(node)]
    if kind == "math":
        return [braced or bare for braced, bare in _VARIABLES.findall(expression[:_MAX_TEXT])]
    if kind in ("reduce", "resample", "threshold"):
        return [_bare(expression)]
    return list(nodes)  # SQL over the others, or something new: it may rest on any


def _bare(reference: str) -> str:
    return reference.strip().removeprefix("$").removeprefix("{").removesuffix("}")


def _conditions(node: Query) -> list[dict[str, Any]]:
    listed = node.model.get("conditions")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _ref_of(condition: Mapping[str, Any]) -> str:
    query = condition.get("query")
    parameters = query.get("params") if isinstance(query, dict) else None
    return str(parameters[0]) if isinstance(parameters, list) and parameters else ""


def _threshold(node: Query | None, nodes: Mapping[str, Query]) -> tuple[str, bool]:
    """When a condition fires, and whether a query's own values are compared."""
    if node is None:
        raise _UnreadError("its condition names a part that is not there")
    if node.datasource not in _EXPRESSIONS:
        raise _UnreadError("its condition is a query, without a threshold of its own")
    kind = node.model.get("type")
    if kind == "math":
        return _of_math(node, nodes)
    if kind not in ("threshold", "classic_conditions"):
        raise _UnreadError(f"its condition is of the type `{str(kind)[:40]}`")
    conditions = _conditions(node)
    if len(conditions) != 1:
        raise _UnreadError(f"its condition has {len(conditions)} parts")
    fires = _evaluated(conditions[0].get("evaluator"))
    if kind == "threshold":
        return fires, _is_direct(_bare(str(node.model.get("expression", ""))), nodes)
    reducer = conditions[0].get("reducer")
    reduced = reducer.get("type") if isinstance(reducer, dict) else None
    return fires, _is_direct(_ref_of(conditions[0]), nodes) and str(reduced) in _PLAIN_REDUCERS


def _evaluated(evaluator: Any) -> str:
    kind = str(evaluator.get("type")) if isinstance(evaluator, dict) else ""
    parameters = evaluator.get("params") if isinstance(evaluator, dict) else None
    if kind not in _EVALUATORS:
        raise _UnreadError(f"its threshold is of the type `{kind[:40]}`")
    number = parameters[0] if isinstance(parameters, list) and parameters else None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise _UnreadError("its threshold is no number")
    return f"{_EVALUATORS[kind]} {number:.15g}"


def _of_math(node: Query, nodes: Mapping[str, Query]) -> tuple[str, bool]:
    found = _COMPARISON.fullmatch(str(node.model.get("expression", ""))[:_MAX_TEXT])
    if found is None:
        raise _UnreadError("its condition is a formula that is no comparison of one value with a number")
    sign, number = (found[3], found[4]) if found[3] else (_FLIPPED[found[6]], found[5])
    plain = _is_direct(found[1] or found[2] or found[7] or found[8], nodes)
    return f"{sign} {float(number):.15g}", plain


def _is_direct(ref: str, nodes: Mapping[str, Query]) -> bool:
    """Whether a node has a query's own values.

    Raises:
        _UnreadError: something on the way decides by itself, so that the last threshold is not the one that counts.
    """
    below = list(_below(ref, nodes))
    if not below or any(one.datasource in _EXPRESSIONS and not _inputs_there(one, nodes) for one in below):
        raise _UnreadError("its condition rests on a part that is not there")
    for one in below:
        if one.datasource not in _EXPRESSIONS:
            if _DECIDES.search(_outside_of_braces(_text_of(one.model))):
                raise _UnreadError("its query compares by itself, before the threshold")
        elif one.model.get("type") not in ("reduce", "resample", "math") or (
            one.model.get("type") == "math" and _DECIDES.search(str(one.model.get("expression", "")))
        ):
            raise _UnreadError("another condition comes before its threshold")
    return all(
        one.datasource not in _EXPRESSIONS
        or one.model.get("type") == "resample"
        or (one.model.get("type") == "reduce" and str(one.model.get("reducer")) in _PLAIN_REDUCERS)
        for one in below
    )


def _inputs_there(node: Query, nodes: Mapping[str, Query]) -> bool:
    inputs = _inputs(node, nodes)
    return bool(inputs) and all(ref in nodes for ref in inputs)


def _is_metric(expr: Any) -> bool:
    """Whether PromQL gives a metric's own values."""
    try:
        return isinstance(expr, str) and parse(f"({expr}\n) > 0").plain
    except ValueError:
        return False


def _outside_of_braces(text: str) -> str:
    """A query without its selectors and texts, in which `!=` decides nothing about values."""
    return re.sub(r"\{[^{}]*\}", "", _TEXT.sub("", text))


def _text_of(model: Mapping[str, Any]) -> str:
    """All that a query says: its texts, in the order in which they stand, without comments."""
    for key, noise in _TEXT_OR_COMMENT.items():
        if isinstance(text := model.get(key), str):
            kept = noise.sub(lambda found: "" if found[0][0] in "#-" else found[0], text[:_MAX_TEXT])
            return " ".join(kept.split())
    return " ".join(" ".join(_texts(model, 0)).split())[:_MAX_TEXT]


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < 20:
        for key in value:
            if not isinstance(value, dict):
                yield from _texts(key, depth + 1)
            elif key not in ("refId", "datasource", "legendFormat", "editorMode"):
                yield from _texts(value[key], depth + 1)


def _labels(sources: Sequence[Query]) -> tuple[str, ...] | None:
    """The labels that PromQL leaves; of other languages, and of what is not understood, they are not known."""
    out: set[str] = set()
    for node in sources:
        expr = node.model.get("expr")
        if not isinstance(expr, str):
            return None
        try:
            labels = parse(expr).labels
        except ValueError:
            return None
        if labels is None:
            return None
        out |= labels
    return tuple(sorted(out))
