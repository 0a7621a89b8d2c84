"""What a script executes, and what becomes of the step when `pytest` in it fails."""

import pytest

from loopcheck_checks.ci_check.shell import Fate, Options, Reach, read
from loopcheck_checks.ci_check.shell_words import ShellError
from loopcheck_checks.ci_check.shells import executed, options

FAILS, SWALLOWED, UNKNOWN = Fate.FAILS, Fate.SWALLOWED, Fate.UNKNOWN


@pytest.mark.parametrize(
    ("script", "fate"),
    [
        ("pytest", FAILS),
        ("pytest; true", FAILS),
        ("pytest\nexit 0", FAILS),
        ("pytest || true", SWALLOWED),
        ("pytest || :", SWALLOWED),
        ("pytest || echo bad", SWALLOWED),
        ("pytest || exit 0", SWALLOWED),
        ("pytest || exit 1", FAILS),
        ("pytest || exit $?", FAILS),
        ("pytest || { echo bad; exit 1; }", FAILS),
        ("pytest || (echo bad && false)", UNKNOWN),
        ("pytest || echo bad && exit 1", FAILS),
        ("pytest || pytest --lf", FAILS),
        ("pytest || ./notify.sh", UNKNOWN),
        ("pytest || failed=1", UNKNOWN),
        ("pytest && echo well", FAILS),
        ("pytest && echo well\nls", SWALLOWED),
        ("cd x && pytest", FAILS),
        ("pytest | tee log", SWALLOWED),
        ("set -o pipefail; pytest | tee log", FAILS),
        ("set -euo pipefail\npytest | tee log", FAILS),
        ("pytest | tee log; exit ${PIPESTATUS[0]}", UNKNOWN),
        ("set +e\npytest", FAILS),
        ("set +e\npytest\nls", SWALLOWED),
        ("set +e\npytest\nset -e\nls", SWALLOWED),
        ("set +e\nls\nset -e\npytest\nls", FAILS),
        ("set +e\npytest\nrc=$?\nexit $rc", UNKNOWN),
        ("pytest &", SWALLOWED),
        ("pytest &\nwait $!", UNKNOWN),
        ("! pytest", UNKNOWN),
        ("if pytest; then echo well; fi", SWALLOWED),
        ("if ! pytest; then exit 1; fi", FAILS),
        ("if pytest; then echo well; else exit 1; fi", FAILS),
        ("if pytest; then echo well; else ./notify.sh; fi", UNKNOWN),
        ("while ! pytest; do sleep 1; done", UNKNOWN),
        ("for i in 1 2; do pytest $i; done", FAILS),
        ("(cd x; pytest)", FAILS),
        ("(cd x; pytest) || true", SWALLOWED),
        ("{ pytest; ls; } || true", SWALLOWED),
        ("out=$(pytest)", FAILS),
        ('echo "$(pytest)"', SWALLOWED),
        ("echo `pytest`", SWALLOWED),
        ("bash -c 'pytest'", FAILS),
        ("bash -c 'pytest; ls'", SWALLOWED),
        ("bash -ec 'pytest; ls'", FAILS),
        ("if true; then\n  pytest && ls\nfi\nls", SWALLOWED),
        ("{ pytest && ls; }\nls", SWALLOWED),
        ("{ { pytest && ls; }; }\nls", SWALLOWED),
        ("{ pytest && ls; }", FAILS),
        ("(pytest && ls)\nls", FAILS),
        ("f() { pytest && ls; }\nf\nls", FAILS),
        ("a=1 out=$(pytest)", FAILS),
        ('out="$(pytest)$(date)"', SWALLOWED),
        ("trap 'exit 0' EXIT\npytest", UNKNOWN),
        ("trap 'rm -f x' EXIT\npytest", FAILS),
        ("pytest | tee log\ntest ! -s log", UNKNOWN),
        ("pytest || true\ngit diff --exit-code", UNKNOWN),
        ("pytest || true\ngit diff", SWALLOWED),
        ("f() { pytest; ls; }\nf", FAILS),
        ("f() { pytest; ls; }\nf || true", SWALLOWED),
        ("pytest || true\nif [ -s bad ]; then exit 1; fi", UNKNOWN),
        ("pytest || echo bad >> $GITHUB_OUTPUT", UNKNOWN),
    ],
)
def test_what_becomes_of_the_step(script, fate):
    first = next(c for c in read(script, Options()) if c.words[0].text == "pytest")
    assert first.ending.fate is fate


@pytest.mark.parametrize(
    ("script", "reach"),
    [
        ("ls\npytest", Reach.ALWAYS),
        ("exit 0\npytest", Reach.NEVER),
        ("exit\npytest", Reach.NEVER),
        ("exec ls\npytest", Reach.NEVER),
        ("ls && exit 0\npytest", Reach.NEVER),
        ("(exit 0)\npytest", Reach.ALWAYS),
        ("cd x || exit 1\npytest", Reach.ALWAYS),
        ("[ -f x ] && exit 0\npytest", Reach.MAYBE),
        ("[ -f x ] || exit 0\npytest", Reach.MAYBE),
        ("if [ -f x ]; then exit 0; fi\npytest", Reach.MAYBE),
        ("if [ -f x ]; then exit 1; fi\npytest", Reach.ALWAYS),
        ("if [ -f x ]; then pytest; fi", Reach.MAYBE),
        ("if true; then pytest; fi", Reach.ALWAYS),
        ("if false; then pytest; fi", Reach.NEVER),
        ("[ -f x ] && pytest", Reach.MAYBE),
        ("which pytest || pytest", Reach.MAYBE),
        ("case $x in a) pytest;; esac", Reach.MAYBE),
        ("for f in *.py; do pytest $f; done", Reach.ALWAYS),
        ("for f in $files; do pytest $f; done", Reach.MAYBE),
        ("f() { exit 0; }\nf\npytest", Reach.NEVER),
    ],
)
def test_whether_it_is_reached(script, reach):
    assert [c.reach for c in read(script, Options()) if c.words[0].text == "pytest"][-1] is reach


@pytest.mark.parametrize(
    "script",
    [
        "echo pytest",
        "echo 'x\npytest'",
        "# pytest",
        "ls # ; pytest",
        "cat <<EOF\npytest\nEOF",
        "cat <<-'E O F'\n\tpytest\n\tE O F\nls",
        "f() { pytest; }",
        "x='pytest'",
        "ls \\\n  pytest",
        "echo ${{ a || 'pytest' }}",
        "[[ a || pytest ]]",
        "a=(pytest b)",
    ],
)
def test_what_is_not_executed(script):
    assert [c for c in read(script, Options()) if c.words[0].text == "pytest"] == []


@pytest.mark.parametrize("script", ["echo 'a", 'echo "a', "if a; then b", "a | | b", "$(", "a && ", ")", "((", "{ a"])
def test_what_is_no_script_is_refused(script):
    with pytest.raises(ShellError):
        read(script, Options())


@pytest.mark.parametrize(
    ("shell", "errexit", "pipefail"),
    [
        (None, True, False),
        ("bash", True, True),
        ("sh", True, False),
        ("bash {0}", False, False),
        ("bash -l {0}", False, False),
        ("bash -el {0}", True, False),
        ("bash -leo pipefail {0}", True, True),
        ("/usr/bin/bash -e {0}", True, False),
    ],
)
def test_how_the_runner_starts_a_shell(shell, errexit, pipefail):
    assert options(shell) == Options(errexit=errexit, pipefail=pipefail)


def test_other_shells_are_read_only_where_lines_are_plain():
    assert [c.ending.fate for c in executed("pip install x\npytest", "pwsh")] == [UNKNOWN, FAILS]
    for script, shell in (("if ($x) { pytest }", "pwsh"), ("print(1)", "python"), ("a", "perl {0}")):
        with pytest.raises(ShellError):
            executed(script, shell)
