"""Ways in which a check can look right and be wrong, derived from workflows that pass; and harmless variations.

`outcomes` runs every one of them through the checker, on a real repository, for the table of docs/accuracy.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import dedent

from loopcheck.testing import file_mutants
from loopcheck.testing.file_mutants import Declared
from loopcheck.testing.mutants import Mutant, Outcome, edits
from loopcheck_checks.ci_check import CiCheckChecker, proof_mutants

Files = Mapping[str, str]
CI = ".github/workflows/ci.yml"

PASSING: Files = {
    "src/shop/replica.py": "LAG = 30\n",
    "tests/test_replica.py": "def test_lag():\n    pass\n",
    "README.md": "# Shop\n",
    CI: dedent("""\
        name: CI
        on:
          push:
            branches: [main]
          pull_request:
            branches: [main]
        jobs:
          lint:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - run: ruff check .
          test:
            name: Tests
            needs: [lint]
            runs-on: ${{ matrix.os }}
            strategy:
              matrix:
                os: [ubuntu-latest, macos-latest]
                experimental: [false]
            steps:
              - uses: actions/checkout@v4
              - name: Run the tests
                run: |
                  pip install .
                  pytest tests/replication
          all-checks:
            if: always()
            needs: [lint, test]
            runs-on: ubuntu-latest
            steps:
              - uses: re-actors/alls-green@v1
                with:
                  jobs: ${{ toJSON(needs) }}
        """),
}
DECLARED = """
workflow: ci.yml
job: test
step: Run the tests
runs: pytest tests/replication
gate: all-checks
paths: [src, tests]
branches: [main]
required: false
"""
BARE = "runs: pytest tests/replication\nrequired: false\n"
"""The same check, declared by nothing but its command."""

CALLED: Files = {
    ".github/workflows/ci.yml": dedent("""\
        on:
          pull_request:
        jobs:
          tests:
            uses: ./.github/workflows/tests.yml
            with:
              run-slow: true
        """),
    ".github/workflows/tests.yml": dedent("""\
        on:
          workflow_call:
            inputs:
              run-slow:
                type: boolean
                default: false
        jobs:
          slow:
            if: inputs.run-slow
            runs-on: ubuntu-latest
            steps:
              - uses: ./.github/actions/slow
                with:
                  enabled: ${{ inputs.run-slow }}
        """),
    ".github/actions/slow/action.yml": dedent("""\
        name: slow
        inputs:
          enabled:
            default: "false"
          soft:
            default: "false"
        runs:
          using: composite
          steps:
            - if: inputs.enabled == 'true'
              continue-on-error: ${{ inputs.soft == 'true' }}
              run: pytest -m slow
              shell: bash
        """),
}
DECLARED_CALLED = "job: tests / slow\nruns: pytest -m slow\nrequired: false\n"
COMMAND_CALLED = "runs: pytest -m slow\nrequired: false\n"

USING: Files = {
    ".github/workflows/ci.yml": dedent("""\
        on:
          pull_request:
        jobs:
          restore:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - uses: ./.github/actions/setup
              - name: Restore a backup
                uses: ./.github/actions/restore
                with:
                  bucket: nightly
        """),
    ".github/actions/setup/action.yml": dedent("""\
        name: setup
        runs:
          using: composite
          steps:
            - uses: actions/setup-python@v5
            - run: pip install .
              shell: bash
        """),
    ".github/actions/restore/action.yml": dedent("""\
        name: restore
        inputs:
          bucket:
            required: true
          soft:
            default: "false"
        runs:
          using: composite
          steps:
            - run: echo "restore from ${{ inputs.bucket }}"
              shell: bash
            - uses: ./.github/actions/compare
              with:
                soft: ${{ inputs.soft }}
        """),
    ".github/actions/compare/action.yaml": dedent("""\
        name: compare
        inputs:
          soft:
            default: "false"
        runs:
          using: composite
          steps:
            - name: Compare
              continue-on-error: ${{ inputs.soft == 'true' }}
              run: |
                make restore
                ./compare.sh before after
              shell: bash
        """),
}
"""A check that stands in an action of the repository, and is declared by the step or the job that uses it."""
DECLARED_STEP = "job: restore\nstep: Restore a backup\nrequired: false\n"
DECLARED_JOB = "job: restore\nrequired: false\n"
DECLARED_ACTION = "uses: ./.github/actions/restore\nrequired: false\n"

_SCRIPT = """\
                  pip install .
                  pytest tests/replication
"""
_HANDED = "    with:\n      run-slow: true\n"
_PASSED_ON = "        with:\n          enabled: ${{ inputs.run-slow }}\n"
_STEP = "              - name: Run the tests\n"
_JOB = "            runs-on: ${{ matrix.os }}\n"


def _in(path: str, old: str, new: str) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        text = files[path]
        for was, becomes in ((old, new), (_moved(old), _moved(new))):
            if was in text:
                return {**files, path: text.replace(was, becomes)}
        raise ValueError(f"`{old}` is not in {path}")

    return change


def _moved(text: str) -> str:
    """The text as it stands in the dedented files: eight columns to the left."""
    return "".join(line.removeprefix(" " * 8) for line in text.splitlines(keepends=True))


def _script(*lines: str) -> Callable[[Files], Files]:
    return _in(CI, _SCRIPT, "".join(f"                  {line}\n" for line in lines))


def _of_step(*lines: str) -> Callable[[Files], Files]:
    return _in(CI, _STEP, _STEP + "".join(f"                {line}\n" for line in lines))


def _of_job(*lines: str) -> Callable[[Files], Files]:
    return _in(CI, _JOB, _JOB + "".join(f"            {line}\n" for line in lines))


def _on(text: str) -> Callable[[Files], Files]:
    old = "on:\n  push:\n    branches: [main]\n  pull_request:\n    branches: [main]\n"
    return _in(CI, old, text)


def _at(path: str) -> Callable[[Files], Files]:
    return lambda files: {**{p: t for p, t in files.items() if p != CI}, path: files[CI]}


def _gate(text: str) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        before = files[CI].partition("  all-checks:\n")[0]
        return {**files, CI: before + "  all-checks:\n" + text}

    return change


def _run_gate(step: str, condition: str = "always()") -> Callable[[Files], Files]:
    return _gate(f"    if: {condition}\n    needs: [lint, test]\n    runs-on: ubuntu-latest\n    steps:\n{step}")


def _allowing(text: str) -> Callable[[Files], Files]:
    return _in(CI, "toJSON(needs) }}\n", f"toJSON(needs) }}}}\n          {text}\n")


def _all_of(*changes: Callable[[Files], Files]) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        for one in changes:
            files = one(files)
        return files

    return change


def wrong() -> Iterator[Mutant[Files]]:
    """Changes after which the check can pass without doing its work, or does not run where it matters."""
    lint = "  lint:\n    runs-on"
    yield from edits(
        PASSING,
        ("step: if false", _of_step("if: false")),
        ("step: if ${{ false }}", _of_step("if: ${{ false }}")),
        ("step: only on another event", _of_step("if: github.event_name == 'schedule'")),
        ("step: only on tags", _of_step("if: startsWith(github.ref, 'refs/tags/')")),
        ("step: only after a failure", _of_step("if: failure()")),
        ("step: only in another leg", _of_step("if: matrix.os == 'windows-latest'")),
        ("step: continue-on-error", _of_step("continue-on-error: true")),
        ("step: continue-on-error for every leg", _of_step("continue-on-error: ${{ !matrix.experimental }}")),
        ("step: continue-on-error where a variable says so", _of_step("continue-on-error: ${{ vars.SOFT == 'yes' }}")),
        ("step: only where a variable says so", _of_step("if: vars.RUN_TESTS == 'yes'")),
        ("step: commented out", _in(CI, _STEP, _STEP.replace("- name", "# - name"))),
        ("step: renamed", _in(CI, "Run the tests", "Run something")),
        ("job: if false", _of_job("if: false")),
        ("job: if false and more", _of_job("if: false && github.event_name == 'pull_request'")),
        ("job: only after merging", _of_job("if: github.event_name == 'push'")),
        ("job: only for one actor", _of_job("if: github.actor == 'alice'")),
        ("job: only in another repository", _of_job("if: github.repository == 'other/shop'")),
        ("job: continue-on-error", _of_job("continue-on-error: true")),
        ("job: renamed", _in(CI, "  test:\n", "  tset:\n")),
        ("job: needs a job that never runs", _in(CI, lint, "  lint:\n    if: false\n    runs-on")),
        ("job: needs a job that may be skipped", _in(CI, lint, "  lint:\n    if: vars.LINT\n    runs-on")),
        ("script: || true", _script("pip install .", "pytest tests/replication || true")),
        ("script: || :", _script("pytest tests/replication || :")),
        ("script: || echo", _script("pytest tests/replication || echo '::warning::failed'")),
        ("script: || exit 0", _script("pytest tests/replication || exit 0")),
        ("script: set +e and a last line", _script("set +e", "pytest tests/replication", "echo done")),
        ("script: a pipe", _script("pytest tests/replication | tee log.txt")),
        ("script: && and another line", _script("pytest tests/replication && echo well", "echo done")),
        ("script: asked by if", _script("if pytest tests/replication; then echo well; fi")),
        ("script: in the background", _script("pytest tests/replication &", "echo started")),
        ("script: in echo $( )", _script('echo "$(pytest tests/replication)"')),
        ("script: exit 0 before", _script("exit 0", "pytest tests/replication")),
        ("script: exit 0 before, perhaps", _script('if [ "$FAST" ]; then exit 0; fi', "pytest tests/replication")),
        ("script: only perhaps", _script('if [ "$FULL" = yes ]; then', "  pytest tests/replication", "fi")),
        ("script: a function nobody calls", _script("check() {", "  pytest tests/replication", "}", "echo well")),
        ("script: echo instead", _script('echo "pytest tests/replication"')),
        ("script: echo with words", _script("echo pytest tests/replication")),
        ("script: in a heredoc", _script("cat <<'EOF'", "pytest tests/replication", "EOF")),
        ("script: in a comment", _script("# pytest tests/replication", "pip install .")),
        ("script: installed only", _script("pip install pytest tests/replication")),
        ("script: another command", _script("ruff check tests/replication")),
        ("script: other tests", _script("pytest tests/other")),
        ("script: through make", _script("make test")),
        ("script: --collect-only", _script("pytest --collect-only tests/replication")),
        ("script: a shell without -e", _all_of(_of_step("shell: bash {0}"), _script("pytest tests/replication", "ls"))),
        ("script: a shell that is Python", _of_step("shell: python")),
        ("on: only schedule", _on("on:\n  schedule:\n    - cron: '7 5 * * *'\n")),
        ("on: only workflow_dispatch", _on("on: workflow_dispatch\n")),
        ("on: only push to main", _on("on:\n  push:\n    branches: [main]\n")),
        ("on: push to every branch", _on("on: [push]\n")),
        ("on: only tags", _on("on:\n  push:\n    tags: ['v*']\n")),
        ("on: only workflow_call", _on("on: workflow_call\n")),
        ("on: nothing", _on("")),
        ("on: closed pull requests", _on("on:\n  pull_request:\n    types: [closed]\n")),
        ("on: only the first commit", _on("on:\n  pull_request:\n    types: [opened]\n")),
        ("on: another branch", _on("on:\n  pull_request:\n    branches: [release/**]\n")),
        ("on: branches-ignore", _on("on:\n  pull_request:\n    branches-ignore: [main]\n")),
        ("on: branches and a negation", _on("on:\n  pull_request:\n    branches: ['**', '!ma*']\n")),
        ("on: paths elsewhere", _on("on:\n  pull_request:\n    paths: [docs/**]\n")),
        ("on: paths but one", _on("on:\n  pull_request:\n    paths: [tests/**]\n")),
        ("on: paths-ignore", _on("on:\n  pull_request:\n    paths-ignore: ['**.py']\n")),
        ("file: in a sub-folder", _at(".github/workflows/nested/ci.yml")),
        ("file: .disabled", _at(".github/workflows/ci.yml.disabled")),
        ("file: elsewhere", _at("workflows/ci.yml")),
        ("file: broken", _in(CI, "jobs:\n", "jobs: {{ jobs }}\n")),
        ("gate: gone", _in(CI, "  all-checks:\n", "  some-checks:\n")),
        ("gate: does not wait for it", _in(CI, "needs: [lint, test]", "needs: [lint]")),
        ("gate: without always()", _in(CI, "    if: always()\n", "")),
        ("gate: allows failures", _allowing("allowed-failures: lint, test")),
        ("gate: allows skips", _all_of(
            _of_job("if: github.actor != 'bot'"),
            _allowing("allowed-skips: test"))),
        ("gate: only says it", _run_gate("      - run: echo well\n")),
        ("gate: asks for cancelled only", _run_gate(
            "      - if: contains(needs.*.result, 'cancelled')\n        run: exit 1\n")),
        ("gate: asks about another", _run_gate('      - run: test "${{ needs.lint.result }}" = success\n')),
        ("gate: soft", _in(CI, "    if: always()\n", "    if: always()\n    continue-on-error: true\n")),
    )  # fmt: skip


def harmless() -> Iterator[Mutant[Files]]:
    """Changes after which the check is as good as before."""
    yield from edits(
        PASSING,
        ("formatted otherwise", _in(CI, "needs: [lint]\n", "needs: lint\n")),
        ("on: a list", _on("on: [push, pull_request]\n")),
        ("on: quoted, and null", _on('"on":\n  pull_request:\n')),
        ("on: merge_group beside", _on("on:\n  pull_request:\n  merge_group:\n")),
        ("on: other branches too", _on("on:\n  pull_request:\n    branches: ['!old', 'ma*', 'release/**']\n")),
        ("on: paths that matter", _on("on:\n  pull_request:\n    paths: ['src/**', 'tests/**', '!docs/**']\n")),
        ("on: paths-ignore for prose", _on("on:\n  pull_request:\n    paths-ignore: ['**.md', 'docs/**']\n")),
        ("on: usual types", _on("on:\n  pull_request:\n    types: [opened, synchronize, reopened, labeled]\n")),
        ("step: if always true", _of_step("if: ${{ always() }}")),
        ("step: a text that is always true", _of_step("if: ${{ false }} && true")),
        ("step: if success()", _of_step("if: success()")),
        ("step: in one of the legs", _of_step("if: matrix.os == 'ubuntu-latest'")),
        ("step: continue-on-error: false", _of_step("continue-on-error: false")),
        ("step: continue-on-error in no leg", _of_step("continue-on-error: ${{ matrix.experimental }}")),
        ("job: on this event", _of_job("if: github.event_name == 'pull_request' || github.event_name == 'push'")),
        ("script: last of the file", _script("pip install . && pytest tests/replication")),
        ("script: || exit 1", _script("pytest tests/replication || exit 1")),
        ("script: ; true under -e", _script("pytest tests/replication; true")),
        ("script: another line is soft", _script("git checkout main || true", "pytest tests/replication")),
        ("script: pipefail", _script("set -o pipefail", "pytest tests/replication | tee log.txt")),
        ("script: bash has pipefail", _all_of(_of_step("shell: bash"), _script("pytest tests/replication | tee"))),
        ("script: if ! … exit 1", _script("if ! pytest tests/replication; then", "  echo bad; exit 1", "fi")),
        ("script: python -m", _script("python -m pytest -q --no-header tests/replication")),
        ("script: uv run", _script("uv run --group test pytest -x tests/replication")),
        ("script: a variable before", _script("CI=1 PYTHONHASHSEED=0 pytest -q tests/replication")),
        ("script: lines joined", _script("pytest \\", "  -q \\", "  tests/replication")),
        ("script: set -euo pipefail", _script("set -euo pipefail", "cd . && pytest tests/replication")),
        ("script: in brackets", _script("(cd . && pytest tests/replication)")),
        ("script: a function that is called", _script("check() {", "  pytest tests/replication", "}", "check")),
        ("file: .yaml beside others", lambda files: {**files, ".github/workflows/broken.yml": "on: [\n"}),
        ("gate: written by hand", _run_gate('      - run: test "${{ needs.test.result }}" = success\n')),
        ("gate: asks for all bad ends", _run_gate(
            "      - if: contains(needs.*.result, 'failure') || contains(needs.*.result, 'skipped')\n"
            "        run: exit 1\n")),
    )  # fmt: skip


def wrong_calls() -> Iterator[Mutant[Files]]:
    """The same for a check in a composite action of a reusable workflow."""
    tests, action, ci = ".github/workflows/tests.yml", ".github/actions/slow/action.yml", ".github/workflows/ci.yml"
    yield from edits(
        CALLED,
        ("call: nobody calls", lambda files: {path: text for path, text in files.items() if path != ci}),
        ("call: only by schedule", _in(ci, "  pull_request:\n", "  schedule: [{cron: 7 5 * * *}]\n")),
        ("call: the caller never runs", _in(ci, "    uses:", "    if: false\n    uses:")),
        ("call: the input is false", _in(ci, "run-slow: true", "run-slow: false")),
        ("call: the input is left to its default", _in(ci, _HANDED, "")),
        ("call: the job is soft", _in(tests, "    runs-on:", "    continue-on-error: true\n    runs-on:")),
        ("call: another repository", _in(ci, "./.github/workflows/tests.yml", "org/ci/.github/workflows/tests.yml@v1")),
        ("call: itself", _in(ci, "tests.yml", "ci.yml")),
        ("action: gone", lambda files: {path: text for path, text in files.items() if path != action}),
        ("call: an input of a leg", _in(
            ci, _HANDED, "    strategy: {matrix: {slow: [true]}}\n    with: {run-slow: '${{ matrix.slow }}'}\n")),
        ("call: an input that only the run knows", _in(ci, "run-slow: true", "run-slow: ${{ vars.SLOW == 'yes' }}")),
        ("action: an input says no", _in(tests, "${{ inputs.run-slow }}", "false")),
        ("action: an input is left to its default", _in(tests, _PASSED_ON, "")),
        ("action: an input that only the run knows", _in(tests, "inputs.run-slow }}", "vars.SLOW }}")),
        ("action: an input of the workflow's", _in(action, "if: inputs.enabled == 'true'", "if: inputs.run-slow")),
        ("action: an input makes it soft", _in(tests, "          enabled", "          soft: true\n          enabled")),
        ("action: a default makes it soft", _in(action, 'soft:\n    default: "false"', "soft:\n    default: true")),
        ("action: soft", _in(action, "continue-on-error: ${{ inputs.soft == 'true' }}", "continue-on-error: true")),
        ("action: swallows", _in(action, "-m slow", "-m slow || true")),
        ("action: other command", _in(action, "pytest -m slow", "echo pytest -m slow")),
        ("action: the step that uses it is skipped", _in(tests, "actions/slow\n", "actions/slow\n        if: false\n")),
    )  # fmt: skip


def harmless_calls() -> Iterator[Mutant[Files]]:
    """Changes after which a check in a composite action of a reusable workflow is as good as before."""
    tests, action, ci = ".github/workflows/tests.yml", ".github/actions/slow/action.yml", ".github/workflows/ci.yml"
    through = ".github/workflows/through.yml"
    yield from edits(
        CALLED,
        ("call: an input in other letters", _in(ci, "run-slow: true", "Run-Slow: True")),
        ("call: the default says yes", _all_of(
            _in(ci, _HANDED, ""),
            _in(tests, "default: false", "default: true"))),
        ("call: an expression", _in(ci, "run-slow: true", "run-slow: ${{ github.event_name != 'push' }}")),
        ("call: a number", _all_of(
            _in(ci, "run-slow: true", "run-slow: 2"),
            _in(tests, "type: boolean", "type: number"),
            _in(tests, "if: inputs.run-slow", "if: inputs.run-slow > 1"),
            _in(tests, "inputs.run-slow }}", "inputs.run-slow > 1 }}"))),
        ("call: through another one", lambda files: {
            **files,
            through: files[ci].replace("  pull_request:\n", "  workflow_call:\n"),
            ci: files[ci].replace("tests.yml\n    with:\n      run-slow: true", "through.yml")}),
        ("action: the default says yes", _all_of(
            _in(tests, _PASSED_ON, ""),
            _in(action, 'enabled:\n    default: "false"', "enabled:\n    default: true"))),
        ("action: an input is a text, and `false` is one", _all_of(
            _in(tests, "${{ inputs.run-slow }}", "false"), _in(action, "inputs.enabled == 'true'", "inputs.enabled"))),
        ("action: its own steps", _in(
            action, "      run: pytest", "      id: slow\n      run: pytest")),
        ("action: a variable of the step that uses it", _all_of(
            _in(tests, "        with:\n", "        env:\n          SLOW: ${{ inputs.run-slow }}\n        with:\n"),
            _in(action, "inputs.enabled == 'true'", "env.SLOW == 'true'"))),
    )  # fmt: skip


def wrong_actions() -> Iterator[Mutant[Files]]:
    """Changes after which a step can pass without the work of the action that it uses."""
    ci = ".github/workflows/ci.yml"
    restore, compare = ".github/actions/restore/action.yml", ".github/actions/compare/action.yaml"
    script, step = "        make restore\n        ./compare.sh before after\n", "    - name: Compare\n"

    def gone(path: str) -> Callable[[Files], Files]:
        return lambda files: {name: text for name, text in files.items() if name != path}

    def scripted(*lines: str) -> Callable[[Files], Files]:
        return _in(compare, script, "".join(f"        {line}\n" for line in lines))

    yield from edits(
        USING,
        ("own action: swallows", scripted("make restore || true", "./compare.sh before after || true")),
        ("own action: the comparison is swallowed", scripted("make restore", "./compare.sh before after || true")),
        ("own action: goes on", scripted("set +e", "make restore", "./compare.sh before after", "echo done")),
        ("own action: ends before", scripted("exit 0", "make restore", "./compare.sh before after")),
        ("own action: only prints", scripted("echo make restore")),
        ("own action: commented out", scripted("# make restore", "# ./compare.sh before after", "echo well")),
        ("own action: soft", _in(compare, "${{ inputs.soft == 'true' }}", "true")),
        ("own action: soft where a variable says so", _in(compare, "inputs.soft == 'true'", "vars.SOFT == 'yes'")),
        ("own action: an input makes it soft", _in(ci, "bucket: nightly\n", "bucket: nightly\n          soft: true\n")),
        ("own action: a default makes it soft", _in(restore, 'default: "false"', 'default: "true"')),
        ("own action: skipped", _in(compare, step, step + "      if: false\n")),
        ("own action: only on another event", _in(compare, step, step + "      if: github.event_name == 'schedule'\n")),
        ("own action: only where a variable says so", _in(compare, step, step + "      if: vars.RUN == 'yes'\n")),
        ("own action: the nested one is soft", _in(
            restore, "    - uses: ./.github/actions/compare\n",
            "    - uses: ./.github/actions/compare\n      continue-on-error: true\n")),
        ("own action: the nested one is skipped", _in(
            restore, "actions/compare\n", "actions/compare\n      if: false\n")),
        ("own action: the nested one is gone", gone(compare)),
        ("own action: gone", gone(restore)),
        ("own action: moved", lambda files: {**gone(restore)(files), ".github/actions/x/action.yml": files[restore]}),
        ("own action: no YAML", _in(restore, "runs:\n", "runs: [\n")),
        ("own action: a list", lambda files: {**files, restore: "- runs\n"}),
        ("own action: empty", lambda files: {**files, restore: ""}),
        ("own action: runs nothing", lambda files: {**files, restore: "name: restore\n"}),
        ("own action: no steps", lambda files: {**files, compare: "runs:\n  using: composite\n  steps: []\n"}),
        ("own action: a runtime that nobody knows", _in(restore, "using: composite", "using: wasm")),
        ("own action: uses itself", _in(restore, "./.github/actions/compare", "./.github/actions/restore")),
        ("own action: in the background", _in(compare, step, step + "      background: true\n")),
        ("own action: in a shell that is handed to it", _in(compare, "shell: bash", "shell: ${{ inputs.shell }}")),
        ("own action: the step that uses it is soft", _in(
            ci, "        uses: ./.github/actions/restore\n",
            "        uses: ./.github/actions/restore\n        continue-on-error: true\n")),
        ("own action: another one", _in(ci, "uses: ./.github/actions/restore", "uses: ./.github/actions/other")),
    )  # fmt: skip


def harmless_actions() -> Iterator[Mutant[Files]]:
    """Changes after which the action that a step uses does its work as before."""
    ci = ".github/workflows/ci.yml"
    restore, compare = ".github/actions/restore/action.yml", ".github/actions/compare/action.yaml"
    program = "runs:\n  using: {using}\n  main: dist/index.js\n"
    yield from edits(
        USING,
        ("own action: written with a slash at the end", _in(ci, "actions/restore\n", "actions/restore/\n")),
        ("own action: from the commit that runs", _in(ci, "./.github/actions/restore", "$/.github/actions/restore")),
        ("own action: in Node.js", lambda files: {**files, restore: program.format(using="node24")}),
        ("own action: in a container", lambda files: {**files, compare: program.format(using="docker")}),
        ("own action: a Dockerfile alone", lambda files: {
            **{path: text for path, text in files.items() if path != compare},
            ".github/actions/compare/Dockerfile": "FROM alpine\n"}),
        ("own action: a condition that holds", _in(
            compare, "    - name: Compare\n", "    - name: Compare\n      if: github.event_name == 'pull_request'\n")),
        ("own action: reports afterwards", _in(
            compare, "      shell: bash\n",
            "      shell: bash\n    - if: always()\n      uses: actions/upload-artifact@v4\n")),
        ("own action: an input that changes nothing", _in(ci, "bucket: nightly", "bucket: ${{ vars.BUCKET }}")),
        ("own action: an action of another repository in it", _in(
            restore, "./.github/actions/compare", "acme/compare@v1")),
    )  # fmt: skip


def verdicts(variants: Iterable[Mutant[Files]], declared: str) -> list[Outcome]:
    """What the checker says of each of some variants."""
    those = [Mutant(variant.name, Declared(declared, variant.mutated)) for variant in variants]
    return file_mutants.outcomes(CiCheckChecker(), those)


def outcomes() -> list[Outcome]:
    """What the checker says of every mutant that is wrong."""
    return [
        *verdicts(wrong(), DECLARED),
        *verdicts(wrong_calls(), DECLARED_CALLED),
        *verdicts(wrong_actions(), DECLARED_STEP),
        *proof_mutants.outcomes(proof_mutants.wrong()),
    ]


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of every variation that is as good as before."""
    return [
        *verdicts(harmless(), DECLARED),
        *verdicts(harmless_calls(), COMMAND_CALLED),
        *verdicts(harmless_actions(), DECLARED_STEP),
        *proof_mutants.outcomes(proof_mutants.harmless()),
    ]
