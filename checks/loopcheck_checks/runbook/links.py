"""Whether the links of a runbook lead to something in the repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from loopcheck.checker import CannotTell, World
from loopcheck.documents.sections import Document, Link, Section, slug
from loopcheck_checks.runbook.formats import is_markdown, load
from loopcheck_checks.runbook.manifest import LinkSeen, LinksSeen

_MOST = 50  # so many findings are told

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:|//")
_LINES = re.compile(r"L[0-9]{1,9}(?:C[0-9]{1,9})?(?:-L?[0-9]{1,9}(?:C[0-9]{1,9})?)?")
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|\}\}")
_HUGO_REF = re.compile(r'\{\{[<%]\s{0,9}(?:rel)?ref\s{1,9}"([^"\n]{1,500})"')

_SITES = (
    "mkdocs.yml", "mkdocs.yaml", "_config.yml", "book.toml", "docusaurus.config.js",
    "docusaurus.config.ts", "hugo.toml", "hugo.yaml", "hugo.yml", "config.toml", "config.rb",
    "config/tech-docs.yml", "antora.yml", "docs/conf.py", "conf.py", "docs/_config.yml",
    "website/docusaurus.config.js", "docs/book.toml", "zensical.toml", "archetypes/default.md",
)  # fmt: skip
"""Files that say that the Markdown of a repository is made into a site, where a link may mean something else."""


class _Broken(Exception):  # noqa: N818 - it is an answer
    """The link leads to nothing."""


class _Unclear(Exception):  # noqa: N818 - it is an answer
    """It cannot be told whether the link leads to something."""


def look_at_links(world: World, path: str, document: Document, section: Section) -> LinksSeen:
    """Follow every link of `section` that stays in the repository.

    Links to other hosts are not looked at, nor is where in a file of code a link leads.
    """
    followed = 0
    broken: list[LinkSeen] = []
    unclear: list[LinkSeen] = []
    blocks = (section.heading, *section.blocks) if section.heading else section.blocks
    for block in blocks:
        references = _HUGO_REF.findall(block.text) if "{{" in block.text else []
        links = [*block.links, *(Link("{{ref}}" + reference, block.line) for reference in references)]
        for link in links:
            try:
                followed += _follow(world, path, document, link)
            except _Broken as answer:
                broken.append(LinkSeen(link.destination, link.line, str(answer)))
            except _Unclear as answer:
                unclear.append(LinkSeen(link.destination, link.line, str(answer)))
            except CannotTell as trouble:
                unclear.append(LinkSeen(link.destination, link.line, trouble.message))
    return LinksSeen(followed=followed, broken=tuple(broken[:_MOST]), unclear=tuple(unclear[:_MOST]))


def _follow(world: World, path: str, document: Document, link: Link) -> bool:
    """Whether `link` was followed; False where it leads out of the repository.

    Raises:
        _Broken, _Unclear, CannotTell: it leads to nothing, or that cannot be told.
    """
    destination = link.destination.strip()
    if destination.startswith("{{ref}}"):
        return _follow_hugo(world, path, destination.removeprefix("{{ref}}"))
    if _SCHEME.match(destination) or not destination:
        return False
    if _TEMPLATE.search(unquote(destination)):
        raise _Unclear("a template fills it in")
    place, hash_, anchor = destination.partition("#")
    place = unquote(place.partition("?")[0])
    anchor = unquote(anchor)
    if not place:
        _expect_anchor(document, anchor, path)
        return True
    target = _target(path, place)
    if target is None:
        return False
    found = _find(world, target, place)
    if hash_ and anchor and is_markdown(found):
        file = world.repo.entry(found)
        if file is not None:
            _expect_anchor(load(world, found, file.oid), anchor, found)
    return True


def _target(path: str, place: str) -> str | None:
    """The path in the repository that `place` means in the file at `path`; `None` where it leads out of it."""
    start = "" if place.startswith("/") else posixpath.dirname(path)
    joined = posixpath.normpath(posixpath.join(start, place.lstrip("/")))
    if joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def _find(world: World, target: str, place: str) -> str:
    """The path at which `target` is there.

    Raises:
        _Broken, _Unclear, CannotTell: it is not, or that cannot be told.
    """
    if target == "" or world.repo.is_folder(target) or world.repo.entry(target) is not None:
        return target
    other = next((name for name in _as_pages(target) if world.repo.entry(name) is not None), None)
    if other:
        raise _Unclear(f"there is {other}, which a site generator may serve there, and GitHub does not")
    name = target.rpartition("/")[2]
    if _is_site(world) and (place.startswith("/") or not is_markdown(name)):
        raise _Unclear("a site is made of this repository, and may have it there")
    near = _in_other_case(world)(target)
    raise _Broken(f"there is no {target}" + (f", but {near}" if near else ""))


def _as_pages(target: str) -> list[str]:
    """The files that site generators serve at `target`."""
    stem = target.removesuffix(".html").removesuffix("/index")
    return [
        name
        for name in (
            f"{stem}.md", f"{stem}.html.md.erb", f"{stem}.html.md", f"{stem}.mdx", f"{stem}.rst", f"{stem}.adoc",
            f"{stem}/index.md", f"{stem}/_index.md", f"{stem}/README.md", f"{stem}/index.html.md.erb",
        )
        if name != target
    ]  # fmt: skip


def _is_site(world: World) -> bool:
    return world.once(("runbook", "site"), lambda: bool(set(_SITES) & set(world.repo.paths)))


def _in_other_case(world: World) -> Callable[[str], str | None]:
    def by_case() -> dict[str, str]:
        return {path.casefold(): path for path in world.repo.paths}

    names = world.once(("runbook", "by-case"), by_case)
    return lambda path: names.get(path.casefold())


def _expect_anchor(document: Document, anchor: str, path: str) -> None:
    """Raise unless `anchor` is one of the document's."""
    if anchor in ("", "top") or _LINES.fullmatch(anchor) or anchor.startswith(":~:"):
        return
    anchors = document.anchors
    name = anchor.removeprefix("user-content-")
    if anchor in anchors or name in anchors:
        return
    loose = {_loose(known): known for known in anchors}
    if known := loose.get(_loose(name)):
        raise _Unclear(f"{path} has #{known}: not every reader takes that for the same")
    titled = [heading for heading in document.headings if f"#{name}" in heading.text]
    if titled:
        raise _Unclear(f"{path} names this anchor in a heading, as some site generators read it")
    raise _Broken(f"{path} has no anchor #{anchor}")


def _loose(anchor: str) -> str:
    return "".join(letter for letter in slug(anchor) if letter.isalnum())


def _follow_hugo(world: World, path: str, reference: str) -> bool:
    """Follow Hugo's `ref`, where it names a file beside the runbook."""
    place = reference.partition("#")[0]
    target = _target(path, place)
    if target is None or (world.repo.entry(target) is None and world.repo.entry(target + ".md") is None):
        raise _Unclear("Hugo looks for this page, and loopcheck cannot")
    return True
