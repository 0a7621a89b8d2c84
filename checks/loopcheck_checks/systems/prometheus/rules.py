"""Alerting rules, from the files of a repository.

Read as Prometheus reads them, which is strictly: a file with one thing wrong in it loads no rule at all. Plain
groups, `PrometheusRule` and `VMRule` of Kubernetes, lists and ConfigMaps of them, and groups within the values of a
chart are known; a template that has still to be rendered is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck_checks.systems.prometheus import durations
from loopcheck_checks.systems.prometheus.expression import parse

_GROUP_KEYS = frozenset(("name", "interval", "query_offset", "limit", "rules", "labels"))
_RULE_KEYS = frozenset(("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"))
_OF_OTHERS = frozenset(
    (
        "partial_response_strategy", "concurrency", "type", "params", "headers", "tenant", "notifier_headers", "debug",
        "eval_offset", "eval_delay", "eval_alignment", "extra_filter_labels", "update_entries_limit", "source_tenants",
        "align_evaluation_time_on_interval", "evaluation_delay", "remote_write", "namespace",
    )
)  # fmt: skip
"""Keys that Thanos, Mimir, Loki and vmalert know, and Prometheus refuses."""

_TEMPLATE = re.compile(
    r"\{\{-|\{%|<%|\{\{\s*(?:\.(?:Values|Release|Chart|Files)|include|template|define|if|else|end|tpl|toYaml)\b"
)
"""What Helm, Jinja and ERB render. `{{ $labels.job }}` in an annotation is Prometheus's own."""
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_VALUE_IN_LABEL = re.compile(r"\$value|\.Value|\bquery\b|\$externalLabels|\$externalURL")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An alerting rule, as it is written or as a Prometheus has it."""

    alert: str
    expr: str
    hold: float = 0
    """`for`, in seconds."""
    keep: float = 0
    """`keep_firing_for`, in seconds."""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    group: str = ""
    interval: float | None = None
    """Seconds between evaluations; `None` where it is left to the server."""
    offset: float = 0
    """`query_offset`, in seconds."""
    limit: int = 0
    """The most alerts that the group may have at once; 0 for as many as there are."""
    path: str = ""
    line: int = 0
    refused: str | None = None
    """Why Prometheus does not load it, as it stands in its file."""
    doubt: str | None = None
    """Why it cannot be told whether Prometheus loads it."""

    @property
    def fixed_labels(self) -> dict[str, str]:
        """The labels that every alert of it has, whatever fires; without those that are templates."""
        fixed = {name: value for name, value in self.labels.items() if "{{" not in value}
        return {**fixed, "alertname": self.alert}

    @property
    def varying_labels(self) -> frozenset[str]:
        """The names of labels that are templates."""
        return frozenset(name for name, value in self.labels.items() if "{{" in value)

    @property
    def labels_follow_value(self) -> bool:
        """Whether a label changes with the value, so that the alert becomes another one while it fires."""
        return any("{{" in value and _VALUE_IN_LABEL.search(value) for value in self.labels.values())


class RuleFile(msgspec.Struct, frozen=True):
    """What a file holds."""

    rules: tuple[Rule, ...] = ()
    problem: str | None = None
    """Why it cannot be read, or not to its end."""
    refused: bool = False
    """Whether the problem is one for which Prometheus too would refuse the file."""
    templated: bool = False
    """Whether it is a template that has to be rendered first."""
    line: int = 1


class _RefusedError(Exception):
    """Prometheus does not load this."""


class _Doubt(Exception):  # noqa: N818 - it is an answer
    """Prometheus may not load this."""


def read_rules(text: str, path: str) -> RuleFile:
    """The alerting rules of a file. A file without any is an empty answer."""
    try:
        documents = yaml.load_all(text, path)
    except DocumentError as error:
        twice = "is there twice" in str(error)
        return RuleFile(
            (), str(error)[:300], twice, not twice and _TEMPLATE.search(text) is not None, error.location.line
        )
    found: list[Rule] = []
    try:
        for number, document in enumerate(documents):
            found.extend(_of_document(document, path, first=number == 0))
    except RecursionError:  # by aliases, which may nest deeper than what is written
        return RuleFile((), "it is nested deeper than loopcheck reads")
    templated = next((rule for rule in found if "{{" in rule.expr or "{{" in rule.alert), None)
    if templated is not None:
        return RuleFile((), "it is a template that is rendered before Prometheus reads it", False, True, templated.line)
    return RuleFile(tuple(found))


def _of_document(document: Node, path: str, *, first: bool) -> Iterator[Rule]:
    if not isinstance(document, MappingNode):
        return
    kind = _text(document.get("kind"))
    if kind in ("PrometheusRule", "VMRule"):
        spec = document.get("spec")
        yield from _of_groups(spec, path, vm=kind == "VMRule", refused=None)
        return
    if kind == "List":
        items = document.get("items")
        for item in items if isinstance(items, SequenceNode) else ():
            yield from _of_document(item, path, first=True)
        return
    if kind == "ConfigMap":
        yield from _of_config_map(document, path)
        return
    if isinstance(document.get("groups"), SequenceNode):
        # Prometheus decodes one document of a file, and never looks whether another follows.
        late = None if first else "it is in a later document of the file, and Prometheus reads only the first"
        yield from _of_groups(document, path, vm=False, refused=late or _strange_key(document, {"groups", "namespace"}))
        return
    for _, value in document.entries():  # the values of a chart
        yield from _of_document(value, path, first=True)


def _of_config_map(document: MappingNode, path: str) -> Iterator[Rule]:
    data = document.get("data")
    for _, value in data.entries() if isinstance(data, MappingNode) else ():
        if isinstance(value, ScalarNode) and "groups" in value.text:
            for rule in read_rules(value.text, path).rules:
                yield msgspec.structs.replace(rule, line=value.line + rule.line)


def _strange_key(node: MappingNode, known: set[str] | frozenset[str]) -> str | None:
    """The message for a key that is a known one, misspelt."""
    for key in node.keys():  # noqa: SIM118 - a MappingNode is not iterable
        if key not in known and key not in _OF_OTHERS and get_close_matches(key, known, n=1, cutoff=0.75):
            return f"line {node.line}: Prometheus knows no key `{key[:40]}` here"
    return None


def _of_groups(holder: Node | None, path: str, *, vm: bool, refused: str | None) -> Iterator[Rule]:
    groups = holder.get("groups") if isinstance(holder, MappingNode) else None
    rules: list[Rule] = []
    doubt: str | None = None
    names: set[str] = set()
    for entry in groups if isinstance(groups, SequenceNode) else ():
        group = _merged(entry)
        if group is None:
            refused = refused or f"line {entry.line}: a group is no mapping"
            continue
        name = _text(group.get("name")) or ""
        if not name or name in names:
            refused = refused or f"line {group.line}: the group `{name[:40]}` has no name, or one that is there twice"
        names.add(name)
        common = Rule(alert="", expr="", group=name, path=path)
        try:
            common = _of_group(group, path)
            _known(group, _GROUP_KEYS, vm=vm)
        except (_RefusedError, ValueError) as error:
            refused = refused or f"line {group.line}: {error}"
        except _Doubt as error:
            doubt = doubt or f"line {group.line}: {error}"
        listed = group.get("rules")
        for item in listed if isinstance(listed, SequenceNode) else ():
            node = _merged(item)
            if node is None:
                refused = refused or f"line {item.line}: a rule is no mapping"
                continue
            try:
                _well_formed(node, vm=vm)
            except (_RefusedError, ValueError) as error:
                refused = refused or f"line {node.line}: {error}"
            except _Doubt as error:
                doubt = doubt or f"line {node.line}: {error}"
            alert = _text(node.get("alert"))
            if alert:
                rules.append(_rule(node, alert, common))
    for rule in rules:
        yield msgspec.structs.replace(rule, refused=refused, doubt=doubt)


def _known(node: MappingNode, known: frozenset[str], *, vm: bool) -> None:
    strange = _strange_key(node, known)
    if strange is not None:
        raise _RefusedError(strange.partition(": ")[2])
    for key in node.keys():  # noqa: SIM118 - a MappingNode is not iterable
        if key not in known and not (vm and key in _OF_OTHERS):
            raise _Doubt(f"`{key[:40]}` is no key of Prometheus's own")


def _of_group(group: MappingNode, path: str) -> Rule:
    """What the rules of a group have in common.

    Raises:
        ValueError: Prometheus would refuse it.
    """
    interval, offset = _text(group.get("interval")), _text(group.get("query_offset"))
    limit = _text(group.get("limit")) or "0"
    if not re.fullmatch(r"[0-9]{1,9}", limit):
        raise ValueError(f"`limit: {limit[:20]}` is no number")
    return Rule(
        alert="",
        expr="",
        group=_text(group.get("name")) or "",
        # Prometheus takes an interval of nothing for one that is not set.
        interval=(durations.seconds(interval) or None) if interval is not None else None,
        offset=durations.seconds(offset) if offset is not None else 0,
        limit=int(limit),
        labels=_texts(group.get("labels")),
        path=path,
    )


def _well_formed(node: MappingNode, *, vm: bool) -> None:
    """Raise what Prometheus would say of a rule."""
    alert, record, expr = (_text(node.get(key)) for key in ("alert", "record", "expr"))
    if bool(alert) == bool(record):
        raise _RefusedError("a rule is either `alert` or `record`")
    if not expr:
        raise _RefusedError("a rule without `expr`")
    for key in ("for", "keep_firing_for"):
        value = node.get(key)
        if value is None:
            continue
        if record:
            raise _RefusedError(f"`{key}` in a recording rule")
        if not (isinstance(value, ScalarNode) and value.is_null):
            durations.seconds(_text(value) or "")
    labels, annotations = node.get("labels"), node.get("annotations")
    for name in (*_texts(labels), *_texts(annotations)):
        if name == "__name__" or not name:
            raise _RefusedError(f"`{name}` is not a label that a rule may set")
        if not _LABEL.fullmatch(name):
            raise _Doubt(f"`{name[:40]}` is a name that only newer versions of Prometheus take")
    for what, held in (("labels", labels), ("annotations", annotations)):
        if (
            held is not None
            and not isinstance(held, MappingNode)
            and not (isinstance(held, ScalarNode) and held.is_null)
        ):
            raise _RefusedError(f"`{what}` is no mapping")
    _known(node, _RULE_KEYS, vm=vm)
    if "{{" not in expr:
        try:
            parse(expr)
        except ValueError as error:
            raise _Doubt(f"the expression cannot be read ({str(error)[:100]})") from None


def _rule(node: MappingNode, alert: str, common: Rule) -> Rule:
    return msgspec.structs.replace(
        common,
        alert=alert,
        expr=_text(node.get("expr")) or "",
        hold=_length(node.get("for")),
        keep=_length(node.get("keep_firing_for")),
        labels={**common.labels, **_texts(node.get("labels"))},
        annotations=_texts(node.get("annotations")),
        line=node.line,
    )


def _length(node: Node | None) -> float:
    try:
        return durations.seconds(_text(node) or "0")
    except ValueError:  # the rule is known to be refused
        return 0


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, ScalarNode) and not node.is_null else None


def _texts(node: Node | None) -> dict[str, str]:
    mapping = _merged(node)
    return {} if mapping is None else {key.text: _text(value) or "" for key, value in mapping.entries()}


def _merged(node: Node | None) -> MappingNode | None:
    """A mapping with its merge keys (`<<: *common`) resolved, as Prometheus resolves them: own keys win."""
    if not isinstance(node, MappingNode):
        return None
    merge = node.get("<<")
    if merge is None:
        return node
    out = MappingNode(node.path, node.line, node.column, node.tag)
    for key, value in node.entries():
        if key.text != "<<":
            out.add(key, value)
    for source in merge if isinstance(merge, SequenceNode) else (merge,):
        other = _merged(source)
        for key, value in other.entries() if other is not None else ():
            if key.text not in out:
                out.add(key, value)
    return out
