"""The text of loopcheck's one comment on an issue.

What strangers wrote stands in code only, where GitHub makes no mention, reference, link or image of it. Links lead to
evidence, and are put together here from parts that are known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import msgspec

from loopcheck import __version__
from loopcheck.effects import findings
from loopcheck.effects.links import Repository
from loopcheck.effects.marker import Marker
from loopcheck.model import ArtifactResult, Claim, ItemResult, Outcome, Problem, Verdict
from loopcheck.reports import text
from loopcheck.reports.markdown import COMMENT_LIMIT, SIGNS, Bounded, code, fenced

_WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2})?")
_ROOM = 2_000
"""Bytes that are kept for the last lines."""
_HEADINGS = {
    Verdict.VERIFIED: "verified, the proof is there and in force",
    Verdict.INCONCLUSIVE: "inconclusive, not everything could be seen",
    Verdict.FAILED: "failed, the proof is not there or not in force",
}


class Notice(msgspec.Struct, frozen=True):
    """Something that the ledger adds to what was seen: a closing without proof, a proof that went away."""

    word: str
    """Stable: two notices with the same word say the same at different times."""
    says: str
    """One line of Markdown, in which a stranger's word stands in code only."""
    below: tuple[str, ...] = ()
    """Lines of such Markdown that go with it, shown as a list. A comment is not edited for other ones."""


class Instead(msgspec.Struct, frozen=True):
    """What a comment says of an issue for which nothing is looked at."""

    heading: str
    next: str


NOTHING_DECLARED = Instead("nothing is declared here", "nothing; or declare what would prove that this is done.")
DROPPED = Instead("not looked at any more", "nothing.")


class Subject(msgspec.Struct, frozen=True):
    """All that a comment is about."""

    items: tuple[ItemResult, ...]
    problems: tuple[Problem, ...] = ()
    """What cannot be read of the declarations."""
    notices: tuple[Notice, ...] = ()
    stands: Mapping[str, Verdict] = {}
    """The verdicts that were confirmed before of those items that could not be seen just now, by id."""
    waived: Mapping[str, date | None] = {}
    """Until when it is accepted, that day included, of those items that it is accepted of, by id."""
    dates: Mapping[str, str] = {}
    """Since when an item is what it is, by id, in loopcheck's own words."""
    instead: Instead | None = None
    """What is said where there is no verdict to tell."""

    @property
    def verdict(self) -> Verdict:
        """The worst of all; what cannot be read was not checked."""
        verdict = self.verdict_of(self.items)
        return Verdict.worst((verdict, Verdict.INCONCLUSIVE)) if self.problems else verdict

    def verdict_of(self, items: Iterable[ItemResult]) -> Verdict:
        """The worst of what stands of these items."""
        return Verdict.worst(self.stands.get(item.id, item.verdict) for item in items)


class Circumstances(msgspec.Struct, frozen=True):
    """Where, when and by which run was looked."""

    repository: Repository
    at: datetime
    run: str = ""
    """The workflow run, `123/1`."""


def digest(subject: Subject) -> str:
    """SHA-256 of what a comment says, apart from times, commits and the words in which trouble was told.

    Two runs that see the same have the same digest, and the second writes nothing.
    """
    return _hashed(
        [
            subject.instead.heading if subject.instead else "",
            [[item, subject.stands[item]] for item in sorted(subject.stands)],
            [notice.word for notice in subject.notices],
            [str(problem) for problem in subject.problems],
            [
                [item.id, item.title, item.owner, item.due, item.requires, item.overdue, [*map(_said, item.artifacts)]]
                for item in subject.items
            ],
        ]
    )


def evidence_digest(item: ItemResult) -> str:
    """SHA-256 of what an item's verdict rests on. Sightings are compared by it.

    Of one that failed that is what fails. The rest may be seen or not, from run to run, and it fails all the same.
    """
    failed = item.verdict is Verdict.FAILED
    return _hashed(
        [
            [
                artifact.kind,
                artifact.summary,
                "" if failed else artifact.verdict,
                [
                    _found(claim)
                    for claim in artifact.claims
                    if not failed or (claim.outcome is Outcome.FAILS and claim.rung <= item.requires)
                ],
            ]
            for artifact in item.artifacts
        ]
    )


def _said(artifact: ArtifactResult) -> list[object]:
    # What fails is told with what was seen, so that another figure is news; trouble is told in other words every time.
    # Since when nothing was seen to run is another minute in every run.
    told = [
        [
            *_found(claim),
            _WHEN.sub("", claim.message) if claim.outcome is Outcome.FAILS and "@" not in claim.message else "",
        ]
        for claim in artifact.claims
    ]
    return [artifact.kind, artifact.summary, artifact.verdict, artifact.rung, told]


def _found(claim: Claim) -> list[object]:
    return [claim.rung, claim.claim, claim.outcome, claim.reason]


def _hashed(what: object) -> str:
    # Through JSON text, which like GitHub knows no lone surrogates.
    said = msgspec.json.encode(_encodable(msgspec.to_builtins(what)))
    return hashlib.sha256(said).hexdigest()


def _encodable(value: object) -> object:
    from loopcheck.reports.clean import encodable

    if isinstance(value, str):
        return encodable(value)
    return [_encodable(one) for one in value] if isinstance(value, list) else value


def render(subject: Subject, seen: Circumstances, *, limit: int = COMMENT_LIMIT) -> str:
    """The comment, its marker first.

    Args:
        subject: what it is about.
        seen: where and when was looked.
        limit: bytes of UTF-8 that it may have.
    """
    out = Bounded(limit - _ROOM)
    marker = Marker(__version__, seen.at, seen.run, digest(subject))
    out.add(f"{marker}\n### {_heading(subject)}\n")
    notices = (part for notice in subject.notices for part in _notice(notice))
    number = sum(1 + len(notice.below) for notice in subject.notices)
    out.each(notices, number, "remarks", share=0.4)
    if subject.problems:
        out.add("\n**What cannot be read**\n")
        problems = ("\n".join(map(text.plain, text.problem_lines(one))) for one in subject.problems)
        out.each((f"\n{fenced(one)}\n" for one in problems), len(subject.problems), "mistakes", share=0.3)
    rows = findings.rows_of(subject.items)
    findings.add_table(out, rows)
    findings.add_unmet(out, rows, seen.repository)
    out.add(f"\n**Next:** {_next(subject, rows)}\n")
    findings.add_rest(out, rows, seen.repository)
    out.add(f"\n<sub>{_since(subject, out)}{_as_of(seen)}</sub>\n")
    return out.text


def _heading(subject: Subject) -> str:
    if subject.instead is not None:
        return f"⬜ loopcheck: {subject.instead.heading}"
    return f"{SIGNS[subject.verdict]} loopcheck: {_HEADINGS[subject.verdict]}"


def _notice(notice: Notice) -> Iterator[str]:
    yield f"\n> {notice.says}\n"
    for line in notice.below:
        yield f"> - {' '.join(line.split())}\n"


def _since(subject: Subject, out: Bounded) -> str:
    """Since when: of one item a sentence for the last lines, of several a list before them."""
    told = [(item, subject.dates[item.id]) for item in subject.items if item.id in subject.dates]
    if len(subject.items) == 1:
        return "".join(f"{words.capitalize()}. " for _, words in told)
    if told:
        out.add("\n**Since when**\n\n")
        out.each((f"- {code(item.title, 120)}: {words}\n" for item, words in told), len(told), "items", share=0.5)
    return ""


def _next(subject: Subject, rows: Iterable[findings.Row]) -> str:
    if subject.instead is not None:
        return subject.instead.next
    if subject.problems:
        return "mend the `loopcheck` block as shown above; loopcheck reads it again when the issue is saved."
    if subject.verdict is Verdict.VERIFIED:
        return "nothing. This item can be closed, and loopcheck goes on looking."
    pending = [item for item in subject.items if item.id not in subject.waived]
    verdict = subject.verdict_of(pending)
    if subject.waived and (not pending or verdict is Verdict.VERIFIED):
        return _waits(subject)
    known = any(claim.remedy for row in rows if row.item.id not in subject.waived for claim in row.unmet)
    apart = ", apart from what is accepted" if subject.waived else ""
    if verdict is Verdict.INCONCLUSIVE:
        more = " What the arrows say would let loopcheck see." if known else ""
        return f"nothing is held against this item{apart}.{more}"
    said = "do what the arrows say" if known else "see above"
    return f"{said}{apart}. loopcheck looks again in its next sweep, and at once when you comment `/loopcheck verify`."


def _waits(subject: Subject) -> str:
    """What comes next where all that is not proven is accepted."""
    ends = sorted(until for until in subject.waived.values() if until is not None)
    if not ends:
        return "nothing, as long as that is accepted."
    one = "the first of these" if len(set(subject.waived.values())) > 1 else "this"
    if subject.verdict is Verdict.FAILED:
        then = f"{one} counts as failed again, unless the proof is there by then; if it is closed, it may be reopened."
    else:
        then = f"{one} counts as inconclusive again, unless the proof is seen by then."
    return f"nothing until {ends[0]}, that day included. After that {then}"


def _as_of(seen: Circumstances) -> str:
    # One edit for every answer, not one for every run: what is said stays true without a newer time.
    commit = f"[{code(seen.repository.commit[:12])}]({seen.repository.commit_page(seen.repository.commit)})"
    return (
        f"Seen on {seen.at:%Y-%m-%d at %H:%M} UTC at {commit}. Every run looks again; this comment changes only "
        "when the answer does."
    )
