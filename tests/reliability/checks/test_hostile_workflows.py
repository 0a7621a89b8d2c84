"""Workflow files as strangers may write them: an answer always, and no work that grows faster than the file."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.model import Rung, Verdict
from loopcheck.reasons import NEEDS_GITHUB, CannotTell
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck_checks.ci_check import CiCheckChecker, globs, mutants
from loopcheck_checks.ci_check.shell import Options, read
from loopcheck_checks.ci_check.shell_words import ShellError, tokens

CHECKER = CiCheckChecker()
PIECES = [
    "if: ", "${{ ", " }}", "&&", "||", "matrix:", "needs: [test]", "\n", "\n    ", "- ", "true", "false", "[", "]", "{", "}",
    "uses: ./.github/workflows/ci.yml", "*a", "&a ", "'", '"', "|", ">", "run: ", "exit 0", "null", "on:", "always()", "\t", "\x00", "é",
]  # fmt: skip


class _OneFile:
    """A repository of one workflow file, without git: the search and the judge are what is tried."""

    def __init__(self, text):
        self.paths, self.links, self.commit, self.default_branch = [mutants.CI], [], "0" * 40, "main"
        self._text = text

    def read(self, path):
        return type("F", (), {"text": self._text}) if path == mutants.CI else None

    def entry(self, path):
        return self.read(path)

    def is_folder(self, path):
        return False


class _World:
    requires = Rung.ACTIVE

    def __init__(self, text):
        self.repo = _OneFile(text)

    def once(self, key, look):
        if key not in self.__dict__.setdefault("known", {}):
            self.known[key] = look()
        return self.known[key]

    def endpoint(self, name, default):
        return default

    @property
    def github(self):
        raise CannotTell(NEEDS_GITHUB, "no token")

    def attempt(self, look):
        try:
            return look()
        except CannotTell as trouble:
            return trouble.unseen


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(mutants.PASSING[mutants.CI])), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1,
        max_size=6,
    )
)
def test_any_change_of_a_workflow_gets_an_answer(cuts):
    text = mutants.PASSING[mutants.CI]
    for place, length, piece in cuts:
        text = text[:place] + piece + text[place + length :]
    for declared in (mutants.DECLARED, mutants.BARE, "workflow: ci.yml", "job: all-checks"):
        expect = expectation(CHECKER, declared)
        claims = list(CHECKER.judge(expect, CHECKER.observe(expect, _World(text))))
        assert claims


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["pytest", " ", "\n", "|", "||", "&&", ";", "if ", "; then ", "; fi", "'", '"', "$(", ")", "{ ", "; }", "`", "<<E\n", "#", "\\", "case x in ", "esac", "f() ", "[[ ", " ]]"]), max_size=30))  # fmt: skip
def test_any_script_is_read_or_refused(pieces):
    with contextlib.suppress(ShellError):
        read("".join(pieces), Options())


@pytest.mark.parametrize(
    "piece",
    ["a ", "a\n", "a | ", "a && ", "a && a || ", "a && a\n", "'", '"', "$(", "${", "`", "((", "( ", "{ ", "if a; then ", "<<E\n", "<<E ", "\\\n", "a=(", "x[[ ", "case a in b) ", "f() { ", "! ", "#", "a;", "$((", "@(", "'a' "],
)  # fmt: skip
def test_scripts_take_steps_in_proportion_to_their_length(piece):
    """Every letter is looked at a bounded number of times: counted as calls of functions, not as time."""
    import sys

    def steps(length):
        count = 0

        def tick(_frame, event, _arg):
            nonlocal count
            count += event in ("call", "c_call")

        script = (piece * (length // len(piece) + 1))[:length]
        sys.setprofile(tick)
        try:
            read(script, Options())
        except ShellError:
            pass
        finally:
            sys.setprofile(None)
        return count

    small, large = steps(1_000), steps(8_000)
    assert large < 12 * small + 2_000


@pytest.mark.parametrize(
    "pattern",
    ["*" * 16_384, "*a" * 8_000, "*a" * 200, "a?" * 8_192, "[" * 16_384, "**/" * 5_000, "+" * 16_384, "a+" * 8_000],
)
def test_long_patterns_are_matched_or_refused(pattern):
    with contextlib.suppress(ValueError):
        globs.matches([pattern], "a" * 65_536)


@pytest.mark.parametrize(
    "jobs",
    [
        "".join(f"  j{n}:\n    needs: [j{n - 1}]\n    steps: []\n" for n in range(500)),
        "".join(f"  j{n}:\n    uses: ./.github/workflows/ci.yml\n" for n in range(500)),
        "  j:\n    strategy: {matrix: {a: [%s], b: [%s]}}\n    steps:\n" % (("1,2,3,4,5,6,7,8",) * 2)
        + "      - {if: matrix.a == 9, run: a}\n" * 1_500,
    ],
    ids=["needs in a row", "calls", "legs and steps"],
)
def test_workflows_of_many_parts_get_an_answer(jobs):
    world = _World(f"on: pull_request\njobs:\n{jobs}")
    for declared in ("workflow: ci.yml", "job: j499", "job: x", "runs: make"):
        expect = expectation(CHECKER, declared)
        assert list(CHECKER.judge(expect, CHECKER.observe(expect, world)))


def test_calls_that_multiply_are_cut_off(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    files = {}
    for level in range(10):
        jobs = "".join(f"  j{n}:\n    uses: ./.github/workflows/w{level + 1}.yml\n" for n in range(6))
        files[f".github/workflows/w{level}.yml"] = f"on: {'push' if level == 0 else 'workflow_call'}\njobs:\n{jobs}"
    files[".github/workflows/w10.yml"] = "on: workflow_call\njobs:\n  a:\n    steps: [{run: x}]\n"
    repository.commit(files)
    result = examine(CHECKER, "job: a", repository.session())
    assert (result.verdict, result.claims[0].reason) == (Verdict.INCONCLUSIVE, "truncated")


def test_a_script_has_as_many_words_as_it_says():
    assert len(tokens("a b\n" * 1000)) == 3000


def test_the_stand_in_refuses_what_yaml_refuses():
    with pytest.raises(DocumentError):
        yaml.load("a: [", "x")


@pytest.mark.parametrize("declared", ["job: a", "job: a\nstep: all", "runs: pytest", "uses: ./0"])
def test_actions_that_use_each_other_in_many_ways_are_not_all_followed(tmp_path, declared):
    files = {mutants.CI: "on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {name: all, uses: ./0}\n"}
    for number in range(9):
        steps = "".join(f"    - uses: ./{number + 1}\n" for _ in range(30))
        files[f"{number}/action.yml"] = "runs:\n  using: composite\n  steps:\n" + steps
    files["9/action.yml"] = "runs:\n  using: composite\n  steps:\n    - {run: make, shell: bash}\n"
    repository = RepositoryBuilder(tmp_path)
    repository.commit(files)
    session = repository.session()
    assert examine(CHECKER, f"{declared}\nrequired: false", session).verdict is Verdict.INCONCLUSIVE
    session.repository.close()


def test_two_actions_that_use_each_other_end(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    steps = "runs:\n  using: composite\n  steps:\n    - {run: make, shell: bash}\n    - uses: ./"
    ci = "on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./b\n"
    repository.commit({mutants.CI: ci, "b/action.yml": f"{steps}c\n", "c/action.yml": f"{steps}b\n"})
    result = examine(CHECKER, "job: a\nrequired: false", repository.session())
    assert [claim.reason for claim in result.claims if claim.reason] == ["action-unseen"]
