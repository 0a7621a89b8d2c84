"""The link to a runbook in what an alert says: does it lead to the file and the section that were declared?

What an alert says is text that its own system shows, so a link is an address or the path itself: of the file on GitHub
at the default branch, of its page on a site that the settings name, or `runbooks/lag.md#replica-is-lagging`. Nothing is
fetched: where the file is at the commit that is looked at, and has the heading, the link leads to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from loopcheck.checker import CannotTell, Claim, ClaimKind, Evidence, Expectation, Reason, Secret, Setting, World
from loopcheck.documents.sections import Document, TooBigError, read, slug
from loopcheck.paths import RepoPath
from loopcheck.reasons import TOO_BIG

NO_LINK = Reason(
    "no-link",
    "What it says has no link to the declared runbook.",
    "Add the file's address on GitHub, with `#` and the section's anchor.",
)
LINK_LEADS_NOWHERE = Reason(
    "link-leads-nowhere",
    "It links to the declared runbook, and there is no such file.",
    "Add the file, or correct the link and the declaration.",
)
SECTION_NOT_THERE = Reason(
    "section-not-there",
    "Its link leads to a section that the runbook does not have.",
    "Correct the link's anchor, or the heading of the runbook.",
)
OTHER_SECTION = Reason(
    "other-section",
    "It links to the runbook, and not to the declared section.",
    "Add `#` and the section's anchor to the link, or declare the runbook as a whole.",
)
EXTERNAL_LINK = Reason(
    "external-link",
    "It links only to places outside the repository, which are not fetched.",
    "Link to the file on GitHub; or name its site as `settings.runbook-links.pages`, and set GITHUB_REPOSITORY.",
)
UNCERTAIN_LINK = Reason(
    "uncertain-link",
    "Whether its link leads to the declared place depends on something that loopcheck cannot evaluate.",
    "Write the link out, to the file at the default branch, where nothing conditions it.",
)

REASONS = (NO_LINK, LINK_LEADS_NOWHERE, SECTION_NOT_THERE, OTHER_SECTION, EXTERNAL_LINK, UNCERTAIN_LINK)
"""What a kind that judges such links lists in its manifest."""

_REPOSITORY = "GITHUB_REPOSITORY"
_SERVER = "GITHUB_SERVER_URL"
SECRETS = (
    Secret(_REPOSITORY, "The repository, as `owner/name`, to know its links.", required=False, confidential=False),
    Secret(_SERVER, "GitHub's address, where it is not https://github.com.", required=False, confidential=False),
)
"""Likewise."""


class RunbookLinkSettings(Expectation, frozen=True, kw_only=True):
    """The section `runbook-links` of `settings:` in `.github/loopcheck.yml`."""

    pages: Annotated[
        str | None,
        Meta(
            description="The address of a site that is made of the repository's Markdown: `https://docs.example.org`."
        ),
    ] = None
    folder: Annotated[
        RepoPath | None, Meta(description="The folder that the site is made of; the whole repository unless said.")
    ] = None


SETTING = Setting("runbook-links", RunbookLinkSettings)
"""Likewise."""

Said = Sequence[tuple[str, bool | None]]
"""What an alert says, in parts, each with whether it is shown: `None` where that depends on what is not known."""

_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdwn", ".md.erb", ".markdown.erb")
_URL = re.compile(r"https?://[^\s<>\"'`|)\]]{1,2000}", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?*"
_ON_GITHUB = re.compile(r"(?:blob|tree)/(.+)", re.DOTALL)
_LINES = re.compile(r"L[0-9]{1,9}(?:C[0-9]{1,9})?(?:-L?[0-9]{1,9}(?:C[0-9]{1,9})?)?")
_OWN_ANCHOR = re.compile(r"\{:? {0,4}#([^\s{}]{1,200})")  # `## Title {#own}`, which GitHub does not read


def is_markdown(path: str) -> bool:
    """Whether a file is read as Markdown, with its sections and links."""
    return path.lower().endswith(_MARKDOWN)


class Anchors(msgspec.Struct, frozen=True):
    """The anchors of a document, gathered once however many links lead to it."""

    exact: frozenset[str]
    loose: frozenset[str]
    """The same without punctuation and case: what some reader may take for the same."""

    @classmethod
    def of(cls, document: Document) -> Anchors:
        """Those of `document`."""
        exact = document.anchors
        own = {name for heading in document.headings for name in _OWN_ANCHOR.findall(heading.text)}
        return cls(frozenset(exact), frozenset(map(loosely, exact | own)))


def loosely(anchor: str) -> str:
    """An anchor without punctuation and case."""
    return "".join(letter for letter in slug(anchor) if letter.isalnum())


class Runbook(msgspec.Struct, frozen=True, kw_only=True, tag="runbook"):
    """The declared place, as the repository has it at this commit, and the addresses at which people see it."""

    path: str
    section: str | None
    """The anchor that was declared; `None` for the whole file."""
    source: str
    found: bool
    anchors: Anchors | None = None
    """`None` where the file is not there, or no Markdown."""
    home: str | None = None
    """The repository's address without its scheme; `None` where it is not known."""
    branch: str | None = None
    """The default branch, as far as it is known."""
    pages: str | None = None
    """The site's address without its scheme."""
    folder: str = ""


def place_of(declared: str) -> tuple[RepoPath, str | None]:
    """The path and the anchor of `runbooks/lag.md#replica-is-lagging`.

    Raises:
        ValueError: with a sentence for the author.
    """
    path, sign, section = declared.strip().partition("#")
    if sign and not section.strip():
        raise ValueError(f"`{declared[:60]}` ends with `#`: add the section's anchor, or leave it away")
    if _URL.match(path):
        raise ValueError(f"`{declared[:60]}` is an address: write the path of the file in this repository")
    return RepoPath.parse(path), section.strip() or None


def look_at_runbook(declared: str, world: World) -> Runbook:
    """The declared place, as the repository has it.

    Raises:
        CannotTell: the file is there, and cannot be read.
    """
    path, section = place_of(declared)
    file = world.repo.read(path)
    settings = world.settings(SETTING.section, RunbookLinkSettings)
    name = world.endpoint(_REPOSITORY, "")
    server = world.endpoint(_SERVER, "https://github.com")
    anchors = None
    if file is not None and is_markdown(path):
        text = file.text
        anchors = world.once(("runbook-links", "anchors", path), lambda: _anchors(text, path))
    return Runbook(
        path=str(path),
        section=section,
        source=world.repo.evidence(path, "").source,
        found=file is not None,
        anchors=anchors,
        home=_bare(f"{server}/{name}") if name else None,
        branch=world.repo.default_branch,
        pages=_bare(settings.pages) if settings.pages else None,
        folder=settings.folder or "",
    )


def _anchors(text: str, path: str) -> Anchors:
    try:
        return Anchors.of(read(text, path))
    except TooBigError as error:
        raise CannotTell(TOO_BIG, str(error)) from None


def judge_link(kind: ClaimKind, runbook: Runbook, said: Said, here: Evidence, *, never: Sequence[str] = ()) -> Claim:
    """Whether what an alert says links to the declared place.

    Args:
        kind: the claim.
        runbook: the declared place.
        said: what the alert says.
        here: where it says so.
        never: hosts at which, and below which, no page is one of the repository's.
    """
    met: list[_Met] = []
    for text, shown in said:
        met += [one if shown is True else one.doubted() for one in _links(runbook, text, never) if shown is not False]
    best = min(met, key=lambda one: _RANK.index(one.reason), default=_Met(NO_LINK, ""))
    evidence = (here, Evidence(runbook.source, "there" if runbook.found else "no such file"))
    wanted = runbook.path + (f"#{runbook.section}" if runbook.section else "")
    if best.reason is None:
        return kind.holds(f"it links to {wanted}", *evidence)
    if best.reason in (UNCERTAIN_LINK, EXTERNAL_LINK):
        return kind.unknown(best.reason, best.message, *evidence)
    return kind.fails(best.reason, best.message or f"it has no link to {wanted}", *evidence)


class _Met(msgspec.Struct, frozen=True):
    """What came of following a link: a reason against it, or none."""

    reason: Reason | None
    message: str

    def doubted(self) -> _Met:
        """The same, where it is not known whether it is shown."""
        if self.reason in (None, UNCERTAIN_LINK):
            return _Met(UNCERTAIN_LINK, self.message or "whether its link is shown depends on what is not known here")
        return self


_RANK = (None, UNCERTAIN_LINK, SECTION_NOT_THERE, LINK_LEADS_NOWHERE, OTHER_SECTION, EXTERNAL_LINK, NO_LINK)
"""Of several links the best one counts. A broken link to the runbook is not mended by a link to somewhere else."""


def _links(runbook: Runbook, text: str, never: Sequence[str]) -> Iterator[_Met]:
    """What comes of each link of a part that leads, or may lead, to the runbook."""
    rest: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        rest.append(text[end : found.start()])
        end = found.end()
        yield from _of_address(runbook, found.group().rstrip(_AFTER_A_LINK), never)
    rest.append(text[end:])
    written = re.compile(rf"(?<![\w./-])(?:\./|/)?{re.escape(runbook.path)}(?:#([^\s<>\"'`|)\]]*)|(?![\w/-]|\.\w))")
    for piece in rest:
        for found in written.finditer(piece):
            yield _at(runbook, (found[1] or "").rstrip(_AFTER_A_LINK), found.group())


def _of_address(runbook: Runbook, url: str, never: Sequence[str]) -> Iterator[_Met]:
    address = _bare(url)
    host = re.split(r"[/?#]", address, maxsplit=1)[0].casefold()
    if runbook.home is not None and _below(address, runbook.home) is not None:
        met = _on_github(runbook, _below(address, runbook.home) or "", url)
    elif runbook.pages is not None and _below(address, runbook.pages) is not None:
        met = _on_pages(runbook, _below(address, runbook.pages) or "", url)
    elif any(host == one or host.endswith("." + one) for one in never):
        met = None
    else:
        met = _Met(EXTERNAL_LINK, f"it links to {url[:100]}, which leads out of the repository as far as is known")
    if met is not None:
        yield met


def _on_github(runbook: Runbook, rest: str, url: str) -> _Met | None:
    if "{{" in rest:
        return _Met(UNCERTAIN_LINK, f"{url[:100]} is made when the alert fires")
    place, _, anchor = rest.partition("#")
    place = unquote(place.partition("?")[0]).rstrip("/")
    shown = _ON_GITHUB.fullmatch(place)
    for ref in ("HEAD", *((runbook.branch,) if runbook.branch is not None else ())):
        if shown is not None and shown[1].startswith(ref + "/"):
            return _at(runbook, anchor, url) if shown[1] == f"{ref}/{runbook.path}" else None
    if place.endswith("/" + runbook.path):
        what = f"the default branch, {runbook.branch}" if runbook.branch else "the default branch, as far as is known"
        return _Met(UNCERTAIN_LINK, f"{url[:200]} is not the file's page at {what}")
    return None


def _on_pages(runbook: Runbook, rest: str, url: str) -> _Met | None:
    if "{{" in rest:
        return _Met(UNCERTAIN_LINK, f"{url[:100]} is made when the alert fires")
    place, _, anchor = rest.partition("#")
    place = unquote(place.partition("?")[0]).strip("/")
    page = "/".join(part for part in (runbook.folder, place) if part)
    stem = page.removesuffix(".html").removesuffix("/index")
    if runbook.path not in {page, *(stem + end for end in (".md", ".markdown", "/index.md", "/README.md"))}:
        return None
    met = _at(runbook, anchor, url)
    if met.reason is SECTION_NOT_THERE:  # a generator may make other anchors than GitHub does
        return _Met(UNCERTAIN_LINK, f"{met.message}, but the site may make it")
    return met


def _at(runbook: Runbook, anchor: str, written: str) -> _Met:
    """What comes of a link to the runbook's file, at an anchor of it."""
    name = unquote(anchor).removeprefix("user-content-")
    shown = written[:200]
    if "{{" in name:
        return _Met(UNCERTAIN_LINK, f"{shown} is made when the alert fires")
    if not runbook.found:
        return _Met(LINK_LEADS_NOWHERE, f"it links to {shown}, and there is no {runbook.path}")
    if runbook.section is not None and name != runbook.section:
        if name and loosely(name) == loosely(runbook.section):
            return _Met(UNCERTAIN_LINK, f"{shown} is almost, and not quite, #{runbook.section[:100]}")
        return _Met(OTHER_SECTION, f"it links to {shown}, and not to #{runbook.section[:100]}")
    if not name or (_LINES.fullmatch(name) and runbook.section is None):
        return _Met(None, "")
    if runbook.anchors is None:
        return _Met(UNCERTAIN_LINK, f"{runbook.path} is not Markdown, and its anchors are not read")
    if name in runbook.anchors.exact:
        return _Met(None, "")
    if loosely(name) in runbook.anchors.loose:
        return _Met(UNCERTAIN_LINK, f"{runbook.path} has an anchor that not every reader takes for #{name[:100]}")
    return _Met(SECTION_NOT_THERE, f"it links to {shown}, and {runbook.path} has no anchor #{name[:100]}")


def _bare(url: str) -> str:
    """An address without its scheme, and without `/` at its end."""
    return url.strip().partition("://")[2].rstrip("/")


def _below(address: str, base: str) -> str | None:
    """What follows `base` in an address; `None` where it is not below it. Case does not matter in `base`."""
    if address[: len(base)].casefold() != base.casefold() or address[len(base) : len(base) + 1] not in ("/", "#", ""):
        return None
    return address[len(base) :].lstrip("/")
