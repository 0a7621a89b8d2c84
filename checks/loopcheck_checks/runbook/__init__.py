"""`runbook`: a runbook says what was promised, and has really changed since the incident."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from loopcheck.checker import CannotTell, Checker, Claim, World
from loopcheck.documents.sections import Document, Section, find, nearest_heading, whole
from loopcheck.reasons import NO_INCIDENT_TIME, Unseen
from loopcheck.world import File
from loopcheck_checks.runbook import exercised
from loopcheck_checks.runbook.dates import dates_in, is_review_line
from loopcheck_checks.runbook.formats import load
from loopcheck_checks.runbook.judge import judge
from loopcheck_checks.runbook.lifetime import change_since
from loopcheck_checks.runbook.links import look_at_links
from loopcheck_checks.runbook.manifest import (
    MANIFEST,
    ChangeSeen,
    RunbookExpectation,
    RunbookObservation,
    SectionSeen,
)
from loopcheck_checks.runbook.mentions import look_for
from loopcheck_checks.runbook.substance import content_of, steps_in
from loopcheck_checks.systems.runbook_links import is_markdown


class RunbookChecker(Checker[RunbookExpectation, RunbookObservation]):
    """An implementation of `Checker` for runbooks."""

    manifest = MANIFEST
    Expect = RunbookExpectation
    Observation = RunbookObservation

    def describe(self, expect: RunbookExpectation) -> str:
        """See `Checker.describe`."""
        return f"{expect.path} § {expect.section}" if expect.section else expect.path

    def observe(self, expect: RunbookExpectation, world: World) -> RunbookObservation:
        """See `Checker.observe`."""
        path = expect.path
        file = world.repo.read(path)
        if file is None:
            return RunbookObservation(
                path=str(path),
                commit=world.repo.commit,
                now=world.now,
                found=False,
                is_folder=world.repo.is_folder(path),
                nearest=world.repo.nearest(path),
            )
        document = load(world, path, file.oid)
        has_sections = is_markdown(path)
        fitting = [whole(document)]
        if expect.section is not None:
            fitting = find(document, expect.section) if has_sections else []
        if len(fitting) != 1:
            return _without_section(expect, world, document, fitting, has_sections=has_sections)
        return _observed(expect, world, file, fitting[0])

    def judge(self, expect: RunbookExpectation, observation: RunbookObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _without_section(
    expect: RunbookExpectation, world: World, document: Document, fitting: list[Section], *, has_sections: bool
) -> RunbookObservation:
    near: str | None = None
    if not fitting and has_sections and (heading := nearest_heading(document, expect.section or "")):
        near = f"#{heading.anchor}" if (expect.section or "").startswith("#") else heading.text
    return RunbookObservation(
        path=str(expect.path),
        commit=world.repo.commit,
        now=world.now,
        found=True,
        has_sections=has_sections,
        sections=_seen(fitting),
        nearest_section=near,
    )


def _observed(expect: RunbookExpectation, world: World, file: File, section: Section) -> RunbookObservation:
    text = file.text
    content, line = content_of(section)
    within = expect.reviewed_within
    return RunbookObservation(
        path=str(expect.path),
        commit=world.repo.commit,
        now=world.now,
        found=True,
        has_sections=is_markdown(expect.path),
        sections=_seen([section]) if section.heading else (),
        content=content,
        content_line=line,
        mentions=tuple(look_for(mention, section, expect.path, text) for mention in expect.wanted),
        steps=steps_in(section),
        changed=_changed(expect, world),
        links=look_at_links(world, expect.path, section) if is_markdown(expect.path) else None,
        review=_review(expect, world, within.delta) if within else None,
        review_date=_review_date(text, world.now.date()) if within else None,
        exercised=exercised.look(expect, world),
    )


def _seen(sections: list[Section]) -> tuple[SectionSeen, ...]:
    headings = (section.heading for section in sections)
    return tuple(SectionSeen(heading.text[:200], heading.anchor[:200], heading.line) for heading in headings if heading)


def _changed(expect: RunbookExpectation, world: World) -> ChangeSeen | Unseen | None:
    if not expect.changed_since.required:
        return None
    since = expect.changed_since.at or (world.incident.since if world.incident else None)
    if since is None:
        return CannotTell(
            NO_INCIDENT_TIME, "nobody wrote down when the incident was: `changed-since` has no start"
        ).unseen
    return world.attempt(lambda: change_since(world, expect.path, expect.section, since))


def _review(expect: RunbookExpectation, world: World, within: timedelta) -> ChangeSeen | Unseen:
    return world.attempt(lambda: change_since(world, expect.path, expect.section, world.now - within))


def _review_date(text: str, today: date) -> date | None:
    """The latest date, not after today, of a line that says when the file was last looked at."""
    dates = [day for line in text.split("\n") if is_review_line(line) for day in dates_in(line) if day <= today]
    return max(dates, default=None)
