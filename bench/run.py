"""How long loopcheck takes, beside bare Python and beside the obvious script: `python bench/run.py [WORD]`.

Times are CPU time of one machine; the ratios are what can be compared. Each figure is the least of a few runs. Aims are
those of docs/how-it-works.md: an aim that is missed is marked, and nothing else happens.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import scene

RUNS = 5
LOOPCHECK = [sys.executable, "-I", "-m", "loopcheck"]
NOW = "2026-11-20"


def best(work: Callable[[], object], runs: int = RUNS) -> float:
    """The least CPU seconds of a few runs, those of the processes that it started among them.

    On a machine that does other things as well, CPU time says more than the clock.
    """
    times = []
    for _ in range(runs):
        before = spent()
        work()
        times.append(spent() - before)
    return min(times)


def spent() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def process(*command: str | Path) -> Callable[[], object]:
    """Running a command to its end."""
    return lambda: subprocess.run([str(part) for part in command], capture_output=True, check=False)


def say(what: str, seconds: float, beside: str = "", than: float | None = None, aim: float | None = None) -> None:
    """Print one line: the time, how many times another thing's time it is, and whether the aim was missed."""
    ratio = "" if than is None else f"{seconds / than:8.2f}x {beside}"
    missed = f"  <-- aim {aim * 1e3:.0f} ms" if aim is not None and seconds > aim else ""
    print(f"  {what:<46}{seconds * 1e3:>10.1f} ms{ratio}{missed}", flush=True)


def starts(folder: Path) -> None:
    """What it costs to start."""
    bare = best(process(sys.executable, "-I", "-c", "pass"), 2 * RUNS)
    one = scene.build(folder / "one", scene.files(1, 1, 3), 50)
    say("python -c pass", bare)
    say("loopcheck --version", best(process(*LOOPCHECK, "--version")), "bare", bare, 6 * bare)
    say("loopcheck explain", best(process(*LOOPCHECK, "explain")), "bare", bare)
    say(
        "verify, one item, offline",
        best(process(*LOOPCHECK, "verify", "--repo", one, "--now", NOW)),
        "bare",
        bare,
        0.25,
    )


def workflows(_folder: Path) -> None:
    """Reading workflow files, with the line of every value."""
    import ruamel.yaml

    from loopcheck.documents import yaml

    for number in (300, 3000):
        texts = [scene.WORKFLOW.format(n=n) for n in range(number)]
        ours = best(lambda texts=texts: read_each(texts, lambda text: yaml.load(text, "w.yml")), 3)
        theirs = best(lambda texts=texts: read_each(texts[:30], ruamel.yaml.YAML(typ="rt").load), 2) * number / 30
        say(f"{number} workflow files", ours, "ruamel.yaml round-trip", theirs, 0.0005 * number)
    with contextlib.suppress(ImportError):
        import yaml as pyyaml

        theirs = best(lambda: read_each(texts[:300], lambda text: pyyaml.load(text, pyyaml.CSafeLoader)), 2)
        say("300 files with PyYAML in C, no lines, `on` lost", theirs)


def read_each(texts: list[str], read: Callable[[str], object]) -> None:
    """Read one text after the other, and keep none."""
    for text in texts:
        read(text)


def items(folder: Path) -> None:
    """Many items: the time must grow as their number does."""
    before = None
    for number in (200, 2000):
        place = scene.build(folder / str(number), scene.files(number, 3, 300), 10_000)
        seconds = best(process(*LOOPCHECK, "verify", "--repo", place, "--now", NOW), 3)
        say(
            f"verify, {number} items x 3, 10,000 commits",
            seconds,
            "the line above",
            before,
            0.5 if number == 200 else 5.0,
        )
        before = seconds
        log = [*("git", "-C", place, "log", "-1", "--format=%H", f"--since={scene.START}", "--")]
        commands = [process(*log, f"runbooks/{n}.md") for n in range(20)]
        obvious = best(lambda commands=commands: [command() for command in commands], 1)
        say(f"the obvious script: one `git log` an item, {number}", obvious * number / len(commands))


def monitors(_folder: Path) -> None:
    """Decoding a list of a thousand monitors."""
    from loopcheck_checks.systems.datadog.records import decode_monitors

    one = {
        "id": 1, "name": "Replica is lagging", "type": "query alert", "tags": ["service:db", "team:data"],
        "query": "avg(last_5m):avg:postgresql.replication_delay{env:prod} by {host} > 30",
        "message": "{{#is_alert}}lag{{/is_alert}} @pagerduty-database", "priority": 2, "multi": True,
        "created": "2026-01-01T00:00:00.000000+00:00", "modified": "2026-01-01T00:00:00.000000+00:00", "deleted": None,
        "overall_state": "OK", "overall_state_modified": "2026-01-01T00:00:00.000000+00:00", "org_id": 1,
        "creator": {"name": "A", "handle": "a@example.org", "email": "a@example.org"}, "restricted_roles": None,
        "options": {
            "thresholds": {"critical": 30.0, "warning": 20.0}, "notify_no_data": False, "notify_audit": False,
            "include_tags": True, "new_group_delay": 60, "renotify_interval": 0, "silenced": {}, "locked": False,
        },
    }  # fmt: skip
    data = json.dumps([one | {"id": number} for number in range(1000)]).encode()
    ours = best(lambda: decode_monitors(data), 5)
    say("1,000 monitors decoded", ours, "json.loads", best(lambda: json.loads(data)), 0.02)
    from datadog_api_client import Configuration
    from datadog_api_client.api_client import ApiClient
    from datadog_api_client.v1.model.monitor import Monitor

    client = ApiClient(Configuration())
    text = json.dumps([one | {"id": number} for number in range(100)])
    theirs = best(lambda: client.deserialize(text, ([Monitor],), True), 2) * 10
    say("1,000 monitors with the official models", theirs, "ours", ours)


PARTS: dict[str, Callable[[Path], None]] = {
    "starts": starts,
    "workflows": workflows,
    "items": items,
    "monitors": monitors,
}


def main() -> None:
    """Run the parts whose names hold the given word."""
    wanted = " ".join(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        for name, part in PARTS.items():
            if wanted in name:
                print(f"{name}: {(part.__doc__ or '').strip()}")
                with contextlib.redirect_stderr(io.StringIO()):
                    part(Path(folder) / name)


if __name__ == "__main__":
    main()
