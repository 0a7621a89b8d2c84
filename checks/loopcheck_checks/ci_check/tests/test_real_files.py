"""Workflow files of public repositories, where they are at hand (`LOOPCHECK_CORPORA`)."""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from loopcheck.documents import yaml
from loopcheck.testing import examine
from loopcheck_checks.ci_check import CiCheckChecker
from loopcheck_checks.ci_check.survey import sessions, survey

CORPORA = os.environ.get("LOOPCHECK_CORPORA")
pytestmark = pytest.mark.skipif(not CORPORA, reason="LOOPCHECK_CORPORA is not set")
SAMPLE = Path(__file__).parent / "sample_of_jobs.yml"


def test_every_file_is_read_and_every_job_is_judged():
    found = survey(Path(CORPORA) / "workflows")
    assert found.files >= 222
    assert found.unreadable == []
    assert sum(found.verdicts.values()) == found.jobs
    assert "checker-crashed" not in found.reasons
    assert found.unreadable_scripts < found.scripts / 20


def test_the_sample_that_was_judged_by_hand_agrees():
    wanted = defaultdict(list)
    for row in yaml.load(SAMPLE.read_text("utf-8"), SAMPLE.name).value:
        wanted[row["repository"]].append(row)
    assert sum(map(len, wanted.values())) == 40
    wrong = []
    for name, session in sessions(Path(CORPORA) / "workflows"):
        for row in wanted.pop(name, []):
            declared = f"{{workflow: {row['file']}, job: {row['job']}, branches: [{row['branch']}], required: false}}"
            result = examine(CiCheckChecker(), declared, session)
            reasons = [claim.reason for claim in result.claims if claim.reason]
            if result.verdict.value != row["verdict"] or ("reason" in row and row["reason"] not in reasons):
                wrong.append((name, row["file"], row["job"], result.verdict.value, reasons))
    assert wrong == []
    assert not wanted
