"""The report as JSON, version 1: a contract that others build on (docs/report.md).

Every key is always there; what is not known is `null`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from loopcheck.model import Report
from loopcheck.reports.clean import encodable

_ESCAPED = re.compile(r"[^\x00-\x7e]|(?<=#)\[")


def render(report: Report) -> str:
    """The report as indented JSON, ASCII only, so that no log can take a part of it for a command."""
    return document(
        {
            "version": report.version,
            "verdict": report.verdict,
            "run": report.run,
            "errors": report.errors,
            "items": report.items,
        }
    )


def document(value: Any) -> str:
    """Anything made of plain data and structs, as JSON that is safe to print.

    What is not ASCII is escaped, and so is the `[` of `##[`, which GitHub's runner obeys wherever it stands.
    """
    try:
        encoded = msgspec.json.encode(value, enc_hook=_text)
    except UnicodeEncodeError:  # the name of a file may be any bytes
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(value, enc_hook=_text)))
    return _ESCAPED.sub(_escape, msgspec.json.format(encoded, indent=2).decode()) + "\n"


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def _text(value: object) -> str:
    """The plain text of a kind of text, such as `RepoPath`, which a checker may well use in what it says."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(f"not plain data: {type(value).__name__}")


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list | tuple):
        return [_encodable(one) for one in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    return value
