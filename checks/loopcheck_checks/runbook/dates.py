"""Dates as people write them in prose, and the lines that say nothing but when a text was last looked at."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"""\b(?:
        (?P<year>[12][0-9]{{3}})[-/.](?P<month>[0-9]{{1,2}})[-/.](?P<day>[0-9]{{1,2}})
            (?:[T\ ][0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:\.[0-9]{{1,9}})?(?:Z|\ ?UTC|[+-][0-9]{{2}}:?[0-9]{{2}})?)?
      | [0-9]{{1,2}}[./-][0-9]{{1,2}}[./-](?:[12][0-9])?[0-9]{{2}}
      | (?P<day2>{_DAY})\ (?:of\ )?(?P<month2>{_MONTH})\.?,?\ (?P<year2>[12][0-9]{{3}})
      | (?P<month3>{_MONTH})\.?\ (?P<day3>{_DAY}),?\ (?P<year3>[12][0-9]{{3}})
      | {_MONTH}\.?,?\ [12][0-9]{{3}}
      | [12][0-9]{{3}}[-\ ](?:q[1-4]|[0-9]{{2}})
      | q[1-4][-\ /][12][0-9]{{3}}
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_LOOKED_AT = re.compile(
    r"\b(?:updated?|reviewed|review|revised|revision|modified|edited|amended|checked|verified|validated|"
    r"changed|touched|tested|accurate|current)\b",
    re.IGNORECASE,
)
_AROUND = frozenset(
    "last next latest most recent recently date dates time on at by in of as is was the this page document doc runbook "
    "file and owner due every version v".split()
)
_MARK = "\N{CALENDAR}"
_LONGEST = 300
_MOST_WORDS = 3


def without_dates(text: str) -> str:
    """`text` with a mark in place of each date."""
    return _DATE.sub(_MARK, text)


def is_review_line(line: str) -> bool:
    """Whether a line says only when, and by whom, a text was last looked at: `Last reviewed: 2026-11-02 by @alice`.

    A line that says more, such as what was found, is not one.
    """
    if len(line) > _LONGEST:
        return False
    spaced = line.replace("_", " ")
    undated = _DATE.sub(" ", spaced)
    if undated == spaced or not _LOOKED_AT.search(undated):
        return False
    rest = [word.strip("*:|.,;()[]<>!-'\"") for word in _LOOKED_AT.sub(" ", undated).split()]
    rest = [word for word in rest if word and not word.startswith("@") and word.lower() not in _AROUND]
    return len(rest) <= _MOST_WORDS and not any(letter.isdigit() for word in rest for letter in word)


def dates_in(line: str) -> list[date]:
    """The full dates in a line of which the order of day and month is certain."""
    found: list[date] = []
    for match in _DATE.finditer(line[:_LONGEST]):
        parts = match.groupdict()
        try:
            if parts["year"]:
                found.append(date(int(parts["year"]), int(parts["month"]), int(parts["day"])))
            else:
                number = "2" if parts["year2"] else "3"
                month, day = parts["month" + number], parts["day" + number]
                if month and day:
                    place = _MONTHS.index(month[:3].lower()) + 1
                    found.append(date(int(parts["year" + number]), place, int(day.rstrip("stndrh"))))
        except ValueError:  # 2026-02-31
            continue
    return found
