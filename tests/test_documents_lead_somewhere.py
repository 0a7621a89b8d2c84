"""What the pages link to is there, and what the README shows is what there is."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from loopcheck import cli
from loopcheck.documents import markdown, sections
from loopcheck.registry import InstalledCheckers

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
WORKFLOW = "# .github/workflows/loopcheck-sweep.yml\n"
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("checks/**/*.md")})


def broken(page):
    """The links of a page that stay in the repository and lead to nothing."""
    document = sections.read(page.read_text("utf-8"), page.name)
    for link in (link for block in document.blocks for link in block.links):
        if re.match(r"[a-z]+:|//", link.destination):
            continue
        place, _, anchor = unquote(link.destination).partition("#")
        target = page.parent / place if place else page
        if not target.exists() or not target.resolve().is_relative_to(ROOT):
            yield f"{page.name}:{link.line}: {link.destination}"
        elif anchor and anchor not in sections.read(target.read_text("utf-8"), target.name).anchors:
            yield f"{page.name}:{link.line}: no heading {link.destination}"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_to_something(page):
    assert list(broken(page)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Top\n\n[a](#top) [b](#none) [c](gone.md) [d](https://example.org) [e](page.md#none)\n\n![f](g.svg)\n"
    )
    assert [found.rpartition(" ")[2] for found in broken(page)] != []


def test_the_readme_shows_the_workflow_of_the_examples():
    (shown,) = [f.text for f in markdown.fences(README, "README.md") if f.text.startswith(WORKFLOW)]
    example = (ROOT / "examples/workflows/sweep.yml").read_text("utf-8")
    assert shown.removeprefix(WORKFLOW).strip() == re.sub(r"\A(#.*\n)+", "", example).strip()


def test_the_readme_has_a_row_for_every_kind():
    rows = re.findall(r"^\| \[`([a-z-]+)`\]\((\S+)\) \|", README, re.MULTILINE)
    assert sorted(kind for kind, _ in rows) == InstalledCheckers().kinds()
    assert all(page == f"checks/loopcheck_checks/{kind.replace('-', '_')}/README.md" for kind, page in rows)


def test_the_readme_names_commands_and_options_that_exist(capsys):
    named = re.findall(
        r"\bloopcheck ([a-z]+)((?: --[a-z-]+| [\w.]+)*)",
        "\n".join(re.findall(r"`loop[^`]+`|^loop.*$", README, re.MULTILINE)),
    )
    assert len(named) > 5
    for command, options in named:
        assert command in cli._COMMANDS
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        shown = capsys.readouterr().out
        assert all(option in shown for option in re.findall(r"--[a-z-]+", options))
