"""What follows from what was seen of a runbook. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loopcheck.checker import Claim, Evidence, Reason, Unseen
from loopcheck.quantities import Duration
from loopcheck.reasons import AMBIGUOUS, NOT_JUDGED, SHALLOW_HISTORY
from loopcheck_checks.runbook.changes import MATERIAL, SMALL_CHANGES
from loopcheck_checks.runbook.lifetime import OTHER_FORMAT, UNTOUCHED
from loopcheck_checks.runbook.manifest import (
    BROKEN_LINK,
    CHANGED_SINCE_DRILL,
    EMPTY,
    EXERCISED,
    HAS_SECTION,
    HAS_STEPS,
    IN_PLACE,
    LINKS_RESOLVE,
    MENTIONS,
    NO_FILE,
    NO_SECTION,
    NOT_EXERCISED,
    NOT_MENTIONED,
    ONLY_A_DATE,
    ONLY_FORM,
    PLACEHOLDER,
    REALLY_CHANGED,
    REVIEWED,
    SAYS_SOMETHING,
    SMALL_CHANGE,
    STALE,
    TOO_FEW_STEPS,
    UNCHANGED,
    ChangeSeen,
    Exercise,
    ExercisedSeen,
    LinksSeen,
    MentionSeen,
    RunbookExpectation,
    RunbookObservation,
)

_KINDS = {
    "same": "nothing that a reader sees",
    "whitespace": "only spacing",
    "date-bump": "only the date of a review",
    "metadata": "only front matter",
    "form": "only its form",
    "moved": "only a heading: the same stood in the file before",
    "links": "only where its links lead",
    "dates": "only dates",
    "spelling": "only spelling and grammar",
    "headings": "only headings",
}


def judge(expect: RunbookExpectation, seen: RunbookObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    if not seen.found:
        what = "a folder" if seen.is_folder else "no such file"
        yield IN_PLACE.fails(NO_FILE, f"{expect.path}: {what}{_meant(seen)}", _evidence(seen, what))
        return
    yield IN_PLACE.holds(f"{expect.path} is there", _evidence(seen, "a file"))
    if expect.section is not None:
        yield _section(expect.section, seen)
        if len(seen.sections) != 1:
            return
    yield _content(expect, seen)
    for mention in seen.mentions:
        yield _mention(seen, mention)
    if expect.steps is not None:
        yield _steps(expect.steps, seen)
    if seen.changed is not None:
        yield _changed(seen.changed, seen)
    if seen.links is not None:
        yield _links(seen.links, seen)
    if expect.reviewed_within is not None and seen.review is not None:
        yield _reviewed(expect.reviewed_within, seen.review, seen)
    if seen.exercised is not None:
        yield _exercised(seen.exercised, seen)


def _evidence(seen: RunbookObservation, what: str, line: int | None = None) -> Evidence:
    place = seen.path if line is None else f"{seen.path}:{line}"
    return Evidence(f"{place}@{seen.commit[:12]}", what)


def _meant(seen: RunbookObservation) -> str:
    if seen.nearest is None:
        return ""
    if seen.nearest.casefold() == seen.path.casefold():
        return f"; {seen.nearest} differs in upper and lower case, which matters on GitHub"
    return f"; did you mean {seen.nearest}?"


def _section(wanted: str, seen: RunbookObservation) -> Claim:
    if not seen.has_sections:
        return HAS_SECTION.unknown(
            NOT_JUDGED,
            f"{seen.path} is not Markdown, and loopcheck reads headings only there",
            _evidence(seen, "a file"),
        )
    if not seen.sections:
        meant = f"; did you mean `{seen.nearest_section}`?" if seen.nearest_section else ""
        return HAS_SECTION.fails(
            NO_SECTION, f"{seen.path} has no section `{wanted}`{meant}", _evidence(seen, "no heading")
        )
    if len(seen.sections) > 1:
        places = ", ".join(f"#{section.anchor} (line {section.line})" for section in seen.sections[:5])
        evidence = [_evidence(seen, f"the heading `{one.title}`", one.line) for one in seen.sections[:5]]
        return HAS_SECTION.unknown(AMBIGUOUS, f"`{wanted}` names {len(seen.sections)} sections: {places}", *evidence)
    (section,) = seen.sections
    return HAS_SECTION.holds(
        f"the section `{section.title}` is there", _evidence(seen, f"the heading `{section.title}`", section.line)
    )


def _content(expect: RunbookExpectation, seen: RunbookObservation) -> Claim:
    what = "the section" if expect.section else seen.path
    if seen.content == "written":
        return SAYS_SOMETHING.holds(f"{what} says something", _evidence(seen, "text", seen.content_line))
    if seen.content == "empty":
        return SAYS_SOMETHING.fails(
            EMPTY,
            f"{what} has nothing in it that a reader sees",
            _evidence(seen, "nothing below it", seen.content_line),
        )
    return SAYS_SOMETHING.fails(
        PLACEHOLDER,
        f"{what} says only `{seen.content}`",
        _evidence(seen, f"`{seen.content}`", seen.content_line),
    )


def _mention(seen: RunbookObservation, mention: MentionSeen) -> Claim:
    where = "" if mention.place == "anywhere" else f" in {mention.place}"
    if mention.line is not None:
        return MENTIONS.holds(
            f"it mentions `{mention.text}`{where}", _evidence(seen, f"`{mention.text}`", mention.line)
        )
    if mention.unseen is not None:
        return MENTIONS.unknown(mention.unseen, None, _evidence(seen, f"`{mention.text}` was not found"))
    hint = f": it stands {mention.elsewhere}" if mention.elsewhere else ""
    return MENTIONS.fails(
        NOT_MENTIONED,
        f"it does not mention `{mention.text}`{where}{hint}",
        _evidence(seen, f"`{mention.text}` was not found"),
    )


def _steps(wanted: int, seen: RunbookObservation) -> Claim:
    evidence = _evidence(seen, f"{seen.steps} steps", seen.content_line)
    if seen.steps >= wanted:
        return HAS_STEPS.holds(f"it has {seen.steps} steps", evidence)
    if not seen.has_sections:
        return HAS_STEPS.unknown(NOT_JUDGED, f"{seen.path} is not Markdown: its steps are not counted", evidence)
    return HAS_STEPS.fails(TOO_FEW_STEPS, f"it has {seen.steps} steps, and {wanted} were promised", evidence)


def _changed(changed: ChangeSeen | Unseen, seen: RunbookObservation) -> Claim:
    if isinstance(changed, Unseen):
        return REALLY_CHANGED.unknown(changed)
    evidence = _change_evidence(changed, seen)
    since = _day(changed.since)
    if changed.result == MATERIAL:
        return REALLY_CHANGED.holds(f"it changed on {_day(changed.at)}, after {since}", evidence)
    if not changed.complete:
        return REALLY_CHANGED.unknown(SHALLOW_HISTORY, f"no change since {since} is in this shallow checkout", evidence)
    if changed.result == OTHER_FORMAT:
        return REALLY_CHANGED.unknown(NOT_JUDGED, f"its format changed since {since}", evidence)
    if changed.result in SMALL_CHANGES:
        return REALLY_CHANGED.unknown(SMALL_CHANGE, f"since {since}, {_KINDS[changed.result]} changed", evidence)
    if changed.result == UNTOUCHED:
        return REALLY_CHANGED.fails(UNCHANGED, f"no commit has touched it since {since}", evidence)
    if changed.result == "same":
        return REALLY_CHANGED.fails(UNCHANGED, f"it says now what it said before {since}", evidence)
    return REALLY_CHANGED.fails(ONLY_FORM, f"since {since}, {_KINDS[changed.result]} changed", evidence)


def _change_evidence(changed: ChangeSeen, seen: RunbookObservation) -> Evidence:
    if changed.source is None:
        return _evidence(seen, f"no commit since {_day(changed.since)}")
    return Evidence(changed.source, f"the change: {changed.result}", changed.at)


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "an unknown day"


def _links(links: LinksSeen, seen: RunbookObservation) -> Claim:
    if links.broken:
        first = links.broken[0]
        more = f", and {len(links.broken) - 1} more" if len(links.broken) > 1 else ""
        evidence = [_evidence(seen, f"a link to {link.destination}", link.line) for link in links.broken[:5]]
        return LINKS_RESOLVE.fails(BROKEN_LINK, f"line {first.line}: {first.why}{more}", *evidence)
    if links.unclear:
        return _unclear(links, seen)
    what = (
        f"its {links.followed} links into the repository lead to something" if links.followed else "no link is broken"
    )
    return LINKS_RESOLVE.holds(what, _evidence(seen, f"{links.followed} links"))


def _unclear(links: LinksSeen, seen: RunbookObservation) -> Claim:
    first = links.unclear[0]
    evidence = [_evidence(seen, f"a link to {link.destination}", link.line) for link in links.unclear[:5]]
    return LINKS_RESOLVE.unknown(NOT_JUDGED, f"line {first.line}: {first.destination}: {first.why}", *evidence)


def _reviewed(within: Duration, review: ChangeSeen | Unseen, seen: RunbookObservation) -> Claim:
    if isinstance(review, Unseen):
        return REVIEWED.unknown(review)
    evidence = _change_evidence(review, seen)
    if review.result == MATERIAL:
        return REVIEWED.holds(f"it changed on {_day(review.at)}, within {within}", evidence)
    if not review.complete:
        return REVIEWED.unknown(SHALLOW_HISTORY, None, evidence)
    if review.result in SMALL_CHANGES or review.result == OTHER_FORMAT:
        return REVIEWED.unknown(SMALL_CHANGE, f"within {within}, it changed little", evidence)
    if seen.review_date is not None and seen.review_date >= review.since.date():
        return REVIEWED.unknown(
            ONLY_A_DATE, f"it says that it was reviewed on {seen.review_date}, and nothing else changed", evidence
        )
    return REVIEWED.fails(STALE, f"what it says has not changed within {within}", evidence)


def _exercised(exercised: ExercisedSeen, seen: RunbookObservation) -> Claim:
    """One exercise since the last material change is enough. Slips of the pen make no other runbook."""
    newest_first = sorted(exercised.exercises, key=lambda one: one.at, reverse=True)
    evidence = [Evidence(one.source, one.what, one.at) for one in newest_first]
    since = [one for one in newest_first if _is_the_same(one)]
    if since:
        return EXERCISED.holds(f"it was followed on {_day(since[0].at)}, as it is now: {since[0].what}", *evidence)
    for one in newest_first:
        doubt = _doubt(one)
        if doubt is not None:
            message = f"it was followed on {_day(one.at)}, and whether it says the same since cannot be told"
            return EXERCISED.unknown(doubt, message, *evidence)
    if exercised.unseen:
        return EXERCISED.unknown(exercised.unseen[0], None, *evidence)
    if newest_first:
        last = newest_first[0]
        changed = last.changed.at if isinstance(last.changed, ChangeSeen) else None
        message = f"it was followed on {_day(last.at)}, and says something else since {_day(changed)}"
        return EXERCISED.fails(CHANGED_SINCE_DRILL, message, *evidence)
    where = ", ".join(exercised.sources)
    return EXERCISED.fails(NOT_EXERCISED, f"nobody is known to have followed it ({where})", _evidence(seen, where))


def _is_the_same(one: Exercise) -> bool:
    """Whether the runbook says now what it said then, as far as a reader would tell."""
    changed = one.changed
    return isinstance(changed, ChangeSeen) and changed.complete and changed.result not in (MATERIAL, OTHER_FORMAT)


def _doubt(one: Exercise) -> Unseen | Reason | None:
    """Why it cannot be told whether the runbook says the same since; `None` where it says something else."""
    if isinstance(one.changed, Unseen):
        return one.changed
    if one.changed.result == OTHER_FORMAT:
        return NOT_JUDGED
    return None if one.changed.result == MATERIAL else SHALLOW_HISTORY
