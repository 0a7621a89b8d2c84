"""A sweep of 200 items x 3 artifacts, beside the script of an afternoon: `python bench/sweep.py [SECONDS]`.

GitHub and Datadog are the stand-ins of the tests on this machine, and each answer takes SECONDS (0.05 if not given).
Both are whole processes: `loopcheck`, and a script that asks once for each artifact with PyGithub (its own pauses
switched off) and Datadog's client, as an engineer would write it for a start. Printed are requests and wall time.

`python bench/sweep.py 0.05 -- run` measures another command of loopcheck.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from standins.sweep import NOW, Scene  # noqa: E402

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
    github, datadog = len(scene.github.requests), sum(scene.datadog.requests.values())
    last = (done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""])[-1]
    print(f"  {what:<32}{github:>6} GitHub {datadog:>5} Datadog {seconds:>8.2f} s   exit {done.returncode}: {last}")
    return seconds


def named_monitors(scene: Scene) -> None:
    """Let Datadog find monitors by their name, which loopcheck does not ask of it and the script does."""
    otherwise = scene.datadog.answer

    def answer(path: str, query: dict[str, list[str]], headers: object) -> object:
        if "name" not in query:
            return otherwise(path, query, headers)
        return 200, [one for one in scene.datadog.monitors if query["name"][0] in one["name"]]

    scene.datadog.answer = answer


def main() -> None:
    """Measure both."""
    arguments = sys.argv[1:]
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else VERIFY
    numbers = arguments[: arguments.index("--")] if "--" in arguments else arguments
    latency = float(numbers[0]) if numbers else 0.05
    with tempfile.TemporaryDirectory() as folder, Scene(Path(folder) / "shop", latency=latency) as scene:
        scene.github.validate = None  # or the stand-in would be what is measured
        print(f"200 items x 3 artifacts, {latency * 1e3:.0f} ms a request")
        ours = min(measured(scene, [*LOOPCHECK, *command], f"loopcheck {command[0]}") for _ in range(3))
        named_monitors(scene)
        theirs = measured(scene, SCRIPT, "one call for each artifact")
    print(f"  {theirs / ours:.0f} times as long")


if __name__ == "__main__":
    main()
