"""Every fault at every request of a run, as a table."""

import re
from dataclasses import dataclass, replace

from standins.datadog.faults import ALL as DATADOG
from standins.faults import READ, WRITE
from standins.github.faults import ALL as GITHUB

_NAMES = re.compile(r"[0-9a-f]{40}|(?<=/)[0-9]{3,}(?=/|$)")
_SLOW = {"hang", "hang-done", "trickle"}


@dataclass(frozen=True)
class Case:
    """A fault at one request of a run.

    Attributes:
        system: `github` or `datadog`.
        endpoint: see `endpoint`.
        place: which of the requests to that endpoint it befalls, from 0.
        fault: what goes wrong.
        lasts: whether every later request to that endpoint meets it as well.
    """

    system: str
    endpoint: str
    place: int
    fault: object
    lasts: bool

    @property
    def slow(self):
        """Whether an answer is waited for in vain."""
        return self.fault.name in _SLOW

    def __str__(self):
        return f"{self.fault.name} {'from then on' if self.lasts else 'once'} at {self.endpoint} [{self.place}]"


def endpoint(call):
    """A request without the ids that are others in every run: `PATCH /repos/acme/shop/issues/comments/*`."""
    return f"{call.method} {_NAMES.sub('*', call.path)}"


def cases(github, datadog):
    """All cases of a run that made these requests."""
    for system, calls, faults in (("github", github, GITHUB), ("datadog", datadog, DATADOG)):
        met = {}
        for call in calls:
            where = endpoint(call)
            place = met[where] = met.get(where, -1) + 1
            for fault in faults:
                if _fits(fault, call):
                    yield from (Case(system, where, place, fault, lasts) for lasts in (False, True))


def _fits(fault, call):
    graphql = call.path == "/graphql"
    if fault.name.startswith("graphql"):
        return graphql
    writes = call.method != "GET" and not graphql
    return not (fault.to == READ and writes) and not (fault.to == WRITE and not writes)


def inject(town, case):
    """Let it go wrong. What is returned counts, as `befell`, the requests whose answer was another for it."""
    befell = Counted()
    fault = case.fault
    if fault.spoil is not None:
        fault = replace(fault, spoil=befell.watching(fault.spoil))
    standin = town.github if case.system == "github" else town.datadog
    planned = standin.fault(
        lambda call: endpoint(call) == case.endpoint, fault, times=None if case.lasts else 1, after=case.place
    )
    if case.fault.spoil is None:
        befell.planned = planned
    # It comes before what always holds in the stand-in, such as where artifacts are kept.
    standin._planned.insert(0, standin._planned.pop())
    return befell


class Counted:
    """How many requests a fault befell."""

    def __init__(self):
        self.spoilt = 0
        self.planned = None

    def watching(self, spoil):
        def watched(status, headers, body):
            made = spoil(status, headers, body)
            self.spoilt += made is not None
            return made

        return watched

    @property
    def befell(self):
        if self.planned is None:
            return self.spoilt
        reached = max(0, self.planned.met - self.planned.after)
        return reached if self.planned.times is None else min(reached, self.planned.times)
