"""Repositories of a given size for the benchmark, made with `git fast-import`: 10,000 commits take a second."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

START = 1_760_000_000
"""The first commit's time; one commit a minute follows."""

WORKFLOW = """name: ci
on:
  push: {{branches: [main]}}
  pull_request:
jobs:
  test-{n}:
    runs-on: ubuntu-latest
    strategy:
      matrix: {{python: ['3.11', '3.12', '3.13']}}
    steps:
      - uses: actions/checkout@v4
        with: {{fetch-depth: 0}}
      - name: Set up
        uses: actions/setup-python@v5
        with:
          python-version: ${{{{ matrix.python }}}}
      - name: Install
        run: |
          python -m pip install --upgrade pip
          pip install -r requirements.txt
      - name: Check migrations
        run: python manage.py makemigrations --check --dry-run
      - name: Test
        env: {{DATABASE_URL: 'postgres://localhost/test'}}
        run: pytest --maxfail=1 -q tests/{n}
  lint-{n}:
    runs-on: ubuntu-latest
    needs: [test-{n}]
    if: github.event_name != 'schedule'
    steps:
      - uses: actions/checkout@v4
      - run: ruff check .
"""
RUNBOOK = """# Runbook {n}

## Symptoms

The replica is behind, and reads are old.

## Replica is lagging

1. Look at `pg_stat_replication`.
2. Run `select pg_wal_replay_resume()` on replica {n}.
3. Page the database's owner.

## After

Write down what was done.
"""
CONFIG = "service: s{n}\ndatabase:\n  pool: {n}\n  timeout: 30s\nretries: 3\n"


def post_mortem(number: int, items: int, artifacts: int) -> str:
    """A post-mortem with `items` items of up to three artifacts each."""
    parts = [f"---\nincident:\n  id: INC-{number}\n  started: 2025-10-09T09:00Z\n---\n# Incident {number}\n\nText.\n"]
    for place in range(items):
        n = number * items + place
        kinds = [
            f"  - config-value: {{path: config/{n % 1000}.yml, key: database.timeout, is: '<= 1m'}}\n",
            f"  - repo-text: {{paths: runbooks/{n % 1000}.md, must-match: [pg_wal_replay_resume]}}\n",
            f"  - repo-file: {{path: .github/workflows/{n % 300}.yml}}\n",
        ]
        body = "".join(kinds[:artifacts])
        parts.append(
            f"\n## Guard replica {n}\n\nSome words on why, and what was found.\n\n"
            f'```loopcheck\nowner: "@alice"\ndue: 2026-12-15\nkind: prevent\nverify:\n{body}```\n'
        )
    return "".join(parts)


def files(items: int, artifacts: int, workflows: int) -> dict[str, str]:
    """The files of a repository with so many items and workflow files."""
    out = {f".github/workflows/{n}.yml": WORKFLOW.format(n=n) for n in range(workflows)}
    out |= {f"runbooks/{n}.md": RUNBOOK.format(n=n) for n in range(min(1000, max(1, items)))}
    out |= {f"config/{n}.yml": CONFIG.format(n=n) for n in range(min(1000, max(1, items)))}
    for number in range(max(1, items // 10)):
        out[f"postmortems/{number}.md"] = post_mortem(number, min(10, items), artifacts)
    return out


def build(folder: Path, content: dict[str, str], commits: int) -> Path:
    """A repository with `content` in its first commit, and `commits` that each change one file of it."""
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    stream = b"".join(_stream(content, commits))
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream, check=True)
    subprocess.run(["git", "-C", str(folder), "reset", "-q", "--hard"], check=True)
    return folder


def _stream(content: dict[str, str], commits: int) -> Iterator[bytes]:
    def commit(number: int, changed: Iterable[tuple[str, str]]) -> Iterator[bytes]:
        message = f"Commit {number}".encode()
        yield f"commit refs/heads/main\ncommitter Dev <dev@example.org> {START + 60 * number} +0000\n".encode()
        yield b"data %d\n%s\n" % (len(message), message)
        for path, text in changed:
            data = text.encode()
            yield f"M 100644 inline {path}\n".encode() + b"data %d\n%s\n" % (len(data), data)

    yield from commit(0, content.items())
    changing = sorted(path for path in content if path.startswith("runbooks/"))
    for number in range(1, commits):
        path = changing[number % len(changing)]
        yield from commit(number, [(path, content[path] + f"\nReviewed for the {number}th time.\n")])
