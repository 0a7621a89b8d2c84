"""What follows from what was seen of Datadog's SLOs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import msgspec

from loopcheck.checker import Claim, Evidence, Outcome, Unseen
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.datadog_slo.manifest import (
    ALERT_IN_FORCE,
    ALERTED,
    ALL_CORRECTED,
    ALWAYS_MET,
    FOUND,
    HAS_DATA,
    HAS_TARGET,
    LOOSER_TARGET,
    MEASURES,
    MEASURES_NOTHING,
    NO_ALERT,
    NO_DATA,
    NO_SLO,
    NO_TARGET,
    NOT_CORRECTED,
    NOT_YET_RECKONED,
    NOTIFIES,
    OTHER_TIME,
    PART_MISSING,
    PART_WITHOUT_DATA,
    PARTS_EVALUATE,
    PERHAPS_CORRECTED,
    STRICT_ENOUGH,
    UNREADABLE_ALERT,
    UNREADABLE_SLO,
    AlertSort,
    DatadogSloExpectation,
    DatadogSloObservation,
    SeenSlo,
)
from loopcheck_checks.systems.datadog import alarms, choice, slos

_WORDS = choice.Words("SLOs", FOUND, NO_SLO, UNREADABLE_SLO)
_DAYS = {"7d": 7, "30d": 30, "90d": 90}
_LONGEST = timedelta(days=90)
_SETTLING = timedelta(days=1)
"""How long a new SLO may take to be reckoned."""
_RECKONED = frozenset({"ok", "warning", "breached"})
_HAS_DATA = frozenset({"OK", "Alert", "Warn"})
_ALERT = re.compile(
    r"""\s*(?P<sort>burn_rate|error_budget)\(\s*["'](?P<slo>[^"']{1,100})["']\s*\)"""
    r"""\.over\(\s*["'](?P<time>[^"']{1,20})["']\s*\)(?P<rest>[^\n]{0,200})"""
)
_SORTS = {"burn_rate": AlertSort.BURN_RATE, "error_budget": AlertSort.ERROR_BUDGET}
_DAILY = re.compile(r"(?:RRULE:)?FREQ=(?P<unit>DAILY|WEEKLY)(?:;INTERVAL=1)?")
_SECONDS = {"DAILY": 86_400, "WEEKLY": 604_800}


class Alert(msgspec.Struct, frozen=True):
    """What a monitor's query says of an SLO."""

    sort: AlertSort | None
    """`None` where the query names the SLO in a form that is not known."""
    timeframe: str = ""


def alert_of(alarm: alarms.Alarm, slo: str) -> Alert | None:
    """How a monitor alerts on the SLO of that id; `None` where it does not."""
    if alarm.monitor.type != "slo alert" or slo not in alarm.monitor.query:
        return None
    found = _ALERT.fullmatch(alarm.monitor.query.strip())
    if found is None:
        return Alert(None)
    return Alert(_SORTS[found["sort"]], found["time"]) if found["slo"] == slo else None


def judge(expect: DatadogSloExpectation, seen: DatadogSloObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    judged = [(one, list(_definition(expect, one))) for one in seen.candidates]
    hinted = [one for one in seen.candidates if one.slo.id == expect.id]
    looked = choice.Looked(seen.source, seen.total, seen.unreadable, seen.nearest, seen.incomplete)
    chosen = choice.choose(_WORDS, looked, judged, hinted)
    yield chosen.claim
    yield from chosen.claims
    if chosen.one is not None:
        yield from _state(expect, chosen.one, seen.now)


def _definition(expect: DatadogSloExpectation, seen: SeenSlo) -> Iterator[Claim]:
    yield _has_target(seen)
    if expect.at_least is not None or expect.over is not None:
        yield _strict_enough(expect, seen)
    yield _measures(seen)


def _said(seen: SeenSlo) -> Evidence:
    told = ", ".join(f"{one.target:g} % over {one.timeframe[:20]}" for one in seen.slo.thresholds[:5])
    return seen.evidence(f"targets: {told or 'none'}")


def _has_target(seen: SeenSlo) -> Claim:
    if any(one.target > 0 for one in seen.slo.thresholds):
        return HAS_TARGET.holds("it has a target", _said(seen))
    return HAS_TARGET.fails(NO_TARGET, "it has no target", _said(seen))


def _strict_enough(expect: DatadogSloExpectation, seen: SeenSlo) -> Claim:
    wanted, time = expect.at_least, expect.timeframe
    least = wanted.amount if wanted is not None else Fraction(0)
    what = f"{wanted if wanted is not None else 'any target'}{f' over {time}' if time else ''}"
    fitting = [one for one in seen.slo.thresholds if time is None or one.timeframe == time]
    if any(Fraction(str(one.target)) >= least for one in fitting):
        return STRICT_ENOUGH.holds(f"it promises at least {what}", _said(seen))
    if fitting:
        most = max(one.target for one in fitting)
        return STRICT_ENOUGH.fails(LOOSER_TARGET, f"its target is {most:g}, not at least {what}", _said(seen))
    # A custom time, or a shorter one with a target as high, may well be as strict: that is not reckoned.
    for one in seen.slo.thresholds:
        days = _DAYS.get(one.timeframe)
        if Fraction(str(one.target)) >= least and (days is None or days < _DAYS[time or "90d"]):
            return STRICT_ENOUGH.unknown(
                NOT_JUDGED, f"its target is over {one.timeframe[:20]}, which is not compared with {time}", _said(seen)
            )
    return STRICT_ENOUGH.fails(OTHER_TIME, f"it has no target over {time}", _said(seen))


def _measures(seen: SeenSlo) -> Claim:
    slo = seen.slo
    if slo.type == "monitor":
        here = seen.evidence(f"monitor_ids: {', '.join(str(one) for one in (slo.monitor_ids or [])[:10]) or 'none'}")
        if slo.monitor_ids:
            return MEASURES.holds(f"it is made of {len(slo.monitor_ids)} monitors", here)
        return MEASURES.fails(MEASURES_NOTHING, "it is made of no monitor", here)
    if slo.type not in ("metric", "time_slice"):
        return MEASURES.unknown(NOT_JUDGED, f"`{slo.type[:40]}` is a new type", seen.evidence(f"type: {slo.type[:40]}"))
    here = seen.evidence(f"queries: {' and '.join(text[:150] for text in slo.queries[:3]) or 'none'}")
    if not slo.queries:
        return MEASURES.fails(MEASURES_NOTHING, "it has no query", here)
    if slo.query is not None and slo.query.numerator:
        good, every = ("".join(text.split()) for text in (slo.query.numerator, slo.query.denominator))
        if good == every:
            return MEASURES.fails(ALWAYS_MET, "its good events are all events", here)
    return MEASURES.holds("it says what it is measured by", here)


def _state(expect: DatadogSloExpectation, seen: SeenSlo, now: datetime) -> Iterator[Claim]:
    yield _has_data(expect, seen, now)
    yield _not_corrected(seen, now)
    if seen.slo.type == "monitor":
        yield _parts(seen)
    if expect.alert is not None:
        yield from _alerts(expect, expect.alert, seen, now)


def _has_data(expect: DatadogSloExpectation, seen: SeenSlo, now: datetime) -> Claim:
    if isinstance(seen.standings, Unseen):
        return HAS_DATA.unknown(seen.standings, None, seen.evidence("how it stands was not seen"))
    times = [one for one in seen.standings or () if expect.timeframe in (None, one.timeframe)]
    told = ", ".join(f"{(one.state or 'not told')[:20]} over {(one.timeframe or '?')[:20]}" for one in times[:5])
    here = seen.evidence(f"state: {told or 'none'}")
    if not times:
        return HAS_DATA.unknown(NOT_YET_RECKONED, None, here)
    if any(one.state in _RECKONED and one.status is not None for one in times):
        return HAS_DATA.holds(f"its state is {told}", here)
    if any(one.state != "no_data" for one in times):
        return HAS_DATA.unknown(NOT_JUDGED, f"its state is {told}", here)
    created = seen.slo.created_at
    if created is not None and now.timestamp() - created < _SETTLING.total_seconds():
        return HAS_DATA.unknown(NOT_YET_RECKONED, "it is new, and has had no data yet", here)
    why = next((f": {one.error[:200]}" for one in times if one.error), "")
    return HAS_DATA.fails(NO_DATA, f"Datadog has no data for it{why}", here)


def _not_corrected(seen: SeenSlo, now: datetime) -> Claim:
    if isinstance(seen.corrections, Unseen):
        return NOT_CORRECTED.unknown(seen.corrections, None, seen.evidence("status corrections were not seen"))
    days = max((_DAYS.get(one.timeframe, 90) for one in seen.slo.thresholds), default=90)
    doubt: Claim | None = None
    for one in seen.corrections:
        takes = _takes_all(one, timedelta(days=days), now)
        if takes is False:
            continue
        here = seen.evidence(f"correction {one.id[:60] or '?'}: {_span(one)}")
        what = f"the status correction {one.id[:60] or 'of a new form'} ({_span(one)})"
        if takes and one.slo_id == seen.slo.id:
            return NOT_CORRECTED.fails(ALL_CORRECTED, f"{what} takes all of its time out", here)
        doubt = NOT_CORRECTED.unknown(PERHAPS_CORRECTED, f"{what} may take all of its time out", here)
    if doubt is not None:
        return doubt
    return NOT_CORRECTED.holds(
        "no status correction takes all of its time out", seen.evidence(f"{len(seen.corrections)} corrections")
    )


def _takes_all(one: slos.Correction, window: timedelta, now: datetime) -> bool | None:
    """Whether a correction leaves nothing: it fills the whole window, or is in force and does not end in our time."""
    at = now.timestamp()
    if one.start is None:
        return None
    if one.start > at:
        return False
    if one.rrule:
        found = _DAILY.fullmatch(one.rrule.strip().upper())
        if found is None or one.duration is None:
            # A rule with days, an end or a count of its own; what matters is only whether it can leave nothing.
            return None if one.duration is None or one.duration >= _SECONDS["DAILY"] else False
        return one.duration >= _SECONDS[found["unit"]]
    if one.end is None:
        return True
    return one.end > at and (one.end - at > _LONGEST.total_seconds() or one.start <= (now - window).timestamp())


def _span(one: slos.Correction) -> str:
    again = f", {one.rrule[:100]}" if one.rrule else ""
    return f"{_day(one.start)} to {_day(one.end) if one.end is not None else 'no end'}{again}"


def _day(seconds: float | None) -> str:
    try:
        return "?" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%MZ}"
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"


def _parts(seen: SeenSlo) -> Claim:
    if isinstance(seen.parts, Unseen):
        return PARTS_EVALUATE.unknown(seen.parts, None, seen.evidence("its monitors were not seen"))
    told = ", ".join(f"{one.id}: {(one.state or 'not there')[:20]}" for one in seen.parts[:10])
    here = seen.evidence(f"monitors: {told or 'none'}")
    missing = [one.id for one in seen.parts if one.state is None]
    if missing:
        return PARTS_EVALUATE.fails(PART_MISSING, f"there is no monitor {missing[0]}", here)
    silent = [one.id for one in seen.parts if one.state == "No Data"]
    if silent:
        return PARTS_EVALUATE.fails(PART_WITHOUT_DATA, f"monitor {silent[0]} has no data", here)
    odd = [one for one in seen.parts if one.state not in _HAS_DATA or one.draft]
    if odd:
        what = "a draft" if odd[0].draft else f"in the state {(odd[0].state or '')[:40]}"
        return PARTS_EVALUATE.unknown(NOT_JUDGED, f"monitor {odd[0].id} is {what}", here)
    return PARTS_EVALUATE.holds(f"its {len(seen.parts)} monitors have data", here)


def _alerts(expect: DatadogSloExpectation, sort: AlertSort, seen: SeenSlo, now: datetime) -> Iterator[Claim]:
    if isinstance(seen.alarms, Unseen):
        yield ALERTED.unknown(seen.alarms, None, seen.evidence("monitors were not seen"))
        return
    times = {expect.timeframe} if expect.timeframe else {one.timeframe for one in seen.slo.thresholds}
    known = [(one, alert_of(one, seen.slo.id)) for one in seen.alarms]
    fitting = [
        one
        for one, alert in known
        if alert is not None and alert.sort in (sort, *_any(sort)) and alert.timeframe in times
    ]
    if not fitting:
        odd = [one for one, alert in known if alert is not None and alert.sort is None]
        if odd:
            here = odd[0].evidence(f"query: {odd[0].monitor.query[:200]}")
            yield ALERTED.unknown(UNREADABLE_ALERT, f"{odd[0].monitor.label} names it", here)
            return
        if seen.odd_monitors:
            name = seen.odd_monitors[0].name or seen.odd_monitors[0].id
            yield ALERTED.unknown(UNREADABLE_ALERT, f"monitor `{name}` cannot be read", seen.evidence("not readable"))
            return
        what = "any" if sort is AlertSort.ANY else sort.value
        where = f" over {' or '.join(sorted(one for one in times if one))}" if times else ""
        here = seen.evidence(f"{len(known)} monitors name it")
        yield ALERTED.fails(NO_ALERT, f"no monitor alerts on it ({what}{where})", here)
        return
    # One that is in force and tells whom it should is enough.
    tried = [
        (one, alarms.in_force(ALERT_IN_FORCE, one, now), alarms.tells(NOTIFIES, one, expect.handles)) for one in fitting
    ]
    alarm, force, told = min(tried, key=lambda three: (_both(three[1], three[2]), three[1].outcome))
    yield ALERTED.holds(f"{alarm.monitor.label} alerts on it", alarm.evidence(f"query: {alarm.monitor.query[:200]}"))
    yield force
    yield told


def _any(sort: AlertSort) -> tuple[AlertSort, ...]:
    return (AlertSort.BURN_RATE, AlertSort.ERROR_BUDGET) if sort is AlertSort.ANY else ()


def _both(force: Claim, told: Claim) -> Outcome:
    return max(force.outcome, told.outcome)
