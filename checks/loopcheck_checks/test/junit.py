"""Reports in the form of JUnit, as test runners of every language write them. Pure.

They come from artifacts, which anybody's code may have written: a document type, and with it every entity, is refused,
and what is read is bounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from xml.parsers import expat

import msgspec

from loopcheck.checker import CannotTell
from loopcheck.reasons import TOO_BIG, UNPARSEABLE

_MAX_CASES = 300_000
_MAX_NAME = 2000


class Result(StrEnum):
    """How a test ended, best first."""

    PASSED = "passed"
    FLAKY = "flaky"
    """It failed, and passed when it was tried again."""
    SKIPPED = "skipped"
    """It was not run, or was expected to fail."""
    FAILED = "failed"


class Case(msgspec.Struct, frozen=True):
    """A test in a report."""

    classname: str
    name: str
    result: Result
    where: str
    """The report that it stands in."""

    @property
    def full(self) -> str:
        """`classname.name`."""
        return f"{self.classname}.{self.name}" if self.classname else self.name


class Cases:
    """Many tests, found by name."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._by_name: dict[str, list[Case]] = defaultdict(list)
        self.total = 0
        for case in cases:
            self.total += 1
            for key in {_bare(case.name), _bare(case.full)}:
                self._by_name[key].append(case)

    def fitting(self, full: str, *, alone: bool) -> list[Case]:
        """The cases that a name means: itself, and each set of parameters of it, `test_x[a]`, `testX(int)`.

        Args:
            full: `classname.name`, or a name.
            alone: whether it may be a name without its class.
        """
        known = self._by_name.get(_bare(full), [])
        found = [case for case in known if _means(full, case.full)]
        return found or ([case for case in known if _means(full, case.name)] if alone else [])

    def nearest(self, full: str) -> str | None:
        """A name that the author may have meant."""
        from difflib import get_close_matches

        last = _bare(full).rpartition(".")[2]
        if same := self._by_name.get(last):
            return same[0].full
        near = get_close_matches(_bare(full)[:200], list(self._by_name)[:500], n=1, cutoff=0.8)
        return self._by_name[near[0]][0].full if near else None


def _bare(name: str) -> str:
    """A name without its parameters."""
    ends = [place for place in (name.find("["), name.find("(")) if place > 0]
    return name[: min(ends)].rstrip() if ends else name


def _means(wanted: str, name: str) -> bool:
    return name == wanted or (name.startswith(wanted) and name[len(wanted) :].lstrip(" ")[:1] in ("[", "("))


def read(data: bytes, where: str) -> list[Case] | None:
    """The tests of a report; `None` where the file is XML of another kind.

    Raises:
        CannotTell: it is not XML, has a document type, or holds more than is read.
    """
    reader = _Reader(where)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = False
    parser.StartDoctypeDeclHandler = reader.document_type
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(data, True)
    except _OtherKind:
        return None
    except expat.ExpatError as error:
        raise CannotTell(UNPARSEABLE, f"{where}:{error.lineno}: not XML that can be read") from None
    except (ValueError, LookupError):  # an encoding that there is not
        raise CannotTell(UNPARSEABLE, f"{where}: not XML that can be read") from None
    return reader.cases


class _OtherKind(Exception):  # noqa: N818 - an answer, not an error
    pass


_WORSE = {
    "failure": Result.FAILED,
    "error": Result.FAILED,
    "skipped": Result.SKIPPED,
    "disabled": Result.SKIPPED,
    "flakyFailure": Result.FLAKY,
    "flakyError": Result.FLAKY,
}
_ORDER = list(Result)
_NOT_RUN = frozenset(("notrun", "disabled", "skipped", "suppressed", "ignored", "pending", "todo"))
_WRONG = frozenset(("failed", "failure", "error"))


def worst(results: Iterable[Result]) -> Result:
    """The worst of some results."""
    return max(results, key=_ORDER.index)


class _Reader:
    """What the parser calls."""

    def __init__(self, where: str) -> None:
        self.cases: list[Case] = []
        self._where = where
        self._depth = 0
        self._suites: list[tuple[int, str]] = []
        self._case: tuple[int, str, str, Result] | None = None

    def document_type(self, *_: object) -> None:
        raise CannotTell(UNPARSEABLE, f"{self._where} has a document type, which no report needs")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        self._depth += 1
        if self._depth == 1 and tag not in ("testsuites", "testsuite"):
            raise _OtherKind
        if self._case is not None:
            depth, classname, name, result = self._case
            if self._depth == depth + 1 and tag in _WORSE:
                self._case = (depth, classname, name, worst((result, _WORSE[tag])))
        elif tag == "testsuite":
            self._suites.append((self._depth, attributes.get("name", "")))
        elif tag == "testcase":
            suite = self._suites[-1][1] if self._suites else ""
            classname = attributes.get("classname", suite)[:_MAX_NAME]
            self._case = (self._depth, classname, attributes.get("name", "")[:_MAX_NAME], _said(attributes))

    def end(self, _tag: str) -> None:
        if self._case is not None and self._case[0] == self._depth:
            _, classname, name, result = self._case
            self._case = None
            if len(self.cases) >= _MAX_CASES:
                raise CannotTell(TOO_BIG, f"{self._where} has more than {_MAX_CASES:,} tests")
            self.cases.append(Case(classname, name, result, self._where))
        if self._suites and self._suites[-1][0] == self._depth:
            self._suites.pop()
        self._depth -= 1


def _said(attributes: dict[str, str]) -> Result:
    """What the attributes say, as those of GoogleTest do: `status="notrun" result="suppressed"`."""
    words = {attributes.get(key, "").strip().lower() for key in ("status", "result")}
    if words & _WRONG:
        return Result.FAILED
    return Result.SKIPPED if words & _NOT_RUN else Result.PASSED
