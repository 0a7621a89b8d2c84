"""20,000 hostile strings through each place where loopcheck writes: no mention, no command, no HTML, no link.

    pytest -n 2 tests/reliability/test_hostile_text.py

20,000 each: the comment with its notices, and the labels; what is told of commits; the status; the job's summary, the
log and the outputs of a step; outputs of that name or value; the ledger; backtests as a page and as text. In handlers/test_hostile_runs.py are whole
sweeps, and in reports/ all formats of a report.

The strings are the same every time. They stand wherever strangers write: titles, owners, paths, messages, evidence,
incidents, reasons of waivers, logins, labels, subjects and authors of commits. Read back is what is really written.
"""

import itertools
import json
import re
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import hostile_reports
import msgspec
import pytest
from hostile_reports import marked
from read_back import Page, hold_log, hold_markdown, hold_page, hold_words

from loopcheck import action, drift, runner
from loopcheck.config import CloseGateSection
from loopcheck.effects import marker
from loopcheck.effects.apply import Applied, Done
from loopcheck.effects.comment import Circumstances, evidence_digest
from loopcheck.effects.labels import LABELS
from loopcheck.effects.links import Repository as Links
from loopcheck.effects.model import Plan, PutComment, PutStatus, Record, Reopen, SetLabels, body_digest
from loopcheck.effects.plan import plan
from loopcheck.effects.situation import Occasion, Seen
from loopcheck.effects.status import one_line as described
from loopcheck.gate import summary
from loopcheck.gate.approval import Approval
from loopcheck.gate.fence import Fence, Loss
from loopcheck.gate.judgement import Inconclusive, Judged, Unclear, conclusion
from loopcheck.gate.promises import Weakened
from loopcheck.handlers.asked import Outcome
from loopcheck.ledger import lines
from loopcheck.ledger.memory import recall
from loopcheck.ledger.model import Action, Entry
from loopcheck.model import (
    ActionItem,
    Artifact,
    ArtifactResult,
    Claim,
    Evidence,
    Incident,
    ItemResult,
    Location,
    Problem,
    Report,
    Rung,
    Sketch,
    Verdict,
)
from loopcheck.model import Outcome as Found
from loopcheck.replay import Alarm, Backtest, Curve, Firing, History, Replay, Threshold, Window
from loopcheck.reports import backtest as backtest_text
from loopcheck.reports import backtest_page, markdown, text
from loopcheck.testing import RepositoryBuilder, runner_log
from loopcheck.tracker import Closing, Comment, Issue, Person
from loopcheck.world import Repository
from loopcheck.world.history import path_of

STRINGS = 20_000
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHA = "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345"
LINKS = Links("https://github.com", "acme/shop", SHA)
US, BY = Person(41898282, "github-actions[bot]", is_bot=True), 7
OUTCOMES = {Verdict.VERIFIED: Found.HOLDS, Verdict.INCONCLUSIVE: Found.UNKNOWN, Verdict.FAILED: Found.FAILS}


class Texts:
    """Hostile strings, counted as they are taken."""

    def __init__(self, seed):
        self._strings = marked(seed)
        self.taken = 0

    def __next__(self):
        self.taken += 1
        return next(self._strings)

    def path(self):
        """Evidence in a file of a hostile name, at a commit, which may be linked."""
        return f"{next(self)}:{self.taken % 99 + 1}@{SHA[:12]}"


def claim(texts, outcome, *, place=None):
    why = (None, None) if outcome is Found.HOLDS else (next(texts), next(texts))
    evidence = (Evidence(texts.path(), next(texts)), Evidence(place or next(texts), next(texts), NOW, NOW))
    drawn = Sketch(NOW - HOUR, NOW, (1.0, None, 30.0), (False, True, False), 20.0, next(texts))
    return Claim(Rung.ACTIVE, next(texts), outcome, next(texts), *why, evidence, drawn if texts.taken % 3 else None)


def item(texts, verdict, name, **more):
    """A result in which everything that is text is hostile, but for the id where one is given."""
    claims = (claim(texts, OUTCOMES[verdict]), claim(texts, Found.HOLDS, place="https://app.datadoghq.com/monitors/7"))
    artifact = ArtifactResult(
        next(texts), verdict, claims, Rung.EXISTS, next(texts), Location(next(texts), 7, 2), next(texts)
    )
    place = Location(next(texts), 5)
    incident = Incident(next(texts), next(texts), next(texts), report=Location(next(texts)))
    return ItemResult(
        name or next(texts), next(texts), next(texts), date(2026, 11, 1), place, Rung.ACTIVE, None, verdict, (artifact,),
        incident, None, verdict is not Verdict.VERIFIED,
    )  # fmt: skip


def problem(texts, path=None):
    return Problem(path or next(texts), 3, 1, next(texts), next(texts))


# the comment, its notices, the labels


def issue(texts, number):
    """An issue of strangers, in one of the states of which something is said."""
    state = number % 4
    reason, when = ("not_planned", NOW - DAY) if state == 1 else ("completed", NOW - state * DAY)
    closed = Closing(when, Person(BY, next(texts)), reason)
    forged = Comment(1, Person(666, next(texts)), next(texts), NOW, NOW)
    mine = f"<!-- loopcheck 1 version=0.1.0 at=2026-11-01T00:00:00Z run=1/1 digest={'0' * 64} -->\n{next(texts)}"
    ours = Comment(2, US, mine, NOW - 9 * DAY, NOW - 9 * DAY)
    return Issue(
        number, next(texts), next(texts), next(texts), state in (0, 3), Person(BY, next(texts)), None, NOW - 30 * DAY, NOW,
        labels=(next(texts), "loopcheck:verified", f"loopcheck:{next(texts)}"),
        assignees=(next(texts),),
        milestone=next(texts),
        comments=(forged, ours) if state == 1 else (forged,),
        closing=closed if state else None,
    )  # fmt: skip


def remembered(texts, one, number):
    """What the ledger says of an item: verified once, failed as now or not seen for long, and waived."""
    about = {"version": next(texts), "commit": SHA, "issue": number}
    seen = evidence_digest(one) if number % 7 else "e" * 64
    yield Entry(NOW - 9 * DAY, one.id, Verdict.VERIFIED, "d" * 64, **about)
    if one.verdict is not Verdict.VERIFIED:
        yield Entry(NOW - 4 * DAY, one.id, one.verdict, seen, reasons=(next(texts),), **about)
    if number % 3 == 0:
        until = date(2026, 12, 1) if number % 2 else date(2026, 11, 2)
        yield Entry(
            NOW - 2 * DAY, one.id, Verdict.INCONCLUSIVE, "", action=Action.WAIVED, note=next(texts), by=next(texts),
            until=until, comment=number, **about,
        )  # fmt: skip


def planned(texts, number):
    """The plan of a run on one issue."""
    verdicts = (Verdict.FAILED, tuple(Verdict)[number % 3])
    items = tuple(item(texts, verdict, f"#{number}/{place}") for place, verdict in enumerate(verdicts))
    memory = [line for one in items for line in remembered(texts, one, number)]
    asked = Occasion.ASKED if number % 2 else Occasion.CHANGED
    return plan(
        [
            Seen(
                issue(texts, number),
                items[: 1 + number % 2],
                (problem(texts, f"#{number}"),) if number % 5 == 0 else (),
            )
        ],
        (),
        recall(memory),
        CloseGateSection(),
        US,
        Circumstances(LINKS, NOW, "7/1"),
        occasion=asked,
        systems=lambda _: (),
        changes={one.id: ("It went.",) for one in items},
    )


def test_the_comment_and_the_labels():
    texts, comments, said = Texts(1), 0, set()
    for number in itertools.count(1):
        if texts.taken >= STRINGS:
            break
        for effect in planned(texts, number).effects:
            if isinstance(effect, SetLabels):
                assert {*effect.add, *effect.remove} <= LABELS.keys()
            if isinstance(effect, PutComment):
                comments += 1
                assert marker.read(effect.body).digest == effect.digest
                assert effect.body.count("<!--") == 1
                found = hold_markdown(effect.body)
                assert found.get("td", 0) == (0 if "not looked at" in effect.body else 2 * (1 + number % 2))
                said.update(
                    re.findall(r"Closed on|Closed as|Opened again|Accepted|run out|The proof was|Overdue", effect.body)
                )
    assert comments > 200
    assert said == {"Closed on", "Closed as", "Opened again", "Accepted", "run out", "The proof was", "Overdue"}


# why a proof went away: what git says of strangers


def commits(texts, folder, number):
    """A repository in which everybody but git itself is hostile: paths, authors, subjects."""
    builder, stream, paths = RepositoryBuilder(folder), [], []
    for place in range(number):
        author = re.sub(rb"[<>\n\0]", b"", next(texts).encode("utf-8", "surrogatepass"))
        message = next(texts).encode("utf-8", "surrogatepass").replace(b"\0", b"")
        raw = b"d%d/x%s" % (place, re.sub(rb"[/\0]", b"_", next(texts).encode("utf-8", "surrogatepass"))[:200])
        paths.append(path_of(raw))
        quoted = b"".join(b"\\%03o" % byte for byte in raw)
        who = b"%s <a@b> %d +0000" % (author, NOW.timestamp() - 90_000 + place)
        stream.append(
            b"commit refs/heads/main\nauthor %s\ncommitter %s\ndata %d\n%s\n" % (who, who, len(message), message)
            + b'M 100644 inline "%s"\ndata 1\nx\n' % quoted
        )
    builder.git("fast-import", "--quiet", stdin=b"".join(stream))
    return builder.git("rev-list", "--reverse", "main").split(), paths


def test_what_is_told_of_commits(tmp_path):
    texts, together = Texts(2), 4
    shas, paths = commits(texts, tmp_path / "shop", STRINGS // 5)
    items, entries = [], []
    for first in range(0, len(shas) - together, together):
        sources = [f"{path}:1@{SHA[:12]}" for path in paths[first + 1 : first + 1 + together]]
        failing = [
            msgspec.structs.replace(claim(texts, Found.FAILS), evidence=(Evidence(source, "gone"),))
            for source in sources
        ]
        name = f"item {first}"
        one = item(texts, Verdict.FAILED, name)
        artifact = msgspec.structs.replace(one.artifacts[0], claims=tuple(failing))
        items.append(msgspec.structs.replace(one, artifacts=(artifact,)))
        entries.append(Entry(NOW - 2 * DAY, name, Verdict.VERIFIED, "d" * 64, next(texts), shas[first]))
        seen = evidence_digest(items[-1])
        entries.append(Entry(NOW - DAY, name, Verdict.FAILED, seen, "1", shas[first + together]))
    with closing(Repository(tmp_path / "shop")) as repository:
        told = drift.explain(items, recall(entries), repository, LINKS)
    assert texts.taken >= STRINGS
    for said in told.values():
        assert len(said) == together + 1
        for line in said:
            assert "\n" not in line
            hold_markdown(f"> The proof has gone.\n> - {line}\n")


# the status


def promised(texts, name):
    """A promise whose incident bears a stranger's name."""
    artifact = Artifact(next(texts), None, {}, Location(next(texts)))
    return ActionItem(
        next(texts), next(texts), next(texts), None, (artifact,), Location(next(texts), 9), incident=Incident(name)
    )


INCIDENTS = (
    "INC-142", "www.evil.example", "x_www.evil.example", "GH-7", "gh-7", "x.GH-7", "a1b2c3d", "defaced", "fix-a1b2c3d4", "abcdef0123456789",
    "SEV1.2026-11-01", "e2e", "Closes-1",
)  # fmt: skip
"""What GitHub might make a link of, and what is honest, in letters and digits alone."""


def judged(texts, number):
    name = next(texts) if number % 2 else INCIDENTS[number // 2 % len(INCIDENTS)]
    one = promised(texts, name)
    losses = tuple(
        Loss(one, next(texts), next(texts), claim(texts, outcome), claim(texts, Found.HOLDS).evidence, counts)
        for outcome in (Found.FAILS, Found.UNKNOWN)
        for counts in (True, False)
    )
    results = tuple(item(texts, verdict, None) for verdict in Verdict)
    return Judged(
        closing=Report(Verdict.FAILED, hostile_reports.report(texts).run, (), results),
        accepted=frozenset({results[number % 3].id}),
        fence=Fence(losses if number % 4 < 2 else (), 7, 3, (promised(texts, next(texts)),)),
        unreadable=(problem(texts),),
        weakened=(Weakened(one, (next(texts), next(texts))), Weakened(None, (next(texts),))),
        approval=tuple(Approval)[number % 3],
        unclear=(Unclear(next(texts), next(texts), outside=True),),
        notes=(next(texts),),
        looks={"git": 3},
    )


def test_the_status():
    texts, titles = Texts(3), set()
    where = summary.Shown(LINKS, msgspec.structs.replace(LINKS, commit="b" * 40))
    for number in itertools.count():
        if texts.taken >= STRINGS:
            break
        one = judged(texts, number)
        concluded = conclusion(one, Inconclusive.BLOCK, untrusted=False)
        title = summary.title(one, concluded)
        titles.add(title)
        assert re.fullmatch(r"[ -~]{1,140}", title)
        assert described(title, 140) == title  # as a commit status has it
        hold_words(title)
        found = hold_markdown(summary.render(one, concluded, where))
        assert found["td"] == 9
    assert "loopcheck: this removes what guards against INC-142" in titles
    assert any("SEV1.2026-11-01" in title for title in titles)


# the job's summary, the log, the outputs: a step as the runner sees it


def outcome(texts, number):
    """What a run may have come to, everything in it hostile; and the pieces of it that are printed as they are."""
    items = tuple(item(texts, verdict, None) for verdict in Verdict for _ in range(6))
    run = msgspec.structs.replace(hostile_reports.report(texts).run, ref=SHA, notes=(next(texts), next(texts)))
    report = Report(Verdict.FAILED, run, (problem(texts), problem(texts)), items)
    at = planned(texts, number)
    more = [
        Record((Entry(NOW, next(texts), Verdict.FAILED, "", next(texts), SHA, note=next(texts), by=next(texts)),)),
        Reopen(7, NOW.isoformat(), next(texts), _basis()),
        PutStatus(
            SHA, conclusion(judged(texts, number), Inconclusive.BLOCK, untrusted=False), next(texts), next(texts)
        ),
    ]
    effects = (*at.effects, *more)
    applied = tuple(Applied(one, done, next(texts)) for one in effects for done in Done)
    notes = (next(texts), next(texts))
    return Outcome(
        report, Plan(effects, (*at.notes, next(texts))), applied, notes=notes, status="failure", spent="3 requests"
    )


def _basis():
    from loopcheck.effects.model import Basis

    return Basis(body_digest(""), is_open=True)


@pytest.fixture
def step(tmp_path, monkeypatch, capfd):
    """Runs the step of an action with a given outcome: its log, and the files that it wrote."""
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(outcome, *, dry_run):
        files = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for name, file in files.items():
            file.write_bytes(b"")
            monkeypatch.setenv(name, str(file))
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "workspace"))
        monkeypatch.setenv("INPUT_DRY-RUN", str(dry_run).lower())
        monkeypatch.setattr(runner, "drop_privileges", lambda _: None)
        monkeypatch.setattr(action, "run", lambda *_: outcome)
        (tmp_path / "workspace" / "loopcheck-report.json").unlink(missing_ok=True)
        capfd.readouterr()
        assert action.main() == 2  # declarations that cannot be read
        printed = capfd.readouterr()
        return (printed.out + printed.err).encode(), *(file.read_bytes().decode() for file in files.values())

    return run


def test_the_log_the_summary_and_the_outputs(step, tmp_path):
    texts = Texts(4)
    for number in itertools.count(1):
        if texts.taken >= STRINGS:
            break
        done = outcome(texts, number)
        log, outputs, page = step(done, dry_run=number % 2 == 0)
        obeyed = hold_log(log)
        notes = len(done.notes) + len(done.plan.notes)
        assert [one.name for one in obeyed] == ["warning"] * notes + ["error"] * 8 + ["warning"] * 6
        assert runner_log.outputs(outputs) == {
            "effects": str(len(done.plan.effects) if number % 2 == 0 else done.written),
            "left": str(len(done.left)),
            "status": "failure",
            "report": "loopcheck-report.json",
            "verdict": "failed",
            "verified": "6",
            "inconclusive": "6",
            "failed": "6",
            "unreadable": "2",
        }
        assert hold_markdown(page)["td"] == 5 * 18
        assert page == markdown.render(done.report)
        read = json.loads((tmp_path / "workspace/loopcheck-report.json").read_text("ascii"))
        assert len(read["items"]) == 18


def test_no_string_becomes_an_output(tmp_path):
    texts, file = Texts(5), tmp_path / "outputs"
    with runner.Runner({"GITHUB_OUTPUT": str(file)}) as told:
        for _ in range(STRINGS):
            words = next(texts)
            fit = re.fullmatch(r"[ -~]*", words)
            for name, value in (("verdict", words), (words, "failed")):
                file.write_bytes(b"")
                try:
                    told.output(name, value)
                except ValueError:
                    assert file.read_bytes() == b""
                    assert not fit or name is words
                else:
                    assert runner_log.outputs(file.read_text()) == {name: value}
                    assert name == "verdict" or re.fullmatch(r"[a-z]+", name)


# what is remembered


def test_the_ledger_gives_back_what_was_put_into_it():
    texts = Texts(6)
    for _ in range(STRINGS // 500):
        entries = [
            Entry(
                NOW, next(texts), Verdict.FAILED, "d" * 64, next(texts), SHA, reasons=(next(texts),), note=next(texts),
                by=next(texts), issue=7,
            )
            for _ in range(100)
        ]  # fmt: skip
        written = lines.write(entries)
        assert written.count(b"\n") == len(written.splitlines()) == len(entries)
        back = lines.read(written, "ledger.jsonl")
        assert [one.at for one in back] == [NOW] * len(entries)
        assert [shown(one) for one in back] == [shown(one) for one in entries]


def shown(entry):
    """An entry, but for what no encoding of Unicode allows."""
    from loopcheck.reports.clean import encodable

    return [encodable(word) for word in (entry.item, entry.version, *entry.reasons, entry.note, entry.by)]


# what a backtest came to


def backtests(texts):
    """One that fires, one that stays silent, one that differs from what happened, one that could not be replayed."""
    window = Window(NOW - HOUR, NOW)
    times = tuple((NOW - HOUR).timestamp() + 60 * minute for minute in range(60))
    curves = (Curve(times, tuple(float(minute) for minute in range(60)), next(texts)),)

    def one(*firings, history=None):
        thresholds = (Threshold(30, next(texts), next(texts)), Threshold(20, ">", "critical"))
        replay = Replay(next(texts), window, 60, firings, curves, thresholds, (next(texts),), history=history)
        return Backtest(next(texts), next(texts), replay, noticed=NOW, of=next(texts))

    differs = History(window, matched=1, only_real=(Alarm(NOW, next(texts), next(texts)),))
    return [
        one(Firing(NOW - HOUR / 2, None, next(texts), next(texts))),
        one(history=History(why_not=next(texts))),
        one(Firing(NOW - HOUR / 2, NOW, next(texts)), history=differs),
        Backtest(next(texts), next(texts), trouble=next(texts), reason=next(texts)),
    ]


class Harmless:
    """A harmless word for each."""

    def __init__(self):
        self._numbers = itertools.count()

    def __next__(self):
        return f"word {next(self._numbers)}"


def test_what_a_backtest_came_to():
    harmless = backtests(Harmless())
    elements = Page(backtest_page.render(harmless, [(harmless[0], harmless[1])])).tags
    assert elements.count("svg") == 3
    texts = Texts(7)
    while texts.taken < STRINGS:
        found = backtests(texts)
        if len({one.rule for one in found}) < len(found):
            continue  # two of a name share a table
        pairs = [(found[0], found[1])]
        hold_page(backtest_page.render(found, pairs), elements)
        said = [*backtest_text.table(found), *backtest_text.differences(pairs)]
        for one in found:
            said += backtest_text.answer(one)
        lines = [text.plain(line) for line in said]
        assert not any("\n" in line for line in lines)
        assert hold_log("\n".join(lines).encode()) == []
