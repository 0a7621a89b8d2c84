"""Following a key through YAML, JSON and TOML, all of which are trees of the same nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from loopcheck.documents.yaml import MappingNode, Node, ScalarNode, SequenceNode
from loopcheck.reasons import AMBIGUOUS, TRUNCATED, CannotTell
from loopcheck_checks.config_value.found import Look, Missing, is_template, templated
from loopcheck_checks.config_value.keypath import Every, Index, Key, KeyPath, Select, Step
from loopcheck_checks.config_value.manifest import TEMPLATED, Value, selected

_STANDARD = "tag:yaml.org,2002:"
_MAX_ELEMENTS = 1000
_MAX_VALUES = 10_000


def look(documents: Sequence[Node], key: KeyPath, document: str | None, *, lines: bool) -> Look:
    """The values at `key`.

    Args:
        documents: the roots.
        key: the way.
        document: which documents, as declared; `None` for all that have the key.
        lines: whether the nodes know their lines.

    Raises:
        CannotTell: the way leads through something that is filled in elsewhere, or to several elements where one is
            meant.
    """
    real = [root for root in documents if not (isinstance(root, ScalarNode) and root.is_null)]
    wanted = real if document is None else _selected(documents, document)
    values: list[Value] = []
    missing: list[Missing] = []
    for root in wanted:
        here = list(_follow(root, key.steps, ""))
        there = [value_of(node, lines=lines) for node in here if isinstance(node, Node)]
        values += there
        if there or document is not None:  # a document that knows nothing of the key is another matter
            missing += [gap for gap in here if isinstance(gap, Missing)]
        if len(values) > _MAX_VALUES:
            raise CannotTell(AMBIGUOUS, f"`{key}` stands for more than {_MAX_VALUES:,} values")
    if not values and not missing:
        for root in wanted:
            missing += [gap for gap in _follow(root, key.steps, "") if isinstance(gap, Missing)][:1]
    if not lines:
        missing = [Missing(None, gap.because) for gap in missing]
    return Look(len(wanted), tuple(values), tuple(missing))


def _selected(documents: Sequence[Node], document: str) -> list[Node]:
    which = selected(document)
    if isinstance(which, int):
        return [documents[which - 1]] if which <= len(documents) else []
    return [root for root in documents if all(_says(root, path, text) for path, text in which)]


def _says(root: Node, path: KeyPath, text: str) -> bool:
    for node in _follow(root, path.steps, ""):
        if not isinstance(node, ScalarNode):
            return False
        if is_template(node.text) and node.text != text:
            raise CannotTell(
                TEMPLATED, f"line {node.line}: `{path}`, which selects the document, is filled in elsewhere"
            )
        return node.text == text
    return False


def _follow(node: Node, steps: Sequence[Step], way: str) -> Iterator[Node | Missing]:
    """The nodes at the end of the way, and the places where it ends early. As deep as a key has steps."""
    if not steps:
        yield node
        return
    _refuse_tag(node, way)
    step, rest = steps[0], steps[1:]
    if isinstance(node, ScalarNode) and is_template(node.text):
        raise CannotTell(TEMPLATED, f"line {node.line}: {way or 'the file'} is filled in elsewhere")
    at = f"{way}.{step}" if isinstance(step, Key) and way else f"{way}{step}"
    if isinstance(step, Key):
        if isinstance(node, MappingNode) and (child := _entry(node, step.name)) is not None:
            yield from _follow(child, rest, at)
        else:
            yield Missing(node.line, _without(node, way, step))
    elif not isinstance(node, SequenceNode):
        yield Missing(node.line, f"{way or 'the file'} is no list")
    elif isinstance(step, Index):
        if step.number < len(node):
            yield from _follow(node.items[step.number], rest, at)
        else:
            yield Missing(node.line, f"{way or 'the file'} has {len(node)} elements")
    elif isinstance(step, Every):
        if not len(node):
            yield Missing(node.line, f"{way or 'the file'} is an empty list")
        for number, item in enumerate(node.items):
            yield from _follow(item, rest, f"{way}[{number}]")
    else:
        yield from _follow_one(node, step, rest, way)


def _follow_one(node: SequenceNode, step: Select, rest: Sequence[Step], way: str) -> Iterator[Node | Missing]:
    found: list[Node] = []
    unclear: list[Node] = []
    for item in node.items:
        name = _entry(item, step.key) if isinstance(item, MappingNode) else None
        if isinstance(name, ScalarNode) and name.text == step.value:
            found.append(item)
        elif item.tag is not None or (isinstance(name, ScalarNode) and is_template(name.text)):
            unclear.append(item)
    if len(found) > 1:
        lines = ", ".join(str(item.line) for item in found[:5])
        raise CannotTell(AMBIGUOUS, f"{len(found)} elements are {way}{step} (lines {lines})")
    if not found and unclear:
        raise CannotTell(TEMPLATED, f"line {unclear[0].line}: the `{step.key}` of an element is filled in elsewhere")
    if found:
        yield from _follow(found[0], rest, f"{way}{step}")
    else:
        yield Missing(node.line, f"{way or 'the file'} has no element with {step.key}={step.value}")


def _entry(node: MappingNode, name: str) -> Node | None:
    """The value of a key, its own or one that a merge key (`<<`) brings in; of several, the first that has it."""
    waiting: list[Node] = [node]
    visited: set[int] = set()
    while waiting:
        table = waiting.pop()
        if id(table) in visited:
            continue
        visited.add(id(table))
        if not isinstance(table, MappingNode):
            raise CannotTell(TEMPLATED, f"line {table.line}: a merge key leads to something that is no mapping")
        if (own := table.get(name)) is not None:
            return own
        merge, key = table.get("<<"), table.key("<<")
        if merge is None or key is None or not key.plain:
            continue
        merged = merge.items if isinstance(merge, SequenceNode) else [merge]
        waiting.extend(reversed(merged))
    return None


def _refuse_tag(node: Node, way: str) -> None:
    if node.tag is not None and not node.tag.startswith(_STANDARD):
        raise CannotTell(
            TEMPLATED,
            f"line {node.line}: {way or 'the file'} has the tag `{node.tag[:40]}`, which only its reader knows",
        )


def _without(node: Node, way: str, step: Key) -> str:
    here = way or "the file"
    if isinstance(node, SequenceNode):
        return f"{here} is a list: say which element, as {here}[0], {here}[*] or {here}[name=…]"
    if not isinstance(node, MappingNode):
        return f"{here} has no keys"
    from difflib import get_close_matches

    near = get_close_matches(step.name, list(node.keys())[:1000], n=1, cutoff=0.7)
    return f"{here} has no `{step.name}`" + (f"; did you mean `{near[0]}`?" if near else "")


def value_of(node: Node, *, lines: bool, depth: int = 0) -> Value:
    """A node as a value."""
    line = node.line if lines else None
    if node.tag is not None:
        doubt = templated(f"it has the tag `{node.tag.removeprefix(_STANDARD)[:40]}`, which only its reader knows")
        return Value("text", node.text if isinstance(node, ScalarNode) else "", line, doubt=doubt)
    if isinstance(node, MappingNode):
        return Value("mapping", line=line)
    if isinstance(node, SequenceNode):
        items: Iterable[Node] = node.items[:_MAX_ELEMENTS] if depth == 0 else ()
        elements = tuple(value_of(item, lines=lines, depth=1) for item in items)
        if len(node) > _MAX_ELEMENTS:
            trouble = CannotTell(TRUNCATED, f"the list has more than {_MAX_ELEMENTS:,} elements")
            return Value("list", line=line, elements=elements, doubt=trouble.unseen)
        return Value("list", line=line, elements=elements)
    assert isinstance(node, ScalarNode)  # noqa: S101 - there is no fourth kind of node
    if is_template(node.text):
        return Value("text", node.text, line, doubt=templated("it is filled in elsewhere"))
    if not node.plain:
        return Value("text", node.text, line)
    value = node.value
    if value is None:
        return Value("null", "", line)
    if isinstance(value, bool):
        return Value("boolean", node.text, line)
    if isinstance(value, int | float):
        return Value("number", node.text, line)
    return Value("word", node.text, line)
