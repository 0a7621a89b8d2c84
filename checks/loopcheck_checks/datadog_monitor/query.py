"""What a monitor's query says: a parser for the forms that Datadog documents.

    avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host} > 30
    logs("service:db").index("*").rollup("count").last("5m") > 2
    "ntp.in_sync".over("*").last(2).count_by_status()
    123 && !456

A query of another form is `kind="unknown"`. Nothing is ever concluded from a part that was not understood.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import msgspec

_LONGEST = 20_000
_DEEPEST = 40

Kind = Literal["metric", "search", "check", "composite", "none", "unknown"]


class Series(msgspec.Struct, frozen=True):
    """One metric in a query: `avg:postgresql.replication_delay{env:prod} by {host}.as_count()`."""

    metric: str
    space: str | None
    """How the groups are put together: `avg`, `sum`, `p95`."""
    filter: str
    """As written between `{` and `}`."""
    by: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    """What is called on it, in order: `as_count`."""


class Query(msgspec.Struct, frozen=True):
    """A query, taken apart."""

    kind: Kind
    text: str
    """As written, with spaces only where they matter."""
    expression: str = ""
    """What is compared, without window and threshold."""
    series: tuple[Series, ...] = ()
    """The metrics in it."""
    plain: bool = False
    """Whether what is compared is the value of one metric, with nothing done to it that changes its scale."""
    value: bool = False
    """Whether what is compared is a value, and not a share of anomalous points, a forecast or a change."""
    aggregation: str | None = None
    """How the window is put together: `avg`."""
    window: str | None = None
    """As written: `last_5m`."""
    seconds: int | None = None
    """The length of the window; `None` for one that has none, or is of the calendar."""
    changed: str | None = None
    """How the window of a change is put together: the `avg` of `change(avg(last_5m),last_1h)`."""
    shift: int | None = None
    """What a change is compared with: so many seconds ago."""
    sign: str | None = None
    """`>`, `>=`, `<`, `<=`, `==` or `!=`."""
    threshold: Fraction | None = None
    parts: tuple[int, ...] = ()
    """The monitors that a composite is made of."""
    unread: str | None = None
    """Why it is not understood."""


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 31 * 86_400, "y": 366 * 86_400}
_WINDOW = re.compile(r"(?:last_)?([0-9]{1,6})(mo|[smhdwy])")
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n\f\v]+)
    | (?P<text>"[^"]{0,8000}"|'[^']{0,8000}')
    | (?P<filter>\{[^{}]{0,8000}\})
    | (?P<number>[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,2})?(?![A-Za-z_0-9]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]{0,200}(?:[./-][A-Za-z0-9_]{1,200}){0,60}|[0-9]{1,10}[A-Za-z_]{1,20})
    | (?P<sign>>=|<=|==|!=|&&|\|\||[-+*/<>=!,.():])
    """,
    re.VERBOSE,
)
# `-` may stand in no metric's name, and `a.b-c.d` is a difference: the name ends before it.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}(?:\.[A-Za-z0-9_]{1,200}){0,60}")
_COMPARISONS = frozenset({">", ">=", "<", "<=", "==", "!="})
_SPACES = re.compile(r"avg|sum|min|max|count|last|p[0-9]{1,2}(?:\.[0-9]{1,3})?")
_HARMLESS = frozenset({"as_count", "fill", "rollup", "default_zero", "exclude_null"})
"""Functions after which the number is still the metric's own."""
_SUMMING = frozenset({"sum", "count", "'sum'", "'count'", '"sum"', '"count"'})
"""Ways of rolling up after which it is not: thirty points of 1 become one of 30."""
_OWN_SCALE = frozenset({"anomalies", "forecast", "outliers"})
"""Functions whose threshold is not compared with the value."""
_TIME = frozenset({"avg", "sum", "min", "max", "last"})
_CHANGES = frozenset({"change", "pct_change", "min_change", "max_change"})
_COMPOSITE = re.compile(r"[0-9!&|() \t\r\n]{1,4000}")
_NUMBERS = re.compile(r"[0-9]{1,19}")


class NotUnderstoodError(Exception):
    """A query is of a form that is not known here. The message says what stands where."""


@lru_cache(maxsize=8192)
def parse(text: str) -> Query:
    """Take a query apart. Never raises: one that is not understood says so in `kind` and `unread`."""
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        return Query("unknown", stripped[:200], unread="it is longer than any query that loopcheck reads")
    if stripped in ("no_query", ""):
        return Query("none", stripped)
    if _COMPOSITE.fullmatch(stripped) and re.search(r"[0-9]", stripped):
        parts = tuple(dict.fromkeys(int(number) for number in _NUMBERS.findall(stripped)))
        return Query("composite", "".join(stripped.split()), parts=parts)
    try:
        reader = _Reader(tokens(stripped))
        return reader.monitor()
    except NotUnderstoodError as error:
        return Query("unknown", normalised(stripped), unread=str(error))


def normalised(text: str) -> str:
    """A query with spaces only where they matter, so that two ways of writing one are the same text."""
    try:
        return joined(tokens(text.strip()))
    except NotUnderstoodError:
        return " ".join(text.split())


class Token(msgspec.Struct, frozen=True):
    """The smallest part of a query: a word, a number, a `{filter}`, a `"text"` or a sign."""

    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """A query, cut up.

    Raises:
        NotUnderstoodError: it holds something that no documented query does.
    """
    out: list[Token] = []
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise NotUnderstoodError(f"`{text[place : place + 20]}` is not of a form that loopcheck knows")
        kind = str(found.lastgroup)
        token = found.group()
        if kind == "word" and ("-" in token or "/" in token) and not _is_source(text, found.end()):
            shorter = _NAME.match(token)
            token = shorter.group() if shorter else token
        place += len(token)
        if kind == "filter":
            token = "{" + ",".join(" ".join(part.split()) for part in token[1:-1].split(",")) + "}"
        if kind != "space":
            out.append(Token(kind, token))
    return out


def _is_source(text: str, place: int) -> bool:
    """Whether the word that ends at `place` is the source of a search: `error-tracking-rum("…")`."""
    return text[place : place + 2] in ('("', "('")


def joined(tokens: list[Token]) -> str:
    """Tokens as the text of a query again, with spaces only where they matter."""
    out: list[str] = []
    for before, token in zip([Token("", ""), *tokens], tokens, strict=False):
        words = before.kind in ("word", "number") and token.kind in ("word", "number")
        out.append((" " if words else "") + token.text)
    return "".join(out)


def _seconds(window: str) -> int | None:
    found = _WINDOW.fullmatch(window)
    return int(found[1]) * _UNITS[found[2]] if found else None


class _Value(msgspec.Struct, frozen=True):
    """What an expression turned out to be."""

    series: tuple[Series, ...]
    plain: bool = False
    value: bool = True


class _Reader:
    """Recursive descent over tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def _peek(self, ahead: int = 0) -> str:
        place = self._place + ahead
        return self._tokens[place].text if place < len(self._tokens) else ""

    def _kind(self, ahead: int = 0) -> str:
        place = self._place + ahead
        return self._tokens[place].kind if place < len(self._tokens) else ""

    def _take(self, wanted: str | None = None) -> Token:
        if self._place >= len(self._tokens) or (wanted is not None and self._peek() != wanted):
            found = self._peek() or "the end"
            raise NotUnderstoodError(f"`{found[:40]}` stands where {f'`{wanted}`' if wanted else 'more'} was expected")
        token = self._tokens[self._place]
        self._place += 1
        return token

    def monitor(self) -> Query:
        """A whole query."""
        if self._kind() == "text":
            return self._check()
        if self._kind() == "word" and self._peek(1) == "(":
            if self._kind(2) == "text":
                return self._search()
            return self._metric()
        raise NotUnderstoodError("it begins neither with a window, nor with a search, nor with a check")

    def _comparison(self) -> tuple[str, Fraction]:
        sign = self._take().text
        if sign not in _COMPARISONS:
            raise NotUnderstoodError(f"`{sign[:40]}` is not a comparison")
        negative = self._peek() in ("-", "+") and self._take().text == "-"
        if self._kind() != "number":
            raise NotUnderstoodError("it is not compared with a number")
        number = Fraction(self._take().text)
        if self._place != len(self._tokens):
            raise NotUnderstoodError(f"`{self._peek()[:40]}` follows the threshold")
        return sign, -number if negative else number

    def _metric(self) -> Query:
        aggregation = self._take().text
        changed: str | None = None
        shift: int | None = None
        if aggregation in _CHANGES:
            changed, window, shift = self._change_window()
        else:
            self._take("(")
            window = self._take().text
            if self._peek() == ",":  # `percentile(last_5m, p95)`: documented nowhere
                raise NotUnderstoodError("its window has more than a length")
            self._take(")")
        self._take(":")
        begin = self._place
        value = self._sum(0)
        expression = joined(self._tokens[begin : self._place])
        sign, threshold = self._comparison()
        changes = aggregation in _CHANGES
        known = changes or aggregation in _TIME or _SPACES.fullmatch(aggregation) is not None
        if not known:
            raise NotUnderstoodError(f"`{aggregation[:40]}` is no way of putting a window together that is known here")
        if not window.startswith(("last_", "next_", "current_")):
            raise NotUnderstoodError(f"`{window[:40]}` is not a window")
        return Query(
            "metric",
            joined(self._tokens),
            expression,
            value.series,
            plain=value.plain and not changes,
            value=value.value and not changes,
            aggregation=aggregation,
            window=window,
            seconds=_seconds(window),
            changed=changed,
            shift=shift,
            sign=sign,
            threshold=threshold,
        )

    def _change_window(self) -> tuple[str, str, int | None]:
        """`change(avg(last_5m),last_1h)`: the inner aggregation and window, and how long ago the other one is."""
        self._take("(")
        aggregation = self._take().text
        self._take("(")
        window = self._take().text
        self._take(")")
        self._take(",")
        ago = self._take().text
        self._take(")")
        return aggregation, window, _seconds(ago.removesuffix("_ago"))

    def _sum(self, depth: int) -> _Value:
        return self._chain(("+", "-"), depth)

    def _chain(self, signs: tuple[str, str], depth: int) -> _Value:
        """Operands between `signs`: a sum of products of factors."""
        below = self._factor if signs[0] == "*" else self._product
        values = [below(depth)]
        while self._peek() in signs:
            self._take()
            values.append(below(depth))
        return values[0] if len(values) == 1 else _together(values)

    def _product(self, depth: int) -> _Value:
        return self._chain(("*", "/"), depth)

    def _factor(self, depth: int) -> _Value:
        if depth > _DEEPEST:
            raise NotUnderstoodError("it is nested too deep")
        here = self._peek()
        if here in ("-", "+"):
            self._take()
            return msgspec.structs.replace(self._factor(depth + 1), plain=False)
        if here == "(":
            self._take()
            inner = self._sum(depth + 1)
            self._take(")")
            return self._called(inner, depth)
        if self._kind() == "number":
            self._take()
            return _Value(())
        if self._kind() != "word":
            raise NotUnderstoodError(f"`{here[:40] or 'the end'}` stands where a metric was expected")
        if self._peek(1) == "(":
            return self._called(self._function(depth), depth)
        return self._called(self._series(), depth)

    def _series(self) -> _Value:
        name = self._take().text
        space = None
        if self._peek() == ":" and self._kind(1) == "word":
            if not _SPACES.fullmatch(name):
                raise NotUnderstoodError(f"`{name[:40]}` is no way of putting groups together that is known here")
            self._take()
            space, name = name, self._take().text
        if self._kind() != "filter" or not _NAME.fullmatch(name):
            raise NotUnderstoodError(f"`{name[:60]}` has no `{{…}}` after it")
        chosen = self._take().text[1:-1]
        return _Value((Series(name, space, chosen),), plain=True)

    def _function(self, depth: int) -> _Value:
        """`anomalies(avg:x{*}, 'basic', 2, direction='above')`: the metrics in it, and what it makes of them."""
        name = self._take().text
        inner = _together(self._arguments(depth))
        if name in _OWN_SCALE:
            return _Value(inner.series, value=False)
        single = len(inner.series) == 1
        series = tuple(msgspec.structs.replace(one, functions=(*one.functions, name)) for one in inner.series)
        return _Value(series, plain=single and inner.plain and name in _HARMLESS, value=inner.value)

    def _arguments(self, depth: int) -> list[_Value]:
        """The arguments that are expressions; texts, numbers and settings say nothing of a metric."""
        self._take("(")
        found: list[_Value] = []
        while self._peek() != ")":
            if self._kind() == "word" and self._peek(1) == "=":
                self._take()
                self._take()
                self._take()
            elif self._kind() == "text" or (self._kind() == "word" and self._peek(1) in (",", ")")):
                self._take()
            else:
                value = self._sum(depth + 1)
                if value.series:
                    found.append(value)
            if self._peek() != ")":
                self._take(",")
        self._take(")")
        return found

    def _called(self, value: _Value, depth: int) -> _Value:
        """`by {…}` and `.function(…)` after an expression."""
        while True:
            if self._peek() == "by" and self._kind(1) == "filter":
                self._take()
                keys = tuple(key.strip().casefold() for key in self._take().text[1:-1].split(",") if key.strip())
                value = _with(value, by=keys)
            elif self._peek() == "." and self._kind(1) == "word" and self._peek(2) == "(":
                self._take()
                name = self._take().text
                summed = name == "rollup" and self._peek(1) in _SUMMING
                self._arguments(depth)
                plain = value.plain and name in _HARMLESS and not summed
                value = _with(value, function=name)
                value = msgspec.structs.replace(value, plain=plain)
            else:
                return value

    def _search(self) -> Query:
        """`logs("…").index("*").rollup("count").by("host").last("5m") > 2`, and others built like it."""
        self._take()
        self._take("(")
        self._take()
        self._take(")")
        aggregation, window = self._methods()
        expression = joined(self._tokens[: self._place])
        sign, threshold = self._comparison()
        return Query(
            "search",
            joined(self._tokens),
            expression,
            value=True,
            aggregation=aggregation,
            window=window,
            seconds=_seconds(window) if window else None,
            sign=sign,
            threshold=threshold,
        )

    def _methods(self) -> tuple[str | None, str | None]:
        """Calls after a search, of which `rollup` says the aggregation and `last` the window."""
        aggregation: str | None = None
        window: str | None = None
        while self._peek() == ".":
            self._take()
            name = self._take().text
            first = self._peek(1)
            self._arguments(0)
            if name == "rollup":
                aggregation = first.strip("\"'")
            elif name == "last":
                window = first.strip("\"'")
        return aggregation, window

    def _check(self) -> Query:
        self._take()
        self._methods()
        if self._place != len(self._tokens):
            raise NotUnderstoodError(f"`{self._peek()[:40]}` follows the check")
        return Query("check", joined(self._tokens), joined(self._tokens))


def _together(values: list[_Value]) -> _Value:
    series = tuple(one for value in values for one in value.series)
    # One argument that is a plain series keeps being one: `default_zero(avg:x{*})`.
    plain = len(values) == 1 and values[0].plain
    return _Value(series, plain, value=all(value.value for value in values))


def _with(value: _Value, *, by: tuple[str, ...] = (), function: str | None = None) -> _Value:
    series = tuple(
        msgspec.structs.replace(
            one, by=one.by or by, functions=(*one.functions, function) if function else one.functions
        )
        for one in value.series
    )
    return msgspec.structs.replace(value, series=series)
