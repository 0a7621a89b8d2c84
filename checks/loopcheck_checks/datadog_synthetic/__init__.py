"""`datadog-synthetic`: a synthetic test is in Datadog as promised, runs, and tells somebody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from loopcheck.checker import Checker, Claim, Unseen, World
from loopcheck_checks.datadog_synthetic.judge import judge, patience
from loopcheck_checks.datadog_synthetic.manifest import (
    MANIFEST,
    DatadogSyntheticExpectation,
    DatadogSyntheticObservation,
    SeenTest,
)
from loopcheck_checks.systems import datadog
from loopcheck_checks.systems.datadog import alarms, choice, synthetics

_FEW = 3
"""Of so many that fit, the runs are asked for: more are ambiguous anyway, or wrong by what the list says of them."""


class DatadogSyntheticChecker(Checker[DatadogSyntheticExpectation, DatadogSyntheticObservation]):
    """An implementation of `Checker` for synthetic tests of Datadog."""

    manifest = MANIFEST
    Expect = DatadogSyntheticExpectation
    Observation = DatadogSyntheticObservation

    def describe(self, expect: DatadogSyntheticExpectation) -> str:
        """See `Checker.describe`."""
        what = expect.name or expect.url or ", ".join(expect.test_tags)
        return f"{what[:100]}{f' every {expect.every}' if expect.every is not None else ''}"

    def observe(self, expect: DatadogSyntheticExpectation, world: World) -> DatadogSyntheticObservation:
        """See `Checker.observe`."""
        site = datadog.site_of(world)
        listing = synthetics.list_tests(world)
        by_rest = [one for one in listing.entries if _fits_but_for_url(expect, one)]
        fitting = [one for one in by_rest if expect.url is None or _asks(one, expect.url)]
        return DatadogSyntheticObservation(
            now=world.now,
            source=synthetics.page_of(site, None),
            total=len(listing.entries) + len(listing.unreadable),
            candidates=tuple(_seen(one, site, world, runs=len(fitting) <= _FEW) for one in fitting),
            unreadable=(*choice.may_be(expect.name, listing.unreadable), *_vague(expect, by_rest, site)),
            nearest=() if fitting else _nearest(expect, listing.entries),
            incomplete=listing.incomplete,
        )

    def judge(self, expect: DatadogSyntheticExpectation, observation: DatadogSyntheticObservation) -> Iterable[Claim]:
        """See `Checker.judge`."""
        return judge(expect, observation)


def _fits_but_for_url(expect: DatadogSyntheticExpectation, test: synthetics.Synthetic) -> bool:
    return (
        (expect.name is None or choice.folded(expect.name) == choice.folded(test.name))
        and choice.tagged(expect.test_tags, test.tags)
        and (expect.type is None or expect.type.casefold() in (test.type, test.subtype))
    )


def _asks(test: synthetics.Synthetic, url: str) -> bool:
    return any(_plain(url) == _plain(target) for target in test.targets)


def _plain(url: str) -> str:
    """An address without what does not matter: a slash at its end, and the case of scheme and host."""
    scheme, colon, rest = url.strip().partition("://")
    if not colon:
        return url.strip().rstrip("/").casefold()
    host, slash, path = rest.partition("/")
    return f"{scheme.casefold()}://{host.casefold()}{slash}{path}".rstrip("/")


def _vague(
    expect: DatadogSyntheticExpectation, tests: list[synthetics.Synthetic], site: str
) -> Iterator[datadog.Unreadable]:
    """Those whose address is made of variables, where they are selected by one: it may be that one."""
    for one in tests:
        if expect.url is not None and not _asks(one, expect.url) and any("{{" in target for target in one.targets):
            yield datadog.Unreadable(
                "its address is made of variables", name=one.name, source=synthetics.page_of(site, one.public_id)
            )


def _nearest(expect: DatadogSyntheticExpectation, tests: Iterable[synthetics.Synthetic]) -> tuple[str, ...]:
    listed = list(tests)
    if expect.name is not None:
        return choice.nearest(expect.name, [one.name for one in listed])
    return choice.nearest(expect.url, [target for one in listed for target in one.targets])


def _seen(test: synthetics.Synthetic, site: str, world: World, *, runs: bool) -> SeenTest:
    known = world.attempt(lambda: alarms.all_alarms(world))
    alarm = known if isinstance(known, Unseen) else next(_with_id(test.monitor_id, known), None)
    seen = SeenTest(test=test, source=synthetics.page_of(site, test.public_id), at=world.now, alarm=alarm)
    # A paused test does not run, which needs no look.
    if not runs or test.status != "live" or not synthetics.can_tell_runs(test):
        return seen
    since = patience(test)
    ran = world.attempt(lambda: synthetics.last_run(world, test, since))
    return msgspec.structs.replace(seen, ran=ran, looked_back=since.total_seconds())


def _with_id(number: int | None, known: alarms.Alarms) -> Iterator[alarms.Alarm]:
    return (one for one in known.seen if number is not None and one.monitor.id == number)
