"""The bar of a long run: only on a terminal, only after a while, and from any thread."""

import io
import threading

import pytest

from loopcheck.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock():
    return [0.0]


def watch(monkeypatch, stderr, clock, steps, terminal="xterm"):
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", terminal)
    with Progress(clock=lambda: clock[0]) as progress:
        for at, done in steps:
            clock[0] = at
            progress.step(done, 40)
    progress.step(40, 40)  # a look that was left alone comes back after the run
    return stderr.getvalue()


def test_a_short_run_shows_nothing(monkeypatch, clock):
    assert watch(monkeypatch, Terminal(), clock, [(0.1, 1), (0.9, 39)]) == ""


def test_a_long_run_shows_how_far_it_is(monkeypatch, clock):
    assert "17/40" in watch(monkeypatch, Terminal(), clock, [(0.1, 1), (1.5, 17)])


@pytest.mark.parametrize(("stderr", "terminal"), [(io.StringIO, "xterm"), (Terminal, "dumb")])
def test_without_a_terminal_there_is_never_a_bar(monkeypatch, clock, stderr, terminal):
    assert watch(monkeypatch, stderr(), clock, [(5.0, 17)], terminal) == ""


def test_steps_come_from_several_threads(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with Progress(clock=iter(range(10**6)).__next__) as progress:
        crew = [threading.Thread(target=lambda: [progress.step(n, 9) for n in range(9)]) for _ in range(4)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
