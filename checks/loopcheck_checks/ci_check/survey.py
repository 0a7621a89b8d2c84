"""How the checker gets on with many real workflow files: what it could read, and what it said of every job.

For tools/accuracy.py and for whoever wants to know of their own repositories. The folder holds one folder for each
repository, with its workflow files in it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from loopcheck.model import ArtifactResult
from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.world import Session
from loopcheck_checks.ci_check import CiCheckChecker
from loopcheck_checks.ci_check.catalogue import FOLDER, catalogue


class Survey(msgspec.Struct):
    """What was counted."""

    files: int = 0
    unreadable: list[str] = []
    """Files that are no YAML or no workflow, with why."""
    jobs: int = 0
    steps: int = 0
    scripts: int = 0
    unreadable_scripts: int = 0
    """Scripts that cannot be read, other shells among them."""
    verdicts: dict[str, int] = {}
    """How many jobs got each verdict, declared by workflow and job."""
    reasons: dict[str, int] = {}
    """How often each reason was given."""


def sessions(folder: Path) -> Iterator[tuple[str, Session]]:
    """A session for each repository in `folder`, its files where GitHub expects workflows."""
    for source in sorted(path for path in folder.iterdir() if path.is_dir()):
        with tempfile.TemporaryDirectory() as place:
            repository = RepositoryBuilder(Path(place))
            files = {f"{FOLDER}/{file.name}": file.read_bytes() for file in sorted(source.iterdir()) if file.is_file()}
            repository.commit({path: data for path, data in files.items() if path.endswith((".yml", ".yaml"))})
            session = repository.session()
            yield source.name, session
            session.repository.close()


def of_job(session: Session, file: str, job: str) -> ArtifactResult:
    """What the checker says of one job, declared by its file and id."""
    declared = f"workflow: {msgspec.json.encode(file).decode()}\njob: {msgspec.json.encode(job).decode()}\n"
    return examine(CiCheckChecker(), declared + "required: false\n", session)


def survey(folder: Path) -> Survey:
    """Read every workflow file below `folder`, and judge every job in it."""
    result = Survey()
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for _, session in sessions(folder):
        found = catalogue(session.world())
        result.files += len(found.paths)
        result.unreadable += [unread.message for unread in found.unread()]
        for workflow in found.all():
            for identity in workflow.job_ids():
                steps = workflow.job(identity).steps
                result.jobs += 1
                result.steps += len(steps)
                scripts = [step for step in steps if step.run]
                result.scripts += len(scripts)
                result.unreadable_scripts += sum(found.commands(step) is None for step in scripts)
                said = of_job(session, workflow.path.rpartition("/")[2], identity)
                verdicts[said.verdict.value] += 1
                reasons.update(claim.reason for claim in said.claims if claim.reason)
    result.verdicts, result.reasons = dict(verdicts.most_common()), dict(reasons.most_common())
    return result


def figures(corpora: Path) -> Iterator[tuple[str, int]]:
    """What tools/accuracy.py tabulates, from the folder `workflows` of `corpora`."""
    found = survey(corpora / "workflows")
    yield "workflow files read", found.files
    yield "that cannot be read", len(found.unreadable)
    yield "jobs judged", found.jobs
    yield from ((f"of them {verdict.upper()}", number) for verdict, number in found.verdicts.items())
    yield "crashes", found.reasons.get("checker-crashed", 0)
    yield "scripts", found.scripts
    yield "scripts that cannot be read, other shells among them", found.unreadable_scripts
