"""What is written for GitHub's runner, read back as the runner reads it."""

import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck import runner
from loopcheck.testing.runner_log import names, outputs


@pytest.fixture
def told(tmp_path):
    with opened(tmp_path) as one:
        yield one


def opened(tmp_path):
    return runner.Runner({"GITHUB_OUTPUT": str(tmp_path / "outputs"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")})


def test_outputs_and_summary_are_added_to_what_is_there(tmp_path):
    (tmp_path / "outputs").write_text("earlier=1\n")
    (tmp_path / "summary").write_text("# Earlier\n")
    with opened(tmp_path) as one:
        one.output("verdict", "failed")
        one.output("failed", 3)
        one.summary("## loopcheck ❌\n")
    assert outputs((tmp_path / "outputs").read_text()) == {"earlier": "1", "verdict": "failed", "failed": "3"}
    assert (tmp_path / "summary").read_text("utf-8") == "# Earlier\n## loopcheck ❌\n"


def test_without_a_runner_nothing_is_written():
    one = runner.Runner({})
    one.output("verdict", "failed")
    one.summary("## loopcheck\n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "failed\nverified=9"),
        ("verdict", "a\rb"),
        ("verdict", "ünlesbar"),
        ("verdict", "\x1b[31m"),
        ("verdict<<E", "x"),
        ("verdict=", "x"),
        ("PATH", "x"),
    ],
)
def test_an_output_that_could_be_more_than_itself_is_refused(tmp_path, told, name, value):
    with pytest.raises(ValueError, match="not fit"):
        told.output(name, value)
    assert (tmp_path / "outputs").read_text() == ""


@given(values=st.lists(st.text(max_size=30), max_size=5))
def test_whatever_is_given_the_runner_reads_the_accepted_values_and_nothing_else(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("runner")
    accepted = {}
    with opened(folder) as one:
        for name, value in zip("abcde", values, strict=False):
            try:
                one.output(name, value)
            except ValueError:
                continue
            accepted[name] = value
    assert outputs((folder / "outputs").read_text("utf-8")) == accepted


def test_nothing_that_is_printed_in_between_is_obeyed(capsys):
    with runner.no_commands():
        sys.stdout.write(
            "::set-output name=verdict::verified\n  ::add-mask::a\nx ##[error]y\n::stop-commands::z\n::z::\n"
        )
    sys.stdout.write("::warning::ours\n")
    assert names(capsys.readouterr().out) == ["warning"]


def test_the_word_that_ends_it_is_another_each_time(capsys):
    with runner.no_commands():
        pass
    with runner.no_commands():
        pass
    assert len(set(re.findall(r"[0-9a-f]{64}", capsys.readouterr().out))) == 2


@given(message=st.text(max_size=80) | st.sampled_from(["a\n::error::b", "##[error]x", "::", "50%0A::error::x"]))
def test_an_annotation_is_one_command_whatever_it_says(message):
    printed = io.StringIO()
    stdout, sys.stdout = sys.stdout, printed
    try:
        runner.error(message, title=message)
    finally:
        sys.stdout = stdout
    assert names(printed.getvalue()) == ["error"]
    assert len(printed.getvalue().splitlines()) == 1
