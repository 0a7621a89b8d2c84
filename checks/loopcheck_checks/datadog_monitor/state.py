"""What follows from a monitor's state: would it act today? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from loopcheck.checker import Claim, Evidence, Outcome, Unseen
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.datadog_monitor.manifest import (
    DRAFT,
    EVALUATES,
    IN_DOWNTIME,
    MUTED,
    MUTED_FOREVER,
    NEVER_EVALUATED,
    NO_DATA,
    NOT_DRAFT,
    NOT_IN_DOWNTIME,
    NOT_MUTED,
    NOT_YET_EVALUATED,
    PART_MISSING,
    PART_NOT_IN_FORCE,
    PARTLY_IN_DOWNTIME,
    PARTLY_MUTED,
    PARTS_IN_FORCE,
    UNREADABLE_MONITOR,
    DatadogMonitorExpectation,
    DatadogMonitorObservation,
    NoData,
    SeenMonitor,
)
from loopcheck_checks.datadog_monitor.query import parse
from loopcheck_checks.systems.datadog import Downtime, Monitor, tags

_SETTLING = timedelta(days=1)
"""How long a new monitor may take to see its first data."""
_HAS_DATA = frozenset({"OK", "Alert", "Warn"})


def judge_state(
    expect: DatadogMonitorExpectation, seen: SeenMonitor, observed: DatadogMonitorObservation
) -> Iterator[Claim]:
    """The claims on `active`, but for whom the monitor tells."""
    yield not_muted(expect, seen, observed.now)
    yield _not_in_downtime(expect, seen)
    yield not_draft(seen)
    yield evaluates(expect, seen, observed.now)
    if parse(seen.monitor.query).kind == "composite":
        yield _parts(expect, seen, observed)


def not_muted(expect: DatadogMonitorExpectation, seen: SeenMonitor, now: datetime) -> Claim:
    """Whether an option of the monitor mutes it."""
    silenced = seen.monitor.options.silenced if seen.monitor.options else None
    here = seen.evidence(f"options.silenced: {_said(silenced)}")
    partly: Claim | None = None
    for scope, end in (silenced or {}).items():
        if end is not None and end <= now.timestamp():
            continue
        covered = _silences(scope, expect, seen.monitor)
        until = "for ever" if end is None else f"until {_moment(end)}"
        if covered:
            return NOT_MUTED.fails(MUTED_FOREVER if end is None else MUTED, f"`{scope[:100]}` is muted {until}", here)
        if covered is None:
            partly = NOT_MUTED.unknown(PARTLY_MUTED, f"`{scope[:100]}` is muted {until}", here)
    if partly is not None:
        return partly
    if seen.stateless is not None:
        return NOT_MUTED.unknown(seen.stateless, None, here)
    return NOT_MUTED.holds("it is not muted", here)


def _said(silenced: dict[str, float | None] | None) -> str:
    if silenced is None:
        return "not there"
    shown = ", ".join(f"{scope[:60]}: {_moment(end) if end is not None else 'null'}" for scope, end in silenced.items())
    return "{" + shown[:200] + "}"


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"


def _silences(scope: str, expect: DatadogMonitorExpectation, monitor: Monitor) -> bool | None:
    """Whether silencing `scope` silences all that matters: yes, nothing of it (False), or a part of it."""
    expression = tags.parse(scope)
    if expression is None:
        return None
    declared = tags.series_of(expect.scope_tags)
    if declared is None:
        return None
    found = {tags.holds(expression, {**_always(monitor), **known}) for known in declared}
    if found == {True}:
        return True
    return False if found == {False} else None


def _always(monitor: Monitor) -> dict[str, str]:
    """The tags that everything has that the monitor watches."""
    common: dict[str, str] | None = None
    for series in parse(monitor.query).series:
        expression = tags.parse(series.filter)
        found = (tags.plain_tags(expression) if expression is not None else None) or {}
        common = found if common is None else dict(common.items() & found.items())
    return common or {}


def _not_in_downtime(expect: DatadogMonitorExpectation, seen: SeenMonitor) -> Claim:
    if isinstance(seen.downtimes, Unseen):
        return NOT_IN_DOWNTIME.unknown(seen.downtimes, None, seen.evidence("downtimes were not seen"))
    partly: Claim | None = None
    for downtime in seen.downtimes:
        covered = _silences(downtime.scope, expect, seen.monitor) if downtime.scope else None
        if covered is False or downtime.in_force is False:
            continue
        here = Evidence(downtime.source or seen.source, _described(downtime), seen.at)
        if covered and downtime.in_force:
            return NOT_IN_DOWNTIME.fails(IN_DOWNTIME, f"{_described(downtime)} silences it", here)
        partly = NOT_IN_DOWNTIME.unknown(PARTLY_IN_DOWNTIME, f"{_described(downtime)} may silence it", here)
    if partly is not None:
        return partly
    if seen.stateless is not None:
        return NOT_IN_DOWNTIME.unknown(seen.stateless, None, seen.evidence("no downtime is told"))
    return NOT_IN_DOWNTIME.holds("no downtime silences it", seen.evidence("no downtime in force"))


def _described(downtime: Downtime) -> str:
    again = "recurring " if downtime.recurring else ""
    until = f" until {_moment(downtime.until.timestamp())}" if downtime.until else ""
    return f"the {again}downtime {downtime.id[:60]} of `{downtime.scope[:100] or '?'}`{until}"


def not_draft(seen: SeenMonitor) -> Claim:
    """Whether the monitor is published."""
    status = seen.monitor.draft_status
    here = seen.evidence(f"draft_status: {status[:40] if status else 'not there'}")
    if status == "draft":
        return NOT_DRAFT.fails(DRAFT, "it is a draft", here)
    # Answers from before drafts, and definitions, do not have the field: published is the default.
    if status in (None, "published"):
        return NOT_DRAFT.holds("it is published", here)
    return NOT_DRAFT.unknown(NOT_JUDGED, f"`{status[:40]}` is a new word", here)


def evaluates(expect: DatadogMonitorExpectation, seen: SeenMonitor, now: datetime) -> Claim:
    """Whether the monitor has data to evaluate.

    A metric that counts errors may rightly be silent for weeks; that is for the author to declare, since nothing
    in Datadog tells it from a mistyped metric.
    """
    monitor = seen.monitor
    state = monitor.overall_state
    since = monitor.overall_state_modified
    here = seen.evidence(f"overall_state: {(state or 'not there')[:40]}, modified: {(since or 'never')[:40]}")
    if seen.stateless is not None:
        return EVALUATES.unknown(seen.stateless, None, here)
    if state in _HAS_DATA:
        return EVALUATES.holds(f"its state is {state}", here)
    if state != "No Data":
        return EVALUATES.unknown(NOT_JUDGED, f"its state is {(state or 'not told')[:40]}", here)
    silence = expect.no_data in (NoData.IGNORED, NoData.RESOLVE)
    if since is None:
        if _age(monitor.created, now) < _SETTLING:
            return EVALUATES.unknown(NOT_YET_EVALUATED, "it is new, and has had no data yet", here)
        if silence:
            return EVALUATES.unknown(
                NEVER_EVALUATED, "silence is declared as normal, and it has never had data to show otherwise", here
            )
        return EVALUATES.fails(NEVER_EVALUATED, "it has never had data", here)
    if silence:
        return EVALUATES.holds("it has no data now, which was declared as normal, and had some before", here)
    return EVALUATES.fails(NO_DATA, f"it has had no data since {since[:40]}", here)


def _age(created: str | None, now: datetime) -> timedelta:
    """How old a monitor is; of unknown age, old."""
    try:
        made = datetime.fromisoformat(created or "")
    except ValueError:
        return timedelta.max
    return now - (made if made.tzinfo else made.replace(tzinfo=UTC))


def _parts(expect: DatadogMonitorExpectation, seen: SeenMonitor, observed: DatadogMonitorObservation) -> Claim:
    wanted = parse(seen.monitor.query).parts
    here = seen.evidence(f"query: {seen.monitor.query.strip()[:200]}")
    by_id = {part.monitor.id: part for part in observed.parts}
    odd = {known.id: known for known in observed.unreadable}
    doubts: list[Claim] = []
    for number in wanted:
        part = by_id.get(number)
        if part is not None:
            doubts += _troubles_of_part(expect, part, observed.now)
        elif number in odd:
            doubts.append(PARTS_IN_FORCE.unknown(UNREADABLE_MONITOR, f"monitor {number}: {odd[number].problem}", here))
        elif observed.incomplete is not None:
            doubts.append(PARTS_IN_FORCE.unknown(observed.incomplete, None, here))
        else:
            return PARTS_IN_FORCE.fails(PART_MISSING, f"there is no monitor {number}", here)
    return doubts[0] if doubts else PARTS_IN_FORCE.holds(f"its {len(wanted)} monitors are in force", here)


def _troubles_of_part(expect: DatadogMonitorExpectation, part: SeenMonitor, now: datetime) -> Iterator[Claim]:
    """What is wrong with a part. What it does to the composite is not documented, so it stays a doubt."""
    claims: Sequence[Claim] = (
        not_muted(expect, part, now),
        _not_in_downtime(expect, part),
        not_draft(part),
        evaluates(expect, part, now),
    )
    for claim in claims:
        if claim.outcome is not Outcome.HOLDS:
            yield PARTS_IN_FORCE.unknown(
                PART_NOT_IN_FORCE, f"its part {part.monitor.label}: {claim.message}", *claim.evidence
            )
