"""A real Prometheus and a real Alertmanager on this machine, where their programs are installed."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request

PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Servers:
    """Both servers, started in `folder` with what was written there; stopped at the end.

    Args:
        folder: where they keep what they have.
        rules: a rule file.
        routing: Alertmanager's configuration.
        samples: OpenMetrics text with time stamps, to have been scraped in the past.
        targets: `host:port` of what is scraped beside Prometheus itself, as the job `shop`.
    """

    def __init__(self, folder, *, rules, routing, samples="", targets=()):
        self.folder = folder
        self.prometheus = f"http://127.0.0.1:{free_port()}"
        self.alertmanager = f"http://127.0.0.1:{free_port()}"
        (folder / "rules.yml").write_text(rules)
        (folder / "am.yml").write_text(routing)
        (folder / "prometheus.yml").write_text(
            f"""global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{region: eu}}}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{self.alertmanager[7:]}"]}}]}}]}}
scrape_configs:
  - {{job_name: self, static_configs: [{{targets: ["{self.prometheus[7:]}"]}}]}}
  - {{job_name: shop, static_configs: [{{targets: {json.dumps(list(targets))}}}]}}
"""
        )
        if samples:
            (folder / "samples.txt").write_text(samples)
            subprocess.run(
                ["promtool", "tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
        self._processes = []

    @property
    def environment(self):
        """What loopcheck needs to ask them."""
        return {"PROMETHEUS_URL": self.prometheus, "ALERTMANAGER_URL": self.alertmanager}

    def __enter__(self):
        self._start(
            "prometheus",
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=60d",
            "--rules.alert.resend-delay=1s",  # what fires before the Alertmanager is known is told again at once
            f"--web.listen-address={self.prometheus[7:]}",
        )
        self._start(
            "prometheus-alertmanager",
            "--config.file=am.yml",
            "--storage.path=amdata",
            f"--web.listen-address={self.alertmanager[7:]}",
            "--cluster.listen-address=",
        )
        try:
            self.wait(lambda: self.get(f"{self.prometheus}/-/ready") and self.get(f"{self.alertmanager}/-/ready"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)

    def _start(self, *command):
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
            self._processes.append(subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, env=environment))

    def get(self, url, data=None):
        """The body of an answer, or nothing while there is none."""
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - of this machine
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                return answer.read()
        except OSError:
            return b""

    @staticmethod
    def wait(ready, seconds=20):
        """Wait until `ready` says so."""
        deadline = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < deadline, "the servers are not ready"
            time.sleep(0.05)
