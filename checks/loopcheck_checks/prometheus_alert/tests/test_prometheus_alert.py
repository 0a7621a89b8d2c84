"""`prometheus-alert`, on real repositories, by the real engine."""

from datetime import timedelta
from pathlib import Path

import pytest
from standins.prometheus import RANGE

from loopcheck.binding import BindingError
from loopcheck.checker import CannotTell, Replayer
from loopcheck.model import Incident, Rung, Verdict
from loopcheck.replay import Window
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.repository import NOW
from loopcheck_checks.prometheus_alert import PrometheusAlertChecker, mutants

CHECKER = PrometheusAlertChecker()
HERE = Path(__file__).parent.parent


def test_keeps_the_contract():
    check_contract(PrometheusAlertChecker, HERE / "README.md")


@pytest.fixture
def verify(tmp_path):
    def run(declared, files, *, settings=None, requires=Rung.EXISTS):
        repository = RepositoryBuilder(tmp_path / "checkout")
        repository.commit(files)
        result = examine(CHECKER, declared, repository.session(settings=settings, environment={}), requires=requires)
        reasons = [claim.reason for claim in result.claims if claim.reason and claim.rung is requires]
        return result.verdict.value, next(iter(reasons), None)

    return run


def rules(*those):
    return "groups:\n- name: a\n  rules:\n" + "".join(f"  - {one}\n" for one in those)


LAG = "{alert: Lag, expr: 'avg by (job) (lag{job=\"db\"}) > 30', for: 5m, labels: {severity: page}}"
WARNING = "{alert: Lag, expr: 'avg by (job) (lag{job=\"db\"}) > 10', for: 1m, labels: {severity: warning}}"
RATE = "{alert: Errors, expr: 'rate(errors_total[5m]) > 3'}"


@pytest.mark.parametrize(
    ("declared", "those", "verdict", "reason"),
    [
        ("{alert: Lag}", [LAG], "verified", None),
        ("{alert: lag}", [LAG], "failed", "no-rule"),
        ("{metric: lag}", [LAG], "verified", None),
        ("{metric: la}", [LAG], "failed", "no-rule"),
        ("{metric: lag, fires-when: '> 30'}", [LAG], "verified", None),
        ("{metric: lag, fires-when: '> 40'}", [LAG], "verified", None),
        ("{metric: lag, fires-when: '> 20'}", [LAG], "failed", "looser-threshold"),
        ("{metric: lag, fires-when: '>= 30'}", [LAG], "failed", "looser-threshold"),
        ("{metric: lag, fires-when: '< 30'}", [LAG], "failed", "other-direction"),
        ("{metric: lag, fires-when: '== 30'}", [LAG], "inconclusive", "not-judged"),
        ("{metric: errors_total, fires-when: '> 3'}", [RATE], "inconclusive", "not-judged"),
        ("{alert: Errors, fires-when: '> 3'}", [RATE], "verified", None),
        ("{alert: Errors, metric: errors_total, fires-when: '> 3'}", [RATE], "inconclusive", "not-judged"),
        ("{metric: lag, fires-when: '> 30'}", ["{alert: Lag, expr: lag * 0.1 > 30}"], "inconclusive", "not-judged"),
        ("{metric: lag, fires-when: '> 30'}", ["{alert: Lag, expr: lag offset 1d > 30}"], "inconclusive", "not-judged"),
        ("{expr: 'rate(errors_total [5m])', fires-when: '> 3'}", [RATE], "verified", None),
        ("{expr: 'rate(errors_total[5m])>3'}", [RATE], "verified", None),
        ("{expr: 'rate(errors_total[1m])'}", [RATE], "failed", "no-rule"),
        ("{alert: Lag}", [LAG, WARNING], "inconclusive", "ambiguous"),
        ("{alert: Lag, severity: page}", [LAG, WARNING], "verified", None),
        ("{alert: Lag, severity: page}", [WARNING, LAG], "verified", None),
        ("{alert: Lag, severity: page, fires-when: '> 10'}", [WARNING, LAG], "failed", "looser-threshold"),
        ("{alert: Lag, for: 1m}", [WARNING, LAG], "verified", None),
        ("{alert: Lag, for: 30s}", [LAG], "failed", "longer-wait"),
        ("{alert: Lag, scope: {job: db}}", [LAG], "verified", None),
        ("{alert: Lag, scope: {job: db, zone: a}, fires-when: '> 30'}", [LAG], "inconclusive", "not-judged"),
        ("{alert: Lag, scope: {job: web}}", [LAG], "failed", "narrower-scope"),
        ("{alert: Errors, scope: {job: db}, fires-when: '> 3'}", [RATE], "verified", None),
        ("{alert: Lag, labels: {team: db}}", [LAG], "failed", "other-labels"),
        ("{alert: A}", ["{alert: A, expr: 'a > '}"], "inconclusive", "doubtful-rules"),
        ("{metric: a}", ["{alert: A, expr: 'a > '}"], "inconclusive", "doubtful-rules"),
    ],
)
def test_what_is_declared_and_what_is_there(verify, declared, those, verdict, reason):
    assert verify(declared, {"rules.yml": rules(*those)}) == (verdict, reason)


@pytest.mark.parametrize(
    ("declared", "hint"),
    [
        ("{alert: Lagg}", "; did you mean Lag?"),
        ("{alert: Lag, metric: delay}", ": what is named Lag does not read delay"),
        ("{alert: Errors, metric: lag}", ""),
    ],
)
def test_a_hint_names_what_is_wrong(tmp_path, declared, hint):
    repository = RepositoryBuilder(tmp_path / "checkout")
    repository.commit({"rules.yml": rules(LAG)})
    (found,) = examine(CHECKER, declared, repository.session(environment={}), requires=Rung.EXISTS).claims
    assert found.message == f"none of 1 alerting rules fits{hint}"


@pytest.mark.parametrize(
    ("files", "verdict", "reason"),
    [
        ({"a.yml": rules(LAG), "b.yml": rules(LAG)}, "inconclusive", "ambiguous"),
        ({"a.yml": rules(LAG), "b.yml": "groups: [ # Lag alert"}, "verified", None),
        ({"b.yml": "groups: [ # Lag alert"}, "inconclusive", "unreadable-rules"),
        ({"b.yml": "alert: Lag\nalert: Lag"}, "failed", "refused-rules"),
        ({"a.yml": rules(RATE), "b.yml": "groups: [ # other alert"}, "failed", "no-rule"),
        ({"a.yml": b"\xff\xfe alert: Lag", "b.yml": rules(RATE)}, "failed", "no-rule"),
        ({"chart/templates/r.yaml": "{{- if .x }}\nalert: Lag"}, "inconclusive", "templated"),
        ({"r.libsonnet": "{alert: 'Lag', expr: 'x'}"}, "inconclusive", "templated"),
        ({"r.md": rules(LAG)}, "failed", "no-rule"),
        ({"r.yml": "# " + rules(LAG).replace("\n", "\n# ")}, "failed", "no-rule"),
        ({"deep/er/r.rules": rules(LAG)}, "verified", None),
    ],
)
def test_where_rules_are_found(verify, files, verdict, reason):
    assert verify("{alert: Lag}", files) == (verdict, reason)


def test_files_that_are_named(verify):
    files = {"a/x.yml": rules(LAG), "b/x.yml": rules(LAG), "c/x.yml": b"\xff\xfe"}
    assert verify("{alert: Lag, rules: a/*.yml}", files) == ("verified", None)
    assert verify("{alert: Lag, rules: [a/*.yml, b/*.yml]}", files) == ("inconclusive", "ambiguous")
    assert verify("{alert: Lag}", files, settings="prometheus: {rules: b/**}") == ("verified", None)
    assert verify("{alert: Lag, rules: live}", files)[0] == "inconclusive"


ROUTED = """route:
  receiver: mail
  routes: [{matchers: [severity=page], receiver: pager}]
receivers: [{name: mail, email_configs: [{to: a}]}, {name: pager, slack_configs: [{channel: b}]}]
"""


@pytest.mark.parametrize(
    ("routing", "settings", "reason"),
    [
        (ROUTED, "prometheus: {alertmanager: am.yml}", None),
        (ROUTED.replace("page]", "page, team=db]"), "prometheus: {alertmanager: am.yml}", "uncertain-route"),
        (
            ROUTED.replace("page]", "page, team=db]"),
            "prometheus: {alertmanager: am.yml, external-labels: {}}",
            "notifies-others",
        ),
        (
            ROUTED.replace("page]", "page, region=eu]"),
            "prometheus: {alertmanager: am.yml, external-labels: {region: eu}}",
            None,
        ),
        (ROUTED, "prometheus: {alertmanager: none.yml}", "unparseable"),
        ("route: [", "prometheus: {alertmanager: am.yml}", "unparseable"),
        (ROUTED, "prometheus: {}", "missing-secret"),
    ],
)
def test_routes_of_the_repository(tmp_path, routing, settings, reason):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"rules.yml": rules(LAG), "am.yml": routing})
    session = repository.session(settings=settings, environment={})
    result = examine(CHECKER, "{alert: Lag, severity: page, notifies: pager}", session)
    (notifies,) = [claim for claim in result.claims if claim.claim == "notifies"]
    assert notifies.reason == reason
    # Whether it is loaded, only Prometheus can tell.
    assert result.verdict is (Verdict.FAILED if reason == "notifies-others" else Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("{severity: page}", "nothing says which alert"),
        ("{alert: A, fires-when: '> 5%'}", "has a unit"),
        ("{expr: 'up ='}", "is not PromQL"),
        ("{alert: A, before: detected}", "about a replay"),
        ("{alert: A, at-most: 5 per 30d}", "about a replay"),
        ("{alert: A, proven-by: incident, at-most: 5}", "not a budget"),
        ("{alert: A, proven-by: incident, at-most: 5 per 200d}", "93 days"),
        ("{alert: A, proven-by: incident, window: {from: 2026-11-01T09:14Z, to: 2026-11-01T10:14Z}}", "two different"),
        ("{alert: A, window: {from: 2026-11-01T09:14Z, to: 2026-11-01T09:14Z}}", "end after it begins"),
        ("{alert: A, window: {from: 2026-11-01T09:14Z, to: 2026-12-10T09:14Z}}", "31 days"),
        ("{alert: A, window: {from: 2026-11-01T09:14, to: 2026-12-10T09:14Z}}", "offset"),
        ("{alert: A, rules: ../x.yml}", r"\.\."),
        ("{alert: A, threshold: 5}", "threshold"),
    ],
)
def test_what_cannot_be_declared(declared, says):
    with pytest.raises(BindingError, match=says):
        expectation(CHECKER, declared)


@pytest.mark.parametrize(
    ("declared", "incident", "reason"),
    [
        ("proven-by: incident", None, "no-incident-time"),
        ("proven-by: incident", Incident("INC-1"), "no-incident-time"),
        ("proven-by: incident", Incident("INC-1", started=NOW, resolved=mutants.STARTED), "no-incident-time"),
        ("window: {from: 2027-11-01T09:14Z, to: 2027-11-01T10:14Z}", None, "future-window"),
        ("window: {from: 2026-11-01T09:14Z, to: 2026-11-01T10:14Z}\nbefore: detected", None, "no-incident-time"),
    ],
)
def test_a_window_that_cannot_be_told(tmp_path, declared, incident, reason):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({mutants.PATH: mutants.RULES})
    with mutants.stand_in(mutants.PASSING) as servers:
        session = repository.session(environment=servers.environment)
        result = examine(
            CHECKER,
            f"alert: HighErrorRate\nfor: 5m\n{declared}\nat-most: 9 per 2d",
            session,
            incident=incident,
            requires=Rung.PROVEN,
        )
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [claim.reason for claim in result.claims if claim.reason] == [reason]


def answer(tmp_path, **changes):
    """What the claim `replayed` says of a scene."""
    scene = mutants.Scene(**changes)
    repository = RepositoryBuilder(tmp_path)
    repository.commit(dict(scene.files))
    with mutants.stand_in(scene) as servers:
        session = repository.session(environment=servers.environment)
        observation = CHECKER.observe(expectation(CHECKER, scene.expect), session.world(mutants.INCIDENT, Rung.PROVEN))
    assert round_trips(observation)
    claims = {claim.claim: claim for claim in CHECKER.judge(expectation(CHECKER, scene.expect), observation)}
    assert len(claims["replayed"].sketch.values) == 60
    return claims["replayed"].message, observation.proof


def test_who_requires_less_than_proven_is_not_kept_waiting(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit(dict(mutants.PASSING.files))
    with mutants.stand_in(mutants.PASSING) as servers:
        session = repository.session(environment=servers.environment)
        result = examine(CHECKER, mutants.PASSING.expect, session, incident=mutants.INCIDENT)
        assert RANGE not in servers.requests
    assert result.verdict is Verdict.VERIFIED
    (claim,) = (claim for claim in result.claims if claim.rung is Rung.PROVEN)
    assert (claim.claim, claim.reason) == ("replayed", "above-required")


def test_the_answer(tmp_path):
    said, proof = answer(tmp_path, spikes=((0, 60, 0.2), (-3000, 30, 0.2)))
    assert said == (
        "fires at 09:19, T+5 min, 30 min before the incident was noticed; "
        "would also have fired 1 time in the 5 days around it"
    )
    assert [(one.value, one.comparator) for one in proof.replay.thresholds] == [(0.05, ">")]
    (curve,) = proof.replay.curves
    assert (curve.group, len(curve.times), curve.values[:2]) == ('{job="shop"}', 61, (0.2, 0.2))
    firing = proof.replay.caught
    assert len(proof.replay.firings) == 2
    assert (firing.group, firing.end) == ('{job="shop"}', mutants.STARTED + timedelta(minutes=60))


@pytest.mark.parametrize(
    ("spikes", "said"),
    [
        (((0, 60, 0.04),), "it does not fire in the window (`> 0.05` for 5m); at `> 0.039` it would have"),
        (((0, 4, 0.2),), "it does not fire in the window (`> 0.05` for 5m); at `> 0.00099` it would have"),
        (((0, 4, 0.2), (4, 3, 0.031)), "it does not fire in the window (`> 0.05` for 5m); at `> 0.03` it would have"),
    ],
)
def test_a_near_miss(tmp_path, spikes, said):
    assert answer(tmp_path, spikes=spikes)[0] == said


@pytest.mark.parametrize(
    ("old", "new", "begins", "ends"),
    [
        ("interval: 1m", "interval: 30s", "09:19", 30),
        ("interval: 1m", "interval: 7m", "09:26", 33),
        ("interval: 1m", "interval: 1m\n    query_offset: 2m", "09:21", 32),
        ("for: 5m", "for: 5m\n        keep_firing_for: 3m", "09:19", 33),
        ("        for: 5m\n", "", "09:14", 30),
    ],
)
def test_what_decides_when_it_fires(tmp_path, old, new, begins, ends):
    changed = mutants.RULES.replace(old, new, 1)
    expect = "alert: HighErrorRate\nseverity: page\nproven-by: incident\nat-most: 9 per 2d\n"
    said, proof = answer(tmp_path, files=((mutants.PATH, changed),), spikes=((0, 30, 0.2),), expect=expect)
    assert said.startswith(f"fires at {begins},")
    assert proof.replay.caught.end == mutants.STARTED + timedelta(minutes=ends)


def test_a_rule_as_it_was_first_written(tmp_path):
    """The alert of the post-mortem would not have fired; that of the action item does."""
    as_written = mutants.RULES.replace("> 0.05", "> 0.25")
    expect = "alert: HighErrorRate\nseverity: page\nproven-by: incident\nat-most: 9 per 2d\n"
    said, _ = answer(tmp_path / "before", files=((mutants.PATH, as_written),), expect=expect)
    assert said == "it does not fire in the window (`> 0.25` for 5m); at `> 0.19` it would have"
    said, _ = answer(tmp_path / "after", expect=expect)
    assert said.startswith("fires at 09:19, T+5 min")


def test_a_rule_by_its_name_over_any_window(tmp_path):
    scene = mutants.Scene(
        files=((mutants.PATH, rules(LAG)),), loaded=rules("{alert: Live, expr: errors > 0.05, for: 5m}")
    )
    repository = RepositoryBuilder(tmp_path)
    repository.commit(dict(scene.files))
    window = Window(mutants.STARTED, mutants.STARTED + timedelta(hours=1))
    assert isinstance(CHECKER, Replayer)
    with mutants.stand_in(scene) as servers:
        world = repository.session(environment=servers.environment).world()
        assert CHECKER.named("Lag", world).rules is None
        expect = CHECKER.named("Live", world)
        assert (expect.alert, expect.rules) == ("Live", "live")
        replayed = CHECKER.replay(expect, window, world)
        with pytest.raises(CannotTell, match="no alerting rule"):
            CHECKER.named("Other", world)
        with pytest.raises(CannotTell, match="which of 0"):
            CHECKER.replay(expectation(CHECKER, "{alert: Other}"), window, world)
    assert (replayed.caught.start, replayed.around) == (mutants.STARTED + timedelta(minutes=5), None)


def test_a_rule_as_it_is_written_at_a_commit(tmp_path):
    scene = mutants.Scene(loaded=rules("{alert: Live, expr: errors > 0.05}"))
    repository = RepositoryBuilder(tmp_path)
    first = repository.commit({mutants.PATH: rules("{alert: Errors, expr: errors > 0.05, for: 20m}")})
    repository.commit({mutants.PATH: rules("{alert: Errors, expr: errors > 0.05, for: 2m}")})
    window = Window(mutants.STARTED, mutants.STARTED + timedelta(hours=1))
    with mutants.stand_in(scene) as servers:
        fired = []
        for ref in (first, "HEAD"):
            world = repository.session(environment=servers.environment, ref=ref).world()
            expect = CHECKER.named("Errors", world, written=True)
            fired.append(CHECKER.replay(expect, window, world, written=True).caught.start - mutants.STARTED)
        with pytest.raises(CannotTell, match="no alerting rule"):
            CHECKER.named("Live", world, written=True)
        with pytest.raises(CannotTell, match="not as one of the repository"):
            CHECKER.replay(CHECKER.named("Live", world), window, world, written=True)
    assert fired == [timedelta(minutes=20), timedelta(minutes=2)]


def test_other_firings_are_counted_around_a_window(tmp_path):
    scene = mutants.Scene(spikes=((0, 60, 0.2), (300, 60, 0.2)))
    repository = RepositoryBuilder(tmp_path)
    repository.commit(dict(scene.files))
    window = Window(mutants.STARTED, mutants.STARTED + timedelta(hours=1))
    with mutants.stand_in(scene) as servers:
        world = repository.session(environment=servers.environment).world()
        expect = expectation(CHECKER, "{alert: HighErrorRate, severity: page}")
        alone = CHECKER.replay(expect, window, world)
        wide = CHECKER.replay(expect, window, world, around=timedelta(days=1))
    assert (alone.around, len(alone.others)) == (None, 0)
    assert (wide.around, len(wide.others)) == (window.around(timedelta(days=1)), 1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"empty": ("count(",)}, "no samples of"),
        ({"dark": (0, 30)}, "from 49% of the window"),
        ({}, None),
    ],
)
def test_what_is_not_stored_has_not_been_silent(tmp_path, changes, says):
    scene = mutants.Scene(spikes=(), **changes)
    repository = RepositoryBuilder(tmp_path)
    repository.commit(dict(scene.files))
    window = Window(mutants.STARTED, mutants.STARTED + timedelta(hours=1))
    expect = expectation(CHECKER, "{alert: HighErrorRate, severity: page}")
    with mutants.stand_in(scene) as servers:
        world = repository.session(environment=servers.environment).world()
        if says is None:
            assert CHECKER.replay(expect, window, world).firings == ()
        else:
            with pytest.raises(CannotTell, match=says):
                CHECKER.replay(expect, window, world)


def test_described_in_one_line():
    declared = expectation(CHECKER, "{expr: \"rate(x[5m])\\n  / 2\", fires-when: '> 3', for: 5m}")
    assert CHECKER.describe(declared) == "rate(x[5m]) / 2 > 3 for 5m"
