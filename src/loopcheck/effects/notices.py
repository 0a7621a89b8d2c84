"""What the ledger and the issue's history add to what was seen, as sentences for the comment.

A stranger's word stands in them in code only. Their dates come from the ledger, so that the same is said every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from loopcheck.effects.comment import Notice
from loopcheck.effects.looks import Look
from loopcheck.effects.reopening import Decision, Gate
from loopcheck.effects.situation import day
from loopcheck.ledger.model import Entry
from loopcheck.model import Verdict
from loopcheck.reports.markdown import code
from loopcheck.tracker import Closing, Issue

NO_LEDGER = Notice(
    "no-ledger",
    "The ledger could not be read in this run. It is not said here whether this is waived, nor since when it is so.",
)
NOTHING_COUNTS = Notice(
    "nothing-declared",
    "Nothing that counts is declared in this issue any more: there is no `loopcheck` block in it, or it was written or "
    "last edited by somebody who may not declare. Nothing is looked at for it.",
)
_WAIVE = "Somebody with the permission to write can accept it for a time: `/loopcheck waive until DATE because REASON`."
_GITHUBS = {"not_planned": "not planned", "duplicate": "a duplicate"}


def dropped(closing: Closing) -> Notice:
    """Of an issue that was closed as not planned or as a duplicate."""
    reason = closing.reason or ""
    by = f" by {code('@' + closing.by.login, 80)}" if closing.by else ""
    return Notice(
        f"dropped {reason}",
        f"Closed as {_GITHUBS.get(reason, 'dropped')} on {day(closing.at)}{by}. That is respected and recorded: "
        "nothing is looked at for it any more. Whoever opens it again has it looked at again.",
    )


def notices(
    issue: Issue,
    looks: Sequence[Look],
    decision: Decision,
    changes: Mapping[str, tuple[str, ...]],
) -> tuple[Notice, ...]:
    """All that is to be said, the most pressing first.

    Args:
        issue: as it is, before anything is done.
        looks: its items.
        decision: what becomes of it.
        changes: what changed about an item that was verified, as Markdown that is safe.
    """
    alone = len(looks) == 1
    said = list(_gate(issue, looks, decision))
    for look in looks:
        about = "" if alone else f"{code(look.item.title, 120)}: "
        for notice in _item(look, changes):
            word = notice.word if alone else f"{notice.word} {look.item.id}"
            said.append(Notice(word, f"{about}{notice.says}", notice.below))
    return tuple(said)


def _gate(issue: Issue, looks: Sequence[Look], decision: Decision) -> Iterator[Notice]:
    closed = _closed(issue.closing, decision.because) if issue.closing else ""
    match decision.gate:
        case Gate.UNPROVEN:
            yield Notice("unproven", f"{closed} It stays closed; this is for whoever relies on it. {_WAIVE}")
        case Gate.WAITS:
            first = min((look.known.sighted.at for look in decision.because if look.known.sighted), default=None)
            seen = f" after {_minute(first + timedelta(hours=1))}" if first else ""
            yield Notice(
                "waits",
                f"{closed} The next run{seen} looks a second time. If the same is missing then, it opens this issue "
                f"again. {_WAIVE}",
            )
        case Gate.DISPUTED:
            yield Notice(
                "disputed",
                f"{closed} loopcheck has said so before, and does not open it again for this. It is for you to settle: "
                f"bring the proof, close it as not planned, or accept it. {_WAIVE}",
            )
        case Gate.QUIET | Gate.REOPENS:
            reopened = decision.reopened
            if reopened is not None and _still(issue, looks, decision, reopened):
                yield Notice(
                    f"reopened {_minute(reopened)}",
                    f"Opened again on {day(reopened)}: it was closed, and the proof is not there. What is missing "
                    f"stands below. {_WAIVE}",
                )


def _closed(closing: Closing, because: Iterable[Look]) -> str:
    gone = all(
        look.known.last_verified is not None and look.known.since is not None and look.known.since.at > closing.at
        for look in because
    )
    if gone:
        return f"Closed on {day(closing.at)}, and the proof has gone since."
    return f"Closed on {day(closing.at)} without the proof that was promised."


def _still(issue: Issue, looks: Sequence[Look], decision: Decision, reopened: datetime) -> bool:
    """Whether what the issue was reopened for is so still."""
    return (issue.is_open or decision.gate is Gate.REOPENS) and any(
        look.verdict is Verdict.FAILED
        and not look.waived
        and look.known.since is not None
        and look.known.since.at <= reopened
        for look in looks
    )


def _item(look: Look, changes: Mapping[str, tuple[str, ...]]) -> Iterator[Notice]:
    known, item = look.known, look.item
    if known.waiver is not None and look.verdict is not Verdict.VERIFIED:
        yield _waiver(known.waiver, counts=look.waived)
    if item.verdict is Verdict.FAILED and known.first_verified and known.last_verified and known.since:
        yield Notice(
            f"drifted {day(known.since.at)}",
            f"The proof was there, and has gone: first verified on {day(known.first_verified.at)}"
            f"{_anew(known.first_verified, known.last_verified)}, missing since {day(known.since.at)}.",
            changes.get(item.id, ()),
        )
    if item.verdict is Verdict.INCONCLUSIVE and known.confirmed and known.since and known.unclear_since:
        stands = "that stands until it is seen again" if look.held else "nobody can say whether that is so still"
        yield Notice(
            f"unclear {look.held}",
            f"Nothing could be confirmed since {day(known.unclear_since)}. Before that it was "
            f"{known.confirmed.verdict.value}, from {day(known.since.at)} on; {stands}.",
        )
    if item.overdue and item.due is not None and look.verdict is not Verdict.VERIFIED and not look.waived:
        yield Notice("overdue", f"Overdue: it was due on {item.due}.")


def _anew(first: Entry, last: Entry) -> str:
    return f", verified anew on {day(last.at)}" if day(last.at) > day(first.at) else ""


def _waiver(waiver: Entry, *, counts: bool) -> Notice:
    who = f" by {code('@' + waiver.by, 80)}" if waiver.by else ""
    until = f"until {waiver.until}, that day included" if waiver.until else "without an end"
    if not counts:
        return Notice(
            f"waiver-ended {waiver.until}",
            f"It was accepted{who} {until}. The waiver has run out, and counts no more.",
        )
    why = f": {code(waiver.note, 300)}" if waiver.note else "."
    return Notice(
        f"waived {waiver.until} {waiver.by} {waiver.note}",
        f"Accepted without proof{who} {until}{why}",
    )


def dates(looks: Iterable[Look]) -> dict[str, str]:
    """Since when each item is what it is, by its id. Nothing about one of which the ledger knows nothing."""
    told = {}
    for look in looks:
        if look.item.verdict is Verdict.INCONCLUSIVE and not look.held:
            since = look.known.unclear_since
        else:
            since = look.known.since.at if look.known.since else None
        if since is not None:
            told[look.item.id] = f"{look.verdict.value} since {day(since)}"
    return told


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d, %H:%M} UTC"
