"""Every page that shows a console shows what is really printed.

`LOOPCHECK_UPDATE=1 pytest tests/test_documents_are_true.py` writes what is printed into the pages.
"""

import os
from pathlib import Path

import pytest
from standins.volume import each_in_part

from loopcheck.testing import literate

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("checks/**/*.md")]
    if "\n```console" in path.read_text("utf-8")
)


@pytest.mark.parametrize("page", each_in_part(PAGES, every=4), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_is_printed(page, tmp_path):
    examples = literate.run(page, tmp_path)
    if os.environ.get("LOOPCHECK_UPDATE"):
        literate.update(page, examples)
    for example in examples:
        if not example.agrees:
            assert example.actual == example.expected, f"{page}:{example.line}"


def test_every_checker_has_a_page_and_an_example_that_is_run():
    folders = {path.parent for path in ROOT.glob("checks/loopcheck_checks/*/manifest.py")}
    assert folders
    for folder in folders:
        assert (folder / "README.md").exists(), folder
        assert folder / "example.md" in PAGES, folder
