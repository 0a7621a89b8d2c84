"""An issue on the stand-in, and runs of `Applier` on it that take no time."""

from standins.github import GitHubStandIn

from loopcheck.effects.apply import Applier, body_digest
from loopcheck.effects.comment import Circumstances, Subject, digest, render
from loopcheck.effects.execution import Execution
from loopcheck.effects.links import Repository
from loopcheck.effects.model import Basis, PutComment, Reopen, SetLabels
from loopcheck.effects.writer import Writer
from loopcheck.world.github.connection import Connection
from loopcheck.world.github.governor import Governor, Limits
from loopcheck.world.github.reader import GitHub
from loopcheck.world.github.settings import settings_from

BOT = 41898282
BODY = "```loopcheck\nowner: '@ana'\n```\n"


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.at = 1000.0
        self.slept = []

    def __call__(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds


def applier(stand_in: GitHubStandIn, time=None, *, token=None, account=BOT, timeout=2.0):
    time = time or Time()
    environment = stand_in.environment
    settings = settings_from(environment)
    token = token or environment["GITHUB_TOKEN"]
    governor = Governor(Limits(), sleep=lambda _: None)

    def timed(seconds):
        return min(seconds, timeout)

    github = GitHub(
        settings,
        token,
        once=lambda _, look: look(),
        count=lambda: None,
        timeout=timed,
        governor=governor,
        sleep=time.sleep,
    )
    writer = Writer(Connection(settings, token, timed), governor, count=lambda: None, clock=time, sleep=time.sleep)
    return Applier(github, writer, account, sleep=time.sleep, clock=time)


def carried_out(one, effects):
    """What `one`, an applier, makes of effects: as in a run, but for the ledger."""
    effects = list(effects)
    one.expect(effects)
    return Execution(_no_ledger, one.one, lambda _: None, one.settle).carry_out(effects)


def _no_ledger(entries):
    raise AssertionError(f"nothing is recorded here: {entries}")


def put(number, result, at, run="1/1", body=BODY, *, is_open=True, is_new=False):
    subject = Subject((result,))
    where = Circumstances(Repository("https://github.com", "acme/shop", "a" * 40), at, run)
    return PutComment(number, render(subject, where), digest(subject), Basis(body_digest(body), is_open, is_new))


def labels(number, add=(), remove=(), *, is_open=True, is_new=False):
    return SetLabels(number, tuple(add), tuple(remove), Basis(body_digest(BODY), is_open, is_new))


def reopen(issue):
    at = issue.closed_at.isoformat()
    return Reopen(issue.number, at, "the proof is not there", Basis(body_digest(BODY), is_open=False))
