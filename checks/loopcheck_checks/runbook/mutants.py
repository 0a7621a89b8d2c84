# ruff: noqa: E501 - each change is a row, and rows are compared best when they are not broken
"""Ways in which a runbook can look right and be wrong, and changes of it that are harmless.

Each is a history of one small repository: the runbook before the incident, and what became of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from loopcheck.model import ArtifactResult, Drill, Incident, Location, Past, Rung
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.mutants import Mutant, Outcome, edits, outcome_of, replacing
from loopcheck.world import Repository, Session
from loopcheck_checks.runbook import RunbookChecker

DECLARED = """
path: runbooks/replication.md
section: Replica is lagging
mentions:
  - {text: pg_wal_replay_resume, in: code}
  - {text: page the database team, in: prose}
  - replay lag
steps: 3
reviewed-within: 180d
"""
INCIDENT = Incident(id="INC-142", started=datetime(2026, 11, 1, 9, 14, tzinfo=UTC))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

BEFORE = """\
---
title: Replication
last_reviewed_on: 2026-05-02
---
# Replication

Who owns it: the database team.

## Replica is lagging

Watch the replay lag on the dashboard, and wait.

## Replica is gone

Build a new one from the [backup](backup.md#restore).
"""
AFTER = """\
---
title: Replication
last_reviewed_on: 2026-05-02
---
# Replication

Who owns it: the database team.

## Replica is lagging

Watch the replay lag on the [dashboard](#dashboards). Where it grows for five minutes:

1. See whether replay is paused:

   ```sql
   SELECT pg_is_wal_replay_paused();
   ```
2. Resume it with `SELECT pg_wal_replay_resume();`.
3. If it still grows, page the database team and follow [the restore](backup.md#restore).

## Replica is gone

Build a new one from the [backup](backup.md#restore).

## Dashboards

![the dashboard](img/lag.png)
"""
BACKUP = "# Backup\n\n## Restore\n\nRun `restore.sh`.\n"
OLD, INCIDENT_DAY, FIXED, LATER = "2026-03-02T10:00Z", "2026-10-30T10:00Z", "2026-11-05T10:00Z", "2026-11-10T10:00Z"
PATH = "runbooks/replication.md"


class History(msgspec.Struct, frozen=True):
    """What becomes of the repository after its first commit, in order: the time of a commit, and its files."""

    commits: tuple[tuple[str, dict[str, str | None]], ...]
    declared: str = DECLARED
    depth: int | None = None
    """The depth of the clone that is looked at; `None` for the whole."""
    incident: Incident | None = INCIDENT
    requires: Rung = Rung.ACTIVE
    past: Past | None = None
    """What the ledger says; `None` where it was not read."""
    incidents: tuple[Incident, ...] = (INCIDENT,)


def _fixed(text: str, *more: tuple[str, dict[str, str | None]]) -> History:
    return History(((FIXED, {PATH: text}), *more))


PASSING = _fixed(AFTER)

DRILLED = msgspec.structs.replace(
    PASSING,
    requires=Rung.PROVEN,
    past=Past(drills=(Drill(PATH, datetime(2026, 11, 12, 9, tzinfo=UTC), "bob", 12),)),
)
"""A drill was reported after it was changed."""
REPORT = "postmortems/second.md"
SECOND = Incident("INC-150", started=datetime(2026, 11, 12, 9, tzinfo=UTC), report=Location(REPORT, 2))
_TOLD = "# Lag again\n\nWe followed [the runbook](../runbooks/replication.md#replica-is-lagging) at 09:20.\n"
USED = msgspec.structs.replace(
    PASSING,
    commits=(*PASSING.commits, ("2026-11-14T10:00Z", {REPORT: _TOLD})),
    requires=Rung.PROVEN,
    past=Past(),
    incidents=(INCIDENT, SECOND),
)
"""A later incident's post-mortem tells of it."""

_SECTION = AFTER[AFTER.index("## Replica is lagging") : AFTER.index("## Replica is gone")]
_BODY = _SECTION.removeprefix("## Replica is lagging\n")


def _edited(change: Callable[[str], str]) -> Callable[[History], History]:
    return lambda _: _fixed(change(AFTER))


def _wrapped(before: str, after: str) -> Callable[[History], History]:
    return _edited(replacing(_SECTION, before + _SECTION + after))


def _declared(old: str, new: str) -> Callable[[History], History]:
    return lambda history: msgspec.structs.replace(history, declared=replacing(old, new)(history.declared))


def _only(text: str, *more: tuple[str, dict[str, str | None]]) -> Callable[[History], History]:
    """The right text stood there before the incident already; since then came only `text`, and `more`."""
    return lambda _: History(((INCIDENT_DAY, {PATH: AFTER}), (FIXED, {PATH: text}), *more))


def mutants() -> Iterator[Mutant[History]]:
    """Histories that must not be VERIFIED."""
    yield from edits(
        PASSING,
        # what is there
        ("file deleted", lambda _: _fixed(AFTER, (LATER, {PATH: None}))),
        ("file renamed", lambda _: _fixed(AFTER, (LATER, {PATH: None, "runbooks/replicas.md": AFTER}))),
        ("file renamed in case", lambda _: _fixed(AFTER, (LATER, {PATH: None, "runbooks/Replication.md": AFTER}))),
        ("section removed", _edited(replacing(_SECTION, ""))),
        ("section renamed", _edited(replacing("## Replica is lagging", "## Replica lags"))),
        ("heading is only bold", _edited(replacing("## Replica is lagging", "**Replica is lagging**"))),
        ("heading has lost its space", _edited(replacing("## Replica is lagging", "##Replica is lagging"))),
        ("section is twice there", _edited(lambda text: text + "\n" + _SECTION)),
        ("section emptied", _edited(replacing(_BODY, "\n"))),
        ("section emptied, sub-headings left", _edited(replacing(_BODY, "\n### Steps\n\n### More\n\n"))),
        ("section is a placeholder", _edited(replacing(_BODY, "\nTODO: write the steps\n\n"))),
        ("section will be written", _edited(replacing(_BODY, "\n_To be written._\n\n"))),
        ("section in a comment", _wrapped("<!--\n", "-->\n\n")),
        ("section in a comment inside HTML", _wrapped("<div>\n<!-- later\n\n", "\n-->\n</div>\n\n")),
        ("section in a code fence", _wrapped("````text\n", "````\n\n")),
        ("section is indented code", _edited(replacing(_SECTION, "\n    ".join(["", *_SECTION.split("\n")]) + "\n\n"))),
        ("section in front matter", _edited(lambda text: "---\nx: |\n" + _SECTION + "---\n" + text.replace(_SECTION, ""))),
        # what it says
        ("command only in a comment", _edited(replacing("`SELECT pg_wal_replay_resume();`", "<!-- pg_wal_replay_resume -->it"))),
        ("command in prose", _edited(replacing("`SELECT pg_wal_replay_resume();`", "pg_wal_replay_resume"))),
        ("another command", _edited(replacing("pg_wal_replay_resume", "pg_wal_replay_pause"))),
        ("a longer command", _edited(replacing("pg_wal_replay_resume", "pg_wal_replay_resume_all"))),
        (
            "command in another section",
            _edited(lambda text: text.replace("with `SELECT pg_wal_replay_resume();`", "by hand") + "\n`pg_wal_replay_resume`\n"),
        ),
        ("words in code", _edited(replacing("page the database team", "`page the database team`"))),
        ("words in a definition", _edited(replacing("page the database team", "page us\n\n   [//]: # (page the database team)\n\n   "))),
        ("words as a picture's text", _edited(replacing("replay lag", "![replay lag](img/lag.png)"))),
        ("a step removed", _edited(replacing("2. Resume it with", "   Resume it with"))),
        ("steps run together", _edited(replacing("\n2. Resume", " Resume"))),
        ("a step still to do", _edited(replacing("1. See whether replay is paused:\n\n   ```sql\n   SELECT pg_is_wal_replay_paused();\n   ```", "1. TODO"))),
        # that it changed
        ("committed before the incident", lambda _: History(((INCIDENT_DAY, {PATH: AFTER}),))),
        ("date bumped in front matter", _only(replacing("last_reviewed_on: 2026-05-02", "last_reviewed_on: 2026-11-05")(AFTER))),
        ("date bumped in prose", _only(AFTER + "\nLast updated: 2026-11-05 by Bob\n")),
        ("date bumped in the section", _only(replacing(_BODY, _BODY + "Reviewed 2026-11-05\n\n")(AFTER))),
        ("spacing changed", _only(replacing("See whether replay", "See  whether\n   replay")(AFTER))),
        ("line ends changed", _only(AFTER.replace("\n", "\r\n"))),
        ("bullets changed", _only(AFTER.replace("1. See", "1) See").replace("2. Res", "2) Res").replace("3. If", "3) If"))),
        ("heading style changed", _only(replacing("## Replica is lagging", "Replica is lagging\n---")(AFTER))),
        ("typography changed", _only(AFTER.replace("the dashboard", "the “dashboard”").replace("minutes:", "minutes …"))),
        ("words made bold", _only(replacing("page the database team", "**page the database team**")(AFTER))),
        ("comment added", _only(replacing(_BODY, _BODY + "<!-- INC-142: done -->\n\n")(AFTER))),
        ("placeholder added", _only(replacing(_BODY, _BODY + "TODO: more about INC-142\n\n")(AFTER))),
        ("a slip of the pen mended", _only(replacing("follow [the", "folow [the")(AFTER), (LATER, {PATH: AFTER}))),
        ("only another section changed", _only(replacing("Build a new one", "Stop it, and build a new one")(AFTER))),
        ("renamed to its path", lambda _: History((
            (INCIDENT_DAY, {PATH: None, "docs/lag.md": AFTER.replace("backup.md", "../runbooks/backup.md").replace("img/", "../runbooks/img/")}),
            (FIXED, {"docs/lag.md": None, PATH: AFTER}),
        ))),
        ("changed and put back", _only(replacing("five minutes", "two minutes")(AFTER), (LATER, {PATH: AFTER}))),
        ("deleted and put back", lambda _: History(((INCIDENT_DAY, {PATH: AFTER}), (FIXED, {PATH: None}), (LATER, {PATH: AFTER})))),
        ("section got its heading only", lambda _: History((
            (INCIDENT_DAY, {PATH: AFTER.replace("## Replica is lagging", "## Lag of replicas")}), (FIXED, {PATH: AFTER}),
        ))),
        ("section got its heading only, another changed", lambda _: History((
            (INCIDENT_DAY, {PATH: AFTER.replace("## Replica is lagging", "## Lag of replicas")}),
            (FIXED, {PATH: AFTER.replace("Build a new one", "Stop it, and build a new one")}),
        ))),
        ("clone is shallow", lambda history: msgspec.structs.replace(history, depth=1)),
        ("nobody says when the incident was", lambda history: msgspec.structs.replace(history, incident=Incident(id="INC-142"))),
        ("changed before the day that counts", _declared("steps: 3", "steps: 3\nchanged-since: 2026-11-06")),
        ("not gone through lately", lambda _: History(((OLD, {PATH: AFTER}),), declared=DECLARED + "changed-since: not-required\n")),
        # where its links lead
        ("link to a file that is not there", _edited(replacing("[the restore](backup.md#restore)", "[the restore](restore.md)"))),
        ("link to an anchor that is not there", _edited(replacing("[the restore](backup.md#restore)", "[the restore](backup.md#rebuild)"))),
        ("link inside the page to nothing", _edited(replacing("(#dashboards)", "(#graphs)"))),
        ("link in other case", _edited(replacing("[the restore](backup.md#restore)", "[the restore](Backup.md)"))),
        ("link by a definition to nothing", _edited(lambda text: text.replace("[the restore](backup.md#restore)", "[the restore]") + "\n[the restore]: gone.md\n")),
        ("linked file was deleted", lambda _: _fixed(AFTER, (LATER, {"runbooks/backup.md": None}))),
        ("picture is not there", _edited(replacing("follow [the restore]", "![what to see](img/gone.png) [the restore]"))),
    )  # fmt: skip
    yield from _unproven()


def _unproven() -> Iterator[Mutant[History]]:
    """Runbooks that nobody is known to have followed since they were changed."""
    later = AFTER.replace("five minutes", "two minutes")
    yield from edits(
        DRILLED,
        ("no drill", _but(past=Past())),
        ("drill before the change", _drill("2026-11-04T09:00Z")),
        ("drill of another runbook", _drill("2026-11-12T09:00Z", "runbooks/backup.md")),
        ("drill in the future", _drill("2026-11-21T09:00Z")),
        ("changed after the drill", _but(commits=(*PASSING.commits, ("2026-11-13T10:00Z", {PATH: later})))),
        ("moved and changed after the drill", _but(
            commits=(*PASSING.commits, ("2026-11-13T10:00Z", {PATH: later, "runbooks/x.md": AFTER})))),
        ("written anew after the drill", _but(
            commits=(*PASSING.commits, ("2026-11-13T10:00Z", {PATH: None}), ("2026-11-14T10:00Z", {PATH: later})))),
        ("the ledger was not read", _but(past=None)),
        ("a drill, and a shallow clone", _but(depth=1)),
        ("a drill, and placeholders", _but(commits=((FIXED, {PATH: AFTER.replace(_BODY, "\nTODO\n\n")}),))),
    )  # fmt: skip
    yield from edits(
        USED,
        ("post-mortem of the same incident", _but(incidents=(msgspec.structs.replace(SECOND, id="inc-142"),))),
        ("post-mortem of an earlier incident", _second(started=datetime(2026, 10, 2, tzinfo=UTC))),
        ("post-mortem without a time", _second(started=None)),
        ("post-mortem names another section's file", _told("replication.md#", "backup.md#")),
        ("post-mortem names it in a declaration only", _told(
            _TOLD, f"# Lag\n\n```loopcheck\nverify: [{{runbook: {{path: {PATH}}}}}]\n```\n")),
        ("post-mortem promises it only", _told("at 09:20.", "", "# Lag again\n", "# Lag\n\n## Action items\n")),
        ("post-mortem names it in a comment", _told("We followed", "<!-- We followed", "09:20.", "09:20. -->")),
        ("post-mortem names a file like it", _told("../runbooks/replication.md#", "replication.md#")),
        ("post-mortem is gone", _but(commits=PASSING.commits)),
        ("changed after the incident", _but(commits=(*USED.commits, ("2026-11-15T10:00Z", {PATH: later})))),
    )  # fmt: skip


def _but(**changes: Any) -> Callable[[History], History]:
    return lambda history: msgspec.structs.replace(history, **changes)


def _drill(at: str, path: str = PATH) -> Callable[[History], History]:
    return _but(past=Past(drills=(Drill(path, datetime.fromisoformat(at), "bob", 12),)))


def _second(**changes: Any) -> Callable[[History], History]:
    return _but(incidents=(INCIDENT, msgspec.structs.replace(SECOND, **changes)))


def _told(*pairs: str) -> Callable[[History], History]:
    """The same with another text of the later post-mortem: each first text becomes the one after it."""
    text = _TOLD
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        text = replacing(old, new)(text)
    return _but(commits=(*PASSING.commits, ("2026-11-14T10:00Z", {REPORT: text})))


def harmless() -> Iterator[Mutant[History]]:
    """Histories that must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("reflowed", _edited(replacing("Watch the replay lag on the", "Watch the\nreplay\nlag on the"))),
        ("heading underlined", _edited(replacing("## Replica is lagging", "Replica is lagging\n---"))),
        ("heading closed", _edited(replacing("## Replica is lagging", "## Replica is lagging ##"))),
        ("emphasis in the heading", _edited(replacing("## Replica is lagging", "## Replica is *lagging*"))),
        ("code in the heading", _edited(replacing("## Replica is lagging", "## `Replica` is lagging:"))),
        ("heading in HTML", _edited(replacing("## Replica is lagging", '<h2 id="lag">Replica is lagging</h2>\n'))),
        ("deeper in the page", _edited(replacing("## Replica is lagging", "### Replica is lagging"))),
        ("other numbering", _edited(lambda text: text.replace("1. See", "1) See").replace("2. Res", "2) Res").replace("3. If", "3) If"))),
        ("sub-headings", _edited(replacing("1. See", "### What to do\n\n1. See"))),
        ("words bold", _edited(replacing("page the database team", "**page** the _database_ team"))),
        ("command in a fence", _edited(replacing("`SELECT pg_wal_replay_resume();`", "\n   ```sql\n   SELECT pg_wal_replay_resume();\n   ```"))),
        ("line ends of Windows", _edited(lambda text: text.replace("\n", "\r\n"))),
        ("byte order mark", _edited(lambda text: "\ufeff" + text)),
        ("in three commits", lambda _: History((
            (FIXED, {PATH: AFTER.replace("1. See", "See")}), ("2026-11-06T10:00Z", {PATH: AFTER + "\nx\n"}), (LATER, {PATH: AFTER}),
        ))),
        ("later commits elsewhere", lambda history: msgspec.structs.replace(history, commits=(*history.commits, (LATER, {"a": "b\n"})))),
        ("a date bump later", lambda _: _fixed(AFTER, (LATER, {PATH: AFTER.replace("2026-05-02", "2026-11-10")}))),
        ("mended before, renamed after", lambda _: History((
            (OLD.replace("03-02", "03-03"), {PATH: None, "runbooks/lag.md": BEFORE}),
            (FIXED, {"runbooks/lag.md": AFTER}), (LATER, {"runbooks/lag.md": None, PATH: AFTER}),
        ))),
        ("written since the incident", lambda _: History((
            (INCIDENT_DAY, {PATH: None}), (FIXED, {PATH: AFTER.replace("Replication", "All about replicas")}),
        ))),
        ("links in other ways", _edited(lambda text: text.replace("(backup.md#restore)", "[b]") + "\n[b]: /runbooks/./backup.md?plain=1#L3\n")),
        ("link to a folder", _edited(replacing("[the restore](backup.md#restore)", "[all](../runbooks/)"))),
        ("link to an anchor in HTML", _edited(lambda text: text.replace("(#dashboards)", "(#graphs)") + '\n<a name="graphs"></a>\n')),
        ("link out of the repository", _edited(replacing("[the restore](backup.md#restore)", "[the restore](https://example.org/x)"))),
        ("chosen by anchor", _declared("section: Replica is lagging", "section: '#replica-is-lagging'")),
        ("deep enough clone", lambda history: msgspec.structs.replace(history, depth=2)),
    )  # fmt: skip
    yield from edits(
        DRILLED,
        ("drilled, and spelled better since", _but(
            commits=(*PASSING.commits, ("2026-11-13T10:00Z", {PATH: AFTER.replace("Resume it", "Please resume it")})))),
        ("drilled, and changed and put back since", _but(commits=(
            *PASSING.commits, ("2026-11-13T10:00Z", {PATH: AFTER + "\n## More\n\nx y z\n"}),
            ("2026-11-14T10:00Z", {PATH: AFTER})))),
        ("drilled, and another section changed since", _but(
            commits=(*PASSING.commits, ("2026-11-13T10:00Z", {PATH: AFTER.replace("Build a new one", "Stop all of it")})))),
        ("drilled twice, once before the change", _but(
            past=Past(drills=(Drill(PATH, datetime(2026, 11, 3, tzinfo=UTC), "bob"), *(DRILLED.past or Past()).drills)))),
        ("drilled, and an older post-mortem names it", _but(incidents=(INCIDENT, msgspec.structs.replace(
            SECOND, started=datetime(2026, 10, 2, tzinfo=UTC))))),
    )  # fmt: skip
    yield from edits(
        USED,
        ("named by its path in prose", _told(
            "[the runbook](../runbooks/replication.md#replica-is-lagging)", "`runbooks/replication.md`")),
        ("named by its page", _told(
            "../runbooks/replication.md#", "https://github.com/acme/shop/blob/main/runbooks/replication.md#")),
        ("named from the root", _told("../runbooks/", "/runbooks/")),
        ("named, and the ledger was not read", _but(past=None)),
    )  # fmt: skip


def verify(history: History, folder: Path) -> ArtifactResult:
    """What loopcheck says of a history, built in `folder`."""
    origin = folder / "origin"
    repository = RepositoryBuilder(origin)
    start = {PATH: BEFORE, "runbooks/backup.md": BACKUP, "runbooks/img/lag.png": "picture\n"}
    repository.commit(start, at=OLD)
    for at, files in history.commits:
        repository.commit({path: text.encode() if text is not None else None for path, text in files.items()}, at=at)
    top = origin
    if history.depth is not None:
        top = folder / "clone"
        command = ["git", "clone", "-q", "--depth", str(history.depth), origin.as_uri(), str(top)]
        subprocess.run(command, check=True, capture_output=True)
    with closing(Repository(top)) as looked_at:
        session = Session(looked_at, now=NOW, environment={}, incidents=history.incidents)
        session.past = history.past
        return examine(
            RunbookChecker(), history.declared, session, incident=history.incident, requires=history.requires
        )


def outcome(mutant: Mutant[History]) -> Outcome:
    """What loopcheck says of one history, built in a folder of its own."""
    with TemporaryDirectory() as folder:
        result = verify(mutant.mutated, Path(folder))
    return outcome_of(mutant.name, result)


def outcomes() -> list[Outcome]:
    """What loopcheck says of every mutant."""
    return [outcome(mutant) for mutant in mutants()]


def harmless_outcomes() -> list[Outcome]:
    """What loopcheck says of every harmless variation."""
    return [outcome(mutant) for mutant in harmless()]
