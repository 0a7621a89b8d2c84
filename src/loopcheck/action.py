"""The GitHub action: does what the event asks for, at the commit that is checked out, and tells the runner.

Run as `python -I -m loopcheck.action`, so that nothing of the checkout is importable; the checkout is a path,
and what is read of it comes from git's objects. Inputs come in the environment, as the runner gives them to a
container; docs/action.md says what each does.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path, PurePath

import msgspec

from loopcheck import events, handlers, runner
from loopcheck.cli import common
from loopcheck.errors import ExitCode, LoopcheckError, NotARepositoryError, UsageError
from loopcheck.events import payload
from loopcheck.handlers.asked import Asked, Outcome
from loopcheck.model import Report, Verdict
from loopcheck.reports import github, markdown, renderer
from loopcheck.reports.text import plain

REPORT = "loopcheck-report.json"
_VERDICTS = {"success": Verdict.VERIFIED, "failure": Verdict.FAILED}
"""What the status of a pull request comes to, where merging it closes no item."""


class FailOn(StrEnum):
    """What makes the step fail."""

    FAILED = "failed"
    """An artifact that is proven not to be there, or a declaration that cannot be read."""
    INCONCLUSIVE = "inconclusive"
    """Also what could not be seen: a missing secret, an outage, a run that stopped early."""
    NEVER = "never"
    """Nothing but a mistake in how the action is called. The output `verdict` says what was found."""


class Inputs(msgspec.Struct, frozen=True):
    """What the workflow asks for."""

    workspace: Path
    """The folder that the runner mounts."""
    checkout: Path
    """Where in it the repository is."""
    fail_on: FailOn
    time_limit: float | None
    """Seconds; `None` for as long as it takes."""
    issues: bool
    """Whether GitHub's issues are read and written to."""
    blocks: bool
    """Whether a status is red for what could not be seen."""
    dry_run: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Inputs:
        """The inputs as the runner gives them: `INPUT_` and the name in capitals, an omitted one empty.

        Raises:
            UsageError: one of them cannot be used.
        """
        if not environment.get("GITHUB_WORKSPACE"):
            raise UsageError("GITHUB_WORKSPACE is not set", hint="outside GitHub, run `loopcheck verify`")
        workspace = Path(environment["GITHUB_WORKSPACE"]).resolve()
        checkout = workspace.joinpath(_given(environment, "PATH") or ".").resolve()
        if not checkout.is_relative_to(workspace):
            raise UsageError("`path` leads out of the workspace", hint="name a folder below it")
        return cls(
            workspace,
            checkout,
            _fail_on(_given(environment, "FAIL-ON")),
            _seconds(environment),
            issues=_one_of(environment, "issues", ("true", "false")) == "true",
            blocks=_one_of(environment, "inconclusive", ("block", "pass")) == "block",
            dry_run=_one_of(environment, "dry-run", ("false", "true")) == "true",
        )

    @property
    def top(self) -> str:
        """The top of the repository, as a path below the workspace; empty where it is the workspace, or above it."""
        holding = (folder for folder in (self.checkout, *self.checkout.parents) if (folder / ".git").exists())
        found = next(holding, self.workspace)
        if not found.is_relative_to(self.workspace):
            return ""
        return "" if found == self.workspace else found.relative_to(self.workspace).as_posix()


def _given(environment: Mapping[str, str], name: str) -> str:
    return environment.get(f"INPUT_{name}", "").strip()


def _fail_on(text: str) -> FailOn:
    try:
        return FailOn(text or FailOn.FAILED)
    except ValueError:
        words = ", ".join(f"`{word.value}`" for word in FailOn)
        raise UsageError(f"`fail-on` is `{text[:40]}`", hint=f"write one of {words}") from None


def _one_of(environment: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """The input `name`; the first of `words` where it is left out."""
    text = _given(environment, name.upper()) or words[0]
    if text not in words:
        raise UsageError(f"`{name}` is `{text[:40]}`", hint=f"write {' or '.join(f'`{word}`' for word in words)}")
    return text


def _seconds(environment: Mapping[str, str]) -> float | None:
    text = _given(environment, "TIME-LIMIT")
    if not text:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > 6 or int(text) == 0:
        raise UsageError(f"`time-limit` is `{text[:40]}`", hint="write a number of seconds, such as `300`")
    return float(text)


def main() -> int:
    """Verify, tell the runner, and return the step's exit code."""
    try:
        told = runner.Runner(os.environ)
    except OSError as error:
        runner.error(f"the files that the runner named cannot be written ({error.strerror})")
        return int(ExitCode.USAGE)
    with told:
        try:
            return int(_step(told))
        except LoopcheckError as error:
            runner.error(f"{error}" + (f" ({error.hint})" if error.hint else ""))
            code = error.exit_code
        except Exception as error:  # noqa: BLE001 - its text may hold anything, a credential among it
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{PurePath(where.filename).name}:{where.lineno}"
            runner.error(f"loopcheck stopped with {type(error).__name__} at {place}; this is a mistake in loopcheck")
            code = ExitCode.USAGE
        # No output is left empty: a workflow may ask whether `verdict` is `failed` and take everything else for good.
        told.output("verdict", Verdict.INCONCLUSIVE.value)
        return int(code)


def _step(told: runner.Runner) -> ExitCode:
    inputs = Inputs.read(os.environ)
    runner.drop_privileges(inputs.workspace)
    os.chdir("/")  # nothing that is run later looks into the checkout for its settings
    with runner.no_commands():
        outcome = run(inputs, os.environ)
        if outcome.report is not None:
            sys.stdout.write(renderer("text")(outcome.report))
        lines = common.outcome_lines(outcome, dry_run=inputs.dry_run)
        sys.stdout.write("".join(plain(line) + "\n" for line in lines))
    return tell(outcome, inputs, told)


def run(inputs: Inputs, environment: Mapping[str, str]) -> Outcome:
    """Do what the event asks for; without an event, or with `issues: false`, look at what the files declare.

    Raises:
        LoopcheckError: there is no checkout, or its configuration cannot be read.
    """
    asked = Asked(
        checkout=inputs.checkout,
        environment=environment,
        seconds=inputs.time_limit,
        dry_run=inputs.dry_run,
        trusted=True,
        with_issues=inputs.issues,
        blocks=inputs.blocks,
    )
    event = payload.read(environment) if environment.get("GITHUB_EVENT_NAME") else events.Sweep("")
    try:
        return handlers.handle(event, asked)
    except NotARepositoryError as error:
        if "not in a git repository" not in str(error):
            raise
        hint = "run `actions/checkout` in an earlier step, with `fetch-depth: 0`"
        raise NotARepositoryError("there is no checkout in the workspace", hint=hint) from None


def tell(outcome: Outcome, inputs: Inputs, told: runner.Runner) -> ExitCode:
    """Write annotations, summary, report and outputs; return the step's exit code."""
    for note in (*outcome.notes, *outcome.plan.notes):
        runner.warning(note)
    told.summary(outcome.summary)
    told.output("effects", len(outcome.plan.effects) if inputs.dry_run else outcome.written)
    told.output("left", len(outcome.left))
    told.output("status", outcome.status)
    report = outcome.report
    if report is None:
        told.output("verdict", _VERDICTS.get(outcome.status, Verdict.INCONCLUSIVE).value)
        return exit_code(common.outcome_code(outcome), inputs.fail_on)
    sys.stdout.write(github.render(report, top=inputs.top))
    sys.stdout.flush()
    told.summary(markdown.render(report, limit=markdown.SUMMARY_LIMIT - len(outcome.summary.encode())))
    told.output("report", write_report(report, inputs.workspace))
    count = Counter(item.verdict for item in report.items)
    told.output("verdict", report.verdict.value)
    for verdict in Verdict:
        told.output(verdict.value, count[verdict])
    told.output("unreadable", len(report.errors))
    if not report.items and not report.errors:
        runner.warning("nothing is declared at this commit, so nothing was verified")
    return exit_code(common.outcome_code(outcome), inputs.fail_on)


def exit_code(code: ExitCode, fail_on: FailOn) -> ExitCode:
    """The step's exit code: the command line's own, or 0 for what `fail-on` forgives."""
    forgiven = {
        FailOn.FAILED: (ExitCode.INCONCLUSIVE, ExitCode.PARTIAL),
        FailOn.INCONCLUSIVE: (),
        FailOn.NEVER: tuple(ExitCode),
    }
    return ExitCode.VERIFIED if code in forgiven[fail_on] else code


def write_report(report: Report, workspace: Path) -> str:
    """Write the JSON report to a new file in the workspace, and return its name.

    Always a new one, of the next free name: a file that the repository has is not overwritten, and a link that
    it has is not followed.

    Raises:
        UsageError: the workspace cannot be written to.
    """
    stem, _, ending = REPORT.rpartition(".")
    for number in range(1, 100):
        name = REPORT if number == 1 else f"{stem}-{number}.{ending}"
        try:
            place = os.open(workspace / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"the report cannot be written to the workspace ({error.strerror})") from None
        with os.fdopen(place, "w", encoding="utf-8") as file:
            file.write(renderer("json")(report))
        return name
    raise UsageError(f"the workspace is full of files named like {REPORT}", hint="remove them before this step")


if __name__ == "__main__":
    sys.exit(main())
