"""A sweep of 200 items x 3 artifacts, beside the script of an afternoon: `python bench/sweep.py [SECONDS]`.

GitHub and Datadog are the stand-ins of the tests on this machine, and each answer takes SECONDS (0.05 if not given).
Both are whole processes: `loopcheck`, and a script that asks once for each artifact with PyGithub (its own pauses
switched off) and Datadog's client, as an engineer would write it for a start. Printed are requests and wall time.

`python bench/sweep.py 0.05 -- run --event schedule` measures what the action does, when it finds all as it was.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from standins.datadog.server import MONITORS, ROUTES  # noqa: E402
from standins.sweep import NOW, Scene  # noqa: E402

from loopcheck import events, handlers  # noqa: E402
from loopcheck.handlers.asked import Asked  # noqa: E402

LOOPCHECK = [sys.executable, "-I", "-m", "loopcheck"]
VERIFY = ["verify", "--issues", "--now", f"{NOW:%Y-%m-%dT%H:%MZ}"]
# Not isolated: what it asks for stands in the environment alone.
SCRIPT = [sys.executable, str(HERE / "one_call_each.py")]


def measured(scene: Scene, command: list[str], what: str) -> float:
    """Run a command in the scene, print what it took, and return its wall time in seconds."""
    scene.github.requests.clear()
    scene.datadog.requests.clear()
    environment = {**os.environ, **scene.environment, "NO_COLOR": "1"}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=scene.repository.folder, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    github, datadog = len(scene.github.requests), len(scene.datadog.requests)
    last = (done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""])[-1]
    print(f"  {what:<32}{github:>6} GitHub {datadog:>5} Datadog {seconds:>8.2f} s   exit {done.returncode}: {last}")
    return seconds


def named_monitors(scene: Scene) -> None:
    """Let Datadog find monitors by their name, which loopcheck does not ask of it and the script does."""
    asked = ROUTES[MONITORS]

    def named(standin: object, query: dict[str, str]) -> object:
        if "name" not in query:
            return asked.handler(standin, query)
        return [one for one in scene.datadog.monitors if query["name"] in one["name"]]

    ROUTES[MONITORS] = replace(asked, parameters=(*asked.parameters, "name"), handler=named)


def settle(scene: Scene) -> None:
    """Sweep for the first time, so that everything is said."""
    latency, scene.github.latency, scene.datadog.latency = scene.github.latency, 0, 0
    environment = {**scene.environment, "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1"}
    asked = Asked(scene.repository.folder, environment, now=NOW, sleep=lambda _: None, clock=NOW.timestamp)
    outcome = handlers.handle(events.Sweep("schedule"), asked)
    print(f"the first sweep wrote {outcome.written} things and left {len(outcome.left)}: {outcome.spent}")
    scene.github.latency = scene.datadog.latency = latency
    for token in scene.github.tokens.values():
        token.used.clear()


def main() -> None:
    """Measure both."""
    arguments = sys.argv[1:]
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else VERIFY
    numbers = arguments[: arguments.index("--")] if "--" in arguments else arguments
    latency = float(numbers[0]) if numbers else 0.05
    with tempfile.TemporaryDirectory() as folder, Scene(Path(folder) / "shop", latency=latency) as scene:
        scene.github.validate = None  # or the stand-in would be what is measured
        if command[0] == "run":
            settle(scene)
            command += ["--now", f"{NOW:%Y-%m-%dT%H:%MZ}"]
        print(f"200 items x 3 artifacts, {latency * 1e3:.0f} ms a request")
        ours = min(measured(scene, [*LOOPCHECK, *command], f"loopcheck {command[0]}") for _ in range(3))
        named_monitors(scene)
        theirs = measured(scene, SCRIPT, "one call for each artifact")
    print(f"  {theirs / ours:.0f} times as long")


if __name__ == "__main__":
    main()
