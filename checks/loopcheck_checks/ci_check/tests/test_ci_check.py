"""`ci-check`, on real repositories."""

from pathlib import Path

import pytest

from loopcheck.model import Outcome, Rung, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.ci_check import CiCheckChecker, mutants

CHECKER = CiCheckChecker()
HERE = Path(__file__).parent.parent
V, I, F = Verdict.VERIFIED, Verdict.INCONCLUSIVE, Verdict.FAILED  # noqa: E741
CI = ".github/workflows/ci.yml"


def test_keeps_the_contract():
    check_contract(CiCheckChecker, HERE / "README.md")


def workflow(jobs, on="pull_request"):
    return f"on: {on}\njobs:\n" + jobs


STEPS = "    runs-on: ubuntu-latest\n    steps:\n"
A = "a/action.yml"
ACTION = {CI: workflow(f"  a:\n{STEPS}      - uses: ./a\n")}


def action(*steps):
    return "runs:\n  using: composite\n  steps:\n" + "".join(f"    {step}\n" for step in reversed(steps))


TEST = f"  test:\n{STEPS}      - run: pytest\n"


def said(tmp_path, files, declared, **session):
    repository = RepositoryBuilder(tmp_path)
    repository.commit(files)
    result = examine(CHECKER, declared + "\nrequired: false", repository.session(**session))
    return result.verdict, next((claim.reason for claim in result.claims if claim.reason), None)


@pytest.mark.parametrize(
    ("name", "files", "declared", "verdict", "reason"),
    [
        ("by job", {CI: workflow(TEST)}, "job: test", V, None),
        ("by file", {CI: workflow(TEST)}, "workflow: ci.yml", V, None),
        ("by path", {CI: workflow(TEST)}, "workflow: .github/workflows/ci.yml", V, None),
        ("by name", {CI: "name: Fast\n" + workflow(TEST)}, "workflow: Fast", V, None),
        ("by command", {CI: workflow(TEST)}, "runs: pytest", V, None),
        ("by pattern", {CI: workflow(TEST)}, "runs: /^py.est$/", V, None),
        ("by action", {CI: workflow(f"  a:\n{STEPS}      - uses: org/scan@v1\n")}, "uses: org/scan", V, None),
        ("by another version", {CI: workflow(f"  a:\n{STEPS}      - uses: org/scan@v1\n")}, "uses: org/scan@v2", F, "not-run"),
        ("by a part of a name", {CI: workflow(f"  a:\n{STEPS}      - uses: org/scanner@v1\n")}, "uses: org/scan", F, "not-run"),
        ("no such job", {CI: workflow(TEST)}, "job: tset", F, "no-job"),
        ("no such step", {CI: workflow(TEST)}, "job: test\nstep: x", F, "no-step"),
        ("no such workflow", {CI: workflow(TEST)}, "workflow: x.yml", F, "no-workflow"),
        ("no workflows", {"a": "b\n"}, "job: test", F, "no-job"),
        ("all of a list", {CI: workflow(TEST)}, "runs: [pytest, 'mypy']", F, "not-run"),
        ("leg", {CI: workflow("  t:\n    strategy: {matrix: {v: ['3.9', '3.10']}}\n" + STEPS + "      - run: a\n")}, "job: t (3.10)", V, None),
        ("no such leg", {CI: workflow("  t:\n    strategy: {matrix: {v: ['3.9']}}\n" + STEPS + "      - run: a\n")}, "job: t (3.10)", F, "no-job"),
        ("dynamic legs", {CI: workflow("  t:\n    strategy: {matrix: '${{ fromJSON(x) }}'}\n" + STEPS + "      - run: a\n")}, "job: t (3.10)", I, "not-literal"),
        ("soft leg", {CI: workflow("  t:\n    continue-on-error: ${{ matrix.v == 'b' }}\n    strategy: {matrix: {v: [a, b]}}\n" + STEPS + "      - run: a\n")}, "job: t (b)", F, "continues-on-error"),
        ("another, hard leg", {CI: workflow("  t:\n    continue-on-error: ${{ matrix.v == 'b' }}\n    strategy: {matrix: {v: [a, b]}}\n" + STEPS + "      - run: a\n")}, "job: t", V, None),
        ("unreadable beside", {CI: workflow(TEST), ".github/workflows/x.yml": "a: {{ b }}\n"}, "job: test", V, None),
        ("unreadable, may hold it", {CI: workflow(TEST), ".github/workflows/x.yml": "a: {{ b }}\n"}, "job: other", I, "unparseable"),
        ("unreadable, does not say it", {CI: workflow(TEST), ".github/workflows/x.yml": "a: [\n"}, "job: other", F, "no-job"),
        ("unreadable, and what is found fails", {CI: workflow(TEST, "push"), ".github/workflows/x.yml": "test: [\n"}, "job: test\non: schedule", I, "unparseable"),
        ("anchor", {CI: workflow(f"  a:\n{STEPS}      - run: &x pytest\n  test:\n{STEPS}      - run: *x\n")}, "job: test\nruns: pytest", V, None),
        ("boolean command", {CI: workflow(f"  a:\n{STEPS}      - run: false\n")}, "job: a", V, None),
        ("alike twice", {CI: workflow(TEST), ".github/workflows/b.yml": workflow(TEST)}, "job: test", V, None),
        ("not alike", {CI: workflow(TEST), ".github/workflows/b.yml": workflow(TEST, "schedule")}, "job: test", I, "ambiguous"),
        ("once is enough for a command", {CI: workflow(TEST), ".github/workflows/b.yml": workflow(TEST, "schedule")}, "runs: pytest", V, None),
        ("external call", {CI: workflow("  test:\n    uses: org/ci/.github/workflows/t.yml@v1\n")}, "job: test", I, "elsewhere"),
        ("in an external call", {CI: workflow("  test:\n    uses: org/ci/.github/workflows/t.yml@v1\n")}, "job: test / unit", I, "not-literal"),
        ("self reference", {CI: workflow("  c:\n    uses: $/.github/workflows/t.yml\n"), ".github/workflows/t.yml": workflow(TEST, "workflow_call")}, "job: c / test", V, None),
        ("by the calling job", {CI: workflow("  c:\n    uses: ./.github/workflows/t.yml\n"), ".github/workflows/t.yml": workflow(TEST, "workflow_call")}, "job: c", V, None),
        ("outcome is looked at", {CI: workflow(f"  a:\n{STEPS}      - {{id: t, run: pytest, continue-on-error: true}}\n      - {{if: steps.t.outcome == 'failure', run: exit 1}}\n")}, "runs: pytest", I, "may-be-soft"),
        ("job with a soft part", {CI: workflow(f"  a:\n{STEPS}      - run: pytest || true\n      - run: mypy .\n")}, "job: a", I, "partly-soft"),
        ("job with nothing hard", {CI: workflow(f"  a:\n{STEPS}      - run: pytest || true\n")}, "job: a", F, "exit-swallowed"),
        ("job that only prints", {CI: workflow(f"  a:\n{STEPS}      - run: echo hi\n")}, "job: a", F, "exit-swallowed"),
        ("in a group of parallel steps", {CI: workflow(f"  a:\n{STEPS}      - parallel:\n          - run: pytest\n          - run: mypy .\n")}, "runs: [pytest, mypy]", V, None),
        ("soft in a group", {CI: workflow(f"  a:\n{STEPS}      - parallel:\n          - {{run: pytest, continue-on-error: true}}\n          - run: mypy .\n")}, "runs: pytest", F, "continues-on-error"),
        ("in the background", {CI: workflow(f"  a:\n{STEPS}      - {{id: t, run: pytest, background: true}}\n      - cancel: t\n")}, "runs: pytest", I, "may-be-soft"),
        ("waited for", {CI: workflow(f"  a:\n{STEPS}      - {{id: t, run: pytest, background: true}}\n      - wait: [t]\n")}, "runs: pytest", V, None),
        ("waited for with all", {CI: workflow(f"  a:\n{STEPS}      - {{run: pytest, background: true}}\n      - wait-all:\n")}, "runs: pytest", V, None),
        ("waited for too early", {CI: workflow(f"  a:\n{STEPS}      - wait-all:\n      - {{run: pytest, background: true}}\n")}, "runs: pytest", I, "may-be-soft"),
        ("only after a failure", {CI: workflow(f"  a:\n    if: failure()\n{STEPS}      - run: pytest\n")}, "runs: pytest", I, "condition-unknown"),
        ("neither after a failure", {CI: workflow(f"  a:\n    if: failure() && github.event_name == 'push'\n{STEPS}      - run: pytest\n")}, "runs: pytest", F, "never-true"),
        ("job that publishes a gem", {CI: workflow(f"  a:\n{STEPS}      - run: gem push a.gem\n")}, "job: a", V, None),
        ("job that only installs", {CI: workflow(f"  a:\n{STEPS}      - run: pip install .\n")}, "job: a", F, "no-work"),
        ("job that only exits", {CI: workflow(f"  a:\n{STEPS}      - run: exit 0\n")}, "job: a", F, "no-work"),
        ("job that publishes", {CI: workflow(f"  a:\n{STEPS}      - run: gh release create v1 dist/a\n")}, "job: a", V, None),
        ("job that pushes", {CI: workflow(f"  a:\n{STEPS}      - run: git push origin main\n")}, "job: a", V, None),
        ("job in an image", {CI: workflow(f"  a:\n{STEPS}      - run: docker run --rm tester /check\n")}, "job: a", V, None),
        ("job that starts an image", {CI: workflow(f"  a:\n{STEPS}      - run: docker compose up -d\n")}, "job: a", I, "partly-soft"),
        ("job that fetches", {CI: workflow(f"  a:\n{STEPS}      - run: curl -f https://example.com/health\n")}, "job: a", I, "partly-soft"),
        ("job that configures", {CI: workflow(f"  a:\n{STEPS}      - run: git config user.name bot\n")}, "job: a", I, "partly-soft"),
        ("job that asks", {CI: workflow(f"  a:\n{STEPS}      - run: grep -q ok status\n")}, "job: a", V, None),
        ("job that asks after it", {CI: workflow(f"  a:\n{STEPS}      - run: |\n          shellcheck a.sh | tee log\n          test ! -s log\n")}, "job: a", I, "may-be-soft"),
        ("option that is meant", {CI: workflow(f"  a:\n{STEPS}      - run: cargo test --no-run\n")}, "runs: cargo test --no-run", V, None),
        ("option that is not", {CI: workflow(f"  a:\n{STEPS}      - run: cargo test --no-run\n")}, "runs: cargo test", F, "soft-option"),
        ("softness that is declared", {CI: workflow(f"  a:\n{STEPS}      - run: flake8 --exit-zero\n")}, "runs: flake8 --exit-zero", F, "soft-option"),
        ("a function of the same name", {CI: workflow(f'  a:\n{STEPS}      - run: |\n          retry() {{ "$@" || true; }}\n          retry pytest -x\n')}, "runs: pytest", I, "may-be-soft"),
        ("run by find", {CI: workflow(f"  a:\n{STEPS}      - run: find . -name '*.sh' -exec shellcheck {{}} \\;\n")}, "runs: /shellcheck/", I, "not-literal"),
        ("gate beside another action", {CI: workflow(TEST + f"  gate:\n    needs: test\n    if: always()\n{STEPS}      - uses: step-security/harden-runner@v2\n      - {{run: 'exit 0', env: {{R: '${{{{ needs.test.result }}}}'}}}}\n")}, "job: gate", F, "gate-accepts"),
        ("gate in a script", {CI: workflow(TEST + f"  gate:\n    needs: test\n    if: always()\n{STEPS}      - uses: actions/github-script@v7\n        with: {{script: 'core.setFailed(${{{{ toJSON(needs) }}}})'}}\n")}, "job: gate", I, "gate-unknown"),
        ("schedule, declared", {CI: workflow(TEST, "{schedule: [{cron: 1 2 * * *}]}")}, "job: test\non: schedule", V, None),
        ("both events", {CI: workflow(TEST, "[push, pull_request]")}, "job: test\non: [push, pull_request]", V, None),
        ("one of both", {CI: workflow(TEST, "[push]")}, "job: test\non: [push, pull_request]", F, "wrong-event"),
        ("merge queue", {CI: workflow(TEST, "merge_group")}, "job: test", V, None),
        ("windows, not last", {CI: workflow("  a:\n    runs-on: windows-2022\n    steps:\n      - run: |\n          pytest\n          dir\n")}, "runs: pytest", I, "may-be-soft"),
        ("windows, last", {CI: workflow("  a:\n    runs-on: windows-2022\n    steps:\n      - run: pytest\n")}, "runs: pytest", V, None),
        ("default shell", {CI: workflow(f"  a:\n    defaults: {{run: {{shell: bash}}}}\n{STEPS}      - run: pytest | tee x\n")}, "runs: pytest", V, None),
        ("in an action, by a step before it", ACTION | {A: action("- {if: steps.f.outputs.src == 'true', run: pytest, shell: bash}", "- {id: f, run: ./filter}")}, "runs: pytest", I, "condition-unknown"),
        ("in an action, by a step of the job", {CI: workflow(f"  a:\n{STEPS}      - {{id: f, run: ./filter}}\n      - uses: ./a\n"), A: action("- {if: steps.f.outcome == 'success', run: pytest, shell: bash}")}, "runs: pytest", F, "never-true"),
        ("in an action, by what its job needs", ACTION | {A: action("- {if: needs.x.result == 'success', run: pytest, shell: bash}")}, "runs: pytest", I, "condition-unknown"),
        ("in an action, by its event", ACTION | {A: action("- {if: github.event_name == 'push', run: pytest, shell: bash}")}, "runs: pytest", F, "never-true"),
        ("in an action, outcome is looked at", ACTION | {A: action("- {id: t, run: pytest, continue-on-error: true, shell: bash}\n    - {if: steps.t.outcome == 'failure', run: exit 1}")}, "runs: pytest", I, "may-be-soft"),
        ("in an action, in a shell that is handed to it", ACTION | {A: action("- {run: pytest, shell: '${{ inputs.shell }}'}")}, "runs: pytest", I, "not-literal"),
        ("in an action of an action", ACTION | {A: action("- {uses: ./b, with: {on: no}}"), "b/action.yml": "inputs: {on: {default: yes}}\n" + action("- {if: inputs.on == 'yes', run: pytest, shell: bash}")}, "runs: pytest", F, "never-true"),
        ("an action as a step", ACTION | {A: action("- {run: pytest, shell: bash}")}, "job: a\nstep: ./a", V, None),
        ("an action that swallows", ACTION | {A: action("- {run: pytest || true, shell: bash}")}, "job: a\nstep: ./a", F, "exit-swallowed"),
        ("an action that swallows, by its use", ACTION | {A: action("- {run: pytest || true, shell: bash}")}, "uses: ./a", F, "exit-swallowed"),
        ("an action that swallows, by the job", ACTION | {A: action("- {run: pytest || true, shell: bash}")}, "job: a", F, "exit-swallowed"),
        ("an action that prepares, meant", ACTION | {A: action("- {run: pip install ., shell: bash}")}, "job: a\nstep: ./a", V, None),
        ("an action that prepares, in a job", ACTION | {A: action("- {run: pip install ., shell: bash}")}, "job: a", F, "no-work"),
        ("an action of actions that prepare, meant", ACTION | {A: action("- uses: actions/setup-python@v5")}, "job: a\nstep: ./a", V, None),
        ("an action that prepares and prints", ACTION | {A: action("- {run: echo x, shell: bash}", "- {run: pip install ., shell: bash}")}, "job: a\nstep: ./a", F, "exit-swallowed"),
        ("an action that looks, in a job", ACTION | {A: action("- {run: curl -f x, shell: bash}")}, "job: a", I, "partly-soft"),
        ("an action that looks, meant", ACTION | {A: action("- {run: curl -f x, shell: bash}")}, "job: a\nstep: ./a", V, None),
        ("an action that hands on a value", ACTION | {A: action("- {run: echo x=1 >> $GITHUB_OUTPUT, shell: bash}", "- {run: pytest, shell: bash}")}, "job: a", V, None),
        ("an action that is soft in part", ACTION | {A: action("- {run: pytest, shell: bash}", "- {run: mypy || true, shell: bash}")}, "job: a\nstep: ./a", I, "partly-soft"),
        ("an action that has no steps", ACTION | {A: action()}, "job: a\nstep: ./a", F, "no-work"),
        ("an action that is not there", ACTION, "job: a\nstep: ./a", I, "action-unseen"),
        ("an action that is not there, beside work", {CI: workflow(f"  a:\n{STEPS}      - run: pytest\n      - uses: ./a\n")}, "job: a", I, "action-unseen"),
        ("an action that is not there, beside the step", {CI: workflow(f"  a:\n{STEPS}      - {{id: t, run: pytest}}\n      - uses: ./a\n")}, "job: a\nstep: t", V, None),
        ("an action in Node.js", ACTION | {A: "runs: {using: node24, main: x.js}\n"}, "job: a\nstep: ./a", V, None),
        ("an action in a container", ACTION | {A: "runs: {using: docker, image: Dockerfile}\n"}, "job: a", V, None),
        ("a named step inside an action speaks for itself", ACTION | {A: action("- {id: t, run: pytest, shell: bash}", "- {run: mypy || true, shell: bash}")}, "job: a\nstep: t", V, None),
        ("gate that is called", {CI: workflow("  c:\n    uses: ./.github/workflows/t.yml\n    with: {strict: true}\n"), ".github/workflows/t.yml": workflow(TEST + f"  gate:\n    needs: test\n    if: always()\n{STEPS}      - {{if: inputs.strict, run: 'test ${{{{ needs.test.result }}}} = success'}}\n", "{workflow_call: {inputs: {strict: {type: boolean}}}}")}, "job: c / gate", I, "gate-unknown"),
        ("if is no expression", {CI: workflow(f"  a:\n    if: a b c\n{STEPS}      - run: pytest\n")}, "runs: pytest", I, "condition-unknown"),
        ("needs itself", {CI: workflow(f"  a:\n    needs: [a]\n{STEPS}      - run: pytest\n")}, "runs: pytest", I, "condition-unknown"),
    ],
)  # fmt: skip
def test_says_what_is_there(tmp_path, name, files, declared, verdict, reason):
    assert said(tmp_path, files, declared) == (verdict, reason)


def test_a_guard_on_the_repository_is_known_where_it_is_told(tmp_path):
    files = {CI: workflow(f"  a:\n    if: github.repository == 'org/shop'\n{STEPS}      - run: pytest\n")}
    assert said(tmp_path / "a", files, "job: a") == (I, "condition-unknown")
    assert said(tmp_path / "b", files, "job: a", environment={"GITHUB_REPOSITORY": "org/shop"}) == (V, None)
    assert said(tmp_path / "c", files, "job: a", environment={"GITHUB_REPOSITORY": "me/shop"}) == (F, "never-true")


def test_a_filter_needs_to_know_the_branch(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({CI: workflow(TEST, "{pull_request: {branches: [trunk]}}")})
    repository.git("branch", "master")  # `main` and `master`: which of them is meant cannot be told
    result = examine(CHECKER, "job: test\nrequired: false", repository.session())
    assert [claim.reason for claim in result.claims if claim.reason] == ["unknown-branch"]
    result = examine(CHECKER, "job: test\nrequired: false\nbranches: [trunk]", repository.session())
    assert result.verdict is V


def test_a_link_in_place_of_a_workflow_is_not_absence(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({CI: workflow(TEST)})
    (tmp_path / ".github/workflows/x.yml").symlink_to("/etc/passwd")
    repository.commit_all()
    result = examine(CHECKER, "workflow: x.yml\nrequired: false", repository.session())
    assert (result.verdict, result.claims[0].reason) == (I, "linked")


def test_whether_it_is_required_only_github_can_tell(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({CI: workflow(TEST)})
    result = examine(CHECKER, "job: test\nfails-on: v1", repository.session(), requires=Rung.PROVEN)
    assert result.verdict is I
    assert result.rung is Rung.EXISTS
    assert [(c.claim, c.reason) for c in result.claims if c.outcome is not Outcome.HOLDS] == [
        ("required", "needs-github"),
        ("fails-on-bad-commit", "no-such-commit"),
        ("passes-on-good-commit", "no-such-commit"),
    ]


def test_every_claim_names_its_place(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    commit = repository.commit(mutants.PASSING)
    result = examine(CHECKER, mutants.DECLARED, repository.session())
    for claim in result.claims:
        assert claim.evidence[0].source.startswith(f"{CI}:")
        assert claim.evidence[0].source.endswith(f"@{commit[:12]}")


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit(mutants.PASSING)
    for declared in (mutants.DECLARED, "job: x", "runs: make"):
        assert round_trips(CHECKER.observe(expectation(CHECKER, declared), repository.session().world()))
