"""What follows from what was seen of Datadog's synthetic tests. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from loopcheck.checker import Claim, Unseen
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.datadog_synthetic.manifest import (
    ALERT_IN_FORCE,
    ASSERTS,
    CAN_ALERT,
    FOUND,
    FROM_LOCATIONS,
    LATE_ALERT,
    LIVE,
    NEVER_ALERTS,
    NO_ASSERTION,
    NO_FREQUENCY,
    NO_LOCATION,
    NO_MONITOR_SEEN,
    NO_TEST,
    NOT_RUN,
    NOT_YET_RUN,
    NOTIFIES,
    OFTEN_ENOUGH,
    ONLY_AT_TIMES,
    OTHER_LOCATIONS,
    PAUSED,
    RAN_LATELY,
    TOO_SELDOM,
    UNREADABLE_TEST,
    DatadogSyntheticExpectation,
    DatadogSyntheticObservation,
    SeenTest,
)
from loopcheck_checks.systems.datadog import alarms, choice, synthetics

_WORDS = choice.Words("tests", FOUND, NO_TEST, UNREADABLE_TEST)
_LEAST = timedelta(hours=1)
_SELDOM = timedelta(days=8)
"""How long a test that runs at some hours of the week only may take from one run to the next."""
_SETTLING = timedelta(days=1)
_WEEK, _DAY = 7, 24 * 60
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_OTHER_TYPES = frozenset(("browser", "mobile", "network"))
"""Types that the list does not tell what they assert of: their steps fail them."""


def patience(test: synthetics.Synthetic) -> timedelta:
    """How long ago a test may have run last: three times its frequency, and an hour at the least."""
    options = test.options or synthetics.Options()
    tick = options.tick_every if options.tick_every and 0 < options.tick_every <= 604_800 else 604_800.0
    wait = max(_LEAST, timedelta(seconds=3 * tick))
    return wait if _at_all_hours(options) else max(wait, _SELDOM)


def judge(expect: DatadogSyntheticExpectation, seen: DatadogSyntheticObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    judged = [(one, list(_definition(expect, one))) for one in seen.candidates]
    hinted = [one for one in seen.candidates if one.test.public_id == expect.id]
    looked = choice.Looked(seen.source, seen.total, seen.unreadable, seen.nearest, seen.incomplete)
    chosen = choice.choose(_WORDS, looked, judged, hinted)
    yield chosen.claim
    yield from chosen.claims
    if chosen.one is not None:
        yield from _state(expect, chosen.one, seen.now)


def _definition(expect: DatadogSyntheticExpectation, seen: SeenTest) -> Iterator[Claim]:
    yield _often_enough(expect, seen)
    yield _from_locations(expect, seen)
    if seen.test.type not in _OTHER_TYPES:
        yield _asserts(seen)
    yield _can_alert(expect, seen)


def _often_enough(expect: DatadogSyntheticExpectation, seen: SeenTest) -> Claim:
    options = seen.test.options or synthetics.Options()
    tick = options.tick_every
    here = seen.evidence(f"options.tick_every: {'not there' if tick is None else f'{tick:g} s'}")
    if tick is None or tick <= 0:
        return OFTEN_ENOUGH.unknown(NO_FREQUENCY, None, here)
    if expect.every is not None and tick > expect.every.delta.total_seconds():
        return OFTEN_ENOUGH.fails(TOO_SELDOM, f"it runs every {tick:g} s, not every {expect.every}", here)
    always = _at_all_hours(options)
    if expect.every is not None and always is None:
        return OFTEN_ENOUGH.unknown(NOT_JUDGED, "at which hours it runs is written in a new form", here)
    if expect.every is not None and not always:
        return OFTEN_ENOUGH.fails(ONLY_AT_TIMES, f"it runs every {tick:g} s, and not at all hours", here)
    return OFTEN_ENOUGH.holds(f"it runs every {tick:g} s", here)


def _at_all_hours(options: synthetics.Options) -> bool | None:
    """Whether a test runs at all hours of the week. `None` where its hours are written in a form that is not known."""
    frames = (options.scheduling.timeframes if options.scheduling else None) or []
    if not frames:
        return True
    minutes: dict[int, list[tuple[int, int]]] = {}
    for one in frames:
        begin, end = _minute(one.begin), _minute(one.end)
        if begin is None or end is None:
            return None
        minutes.setdefault(one.day, []).append((begin, end or _DAY))
    return sum(_is_whole(spans) for spans in minutes.values()) >= _WEEK


def _minute(time: str) -> int | None:
    found = _TIME.fullmatch(time)
    return int(found[1]) * 60 + int(found[2]) if found else None


def _is_whole(spans: list[tuple[int, int]]) -> bool:
    """Whether spans of minutes leave nothing of a day out; its last minute may be missing, as in `23:59`."""
    reached = 0
    for begin, end in sorted(spans):
        if begin > reached + 1:
            return False
        reached = max(reached, end)
    return reached >= _DAY - 1


def _from_locations(expect: DatadogSyntheticExpectation, seen: SeenTest) -> Claim:
    places = seen.test.locations
    here = seen.evidence(f"locations: {', '.join((places or [])[:10])[:300] or 'none'}")
    if places is None:
        return FROM_LOCATIONS.unknown(NOT_JUDGED, "it is not told where it runs from", here)
    if not places:
        return FROM_LOCATIONS.fails(NO_LOCATION, "it has no location", here)
    known = {place.casefold() for place in places}
    missing = [place for place in expect.places if place not in known]
    if missing:
        return FROM_LOCATIONS.fails(OTHER_LOCATIONS, f"it does not run from {', '.join(missing[:5])}", here)
    return FROM_LOCATIONS.holds(f"it runs from {len(places)} locations", here)


def _asserts(seen: SeenTest) -> Claim:
    test = seen.test
    config = test.config or synthetics.Config()
    if test.type != "api":
        return ASSERTS.unknown(
            NOT_JUDGED, f"`{test.type[:40]}` is a new type", seen.evidence(f"type: {test.type[:40]}")
        )
    if test.subtype != "multi":
        here = seen.evidence(f"{len(config.assertions or ())} assertions")
        if config.assertions is None:
            return ASSERTS.unknown(NOT_JUDGED, "it is not told what it asserts", here)
        if config.assertions:
            return ASSERTS.holds(f"it has {len(config.assertions)} assertions", here)
        return ASSERTS.fails(NO_ASSERTION, "it has no assertion", here)
    if config.steps is None:
        return ASSERTS.unknown(NOT_JUDGED, "its steps are not told", seen.evidence("config.steps: not there"))
    strict = [step for step in config.steps if step.assertions and not step.allow_failure]
    here = seen.evidence(f"{len(config.steps)} steps, of which {len(strict)} can fail it by an assertion")
    if strict:
        return ASSERTS.holds(f"{len(strict)} of its steps can fail it", here)
    if any(step.assertions is None and step.subtype != "wait" for step in config.steps):
        return ASSERTS.unknown(NOT_JUDGED, "its steps are other tests, or of a new form", here)
    return ASSERTS.fails(NO_ASSERTION, "none of its steps has an assertion that fails it", here)


def _can_alert(expect: DatadogSyntheticExpectation, seen: SeenTest) -> Claim:
    options = seen.test.options or synthetics.Options()
    least, longest = options.min_location_failed or 1, options.min_failure_duration or 0
    here = seen.evidence(f"min_location_failed: {least}, min_failure_duration: {longest:g} s")
    if seen.test.locations is not None and 0 < len(seen.test.locations) < least:
        return CAN_ALERT.fails(
            NEVER_ALERTS, f"{least} locations would have to fail, and it has {len(seen.test.locations)}", here
        )
    if expect.within is not None and longest > expect.within.delta.total_seconds():
        return CAN_ALERT.fails(LATE_ALERT, f"it must fail for {longest:g} s, not for {expect.within} at most", here)
    return CAN_ALERT.holds("its failure is told", here)


def _state(expect: DatadogSyntheticExpectation, seen: SeenTest, now: datetime) -> Iterator[Claim]:
    status = seen.test.status
    here = seen.evidence(f"status: {(status or 'not there')[:40]}")
    if status == "live":
        yield LIVE.holds("it is live", here)
    elif status == "paused":
        yield LIVE.fails(PAUSED, "it is paused", here)
    else:
        yield LIVE.unknown(NOT_JUDGED, f"its status is {(status or 'not told')[:40]}", here)
    if seen.looked_back is not None:
        yield _ran_lately(seen, timedelta(seconds=seen.looked_back), now)
    alarm = seen.alarm
    if isinstance(alarm, alarms.Alarm):
        yield alarms.in_force(ALERT_IN_FORCE, alarm, now)
        yield alarms.tells(NOTIFIES, alarm, expect.handles)
    elif isinstance(alarm, Unseen):
        yield NOTIFIES.unknown(alarm, None, seen.evidence("its monitor was not seen"))
    else:
        number = seen.test.monitor_id
        yield NOTIFIES.unknown(NO_MONITOR_SEEN, None, seen.evidence(f"monitor_id: {number or 'not there'}"))


def _ran_lately(seen: SeenTest, looked_back: timedelta, now: datetime) -> Claim:
    if isinstance(seen.ran, Unseen):
        return RAN_LATELY.unknown(seen.ran, None, seen.evidence("its runs were not seen"))
    since = now - looked_back
    if seen.ran is not None and seen.ran >= since:
        told = f"{seen.ran:%Y-%m-%d %H:%M} UTC"
        return RAN_LATELY.holds(f"it ran at {told}", seen.evidence(f"last run: {told}"))
    here = seen.evidence(f"no run since {since:%Y-%m-%d %H:%M} UTC")
    # One that was started or changed just now may not have had its turn.
    if _is_young(seen.test.created_at, now) or _is_young(seen.test.modified_at, now):
        return RAN_LATELY.unknown(NOT_YET_RUN, None, here)
    return RAN_LATELY.fails(NOT_RUN, f"it has not run since {since:%Y-%m-%d %H:%M} UTC", here)


def _is_young(written: str | None, now: datetime) -> bool:
    try:
        made = datetime.fromisoformat(written or "")
    except ValueError:
        return False
    return now - (made if made.tzinfo else made.replace(tzinfo=UTC)) < _SETTLING
