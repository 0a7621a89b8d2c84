"""Whether the links of a runbook lead to something in the repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from loopcheck.checker import CannotTell, World
from loopcheck.documents.sections import Link, Section
from loopcheck.world.repository import decoded
from loopcheck_checks.runbook.formats import load
from loopcheck_checks.runbook.manifest import LinkSeen, LinksSeen
from loopcheck_checks.systems.runbook_links import Anchors, is_markdown, loosely

_MOST = 50  # so many findings are told
_LONGEST = 1024

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:|//")
_LINES = re.compile(r"L[0-9]{1,9}(?:C[0-9]{1,9})?(?:-L?[0-9]{1,9}(?:C[0-9]{1,9})?)?")
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|\}\}")
_HUGO_REF = re.compile(r'\{\{[<%]\s{0,9}(?:rel)?ref\s{1,9}"([^"\n]{1,500})"')

# What site generators make further anchors of: tabs, targets, directives, included files.
_MAKES_ANCHORS = re.compile(r"^[ \t]{0,40}(?:[=?!]{3}[ +]|\([\w-]{1,99}\)=|:::|`{3,9}\{|\{%|<%)", re.MULTILINE)

_SITES = (
    "mkdocs.yml", "mkdocs.yaml", "_config.yml", "book.toml", "docusaurus.config.js",
    "docusaurus.config.ts", "hugo.toml", "hugo.yaml", "hugo.yml", "config.toml", "config.rb",
    "config/tech-docs.yml", "antora.yml", "docs/conf.py", "conf.py", "docs/_config.yml",
    "website/docusaurus.config.js", "docs/book.toml", "zensical.toml", "archetypes/default.md",
)  # fmt: skip
"""Files that say that the Markdown of a repository is made into a site, where a link may mean something else."""

_SITES_BELOW = frozenset(name.rpartition("/")[2] for name in _SITES) - {"config.toml", "config.rb", "default.md"}
"""Of these, those that say it of the folder that they are in, wherever that is."""


class _Broken(Exception):  # noqa: N818 - it is an answer
    """The link leads to nothing."""


class _Unclear(Exception):  # noqa: N818 - it is an answer
    """It cannot be told whether the link leads to something."""


def look_at_links(world: World, path: str, section: Section) -> LinksSeen:
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
                followed += _follow(world, path, link.destination.strip())
            except _Broken as answer:
                broken.append(LinkSeen(link.destination[:200], link.line, str(answer)))
            except _Unclear as answer:
                unclear.append(LinkSeen(link.destination[:200], link.line, str(answer)))
            except CannotTell as trouble:
                unclear.append(LinkSeen(link.destination[:200], link.line, trouble.message))
    return LinksSeen(followed=followed, broken=tuple(broken[:_MOST]), unclear=tuple(unclear[:_MOST]))


def _follow(world: World, path: str, destination: str) -> bool:
    """Whether a link was followed; False where it leads out of the repository.

    Raises:
        _Broken, _Unclear, CannotTell: it leads to nothing, or that cannot be told.
    """
    if destination.startswith("{{ref}}"):
        return _follow_hugo(world, path, destination.removeprefix("{{ref}}"))
    if _SCHEME.match(destination) or not destination:
        return False
    if len(destination) > _LONGEST:
        raise _Unclear("it is too long for a path")
    if _TEMPLATE.search(unquote(destination)):
        raise _Unclear("a template fills it in")
    place, _, anchor = destination.partition("#")
    place = unquote(place.partition("?")[0])
    target = _target(path, place) if place else path
    if target is None:
        return False
    found = _find(world, path, target, place) if place else target
    if anchor and is_markdown(found):
        _expect_anchor(world, unquote(anchor), found)
    return True


def _target(path: str, place: str) -> str | None:
    """The path in the repository that `place` means in the file at `path`; `None` where it leads out of it."""
    start = "" if place.startswith("/") else posixpath.dirname(path)
    joined = posixpath.normpath(posixpath.join(start, place.lstrip("/")))
    if joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def _find(world: World, path: str, target: str, place: str) -> str:
    """The path at which `target`, to which the page at `path` links, is there.

    Raises:
        _Broken, _Unclear, CannotTell: it is not, or that cannot be told.
    """
    if target == "" or world.repo.is_folder(target) or world.repo.entry(target) is not None:
        return target
    other = next((name for name in _as_pages(target) if world.repo.entry(name) is not None), None)
    if other:
        raise _Unclear(f"there is {other}, which a site generator may serve there, and GitHub does not")
    name = target.rpartition("/")[2]
    if _is_site(world, path) and (place.startswith("/") or not is_markdown(name)):
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


def _is_site(world: World, path: str) -> bool:
    """Whether a site is made of the page at `path`."""

    def folders() -> frozenset[str]:
        found = {path.rpartition("/")[0] for path in world.repo.paths if path.rpartition("/")[2] in _SITES_BELOW}
        return frozenset({*found, ""} if set(_SITES) & set(world.repo.paths) else found)

    known = world.once(("runbook", "sites"), folders)
    while path and known:
        path = path.rpartition("/")[0]
        if path in known:
            return True
    return False


def _in_other_case(world: World) -> Callable[[str], str | None]:
    def by_case() -> dict[str, str]:
        return {path.casefold(): path for path in world.repo.paths}

    names = world.once(("runbook", "by-case"), by_case)
    return lambda path: names.get(path.casefold())


def _expect_anchor(world: World, anchor: str, path: str) -> None:
    """Raise unless `anchor` is one of the Markdown file at `path`."""
    entry = world.repo.entry(path)
    if entry is None or anchor == "top" or anchor.startswith(":~:") or _LINES.fullmatch(anchor):
        return
    known = world.once(("runbook", "anchors", entry.oid), lambda: Anchors.of(load(world, path, entry.oid)))
    name = anchor.removeprefix("user-content-")
    if anchor in known.exact or name in known.exact:
        return
    if loosely(name) in known.loose:
        raise _Unclear(f"{path} has an anchor that not every reader takes for the same")
    if _is_site(world, path) and _MAKES_ANCHORS.search(decoded(world.repo.blob(entry.oid, path), path)):
        raise _Unclear(f"{path} has no anchor #{anchor[:100]}, but a site generator may make it")
    raise _Broken(f"{path} has no anchor #{anchor[:100]}")


def _follow_hugo(world: World, path: str, reference: str) -> bool:
    """Follow Hugo's `ref`, where it names a file beside the runbook."""
    place = reference.partition("#")[0]
    target = _target(path, place)
    if target is None or (world.repo.entry(target) is None and world.repo.entry(target + ".md") is None):
        raise _Unclear("Hugo looks for this page, and loopcheck cannot")
    return True
