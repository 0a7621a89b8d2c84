"""Looking again only at what a change touches gives what looking again at everything gives: for every built-in kind.

Each mutant of a checker's files is the merge result of a pull request on the passing files, and the other way round.
"""

import json
import re
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from standins.datadog import DatadogStandIn

from loopcheck.documents import yaml
from loopcheck.engine import examine
from loopcheck.model import ActionItem, Artifact, Incident, Location, Outcome, Rung
from loopcheck.registry import InstalledCheckers
from loopcheck.testing import RepositoryBuilder, expectation
from loopcheck.testing.file_mutants import Declared
from loopcheck.world import Difference, Reads, Repository, Session, difference
from loopcheck_checks.ci_check import mutants as ci_check
from loopcheck_checks.codeowners import mutants as codeowners
from loopcheck_checks.config_value import mutants as config_value
from loopcheck_checks.datadog_dashboard import mutants as datadog_dashboard
from loopcheck_checks.datadog_monitor import mutants as datadog_monitor
from loopcheck_checks.datadog_slo import mutants as datadog_slo
from loopcheck_checks.datadog_synthetic import mutants as datadog_synthetic
from loopcheck_checks.grafana_alert import mutants as grafana_alert
from loopcheck_checks.prometheus_alert import mutants as prometheus_alert
from loopcheck_checks.pull_request import mutants as pull_request
from loopcheck_checks.repo_file import mutants as repo_file
from loopcheck_checks.repo_text import mutants as repo_text
from loopcheck_checks.runbook import mutants as runbook
from loopcheck_checks.terraform_resource import mutants as terraform_resource
from loopcheck_checks.test import mutants as named_test
from loopcheck_checks.workflow_run import mutants as workflow_run

REGISTRY = InstalledCheckers()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
INCIDENT = Incident("INC-142", started=datetime(2026, 11, 1, 9, 14, tzinfo=UTC))
HERE = Location("postmortems/a.md", 1)
UNRELATED = {"unrelated.txt": "1\n"}
EXPORT = "datadog: {export: datadog, max-age: 3650d}\n"


def _declared(module):
    """Each declaration with the states that its mutants have."""
    bases = module.PASSING if isinstance(module.PASSING, tuple) else (module.PASSING,)
    return _by_declaration(bases, _found(module))


def _found(module):
    return [one.mutated for one in (*module.mutants(), *module.harmless())]


def _by_declaration(bases, found):
    by_expect = {}
    for one in (*bases, *found):
        by_expect.setdefault(one.expect, []).append(one)
    for base in bases:
        states = by_expect.pop(base.expect)
        yield [base.expect, *list(by_expect)[:3]], states[0], states[1:]
    for one in [one for states in by_expect.values() for one in states]:
        base = next((base for base in bases if set(base.files) & set(one.files)), bases[0])
        yield [one.expect], base, [one]


def _ci_check():
    for declared, base, variants in (
        ([ci_check.DECLARED, ci_check.BARE], ci_check.PASSING, [*ci_check.wrong(), *ci_check.harmless()]),
        (
            [ci_check.COMMAND_CALLED, ci_check.DECLARED_CALLED],
            ci_check.CALLED,
            [*ci_check.wrong_calls(), *ci_check.harmless_calls()],
        ),
    ):
        yield declared, Declared("", base), [Declared("", one.mutated) for one in variants]


def _datadog():
    """Every place with the declaration of its case; the files are below one folder."""
    by_declaration = {}
    for declared, one in [*datadog_monitor.mutants(), *datadog_monitor.harmless()]:
        by_declaration.setdefault(declared, []).append(one.mutated)
    for declared, places in by_declaration.items():
        states = [
            Declared("", {f"datadog/{name}": text for name, text in datadog_monitor.files(one).items()})
            for one in places
        ]
        yield [declared, *(other for other in by_declaration if other != declared)][:3], states[0], states[1:]


def _scenes(module, files):
    """What of a scene is in the repository; without GitHub the rest is not seen."""
    every = [module.PASSING, *(one.mutated for one in module.mutants())]
    states = list({json.dumps(files(one)): Declared("", files(one)) for one in every}.values())
    yield list(dict.fromkeys(one.expect for one in every))[:4], states[0], states[1:]


def _terraform():
    bases = [Declared(one.expect, one.files) for one in (terraform_resource.PASSING, terraform_resource.CALL)]
    return _by_declaration(bases, [Declared(one.expect, one.files) for one in _found(terraform_resource)])


def _grafana():
    """Rules that are provisioned from a file, which is named in the declaration or is the only one there is."""
    alert = grafana_alert
    named = Declared(alert.FROM_FILE, {alert.PATH: alert.provisioned()})
    found = [Declared(one.expect, {alert.PATH: one.file}) for one in _found(alert) if one.file is not None]
    loose = Declared(alert.DECLARED, named.files)
    yield from _by_declaration([named, loose], found)
    yield [alert.DECLARED, alert.BARE], loose, found


def _prometheus():
    """Rule files; then, beside one that is named, Alertmanager's configuration and the runbook that is linked to."""
    alert, routing = prometheus_alert, "monitoring/alertmanager.yml"
    found = [Declared(one.expect, dict(one.files)) for one in _found(alert)]
    bases = [Declared(one.expect, dict(one.files)) for one in (alert.PASSING, alert.LINKED)]
    yield from _by_declaration(bases, found)
    linked = bases[1].but(routing, alert.ROUTING)
    expect = f"{linked.expect}rules: {alert.PATH}\nalertmanager: {routing}\n"
    routings = dict.fromkeys(one.routing for one in _found(alert))
    runbooks = ["# Errors\n", "## Too many errors\n", None]
    variants = [linked.but(routing, text) for text in (*routings, None)]
    yield [expect, alert.DECLARED], linked, [*variants, *(linked.but(alert.RUNBOOK, text) for text in runbooks)]


CASES = {
    "branch-rule": lambda: iter([(["branch: main\nreviews: 1\n"], Declared("", UNRELATED), [Declared("", {})])]),
    "ci-check": _ci_check,
    "codeowners": lambda: _declared(codeowners),
    "config-value": lambda: _declared(config_value),
    "datadog-monitor": _datadog,
    "grafana-alert": _grafana,
    "prometheus-alert": _prometheus,
    "pull-request": lambda: _scenes(pull_request, lambda _: {"a.txt": "1\n"}),
    "repo-file": lambda: _declared(repo_file),
    "repo-text": lambda: _declared(repo_text),
    "terraform-resource": _terraform,
    "test": lambda: _scenes(named_test, lambda one: {named_test.PATH: one.source} if one.source is not None else {}),
    "workflow-run": lambda: _scenes(workflow_run, lambda one: {one.at: one.file} if one.file else {}),
}


class Commits:
    """Commits made by one `git fast-import`."""

    def __init__(self, folder):
        self._builder = RepositoryBuilder(folder)
        self._stream = []
        self._number = 0

    def add(self, state, parent=None, at=NOW):
        self._number += 1
        said = [f"commit refs/heads/c{self._number}\nmark :{self._number}\n"]
        said += [f"committer Dev <dev@example.org> {int(at.timestamp())} +0000\ndata 0\n"]
        said += [f"from :{parent}\n"] if parent else []
        self._stream.append("".join([*said, "deleteall\n"]).encode())
        for path, content in {**UNRELATED, **state.files}.items():
            content = content if isinstance(content, bytes) else content.encode()  # noqa: PLW2901
            mode = "100755" if path in state.executable else "100644"
            self._stream.append(
                b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), path.encode(), len(content), content)
            )
        for path, target in state.links.items():
            self._stream.append(f"M 120000 inline {path}\ndata {len(target)}\n{target}\n".encode())
        return self._number

    def made(self):
        self._builder.git("fast-import", "--quiet", stdin=b"".join(self._stream))
        self._stream = []

    def repository(self, number):
        return Repository(self._builder.folder, f"refs/heads/c{number}")


def item(kind, declared):
    checker = REGISTRY.get(kind).checker
    artifact = Artifact(kind, expectation(checker, declared), {}, HERE)
    return ActionItem("a", "A", "@ana", None, (artifact,), HERE, requires=Rung.PROVEN, incident=INCIDENT)


def session(repository):
    settings = yaml.load(EXPORT, "settings")
    return Session(repository, now=NOW, environment={}, settings=settings)


def seen(one, look):
    result = examine(one.artifacts[0], one, REGISTRY, look)

    def bare(text):
        return re.sub("@[0-9a-f]{12}", "@…", text)

    return [
        (claim.rung, claim.claim, claim.outcome, claim.reason, bare(claim.message),
         [(bare(known.source), known.seen) for known in claim.evidence])
        for claim in result.claims
    ]  # fmt: skip


def watched(items, repository):
    """What is seen of each item, and what was read for it; in one session, as in a run."""
    look = session(repository)
    reads = [Reads() for _ in items]
    return [seen(one, look.watched(read)) for one, read in zip(items, reads, strict=True)], reads


def hold(items, before, reads, merged, base):
    """Fail where an artifact that is not looked at again would have been seen otherwise. How many were spared."""
    change = difference(merged, base)
    assert change.straight
    look = session(merged)
    spared = 0
    for one, was, read in zip(items, before, reads, strict=True):
        now = seen(one, look)
        if not read.touched_by(change):
            assert now == was, (one.artifacts[0].expect, sorted(change.changed))
            spared += 1
    return spared


@pytest.mark.parametrize("kind", CASES)
def test_a_file_mutant_that_does_not_touch_changes_nothing(kind, tmp_path):
    commits, plans = Commits(tmp_path), []
    for declared, base, variants in CASES[kind]():
        begin = commits.add(base)
        forth = [commits.add(one, begin) for one in variants]
        forth.append(
            commits.add(Declared("", {**base.files, "unrelated.txt": "2\n"}, base.executable, base.links), begin)
        )
        back = [(commits.add(one), commits.add(base)) for one in ()]
        for one in variants[::6]:
            there = commits.add(one)
            back.append((there, commits.add(base, there)))
        plans.append((declared, begin, forth, back))
    commits.made()
    for declared, begin, forth, back in plans:
        items = [item(kind, one) for one in declared]
        for order, shown in ((items, forth), (items[::-1], forth[-1::-4][::-1])):
            with closing(commits.repository(begin)) as base:
                before, reads = watched(order, base)
                spared = 0
                for number in shown:
                    with closing(commits.repository(number)) as merged:
                        spared = hold(order, before, reads, merged, base.commit)
                assert spared == len(order)  # the last one changes what nobody reads
        for there, number in back:
            with closing(commits.repository(there)) as base, closing(commits.repository(number)) as merged:
                before, reads = watched(items, base)
                hold(items, before, reads, merged, base.commit)


def test_a_runbooks_history(tmp_path):
    """The same along the history of every mutant of a runbook, where what matters is what was there before."""
    commits, chains = Commits(tmp_path), []
    start = {runbook.PATH: runbook.BEFORE, "runbooks/backup.md": runbook.BACKUP, "runbooks/img/lag.png": "picture\n"}
    for mutant in [*runbook.mutants(), *runbook.harmless()]:
        files, parent = dict(start), commits.add(Declared("", start), at=datetime.fromisoformat(runbook.OLD))
        chain = [parent]
        for at, changed in mutant.mutated.commits:
            files = {path: text for path, text in {**files, **changed}.items() if text is not None}
            parent = commits.add(Declared("", files), parent, datetime.fromisoformat(at))
            chain.append(parent)
        chains.append((mutant.mutated.declared, chain))
    commits.made()
    other = "path: runbooks/backup.md\nchanged-since: not-required\n"
    for declared, chain in chains:
        items = [item("runbook", one) for one in (declared, other)]
        for there, number in pairwise(chain):
            with closing(commits.repository(there)) as base, closing(commits.repository(number)) as merged:
                before, reads = watched(items, base)
                hold(items, before, reads, merged, base.commit)


ONLY_IN_DATADOG = {
    "datadog-dashboard": datadog_dashboard,
    "datadog-slo": datadog_slo,
    "datadog-synthetic": datadog_synthetic,
}


@pytest.mark.parametrize("kind", ONLY_IN_DATADOG)
def test_what_is_only_in_datadog_reads_nothing_of_the_repository(kind, tmp_path):
    """So no change touches it: of all its mutants the checker learns from Datadog."""
    RepositoryBuilder(tmp_path).commit({"README.md": b"Shop\n"})
    module, reads = ONLY_IN_DATADOG[kind], Reads()
    outcomes = set()
    with DatadogStandIn(now=NOW) as datadog, closing(Repository(tmp_path)) as repository:
        datadog.validate = None  # mutants answer what Datadog does not document
        for declared, one in (*module.harmless(), *module.mutants()):
            before = dict(vars(datadog))
            vars(datadog).update(one.mutated)
            look = Session(repository, now=NOW, environment=datadog.environment).watched(reads)
            outcomes |= {claim[2] for claim in seen(item(kind, declared), look)}
            vars(datadog).update({name: before[name] for name in one.mutated})
    assert outcomes == set(Outcome)
    noted = {name: what for name, what in vars(reads).items() if what}
    assert noted == {}


def test_every_kind_is_here():
    assert {*CASES, "runbook", *ONLY_IN_DATADOG} == set(REGISTRY.kinds())


def test_a_look_from_memory_counts_for_everybody_who_got_it(tmp_path):
    """Two checks share one catalogue of workflows, which was read for the first of them."""
    builder = RepositoryBuilder(tmp_path)
    builder.commit({path: text.encode() for path, text in ci_check.PASSING.items()})
    with closing(Repository(tmp_path)) as repository:
        items = [item("ci-check", one) for one in (ci_check.DECLARED, ci_check.BARE)]
        before, reads = watched(items, repository)
    assert all(any(outcome is Outcome.HOLDS for _, _, outcome, *_ in claims) for claims in before)
    change = Difference(frozenset({ci_check.CI}), frozenset(), straight=True)
    assert [one.touched_by(change) for one in reads] == [True, True]
    assert ci_check.CI not in reads[1].paths


PUBLIC = [name for name in dir(Repository) if not name.startswith("_")]


def test_no_question_to_a_repository_is_left_out():
    from loopcheck.world.recording import _Watched, _WatchedPaths

    assert [name for name in PUBLIC if name not in vars(_Watched)] == []
    listed = {
        name for name in dir(_WatchedPaths) if re.fullmatch(r"[a-z]+(_[a-z]+)*|__(len|iter|contains|getitem)__", name)
    }
    assert listed - set(vars(_WatchedPaths)) == {"count", "index"}  # of `Sequence`, by way of the others
