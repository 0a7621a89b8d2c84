"""What counts as weakening a promise, and that 200 ways of it never pass unseen."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck.config import ConfigFile
from loopcheck.effects.model import Conclusion
from loopcheck.gate import promises
from loopcheck.gate.approval import Approval
from loopcheck.gate.judgement import Inconclusive, Judged, conclusion
from loopcheck.model import Rung
from loopcheck.registry import InstalledCheckers
from loopcheck.sources import understand
from loopcheck.world import File

REGISTRY = InstalledCheckers()
ARTIFACTS = (
    "repo-file: {path: a.sh}",
    "repo-file: {path: b.sh, executable: true}",
    "runbook: {path: runbooks/lag.md, section: Lag, mentions: [restart], steps: 3}",
    "config-value: {path: app.yml, key: pool.size, is: '>= 20'}",
    "repo-text: {paths: app.py, must-match: timeout}",
    "ci-check: {runs: pytest, required: true}",
    "datadog-monitor: {metric: disk.used, fires-when: '> 80', notifies: '@pagerduty'}",
)
LOOSER = {
    ARTIFACTS[1]: "repo-file: {path: b.sh}",
    ARTIFACTS[2]: "runbook: {path: runbooks/lag.md, section: Lag, steps: 3}",
    ARTIFACTS[3]: "config-value: {path: app.yml, key: pool.size, is: '>= 2'}",
    ARTIFACTS[4]: "repo-text: {paths: app.py, must-match: time}",
    ARTIFACTS[5]: "ci-check: {runs: pytest, required: false}",
    ARTIFACTS[6]: "datadog-monitor: {metric: disk.used, fires-when: '> 99', notifies: '@pagerduty'}",
}


def item(title, artifacts, *, require="active", owner="@ana"):
    verify = "".join(f"\n  - {one}" for one in artifacts)
    return f'## {title}\n\n```loopcheck\nowner: "{owner}"\nrequire: {require}\nverify:{verify}\n```\n'


def document(items, incident="INC-1", started="2026-11-01T09:14Z"):
    return f"---\nincident: {{id: {incident}, started: {started}}}\n---\n# It was down\n\n" + "\n".join(items)


def declared(files, config=None):
    those = [File(path, "0" * 40, text.encode(), "0" * 40) for path, text in files.items()]
    return understand(those, config or ConfigFile(), REGISTRY)


def weakened(before, after):
    return promises.weakened(declared(before).items, declared(after).items)


OTHERS = (
    "repo-file: {path: README.md}",
    "repo-text: {paths: app.py, must-match: x}",
    "runbook: {path: README.md, changed-since: not-required}",
    "config-value: {path: app.yml, key: pool, absent: true}",
    "ci-check: {runs: echo}",
)
PATH = "postmortems/a.md"
BASE = {PATH: document([item(f"Item {n}", ARTIFACTS[n : n + 3]) for n in range(0, 6, 2)])}


def _ways():
    """Each way of weakening the base, with a name."""
    for n in range(0, 6, 2):
        mine = list(ARTIFACTS[n : n + 3])
        others = [item(f"Item {m}", ARTIFACTS[m : m + 3]) for m in range(0, 6, 2) if m != n]

        def of(changed, others=others):
            return {PATH: document([changed, *others])}

        name = f"Item {n}"
        yield f"{name} gone", {PATH: document(others)}
        yield f"{name} in a comment", of(f"<!--\n{item(name, mine)}-->\n")
        yield f"{name} in another fence", of(item(name, mine).replace("```loopcheck", "```yaml"))
        yield f"{name} unreadable", of(item(name, mine).replace("owner", "onwer"))
        yield f"{name} of another kind", of(item(name, mine).replace("verify:", "verify: []\nmore:"))
        for kept in mine:
            yield f"{name} with nothing but {kept}", of(item(name, [kept]))
        yield f"{name} requires less", of(item(name, mine, require="exists"))
        for renamed in (name, "Another name"):
            for place, artifact in enumerate(mine):
                rest = [*mine[:place], *mine[place + 1 :]]
                yield f"{name} as {renamed} without {artifact}", of(item(renamed, rest))
                yield f"{name} as {renamed} twice the same for {artifact}", of(item(renamed, [*rest, rest[0]]))
                for other in OTHERS:
                    yield f"{name} as {renamed}: {other} for {artifact}", of(item(renamed, [*rest, other]))
                if artifact in LOOSER:
                    yield f"{name} as {renamed}: looser {artifact}", of(item(renamed, [*rest, LOOSER[artifact]]))
                    less = item(renamed, [*rest, LOOSER[artifact]], require="exists")
                    yield f"{name} as {renamed}: looser and less {artifact}", of(less)
                if renamed == name:
                    moved = {"postmortems/b.md": document([item(name, rest)]), PATH: document(others)}
                    yield f"{name} moved without {artifact}", moved
            yield f"{name} as {renamed} requires less", of(item(renamed, mine, require="exists"))
    text = BASE[PATH]
    yield "all gone", {}
    yield "no words", {PATH: ""}
    yield "not where it is read", {"docs/a.txt": "x"}
    for incident, started in (
        ("INC-2", "2026-11-01T09:14Z"),
        ("INC-1", "2026-10-01T09:14Z"),
        ("INC-1", "2027-01-01T00:00Z"),
    ):
        yield f"{incident} at {started}", {PATH: text.replace("INC-1", incident).replace("2026-11-01T09:14Z", started)}
    yield "no time", {PATH: text.replace(", started: 2026-11-01T09:14Z", "")}
    yield "no incident", {PATH: text[text.index("# It") :]}


WAYS = dict(_ways())


def test_there_are_enough_ways():
    assert len(WAYS) >= 200


@pytest.mark.parametrize("way", WAYS)
def test_no_way_passes_unseen(way):
    less = weakened(BASE, WAYS[way])
    assert less
    assert all(one.how for one in less)
    for approval, ends in (
        (Approval.MISSING, Conclusion.FAILURE),
        (Approval.UNKNOWN, Conclusion.ACTION_REQUIRED),
        (Approval.GIVEN, Conclusion.SUCCESS),
    ):
        for policy in Inconclusive:
            assert conclusion(Judged(weakened=less, approval=approval), policy, untrusted=False) is ends


@given(st.permutations(ARTIFACTS), st.integers(1, 6), st.data())
def test_taking_anything_away_is_seen(artifacts, number, data):
    """Of any items, in any order: what is asked for less, by whatever name, is named."""
    items = [artifacts[:number], artifacts[number:]]
    before = {PATH: document([item(f"Item {n}", one) for n, one in enumerate(items)])}
    which = data.draw(st.integers(0, 1))
    keep = data.draw(st.lists(st.sampled_from(items[which]), unique=True, max_size=len(items[which]) - 1))
    names = data.draw(st.permutations(["Item 0", "Item 1"]))
    kept = [one for one in ((names[which], keep), (names[1 - which], items[1 - which])) if one[1]]
    assert weakened(before, {PATH: document([item(*one) for one in kept])})


SAME = {
    "as it is": BASE,
    "more words": {PATH: BASE[PATH] + "\nWe learned a lot.\n"},
    "another owner": {PATH: BASE[PATH].replace("@ana", "@bob")},
    "more is required": {PATH: BASE[PATH].replace("require: active", "require: proven")},
    "more artifacts": {PATH: BASE[PATH].replace("verify:\n", "verify:\n  - repo-file: {path: c.sh}\n")},
    "another title": {PATH: BASE[PATH].replace("## Item 2", "## The second")},
    "another file": {"incidents/x.md": BASE[PATH]},
    "another order": {PATH: document([item(f"Item {n}", ARTIFACTS[n : n + 3][::-1]) for n in (4, 0, 2)])},
    "titles change places": {
        PATH: BASE[PATH].replace("Item 0", "X").replace("Item 2", "Item 0").replace("X", "Item 2")
    },
    "an item more": {PATH: BASE[PATH] + item("More", ARTIFACTS[:1])},
    "written otherwise": {PATH: BASE[PATH].replace("repo-file: {path: a.sh}", "repo-file:\n      path: ./a.sh")},
    "one end more": {PATH: BASE[PATH].replace("09:14Z", "09:14Z, resolved: 2026-11-01T10:00Z")},
}


@pytest.mark.parametrize("way", SAME)
def test_what_promises_as_much_is_not_named(way):
    assert weakened(BASE, SAME[way]) == ()


def test_what_is_said_of_it():
    after = {PATH: BASE[PATH].replace("{path: a.sh}", "{path: z.sh}").replace("require: active", "require: exists", 1)}
    (less,) = weakened(BASE, after)
    assert less.item.title == "Item 0"
    assert less.how == (
        "it requires exists in place of active",
        'repo-file is asked for otherwise: {"path":"a.sh"} has become {"path":"z.sh"}',
    )


def test_two_readings_are_held_to_the_same():
    items = declared(BASE).items
    (less,) = promises.weakened(items, items, items[1:])
    assert less.how == ("it is not declared any more",)


def test_the_configuration():
    before = ConfigFile(require=Rung.PROVEN, settings={"datadog": {"export": "a"}})
    (less,) = promises.loosened(before, ConfigFile())
    assert len(less.how) == 2
    assert promises.loosened(ConfigFile(), ConfigFile(require=Rung.PROVEN)) == ()
    assert promises.loosened(ConfigFile(), ConfigFile(calendar={"Q4": datetime(2026, 12, 31).date()})) == ()  # noqa: DTZ001
