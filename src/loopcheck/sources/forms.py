"""Declarations in issue forms: GitHub writes each field as a heading with its answer below.

The labels of the fields are the keys of a `loopcheck` block: `### Owner`, `### Due`, `### Verify`. Other fields
belong to the form's author and are left alone. `loopcheck init` writes such a form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from loopcheck.documents import markdown, yaml
from loopcheck.documents.origin import DocumentError, Origin
from loopcheck.documents.yaml import MappingNode, Node, ScalarNode
from loopcheck.model import Location

_KEYS = frozenset(("owner", "due", "sprint", "milestone", "incident", "kind", "finding", "addresses", "require", "id"))
_VERIFY = "verify"
_NO_ANSWER = "_No response_"


class _Field(msgspec.Struct, frozen=True):
    key: str
    line: int
    """Of the heading, from 1."""
    first: int
    end: int
    """The lines of the answer, from 0: from `first` to before `end`."""


def read(text: str, path: str) -> MappingNode | None:
    """The declaration that a form's answers are, or `None` where the text is no such form.

    It is one where it has the headings `Verify` and `Owner` or `Due`, of the third level as GitHub writes them.

    Raises:
        DocumentError: a field is there twice, or what stands below `Verify` is not YAML.
    """
    if "###" not in text or _VERIFY not in text.lower():
        return None
    lines = markdown.lines_of(text)
    fields = list(_fields(text, path, lines))
    names = {field.key for field in fields}
    if _VERIFY not in names or names.isdisjoint(("owner", "due")):
        return None
    fences = markdown.fences(text, path)
    form = MappingNode(path, fields[0].line, 1, None)
    for field in fields:
        key = ScalarNode(path, field.line, 1, None, field.key, plain=True)
        value = _verify(field, fences, lines, path) if field.key == _VERIFY else _answer(field, lines, path)
        if value is not None:
            form.add(key, value)
        elif field.key in form:
            raise DocumentError(f"`{field.key}` is there twice", Location(path, field.line, 1), hint="keep one")
    return form


def _fields(text: str, path: str, lines: Sequence[str]) -> Iterator[_Field]:
    tokens = markdown.tokens(text, path)
    headings: list[tuple[str, int, int]] = []
    for token, content in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h3" and token.level == 0 and token.map:
            first, after = token.map
            headings.append((" ".join(content.content.lower().split()), first, after))
    headings.append(("", len(lines), len(lines)))
    for (label, first, after), (_, end, _) in pairwise(headings):
        if label == _VERIFY or label in _KEYS:
            yield _Field(label, first + 1, after, end)


def _answer(field: _Field, lines: Sequence[str], path: str) -> Node | None:
    """What was answered, as one text; `None` for nothing."""
    written = [number for number in range(field.first, field.end) if lines[number].strip()]
    if not written:
        return None
    answer = " ".join(lines[number].strip() for number in written)
    if answer == _NO_ANSWER:
        return None
    first = lines[written[0]]
    return ScalarNode(path, written[0] + 1, len(first) - len(first.lstrip()) + 1, None, answer, plain=False)


def _verify(field: _Field, fences: Sequence[markdown.Fence], lines: Sequence[str], path: str) -> Node | None:
    """The YAML below `Verify`: in a fence, as GitHub writes a field with `render: yaml`, or as it is."""
    here = [fence for fence in fences if field.first < fence.opened <= field.end]
    if len(here) > 1:
        raise DocumentError(
            "there are two blocks below `Verify`", Location(path, here[1].opened, 1), hint="write one list of artifacts"
        )
    if here:
        found = yaml.load(here[0].text, here[0].origin, yaml.DECLARATION)
    elif _answer(field, lines, path) is None:
        return None
    else:
        found = yaml.load("\n".join(lines[field.first : field.end]), Origin(path, field.first + 1), yaml.DECLARATION)
    return None if isinstance(found, ScalarNode) and found.is_null else found
