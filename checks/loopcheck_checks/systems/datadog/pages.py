"""Lists that Datadog gives in pages, read to their end.

What a page leaves out may be what its reader may not see as well as what there is not, so that a page that is not full
says nothing. A list ends with a page that brings nothing new, or where as many entries have come as Datadog says that
there are. Each page begins with the last entry of the one before: what was deleted meanwhile shows there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from loopcheck.checker import CannotTell, Unseen
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE, TRUNCATED
from loopcheck_checks.systems.datadog.client import Client
from loopcheck_checks.systems.datadog.records import Unreadable

_PAGES = 200

T = TypeVar("T", bound=msgspec.Struct)


class Page(msgspec.Struct, frozen=True):
    """One page of a list."""

    entries: Sequence[msgspec.Raw]
    total: int | None = None
    """How many entries there are on all pages, where the answer says so."""


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """All entries of a list."""

    entries: tuple[T, ...]
    unreadable: tuple[Unreadable, ...] = ()
    incomplete: Unseen | None = None
    """Why nothing follows from what is not in it; `None` where it is whole."""


class _Named(msgspec.Struct):
    """As much of an unreadable entry as says which one it is."""

    name: Any = None
    title: Any = None


def read_all(
    client: Client,
    what: str,
    scope: str,
    part: str,
    ask: Callable[[Any, int, int], Any],
    pages: Callable[[bytes], Page],
    entry: type[T],
    key: Callable[[T], str],
    *,
    by_number: bool = False,
    may_be_empty: bool = False,
) -> Listing[T]:
    """All entries of a list.

    Args:
        client: the run's client.
        what: what is asked for, for messages: `the list of SLOs`.
        scope: the permission that the application key needs.
        part: the class of Datadog's client.
        ask: makes the request, given that class's object, at which entry to begin, and the page's number.
        pages: reads an answer; raises `msgspec.DecodeError` where it is none.
        entry: what each entry is. One of another form is unreadable, and says nothing of the others.
        key: what tells an entry from the others.
        by_number: whether pages are asked for by their number, and so share no entry.
        may_be_empty: whether the keys have shown elsewhere that they see this organisation.

    Raises:
        CannotTell: there is no whole and authorised list, or none of its entries is shown: keys that see nothing may
            be another organisation's.
    """
    for _ in range(2):
        found = _Found(key)
        whole = _read_pages(client, what, scope, part, ask, pages, entry, found, by_number=by_number)
        if whole:
            break
    if whole is None:
        raise CannotTell(BAD_RESPONSE, f"the pages of {what} do not agree with each other")
    if not found.count and not may_be_empty:
        raise CannotTell(
            NOT_VISIBLE, f"{what} is empty for these keys at {client.site}: they may be another organisation's"
        )
    told = f"{what} shows {found.count} of {found.total} to these keys"
    return Listing(
        tuple(found.known.values()),
        tuple(found.unreadable.values()),
        None if whole else CannotTell(TRUNCATED, told).unseen,
    )


class _Found(Generic[T]):
    """What has come so far, each entry once."""

    def __init__(self, key: Callable[[T], str]) -> None:
        self.known: dict[str, T] = {}
        self.unreadable: dict[bytes, Unreadable] = {}
        self.total: int | None = None
        self._key = key

    @property
    def count(self) -> int:
        """How many entries have come."""
        return len(self.known) + len(self.unreadable)

    def take(self, raw: msgspec.Raw, entry: type[T]) -> bool:
        """Keep an entry; whether it is a new one."""
        before = self.count
        read = _read(raw, entry)
        if isinstance(read, Unreadable):
            self.unreadable.setdefault(bytes(raw), read)
        else:
            self.known.setdefault(self._key(read), read)
        return self.count > before


def _read_pages(
    client: Client,
    what: str,
    scope: str,
    part: str,
    ask: Callable[[Any, int, int], Any],
    pages: Callable[[bytes], Page],
    entry: type[T],
    found: _Found[T],
    *,
    by_number: bool,
) -> bool | None:
    """Whether all entries came that there are; `None` where a page does not begin with what is known already."""
    begin = 0
    for number in range(_PAGES):
        body = client.get(what, scope, part, partial(_asked, ask, begin, number))
        try:
            page = pages(body)
        except (msgspec.DecodeError, RecursionError):
            raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read (page {number})") from None
        new = [found.take(raw, entry) for raw in page.entries]
        if number and new and new[0] and not by_number:
            return None
        begin = max(0, begin + len(new) - 1)
        found.total = page.total
        if not any(new) or (found.total is not None and found.count >= found.total):
            return found.total is None or found.count >= found.total
    raise CannotTell(BAD_RESPONSE, f"{what} does not end after {_PAGES} pages")


def _asked(ask: Callable[[Any, int, int], Any], begin: int, number: int, api: Any) -> Any:
    return ask(api, begin, number)


def _read(raw: msgspec.Raw, entry: type[T]) -> T | Unreadable:
    try:
        return msgspec.json.decode(raw, type=entry)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = str(error)[:200]
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except (msgspec.DecodeError, RecursionError):  # not even an object
        named = _Named()
    name = named.name if isinstance(named.name, str) else named.title
    return Unreadable(problem, name=name if isinstance(name, str) else None)
