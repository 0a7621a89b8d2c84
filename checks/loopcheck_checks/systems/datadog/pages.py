"""Lists that Datadog gives in pages, read to their end.

What a page leaves out may be what the reader may not see as well as what there is not: a page that is not full says
nothing. A list ends with an empty page, or where as many entries have come as Datadog says that there are.
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
    may_be_empty: bool = False,
) -> Listing[T]:
    """All entries of a list.

    Args:
        client: the run's client.
        what: what is asked for, for messages: `the list of SLOs`.
        scope: the permission that the application key needs.
        part: the class of Datadog's client.
        ask: makes the request, given that class's object, how many entries came before, and the page's number.
        pages: reads an answer; raises `msgspec.DecodeError` where it is none.
        entry: what each entry is. One of another form is unreadable, and says nothing of the others.
        key: what tells an entry from the others.
        may_be_empty: whether the keys have shown elsewhere that they see this organisation.

    Raises:
        CannotTell: there is no whole and authorised list, or none of its entries is shown: keys that see nothing may
            be another organisation's.
    """
    # The pages are counted, not chained: what is deleted or added meanwhile shifts the rest. An entry that is seen
    # twice shows that, and the list is read once more.
    for _ in range(2):
        raws, total = _raws(client, what, scope, part, ask, pages)
        read = [_read(raw, entry) for raw in raws]
        known = tuple(one for one in read if not isinstance(one, Unreadable))
        if len({key(one) for one in known}) == len(known):
            break
    else:
        raise CannotTell(BAD_RESPONSE, f"the pages of {what} do not agree with each other")
    if not raws and not may_be_empty:
        raise CannotTell(
            NOT_VISIBLE, f"{what} is empty for these keys at {client.site}: they may be another organisation's"
        )
    short = total is not None and len(raws) < total
    return Listing(
        known,
        tuple(one for one in read if isinstance(one, Unreadable)),
        CannotTell(TRUNCATED, f"{what} shows {len(raws)} of {total} to these keys").unseen if short else None,
    )


def _raws(
    client: Client,
    what: str,
    scope: str,
    part: str,
    ask: Callable[[Any, int, int], Any],
    pages: Callable[[bytes], Page],
) -> tuple[list[msgspec.Raw], int | None]:
    found: list[msgspec.Raw] = []
    for number in range(_PAGES):
        body = client.get(what, scope, part, partial(_asked, ask, len(found), number))
        try:
            page = pages(body)
        except (msgspec.DecodeError, RecursionError):
            raise CannotTell(BAD_RESPONSE, f"{what} that Datadog sent cannot be read (page {number})") from None
        found += page.entries
        if not page.entries or (page.total is not None and len(found) >= page.total):
            return found, page.total
    raise CannotTell(BAD_RESPONSE, f"{what} does not end after {_PAGES} pages")


def _asked(ask: Callable[[Any, int, int], Any], before: int, number: int, api: Any) -> Any:
    return ask(api, before, number)


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
