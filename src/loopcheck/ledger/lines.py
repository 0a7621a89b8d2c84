"""The ledger as text: one JSON object a line, in the order in which it was found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from loopcheck.ledger.model import Entry
from loopcheck.reasons import UNPARSEABLE, CannotTell

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Entry)


def write(entries: Iterable[Entry]) -> bytes:
    """`entries` as lines, each with its end."""
    return b"".join(_line(entry) + b"\n" for entry in entries)


def _line(entry: Entry) -> bytes:
    try:
        return _ENCODER.encode(entry)
    except UnicodeEncodeError:  # half a character: JSON can say it, and nobody could read the ledger any more
        return _ENCODER.encode(_whole(msgspec.to_builtins(entry, order="deterministic")))


def _whole(value: Any) -> Any:
    """A value with a sign in place of every half character in its texts."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list | tuple) else value


def read(content: bytes, where: str) -> tuple[Entry, ...]:
    """The entries of a ledger. A newer version's further keys are passed over.

    Raises:
        CannotTell: a line cannot be read. What it held is then not known, and nothing may be decided without it.
    """
    entries = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            entries.append(_DECODER.decode(line))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise CannotTell(UNPARSEABLE, f"{where}:{number}: this line of the ledger cannot be read") from None
    return tuple(entries)


def added(content: bytes, entries: Iterable[Entry]) -> bytes:
    """`content` with those of `entries` after it that it does not hold; no byte of it is changed."""
    there = set(content.split(b"\n"))
    lines = [line for line in write(entries).splitlines() if line not in there]
    if not lines:
        return content
    gap = b"" if not content or content.endswith(b"\n") else b"\n"
    return content + gap + b"\n".join(lines) + b"\n"
