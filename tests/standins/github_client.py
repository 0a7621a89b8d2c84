"""A client for the stand-in, with a clock of its own: what GitHub asks to wait for passes at once."""

from standins.github import GitHubStandIn

from loopcheck.world import Session
from loopcheck.world.github import GitHub, settings_from
from loopcheck.world.github.governor import Governor, Limits


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self, now=0.0):
        self.now = now
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def client(github: GitHubStandIn, *, limits=None, patience=lambda: 5.0, clock=None):
    """GitHub's reader, as a run has it. `patience` says how many real seconds it waits for an answer."""
    clock = clock or Clock(github.now.timestamp())
    session = Session(None, environment={})
    return GitHub(
        settings_from(github.environment),
        github.token,
        once=session.once,
        count=lambda: None,
        timeout=lambda seconds: min(seconds, patience()),
        governor=Governor(limits or Limits(), clock=clock, sleep=clock.sleep),
        sleep=clock.sleep,
    )
