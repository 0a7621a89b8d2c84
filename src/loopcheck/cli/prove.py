"""`loopcheck prove`: would the check have caught it? It is run on the bad and on the good commit."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from loopcheck import loading
from loopcheck.checker import AnyChecker, CannotTell, Provable, Trial
from loopcheck.cli import common, output
from loopcheck.errors import ExitCode, UsageError
from loopcheck.model import ActionItem, Proof, Tried, Verdict
from loopcheck.reports.clean import one_line
from loopcheck.trials import permission
from loopcheck.world.git import GitError

if TYPE_CHECKING:
    from loopcheck.ledger.model import Entry
    from loopcheck.loading import Loaded
    from loopcheck.reports.text import Line
    from loopcheck.trials.process import Ran
    from loopcheck.trials.trying import Outcome
    from loopcheck.world import Session

_SHOWN = 15
"""So many lines of what a check printed last are shown."""
_ENDED = 143
"""What a shell returns after SIGTERM."""


class Subject(msgspec.Struct, frozen=True):
    """An artifact that can be tried."""

    name: str
    trial: Trial


@click.command()
@common.repository_options
@common.issues_option
@click.option("--item", "name", required=True, metavar="NAME", help="The item, by id or title.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is run.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long the check may take on each commit.",
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Record what came of it in FILE; in a workflow, instead of the branch.",
)
@click.option(
    "--logs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write what the check printed last to files in DIR.",
)
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(
    repo: Path,
    ref: str,
    with_issues: bool,  # noqa: FBT001 - click's signature
    name: str,
    yes: bool,  # noqa: FBT001 - click's signature
    time_limit: float,
    ledger: Path | None,
    logs: Path | None,
    color: bool | None,  # noqa: FBT001 - click's signature
) -> None:
    """Run an item's check on a bad and on a good commit, and record what came of it.

    The check is run as you, in throw-away work trees, without the credentials of your environment. In a workflow that
    is allowed only where somebody started it by hand on the default branch; there the ledger is GitHub's, elsewhere the
    one that `--ledger` names.

    Exit codes: 0 it fails on the bad commit and passes on the good one; 1 it does not; 2 it cannot be run; 3 it came to
    no result.
    """
    from loopcheck.trials.trying import attempt

    loaded = loading.load(repo, ref)
    try:
        permission.check(os.environ, loaded.repository.commit)
        session = loading.session(loaded)
        if with_issues:
            loaded = common.with_issues(loaded, session)
        picked = common.chosen(loaded.declared.items, (name,))
        if len(picked) > 1:
            ids = ", ".join(item.id for item in picked)
            raise UsageError(f"several items are `{name[:80]}`: {ids[:300]}", hint="name one by its id")
        (item,) = picked
        subjects = _subjects(item, loaded, session)
        output.say(_announced(subjects), color)
        _consent(yes=yes)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))  # so that the work trees are removed
        entries = []
        verdicts = []
        for number, subject in enumerate(subjects, 1):
            outcome = attempt(subject.trial, loaded.repository.git, os.environ, seconds=time_limit)
            verdict = _verdict(subject.trial, outcome)
            verdicts.append(verdict)
            output.say(_told(subject, outcome, verdict), color)
            if logs is not None:
                _kept(logs, number, outcome)
            if verdict is not Verdict.INCONCLUSIVE:
                entries.append(_entry(subject.trial, outcome, verdict, item, loaded))
        output.say([[(_recorded(entries, session, ledger), "dim")]], color)
    finally:
        loaded.repository.close()
    codes = {Verdict.FAILED: ExitCode.FAILED, Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE}
    sys.exit(int(codes.get(Verdict.worst(verdicts), ExitCode.VERIFIED)))


def _subjects(item: ActionItem, loaded: Loaded, session: Session) -> list[Subject]:
    """The artifacts of an item that can be tried.

    Raises:
        UsageError: there is none.
    """
    if item.withheld is not None:
        raise UsageError(f"{item.id} does not count: {item.withheld.message}", hint=item.withheld.remedy)
    found: list[Subject] = []
    trouble: CannotTell | None = None
    for artifact in item.artifacts:
        try:
            checker: AnyChecker = loaded.registry.get(artifact.kind).checker
            if artifact.expect is None:
                continue
            name = f"{artifact.kind}  {checker.describe(artifact.expect)}"
            if isinstance(checker, Provable):
                found.append(Subject(name, checker.trial(artifact.expect, session.world(item.incident, item.requires))))
        except CannotTell as met:
            trouble = trouble or met
    if not found and trouble is not None:
        raise UsageError(f"{item.id}: {trouble.message}", hint=trouble.reason.remedy)
    if not found:
        raise UsageError(f"{item.id} has no check that can be run", hint="only a `ci-check` is proven in this way")
    return found


def _announced(subjects: list[Subject]) -> Iterator[Line]:
    for subject in subjects:
        trial = subject.trial
        yield [(one_line(subject.name, 200), "title")]
        yield [(f"  fails on  {trial.bad[:12]}", "")]
        yield [(f"  passes on {trial.good[:12]}", "")]
        for pattern in trial.brought:
            yield [(f"  with      {one_line(pattern, 200)}, as on the good commit", "")]
        where = f" in {one_line(trial.folder, 200)}" if trial.folder else ""
        yield [(f"  runs      {one_line(' '.join(trial.shell), 200)}{where}", "")]
        for line in trial.script.rstrip().splitlines():
            yield [(f"            {one_line(line, 200)}", "dim")]


def _consent(*, yes: bool) -> None:
    """Ask whoever sits at the terminal.

    Raises:
        UsageError: nobody does, and `--yes` was not given.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", hint="give `--yes` where you mean it")
    click.confirm("Run this, as you, on both commits?", abort=True)


def _verdict(trial: Trial, outcome: Outcome) -> Verdict:
    """Whether the check fails on the bad commit and passes on the good one."""
    said = [None if ran.code is None else trial.passes(ran.code) for ran in (outcome.bad, outcome.good)]
    if None in said:
        return Verdict.INCONCLUSIVE
    return Verdict.VERIFIED if said == [False, True] else Verdict.FAILED


def _told(subject: Subject, outcome: Outcome, verdict: Verdict) -> Iterator[Line]:
    word = {Verdict.VERIFIED: "PROVEN", Verdict.FAILED: "NOT PROVEN", Verdict.INCONCLUSIVE: "INCONCLUSIVE"}[verdict]
    yield []
    yield [(f"{word:<14}", verdict.value), (one_line(subject.name, 200), "title")]
    for what, commit, ran in (("bad", subject.trial.bad, outcome.bad), ("good", subject.trial.good, outcome.good)):
        yield [
            (f"  {what:<5}{commit[:12]}  {_ended(subject.trial, ran)}, {ran.seconds:.1f} s, log sha256:{ran.log}", "")
        ]
        wanted = what == "good"
        if ran.code is None or subject.trial.passes(ran.code) is not wanted:
            for line in ran.tail.decode(errors="replace").splitlines()[-_SHOWN:]:
                yield [(f"       | {one_line(line, 200)}", "dim")]


def _ended(trial: Trial, ran: Ran) -> str:
    if ran.code is None:
        return f"stopped: {ran.stopped}"
    meaning = {True: "passes", False: "fails", None: "did not come to a result"}[trial.passes(ran.code)]
    return f"{meaning} (exit {ran.code})"


def _kept(folder: Path, number: int, outcome: Outcome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for what, ran in (("bad", outcome.bad), ("good", outcome.good)):
        folder.joinpath(f"{number}-{what}.log").write_bytes(ran.tail)


def _entry(trial: Trial, outcome: Outcome, verdict: Verdict, item: ActionItem, loaded: Loaded) -> Entry:
    from loopcheck.ledger import proofs

    bad, good = _tried(trial.bad, outcome.bad), _tried(trial.good, outcome.good)
    proof = Proof(trial.key, bad, good, datetime.now(UTC), _who(os.environ, loaded), _run(os.environ))
    path = item.location.path
    issue = int(path[1:]) if path.startswith("#") and path[1:].isdecimal() else None
    return proofs.line(proof, item.id, issue, verdict, loaded.repository.commit)


def _tried(commit: str, ran: Ran) -> Tried:
    assert ran.code is not None  # noqa: S101 - or it would have come to no result
    return Tried(commit, ran.code, ran.log)


def _who(environment: Mapping[str, str], loaded: Loaded) -> str:
    """Who asked: the account that started the workflow, or the address that git knows its user by."""
    if permission.on_github(environment):
        return environment.get("GITHUB_TRIGGERING_ACTOR") or environment.get("GITHUB_ACTOR", "")
    try:
        return str(loaded.repository.git.run("config", "user.email").decode(errors="replace").strip())
    except GitError:
        import getpass

        return getpass.getuser()


def _run(environment: Mapping[str, str]) -> str:
    number, attempt = (environment.get(f"GITHUB_RUN_{name}", "") for name in ("ID", "ATTEMPT"))
    return f"{number}/{attempt or 1}" if number.isdecimal() and (attempt or "1").isdecimal() else ""


def _recorded(entries: list[Entry], session: Session, file: Path | None) -> str:
    """Write down what was found, and say where.

    Raises:
        UsageError: it could not be written.
    """
    if not entries:
        return "nothing was recorded: it came to no result"
    if file is not None:
        from loopcheck.ledger.file import FileLedger

        FileLedger(file).append(entries)
        return one_line(f"recorded in {file}")
    if not permission.on_github(os.environ):
        return "nothing was recorded: name a ledger with `--ledger FILE`"
    from loopcheck.effects.writer import Writer
    from loopcheck.ledger.branch import BRANCH, BranchLedger

    try:
        github = session.github
        writer = Writer(github.connection, github.governor, count=lambda: session.count("github"))
        BranchLedger(github, writer.send).append(entries)
    except CannotTell as trouble:
        hint = "give the step a token with `contents: write`, or a file with `--ledger`"
        raise UsageError(f"what was found is not in the ledger: {trouble.message}", hint=hint) from None
    return f"recorded on the branch {BRANCH}"
