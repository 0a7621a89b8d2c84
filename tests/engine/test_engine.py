"""However a checker misbehaves, its artifact is INCONCLUSIVE, the report can be written, and the others are judged."""

import threading
import time
from datetime import date

import msgspec
import pytest

from loopcheck import engine, reasons
from loopcheck.binding import BindingError
from loopcheck.checker import (
    CannotTell,
    Checker,
    Claim,
    ClaimKind,
    Evidence,
    Expectation,
    Manifest,
    Observation,
    Outcome,
    Reason,
    Rung,
)
from loopcheck.documents.origin import DocumentError
from loopcheck.model import ActionItem, Artifact, Location, Problem, Verdict
from loopcheck.reasons import OUTAGE, UNKNOWN_KIND
from loopcheck.registry import Registered
from loopcheck.reports import json as json_report
from loopcheck.reports import text as text_report
from loopcheck.testing import RepositoryBuilder
from loopcheck.world import Session

HERE = Location("p.md", 3)
CANARY = "s3cr3t-canary"
WRONG = Reason("wrong", "It is wrong.", "Mend it.")
THERE = ClaimKind("there", Rung.EXISTS, "It is there.")
IN_FORCE = ClaimKind("in-force", Rung.ACTIVE, "It is in force.")
SHOWN = ClaimKind("shown", Rung.PROVEN, "It was shown.")
GOOD = (THERE.holds("there"), IN_FORCE.holds("in force"))


class Expect(Expectation, frozen=True, kw_only=True):
    name: str = "x"


class Seen(Observation, frozen=True, kw_only=True):
    pass


class Fake(Checker):
    """A checker that does what the test says."""

    Expect = Expect
    Observation = Seen

    def __init__(self, kind="fake", observe=None, judge=None, describe=None, systems=()):
        self.manifest = Manifest(kind, "It tests.", (THERE, IN_FORCE, SHOWN), (WRONG,), systems)
        self._observe = observe or (Seen)
        self._judge = judge or (lambda: GOOD)
        self._describe = describe or (lambda: "an artifact")

    def describe(self, expect):
        return self._describe()

    def observe(self, expect, world):
        return self._observe()

    def judge(self, expect, observation):
        return self._judge()


class Registry:
    def __init__(self, *checkers):
        self._checkers = {checker.manifest.kind: checker for checker in checkers}

    def kinds(self):
        return sorted(self._checkers)

    def get(self, kind):
        if kind not in self._checkers:
            raise CannotTell(UNKNOWN_KIND, f"no {kind}")
        return Registered(self._checkers[kind], "fakes 1.0")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    built = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    built.commit({"a": "a"})
    return built.session()


def item(*kinds, requires=Rung.ACTIVE, due=None, title="Item", id="p.md#item"):  # noqa: A002
    artifacts = tuple(Artifact(kind, Expect(name=id), {}, HERE) for kind in kinds)
    return ActionItem(id, title, "@alice", due, artifacts, HERE, requires)


def verify(session, *checkers, requires=Rung.ACTIVE, **more):
    """The report on one item with one artifact of each checker, with a good one beside them."""
    good = Fake("good")
    items = [item(checker.manifest.kind, requires=requires) for checker in checkers] + [item("good")]
    return engine.run(items, Registry(*checkers, good), session, **more)


def boom(error):
    def act():
        raise error

    return act


def recursion():
    return recursion()


def crashing_midway():
    yield GOOD[0]
    yield GOOD[1]
    raise ValueError(CANARY)


def claims_without_end():
    while True:
        yield GOOD[0]


class Hostile(Exception):  # noqa: N818
    def __str__(self):
        raise RuntimeError(CANARY)

    __repr__ = __str__


BAD_JUDGES = {
    "raises": (boom(ValueError(CANARY)), "checker-crashed"),
    "raises what cannot be shown": (boom(Hostile()), "checker-crashed"),
    "recurses for ever": (recursion, "checker-crashed"),
    "leaves": (boom(SystemExit(CANARY)), "checker-crashed"),
    "runs out of memory": (boom(MemoryError(CANARY)), "checker-crashed"),
    "stops an iteration": (boom(StopIteration(CANARY)), "checker-crashed"),
    "asserts": (boom(AssertionError(CANARY)), "checker-crashed"),
    "crashes midway": (crashing_midway, "checker-crashed"),
    "returns nothing": (lambda: None, "checker-crashed"),
    "returns one claim": (lambda: GOOD[0], "checker-crashed"),
    "returns a text": (lambda: "VERIFIED", "broken-checker"),
    "returns other things": (lambda: [*GOOD, {"outcome": "holds"}], "broken-checker"),
    "returns no end of claims": (claims_without_end, "broken-checker"),
    "claims what it did not declare": (
        lambda: [*GOOD, ClaimKind("more", Rung.ACTIVE, "").holds("x")],
        "broken-checker",
    ),
    "claims on another rung": (lambda: [ClaimKind("there", Rung.ACTIVE, "").holds("x")], "broken-checker"),
    "holds with a reason": (
        lambda: [*GOOD, Claim(Rung.EXISTS, "there", Outcome.HOLDS, "x", "wrong")],
        "broken-checker",
    ),
    "fails without a reason": (lambda: [Claim(Rung.EXISTS, "there", Outcome.FAILS, "x")], "broken-checker"),
    "an outcome as text": (lambda: [Claim(Rung.EXISTS, "there", "fails", "x", "wrong")], None),
    "an outcome of its own": (lambda: [Claim(Rung.EXISTS, "there", "maybe", "x", "wrong")], "broken-checker"),
    "a message that is none": (lambda: [Claim(Rung.EXISTS, "there", Outcome.HOLDS, 3)], "broken-checker"),
    "a rung that is none": (lambda: [Claim(5, "there", Outcome.HOLDS, "x")], "broken-checker"),
    "evidence that is none": (lambda: [THERE.holds("x", "seen it")], "broken-checker"),
    "evidence of nothing": (lambda: [THERE.holds("x", Evidence(None, None))], "broken-checker"),
    "a thing that cannot be written": (lambda: [THERE.holds(object())], "broken-checker"),
    "no claims": (list, "nothing-checked"),
    "only the first rung": (lambda: GOOD[:1], "nothing-checked"),
    "a reason that is none": (boom(CannotTell("outage", "x")), "broken-checker"),
    "trouble without words": (boom(CannotTell(OUTAGE, None)), "broken-checker"),
    "trouble with bad evidence": (boom(CannotTell(OUTAGE, "x", "evidence")), "broken-checker"),
    "a document that cannot be read": (boom(DocumentError("not YAML", HERE)), "unparseable"),
    "settings that cannot be read": (boom(BindingError((Problem("c.yml", 1, 1, "bad"),))), "bad-settings"),
    "trouble": (boom(CannotTell(OUTAGE, "503")), "outage"),
}


RAISING = [
    name for name, (_, reason) in BAD_JUDGES.items() if name.startswith(("raises", "trouble", "leaves", "a doc"))
]


@pytest.mark.parametrize(
    ("where", "name"), [*(("judge", name) for name in BAD_JUDGES), *(("observe", name) for name in RAISING)]
)
def test_a_checker_that_misbehaves_is_inconclusive(session, name, where):
    act, reason = BAD_JUDGES[name]
    report = verify(session, Fake(**{where: act}))
    bad, good = report.items
    assert good.verdict is Verdict.VERIFIED
    if name == "an outcome as text":  # it is read as what it says
        assert bad.verdict is Verdict.FAILED
    else:
        assert bad.verdict is Verdict.INCONCLUSIVE
        claim = bad.artifacts[0].claims[-1]
        assert (claim.claim, claim.reason, claim.outcome) == ("observed", reason, Outcome.UNKNOWN)
        assert claim.remedy
    written = json_report.render(report) + text_report.render(report, verbose=True)
    assert CANARY not in written


@pytest.mark.parametrize(
    ("describe", "reason"),
    [(boom(KeyError(CANARY)), "checker-crashed"), (lambda: None, "broken-checker"), (lambda: b"x", "broken-checker")],
)
def test_a_checker_that_cannot_describe_its_artifact_is_inconclusive(session, describe, reason):
    bad, good = verify(session, Fake(describe=describe)).items
    assert (bad.verdict, bad.artifacts[0].claims[0].reason) == (Verdict.INCONCLUSIVE, reason)
    assert bad.artifacts[0].summary == "fake"
    assert good.verdict is Verdict.VERIFIED


def test_a_crash_names_class_and_place_and_nothing_else(session):
    bad, _ = verify(session, Fake(observe=boom(ValueError(CANARY)))).items
    (claim,) = bad.artifacts[0].claims
    assert claim.message.startswith("the checker `fake` (fakes 1.0) stopped with ValueError at test_engine.py:")


def test_half_letters_can_be_written(session):
    half = "\ud83d"
    report = verify(
        session,
        Fake("one", judge=lambda: [THERE.holds(half, Evidence(half, half)), GOOD[1]], describe=lambda: half),
        Fake("two", judge=boom(CannotTell(OUTAGE, half))),
    )
    one, two, _ = report.items
    assert one.verdict is Verdict.VERIFIED
    assert two.artifacts[0].claims[0].reason in ("outage", "broken-checker")
    json_report.render(report)


def test_ctrl_c_ends_the_run(session):
    with pytest.raises(KeyboardInterrupt):
        verify(session, Fake(observe=boom(KeyboardInterrupt())))


def test_a_checker_in_a_thread_cannot_end_the_run(session):
    bad, good = verify(session, Fake(observe=boom(KeyboardInterrupt()), systems=("fakes",))).items
    assert (bad.verdict, good.verdict) == (Verdict.INCONCLUSIVE, Verdict.VERIFIED)


def test_results_stand_in_the_order_of_the_items_whatever_the_threads_do(session):
    checkers = [
        Fake(
            f"k{number}",
            observe=lambda number=number: time.sleep(0.002 * (number % 3)) or Seen(),
            systems=("s",) * (number % 2),
        )
        for number in range(12)
    ]
    seen = []
    report = verify(session, *checkers, progress=lambda done, of: seen.append((done, of)))
    assert [one.artifacts[0].kind for one in report.items] == [f"k{number}" for number in range(12)] + ["good"]
    assert report.verdict is Verdict.VERIFIED
    assert max(seen) == (13, 13)


@pytest.mark.parametrize("systems", [(), ("slow",)])
def test_a_checker_that_never_returns_is_left_when_the_time_is_up(session, monkeypatch, systems):
    monkeypatch.setattr(engine, "_GRACE", 0.05)
    release = threading.Event()
    limited = Session(session.repository, environment={}, seconds=0.1)
    report = verify(limited, Fake(observe=lambda: release.wait(30) and Seen(), systems=systems))
    release.set()
    slow = report.items[0]
    assert (slow.verdict, slow.artifacts[0].claims[0].reason) == (Verdict.INCONCLUSIVE, "out-of-time")
    assert slow.artifacts[0].distribution == "fakes 1.0"
    assert not report.run.complete


@pytest.mark.parametrize("reason", [reasons.BUDGET_SPENT, reasons.RATE_LIMITED, reasons.OUT_OF_TIME, OUTAGE])
def test_a_run_that_stopped_early_says_what_it_did_not_see(session, reason):
    def refuse():
        raise CannotTell(reason, "no more")

    checkers = Registry(Fake("good"), Fake("asks", observe=refuse, systems=("github",)))
    items = [item("good", id="#1"), item("asks", id="#2")]
    report = engine.run(items, checkers, session)
    assert report.run.complete is (not reason.stops)
    assert engine.not_seen(report.items) == (("#2",) if reason.stops else ())
    named = [note for note in report.run.notes if "#2" in note]
    assert len(named) == reason.stops


@pytest.mark.parametrize("systems", [(), ("github",)])
def test_what_was_left_over_comes_first_and_is_reported_in_its_place(session, systems):
    looked = []

    class Noting(Fake):
        def observe(self, expect, world):
            looked.append(expect.name)
            return Seen()

    names = [f"#{number}" for number in range(6)]
    items = [item("noting", id=name) for name in names]
    report = engine.run(items, Registry(Noting("noting", systems=systems)), session, first=["#4", "#2", "#9"])
    assert [one.id for one in report.items] == names
    if not systems:
        assert looked == ["#2", "#4", "#0", "#1", "#3", "#5"]
    assert sorted(looked) == names


def test_when_the_time_is_up_nothing_more_is_looked_at(session):
    report = verify(Session(session.repository, environment={}, seconds=0), Fake(observe=boom(AssertionError())))
    assert {claim.reason for one in report.items for claim in one.artifacts[0].claims} == {"out-of-time"}
    assert not report.run.complete


def test_an_unknown_kind_is_inconclusive_and_says_what_to_install(session):
    report = engine.run([item("nowhere")], Registry(), session)
    (claim,) = report.items[0].artifacts[0].claims
    assert (report.verdict, claim.reason) == (Verdict.INCONCLUSIVE, "unknown-kind")
    assert "Install" in claim.remedy


def test_what_could_not_be_read_is_not_verified(session):
    report = engine.run([item("good")], Registry(Fake("good")), session, errors=[Problem("p.md", 1, 1, "bad")])
    assert report.items[0].verdict is Verdict.VERIFIED
    assert report.verdict is Verdict.INCONCLUSIVE
    assert engine.run([], Registry(), session).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("due", "judge", "overdue"),
    [
        (date(2026, 11, 19), None, False),
        (date(2026, 11, 19), lambda: [THERE.fails(WRONG, "x")], True),
        (date(2026, 11, 19), boom(CannotTell(OUTAGE, "x")), True),
        (date(2026, 11, 20), lambda: [THERE.fails(WRONG, "x")], False),
        (None, lambda: [THERE.fails(WRONG, "x")], False),
    ],
)
def test_an_item_is_overdue_the_day_after_unless_it_is_verified(session, due, judge, overdue):
    report = engine.run([item("fake", due=due)], Registry(Fake(judge=judge)), session)
    assert report.items[0].overdue is overdue


def test_a_run_of_200_items_starts_no_more_processes_than_one_of_two(tmp_path):
    from loopcheck_checks.repo_file import RepoFileChecker

    built = RepositoryBuilder(tmp_path)
    built.commit({f"f/{number}.md": "x\n" for number in range(200)})
    counts = []
    for number in (2, 200):
        session = RepositoryBuilder(tmp_path).session()  # with a git of its own
        artifacts = [Artifact("repo-file", RepoFileChecker.Expect(path=f"f/{n}.md"), {}, HERE) for n in range(number)]
        items = [msgspec.structs.replace(item(), artifacts=(artifact,)) for artifact in artifacts]
        report = engine.run(items, Registry(RepoFileChecker()), session)
        assert report.verdict is Verdict.VERIFIED
        counts.append(report.run.looks["git"])
    assert counts[0] == counts[1] <= 5  # rev-parse, ls-tree, cat-file; config and status for what is not committed
