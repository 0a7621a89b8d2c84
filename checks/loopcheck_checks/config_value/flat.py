"""Looking into INI, .properties and .env, which know only texts, and of which no two programs read the same.

What every usual reader of such a file agrees on is taken as it is. Where they part (case, inline comments,
indented lines, a key that is there twice) the value is in doubt, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from loopcheck.documents.origin import DocumentError
from loopcheck.model import Location
from loopcheck.quantities import Quantity
from loopcheck.reasons import AMBIGUOUS, NOT_JUDGED, CannotTell, Unseen
from loopcheck_checks.config_value.found import Look, Missing, is_template, templated
from loopcheck_checks.config_value.keypath import Key, KeyPath
from loopcheck_checks.config_value.manifest import READER_DEPENDENT, TEMPLATED, Value

_CONTROL = ("{%", "{{", "<%", "%{")
_TRUTH = frozenset("true false yes no on off".split())


class Entry(msgspec.Struct, frozen=True):
    """A key with its value."""

    section: str
    """The section that it stands in; empty before the first."""
    key: str
    value: str
    line: int
    doubt: str | None = None
    """Why readers may differ about it."""
    perhaps: bool = False
    """True where some readers see no key here at all."""
    literal: bool = False
    """True where nothing is filled into the value, whatever it looks like."""


class File(msgspec.Struct, frozen=True):
    """All that a file sets, in its order."""

    entries: Sequence[Entry]
    last_wins: bool = True
    """Whether every reader takes the last of two entries with the same key."""
    folds: bool = False
    """Whether some readers take no notice of a key's case."""
    sections: bool = True


def look(file: File, key: KeyPath) -> Look:
    """The value at `key`.

    Raises:
        CannotTell: it depends on the reader whether the key is there, or two keys answer to it.
    """
    names = [step.name for step in key.steps if isinstance(step, Key)]
    if len(names) < len(key.steps):
        raise CannotTell(NOT_JUDGED, "this format has no lists: declare a key without `[…]`")
    ways = {(".".join(names[:cut]), ".".join(names[cut:])) for cut in range(len(names) if file.sections else 1)}
    found = [entry for entry in file.entries if (entry.section, entry.key) in ways]
    sure = [entry for entry in found if not entry.perhaps]
    if not sure:
        _refuse_perhaps(file, ways, found)
        return Look(1, (), (Missing(None, _without(file, ways)),))
    if len({(entry.section, entry.key) for entry in sure}) > 1:
        lines = ", ".join(str(entry.line) for entry in sure[:5])
        raise CannotTell(AMBIGUOUS, f"several keys can be meant by `{key}` (lines {lines}): put names in quotes")
    last = sure[-1]
    value = _value(last)
    alike = _folded(ways)
    same = [
        entry for entry in file.entries if (entry.section, entry.key) in ways or (file.folds and _place(entry) in alike)
    ]
    others = [entry for entry in same if entry is not last and (entry.value != last.value or entry.doubt)]
    if others and not (file.last_wins and len(sure) == len(same)):
        value = _doubted(
            value, f"it is set more than once, on line {others[0].line} too, and not alike to every reader"
        )
    return Look(1, (value,))


def _folded(ways: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(section.casefold(), key.casefold()) for section, key in ways}


def _place(entry: Entry) -> tuple[str, str]:
    return entry.section.casefold(), entry.key.casefold()


def _refuse_perhaps(file: File, ways: set[tuple[str, str]], found: Iterable[Entry]) -> None:
    """Refuse to say that a key is absent where some reader sees it."""
    for entry in found:
        raise CannotTell(READER_DEPENDENT, f"line {entry.line}: {entry.doubt or 'not every reader sees a key here'}")
    if not file.folds:
        return
    folded = _folded(ways)
    inherited = {("default", key) for _, key in folded}
    for entry in file.entries:
        place = _place(entry)
        if place in folded:
            raise CannotTell(
                READER_DEPENDENT, f"line {entry.line} has the key in another case, which some readers take"
            )
        if place in inherited:
            raise CannotTell(
                READER_DEPENDENT, f"line {entry.line} has the key in the section DEFAULT, which some readers inherit"
            )


def _without(file: File, ways: set[tuple[str, str]]) -> str:
    from difflib import get_close_matches

    section, key = max(ways, key=lambda way: len(way[0]))
    known = sorted({entry.key for entry in file.entries})[:1000]
    near = get_close_matches(key, known, n=1, cutoff=0.7)
    here = f"[{section}]" if section else "the file"
    return f"{here} has no `{key}`" + (f"; did you mean `{near[0]}`?" if near else "")


def _value(entry: Entry) -> Value:
    bare = _unquoted(entry.value)
    value = Value("word", bare, entry.line, typed=False, quoted=entry.value)
    if entry.doubt is not None:
        return _doubted(value, entry.doubt)
    if is_template(entry.value) and not entry.literal:
        return msgspec.structs.replace(value, doubt=templated("it is filled in elsewhere"))
    return value


def _doubted(value: Value, why: str) -> Value:
    return msgspec.structs.replace(value, doubt=Unseen(READER_DEPENDENT.word, why, READER_DEPENDENT.remedy))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def _lines(text: str, path: str) -> list[str]:
    """The lines of a file that is no template.

    Raises:
        CannotTell: a line belongs to a template.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if line.lstrip().lstrip("#;").lstrip().startswith(_CONTROL):
            raise CannotTell(TEMPLATED, f"{path}:{number} is a line of a template, so the file is not what it seems")
    return lines


def _without_comment(value: str, marks: str) -> tuple[str, str | None]:
    """A value without a comment behind it, and the doubt where readers differ about whether it is one."""
    if value[:1] in ("'", '"') and (end := value.find(value[0], 1)) > 0:
        rest = value[end + 1 :].lstrip()
        if not rest or rest[0] in marks:
            return value[: end + 1], None
    for place, letter in enumerate(value):
        if letter in marks and place > 0 and value[place - 1] in " \t":
            head = value[:place].rstrip()
            try:  # no reader can take `30 ; seconds` for a number with its comment
                Quantity.parse(head)
            except ValueError:
                if head.lower() not in _TRUTH:
                    return head, "what follows a blank and `#` or `;` is a comment to some readers and not to others"
            return head, None
    return value, None


_SECTION = re.compile(r"\[([^\]]+)\][ \t]*(?:[#;].*)?")


def read_ini(text: str, path: str) -> File:
    """An INI file: sections, `key = value` or `key: value`, comments with `#` and `;`.

    Raises:
        DocumentError: a line is none of these.
        CannotTell: it is a template.
    """
    entries: list[Entry] = []
    section = ""
    indent = 0
    for number, line in enumerate(_lines(text, path), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        depth = len(line) - len(line.lstrip())
        if stripped[0] == "[" and (depth <= indent or not entries):
            header = _SECTION.fullmatch(stripped)
            if header is None:
                raise DocumentError("not INI: a section is written `[name]`", Location(path, number))
            section, indent = header[1].strip(), 10**6
            continue
        places = [place for mark in "=:" if (place := stripped.find(mark)) > 0]
        if depth > indent and entries:
            # Python and others read on; git and others see a new key.
            last = entries[-1]
            entries[-1] = msgspec.structs.replace(
                last, doubt=f"line {number}, which is indented, belongs to it for some"
            )
            if places:
                key, value = _split(stripped, min(places))
                entries.append(Entry(section, key, value, number, "it is indented below another key", perhaps=True))
            continue
        indent = depth
        if not places:
            if re.fullmatch(r"[\w.-]+", stripped) is None:
                raise DocumentError("not INI: no `=`, and no section", Location(path, number))
            entries.append(Entry(section, stripped, "", number, "the key stands alone, which some read as true"))
            continue
        key, raw = _split(stripped, min(places))
        value, doubt = _without_comment(raw, "#;")
        if len(places) > 1 and stripped[min(places)] == ":":
            doubt = "`:` divides for some readers only, and a `=` follows"
        entries.append(Entry(section, key, value, number, doubt))
        for place in places:
            if place != min(places):  # `a:b = c` is the key `a:b` to readers that know only `=`
                key, raw = _split(stripped, place)
                entries.append(Entry(section, key, raw, number, "`:` divides for some readers only", perhaps=True))
    return File(entries, last_wins=False, folds=True)


def _split(line: str, place: int) -> tuple[str, str]:
    return line[:place].rstrip(), line[place + 1 :].strip()


_PROPERTY = re.compile(r"((?:[^\\:=\s]|\\.)+)[ \t\f]*(?:[=:][ \t\f]*|(?<=[ \t\f])|$)(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read_properties(text: str, path: str) -> File:
    """A .properties file as Java reads it: the last entry wins, a backslash continues a line.

    Raises:
        DocumentError: a line has no key.
        CannotTell: it is a template, or holds several documents.
    """
    entries: list[Entry] = []
    pending, begun = "", 0
    for number, line in enumerate([*_lines(text, path), ""], 1):
        stripped = line.lstrip(" \t\f")
        if not pending:
            if stripped.startswith(("#---", "!---")):
                raise CannotTell(NOT_JUDGED, f"{path}:{number}: a file with several documents is not judged")
            if not stripped or stripped[0] in "#!":
                continue
            begun = number
        pending += stripped
        if (len(stripped) - len(stripped.rstrip("\\"))) % 2 == 1:
            pending = pending[:-1]
            if pending:
                continue
        found = _PROPERTY.fullmatch(pending)
        pending = ""
        if found is None:
            raise DocumentError("not .properties: a line has no key", Location(path, begun))
        entries.append(Entry("", _unescaped(found[1]), _unescaped(found[2]), begun))
    return File(entries, sections=False)


def _unescaped(text: str) -> str:
    def letter(found: re.Match[str]) -> str:
        code = found[1]
        if len(code) == 5:
            point = int(code[1:], 16)
            return chr(point) if not 0xD800 <= point < 0xE000 else "\ufffd"
        return _ESCAPED.get(code, code)

    return _ESCAPE.sub(letter, text)


_ENV_KEY = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)([ \t]*)(=?)([ \t]*)(.*)", re.DOTALL)


def read_env(text: str, path: str) -> File:
    """A .env file: `KEY=value`, `export`, quotes that may run over lines, comments; the last entry wins.

    Raises:
        DocumentError: a line is none of these, or a quote is never closed.
        CannotTell: it is a template.
    """
    lines = _lines(text, path)
    entries: list[Entry] = []
    number = 0
    while number < len(lines):
        begun, line = number + 1, lines[number].strip()
        number += 1
        if not line or line.startswith("#"):
            continue
        found = _ENV_KEY.fullmatch(line)
        if found is None:
            raise DocumentError("not .env: a line is `KEY=value`", Location(path, begun))
        key, before, sign, after, raw = found.groups()
        if not sign:
            if raw:
                raise DocumentError("not .env: a line is `KEY=value`", Location(path, begun))
            why = "the key stands alone, and its value comes from the surroundings"
            entries.append(Entry("", key, "", begun, why, perhaps=True))
            continue
        doubt = "there is a blank beside the `=`, which shells refuse" if before or (after and raw) else None
        quote = raw[:1] if raw[:1] in ("'", '"') else ""
        if quote:
            parts = [raw[1:]]
            while (end := _closing(parts[-1], quote)) is None and number < len(lines):
                parts.append(lines[number])
                number += 1
            if end is None:
                raise DocumentError("not .env: a quote is never closed", Location(path, begun))
            rest = parts[-1][end + 1 :].strip()
            if rest and not rest.startswith("#"):
                doubt = "something follows the closing quote"
            body = "\n".join([*parts[:-1], parts[-1][:end]])
            if quote == '"' and "\\" in body:
                doubt = "it has a backslash in quotes"
            entries.append(
                Entry("", key, f"{quote}{body}{quote}", begun, doubt, literal=quote == "'" and "{{" not in body)
            )
            continue
        value, unsure = _without_comment(raw.strip(), "#")
        entries.append(Entry("", key, value, begun, doubt or unsure))
    return File(entries, sections=False)


def _closing(text: str, quote: str) -> int | None:
    """Where the quote is closed; a backslash saves a double quote from being one."""
    place = 0
    while place < len(text):
        if text[place] == "\\" and quote == '"':
            place += 2
            continue
        if text[place] == quote:
            return place
        place += 1
    return None


READERS: dict[str, Callable[[str, str], File]] = {"ini": read_ini, "properties": read_properties, "env": read_env}
