"""What backtests came to, for a person: a table where there are many, an answer with its picture for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loopcheck.replay import Backtest, elapsed, says_difference
from loopcheck.reports.clean import one_line
from loopcheck.reports.picture import IN_ASCII
from loopcheck.reports.picture import lines as drawn
from loopcheck.reports.text import Line

WIDTH = 84
"""Of a picture, in characters, where there is room."""
HEADINGS = ("over", "fires at", "T+", "before noticed", "otherwise", "as it did")
"""The columns of a table; the last two only where something is known for them."""

_ALWAYS = 4

Pair = tuple[Backtest, Backtest]


def answer(
    one: Backtest, *, picture: bool = True, width: int | None = None, ascii_only: bool = False
) -> Iterator[Line]:
    """One rule over one period.

    Args:
        one: what came of it.
        picture: whether it is drawn.
        width: of the terminal, in characters; `None` where that does not matter.
        ascii_only: whether the terminal has nothing but ASCII to draw with.
    """
    yield [(one_line(one.rule, 120), "title"), (f"  over {one_line(one.period, 80)}", "dim")]
    yield [("  ", ""), (one_line(one.said), style(one))]
    if picture and one.replay is not None and one.replay.curves:
        for line in drawn(one.replay, min(WIDTH, width or WIDTH), one.noticed, of=one.of):
            yield [(text.translate(IN_ASCII), name) for text, name in line] if ascii_only else line
    for note in one.replay.notes if one.replay is not None else ():
        yield [(f"  {one_line(note)}", "dim")]
    yield []


def differences(pairs: Sequence[Pair]) -> Iterator[Line]:
    """Which of two rules fires first, for each period."""
    for one, other in pairs:
        yield [(f"{one_line(one.period, 80)}: ", "title"), (one_line(says_difference(one, other)), "")]


def table(backtests: Sequence[Backtest]) -> Iterator[Line]:
    """A table for each rule, of all its periods."""
    for rule, found in by_rule(backtests):
        yield [(one_line(rule, 120), "title")]
        rows = rows_of(found)
        widths = [max(len(row[column]) for row in rows if len(row) > column) for column in range(len(rows[0]))]
        yield [("  ", ""), (_padded(rows[0], widths), "dim")]
        for one, row in zip(found, rows[1:], strict=True):
            yield [("  ", ""), (_padded(row, widths), style(one))]
        yield []


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()


def by_rule(backtests: Sequence[Backtest]) -> list[tuple[str, list[Backtest]]]:
    """The same, rule by rule, in the order in which the rules come."""
    return [(rule, [one for one in backtests if one.rule == rule]) for rule in dict.fromkeys(x.rule for x in backtests)]


def style(one: Backtest) -> str:
    """The name of the style of an answer."""
    if one.replay is None or (one.replay.history is not None and one.replay.history.differs):
        return "unknown"
    return "holds" if one.replay.caught is not None else "fails"


def rows_of(found: Sequence[Backtest]) -> list[tuple[str, ...]]:
    """The rows of a table, the headings first. A row of what could not be replayed has two cells only."""
    rows = [HEADINGS, *map(_cells, found)]
    shown = [
        column
        for column in range(len(HEADINGS))
        if column < _ALWAYS or any(len(row) > column and row[column] for row in rows[1:])
    ]
    return [tuple(row[column] for column in shown if column < len(row)) for row in rows]


def _cells(one: Backtest) -> tuple[str, ...]:
    period = one_line(one.period, 60)
    if one.replay is None:
        return period, one_line(f"cannot be replayed [{one.reason}]", 80)
    firing, window = one.replay.caught, one.replay.window
    times = len(one.replay.others)
    otherwise = "" if one.replay.around is None else f"{times} time{'' if times == 1 else 's'}"
    history = one.replay.history
    did = "" if history is None or history.stretch is None else f"{history.counted} alerts"
    if firing is None:
        since = one.replay.already
        silent = "never" if since is None else f"since {since.start:%m-%d %H:%M}"
        return period, silent, "", "", otherwise, did
    sign = "-" if firing.start < window.start else ""
    early = ""
    if one.noticed is not None:
        early = ("-" if firing.start > one.noticed else "") + elapsed(one.noticed - firing.start)
    after = sign + elapsed(firing.start - window.start)
    return period, f"{firing.start:%Y-%m-%d %H:%M}", after, early, otherwise, did
