"""What follows from what was seen of a test. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, Evidence, Unseen
from loopcheck.reasons import AMBIGUOUS, NOT_JUDGED, TRUNCATED
from loopcheck_checks.systems.github_actions import SeenRun
from loopcheck_checks.test.junit import Result, worst
from loopcheck_checks.test.manifest import (
    COMMENTED_OUT,
    MARKED_OFF,
    NEVER_LATELY,
    NO_REPORT,
    NO_TEST_FILE,
    NO_WORKFLOW,
    NOT_REPORTED,
    NOT_WRITTEN,
    PASSED,
    RAN_LATELY,
    REPORTED,
    TEST_FAILED,
    TEST_FLAKY,
    TEST_SKIPPED,
    WRITTEN,
    InSource,
    NamedTestExpectation,
    NamedTestObservation,
    Report,
)
from loopcheck_checks.test.names import named
from loopcheck_checks.test.written import Standing


def judge(expect: NamedTestExpectation, seen: NamedTestObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    here = Evidence(seen.source, f"workflow {expect.workflow[:100]}", seen.now)
    if not seen.workflows:
        yield REPORTED.fails(NO_WORKFLOW, f"GitHub knows no workflow `{expect.workflow[:100]}`", here)
        return
    if len(seen.workflows) > 1:
        yield REPORTED.unknown(AMBIGUOUS, f"more than one is named so: {', '.join(seen.workflows[:5])[:300]}", here)
        return
    if seen.in_source is not None:
        yield _written(expect, seen.in_source)
    if isinstance(seen.report, Unseen):
        yield REPORTED.unknown(seen.report)
    if seen.run is None:
        if seen.complete:
            since = seen.now - expect.window
            message = f"{seen.workflows[0]} was not run to its end on {seen.branch} since {since:%Y-%m-%d %H:%M} UTC"
            yield RAN_LATELY.fails(NEVER_LATELY, message, here)
        elif not isinstance(seen.report, Unseen):
            yield RAN_LATELY.unknown(TRUNCATED, "not all of its runs were seen", here)
        return
    run = Evidence(
        seen.run.url, f"{seen.run.event}, attempt {seen.run.attempt}: {seen.run.conclusion}", seen.run.started
    )
    yield RAN_LATELY.holds(f"it ran on {seen.branch} at {seen.run.started:%Y-%m-%d %H:%M} UTC", run)
    if isinstance(seen.report, Report):
        yield from _reported(expect, seen.run, seen.report, run)


def _written(expect: NamedTestExpectation, there: InSource) -> Claim:
    name = expect.name[:100]
    if there.source is None:
        if there.declared:
            return WRITTEN.fails(
                NO_TEST_FILE, f"{there.path} is not in the repository", Evidence(there.path, "no file")
            )
        return WRITTEN.unknown(
            NO_TEST_FILE, f"{there.path} is not in the repository; if it is below a folder, write `path:`"
        )
    where = Evidence(there.source, name)
    if isinstance(there.standing, Unseen):
        return WRITTEN.unknown(there.standing, None, where)
    match there.standing:
        case Standing.THERE:
            return WRITTEN.holds(f"{there.path} has it", where)
        case Standing.OFF:
            return WRITTEN.fails(MARKED_OFF, f"{there.path}: it is marked to be skipped, or to fail", where)
        case Standing.COMMENT:
            return WRITTEN.fails(COMMENTED_OUT, f"{there.path}: only a comment or a string names it", where)
        case Standing.ABSENT if there.declared:
            return WRITTEN.fails(NOT_WRITTEN, f"{there.path} does not define it", where)
        case Standing.ABSENT | Standing.UNSURE:
            message = f"{there.path} does not define it as far as can be told; it may be inherited or put together"
            return WRITTEN.unknown(NOT_JUDGED, message, where)


def _reported(expect: NamedTestExpectation, run: SeenRun, report: Report, where: Evidence) -> Iterator[Claim]:
    name = expect.name[:100]
    if report.cases:
        shown = Evidence(where.source, f"{report.cases[0].where}: {report.cases[0].full[:200]}", where.at)
        classes = sorted({case.classname for case in report.cases})
        if named(expect.name).alone and len(classes) > 1 and not _with_class(expect, report):
            yield REPORTED.unknown(AMBIGUOUS, f"several classes have it: {', '.join(classes[:4])[:300]}", shown)
            return
        yield REPORTED.holds(f"the report has it ({len(report.cases):,} of {report.total:,} tests)", shown)
        yield _passed(report, shown)
    elif report.trouble is not None:
        yield REPORTED.unknown(report.trouble, None, where)
    elif not report.total:
        what = "no artifact fits" if not report.artifacts else "no JUnit XML in " + ", ".join(report.artifacts[:3])
        yield REPORTED.unknown(NO_REPORT, what[:300], where)
    else:
        meant = f"; did you mean {report.nearest[:200]}?" if report.nearest else ""
        message = f"`{name}` is not among the {report.total:,} tests of {', '.join(report.artifacts[:3])[:200]}{meant}"
        if run.conclusion == "success":
            yield REPORTED.fails(NOT_REPORTED, message, where)
        else:  # it may have ended before it came to the test
            yield REPORTED.unknown(NOT_REPORTED, f"{message}; the run did not succeed", where)


def _with_class(expect: NamedTestExpectation, report: Report) -> bool:
    """Whether the name that was declared has the class in it."""
    return any(case.classname and expect.name.strip().startswith(case.classname) for case in report.cases)


def _passed(report: Report, shown: Evidence) -> Claim:
    result = worst(case.result for case in report.cases)
    if result is Result.FAILED:
        return PASSED.fails(TEST_FAILED, "it failed", shown)
    if result is Result.SKIPPED:
        return PASSED.fails(TEST_SKIPPED, "it was skipped, or is expected to fail", shown)
    if report.trouble is not None:  # what could not be read may say worse
        return PASSED.unknown(report.trouble, None, shown)
    if result is Result.FLAKY:
        return PASSED.unknown(TEST_FLAKY, "it failed at first, and passed when it was tried again", shown)
    return PASSED.holds("it passed", shown)
