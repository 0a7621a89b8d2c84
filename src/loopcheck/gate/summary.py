"""What the status says: a title, and a summary in Markdown.

What people wrote stands in code only. Links lead to files at the two commits, and are put together from known parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from loopcheck.effects.links import Repository
from loopcheck.effects.model import Conclusion
from loopcheck.gate.approval import Approval
from loopcheck.gate.fence import Loss
from loopcheck.gate.judgement import Judged, Unclear
from loopcheck.gate.promises import Weakened
from loopcheck.model import ActionItem, Evidence, ItemResult, Problem
from loopcheck.reports import text
from loopcheck.reports.markdown import COMMENT_LIMIT, SIGNS, Bounded, code, fenced

_ROOM = 2_000
"""Bytes that are kept for headings and the last lines."""
_PLACES = 5
"""Places that are named for one claim."""
_MARKS = {
    Conclusion.SUCCESS: "✅",
    Conclusion.NEUTRAL: "❔",
    Conclusion.ACTION_REQUIRED: "❔",
    Conclusion.FAILURE: "❌",
}
_FIT_FOR_A_TITLE = re.compile(r"(?!.*(?:www\.|gh-[0-9]|[0-9a-f]{7}))[a-z][a-z0-9._-]{0,39}", re.IGNORECASE)
"""An incident's id that cannot be taken for an address, a reference, a commit, a mention or Markdown."""


class Shown(msgspec.Struct, frozen=True):
    """Where links lead."""

    base: Repository
    merged: Repository


def title(judged: Judged, concluded: Conclusion) -> str:
    """One line, fit for 140 characters: the worst that was found."""
    counting = [loss for loss in judged.fence.losses if loss.counts and loss.proven]
    if counting:
        said = f"this removes what {_guards(loss.item for loss in counting)}"
    elif judged.unproven:
        said = f"{_number(judged.unproven, 'item')} would be closed without proof"
    elif judged.unreadable:
        said = "a declaration cannot be read"
    elif judged.weakened and judged.approval is not Approval.GIVEN:
        said = f"this weakens {_number(judged.weakened, 'promise')}, which somebody else must approve"
    elif concluded is not Conclusion.SUCCESS:
        said = "not everything could be seen"
    elif judged.closing is not None and judged.closing.items:
        said = f"{_number(judged.closing.items, 'item')} would be closed with proof"
    else:
        said = "nothing that guards against an incident is removed"
    return f"loopcheck: {said}"


def _guards(items: Iterable[ActionItem]) -> str:
    """What is said of incidents, as far as their ids may stand in a title."""
    ids = list(dict.fromkeys(item.incident.id for item in items if item.incident is not None))
    fit = [name for name in ids if _FIT_FOR_A_TITLE.fullmatch(name)]
    if not fit:
        return "guards against an incident" if ids else "an action item rests on"
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return f"guards against {fit[0]}{more}"


def _number(things: Sequence[object], word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def render(judged: Judged, concluded: Conclusion, shown: Shown, *, limit: int = COMMENT_LIMIT) -> str:
    """The summary.

    Args:
        judged: what was found.
        concluded: how the status ends.
        shown: where links lead.
        limit: bytes of UTF-8 that it may have.
    """
    out = Bounded(limit - _ROOM)
    out.add(f"### {_MARKS[concluded]} {title(judged, concluded)}\n")
    losses = [loss for loss in judged.fence.losses if loss.proven]
    counting = [loss for loss in losses if loss.counts]
    if counting:
        out.add(
            "\n**This removes what action items rest on.** Put it back; or, where it is not needed any more, take the "
            "promise back first, in a change of its own that somebody else approves of.\n\n"
        )
        out.each((_loss(loss, shown) for loss in counting), len(counting), "claims", share=0.4)
    if judged.weakened:
        out.add(f"\n**This weakens promises.** {_APPROVALS[judged.approval]}\n\n")
        out.each(map(_weakened, judged.weakened), len(judged.weakened), "promises", share=0.3)
    if judged.unreadable:
        out.add("\n**What cannot be read**\n")
        out.each(map(_problem, judged.unreadable), len(judged.unreadable), "mistakes", share=0.3)
    closing = judged.closing.items if judged.closing else ()
    if closing:
        out.add("\n**What merging would close**\n\n| | item | artifact |\n|---|---|---|\n")
        out.each((_row(item, place, judged) for item, place in _artifacts(closing)), len(closing), "items", share=0.3)
        unmet = [item for item in closing if item in judged.unproven]
        details = ("\n".join(map(text.plain, text.item_lines(item))) for item in unmet)
        out.each((f"\n{fenced(one)}\n" for one in details), len(unmet), "items", share=0.4)
    unseen = judged.unseen()
    if unseen:
        out.add("\n**What could not be seen**\n\n")
        out.each(map(_unclear, unseen), len(unseen), "that could not be seen", share=0.5)
    told = [loss for loss in losses if not loss.counts]
    if told:
        out.add("\n**Also removed,** and held against nobody, since the items are not proven as it is:\n\n")
        out.each((_loss(loss, shown) for loss in told), len(told), "claims", share=0.5)
    if judged.notes:
        out.add("\n")
        out.each((f"- note: {code(note, 300)}\n" for note in judged.notes), len(judged.notes), "notes", share=0.5)
    out.add(f"\n<sub>{_as_of(judged, shown)}</sub>\n")
    return out.text


_APPROVALS = {
    Approval.GIVEN: "It is approved of.",
    Approval.MISSING: "That needs the approval of somebody else who may write here.",
    Approval.UNKNOWN: "That needs the approval of somebody else who may write here, and it could not be seen.",
}


def _loss(loss: Loss, shown: Shown) -> str:
    item = loss.item
    why = f"exists because of {code(item.incident.id, 60)}" if item.incident else "is what an action item rests on"
    stood = ", ".join(_places(loss.stood, shown.base))
    now = ", ".join(_places(loss.claim.evidence, shown.merged))
    return (
        f"- {code(f'{loss.kind} {loss.summary}', 160)} {why}: {code(item.title, 120)}, {code(item.owner, 60)}"
        f" ({code(str(item.location), 120)})\n"
        f"  - held{f' at {stood}' if stood else ''}; {code(loss.claim.claim, 60)} now {loss.claim.outcome.value}"
        f"{f' at {now}' if now else ''}: {code(loss.claim.message, 300)}\n"
    )


def _places(evidence: Iterable[Evidence], where: Repository) -> Iterator[str]:
    """The places, linked where that is safe."""
    for source in list(dict.fromkeys(one.source for one in evidence))[:_PLACES]:
        words = code(source.rpartition("@")[0] or source, 120)
        address = where.link(source)
        yield f"[{words}]({address})" if address else words


def _weakened(one: Weakened) -> str:
    item = one.item
    if item is None:
        what = "the configuration"
    else:
        answers = f", because of {code(item.incident.id, 60)}" if item.incident else ""
        what = f"{code(item.title, 120)} ({code(str(item.location), 120)}{answers})"
    return f"- {what}: {'; '.join(code(way, 300) for way in one.how)}\n"


def _problem(problem: Problem) -> str:
    lines = "\n".join(map(text.plain, text.problem_lines(problem)))
    return f"\n{fenced(lines)}\n"


def _artifacts(items: Iterable[ItemResult]) -> Iterator[tuple[ItemResult, int]]:
    return ((item, place) for item in items for place in range(len(item.artifacts)))


def _row(item: ItemResult, place: int, judged: Judged) -> str:
    artifact = item.artifacts[place]
    waived = " (waived)" if item.id in judged.accepted else ""
    what = code(f"{artifact.kind} {artifact.summary}", 160)
    name = code(f"{item.id} {item.title}", 140)
    return f"| {SIGNS[artifact.verdict]} {artifact.verdict.value}{waived} | {name} | {what} |\n"


def _unclear(one: Unclear) -> str:
    return f"- {code(one.says, 300)}{f': {code(one.remedy, 200)}' if one.remedy else ''}\n"


def _as_of(judged: Judged, shown: Shown) -> str:
    fence = judged.fence
    looked = f"{fence.artifacts} artifacts at the base, {fence.again} of them again at the merge result"
    asked = ", ".join(f"{number} {system}" for system, number in sorted(judged.looks.items()))
    commits = f"{code(shown.base.commit[:12])} as the base, {code(shown.merged.commit[:12])} as the merge result"
    return f"Looked at {commits}: {looked}.{f' Asked: {asked}.' if asked else ''}"
