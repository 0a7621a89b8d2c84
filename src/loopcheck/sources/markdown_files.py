"""Post-mortems in Markdown: fenced blocks with the info string `loopcheck`, the incident in the front matter."""

from __future__ import annotations

from loopcheck.binding import BindingError
from loopcheck.declarations.incident import read_incident
from loopcheck.documents import markdown, yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.model import Incident, Location, Problem
from loopcheck.sources.written import Block, Written
from loopcheck.world import File

INFO = "loopcheck"
_COMMON = frozenset("bash console diff go json python sh shell sql text yaml yml".split(" "))


def read(file: File) -> Written:
    """The blocks and the incident of one file.

    Raises:
        CannotTell: it is not text.
        DocumentError: it is too long to be parsed.
    """
    problems: list[Problem] = []
    blocks = blocks_of(file.text, file.path, problems)
    incident = incident_of(file.text, file.path, problems, needed=bool(blocks))
    return Written(file.path, tuple(blocks), incident, tuple(problems))


def blocks_of(text: str, path: str, problems: list[Problem]) -> list[Block]:
    """The fenced blocks of a text. What is nearly one, or cannot be read, is added to `problems`.

    Raises:
        DocumentError: the text is too long to be parsed.
    """
    blocks: list[Block] = []
    if "loop" not in text.lower():  # parsing Markdown is the dearest step, and most documents need none of it
        return blocks
    for fence in markdown.fences(text, path):
        if fence.info != INFO:
            if _nearly(fence.info) or (fence.info in ("yaml", "yml") and INFO in fence.more):
                info = " ".join((fence.info, *fence.more))[:40]
                what = f"a block with the info string `{info}` is not read"
                problems.append(Problem(path, fence.opened, 1, what, f"write `{INFO}`"))
            continue
        if not fence.closed:
            problems.append(Problem(path, fence.opened, 1, "this block is never closed", "end it with the same fence"))
            continue
        try:
            node = yaml.load(fence.text, fence.origin, yaml.DECLARATION)
        except DocumentError as error:
            problems.append(error.problem)
            continue
        blocks.append(Block(node, fence.title, Location(path, fence.opened)))
    return blocks


def incident_of(text: str, path: str, problems: list[Problem], *, needed: bool) -> Incident | None:
    """The incident of a text's front matter. What cannot be read of it is added to `problems`.

    Args:
        text: the whole text.
        path: where it stands.
        problems: where mistakes go.
        needed: whether something is declared beside it; else front matter that is no YAML is somebody else's.
    """
    matter = markdown.front_matter(text, path)
    if matter is None or "incident" not in matter.text:
        return None
    try:
        # Front matter belongs to other tools too, so it may use all of YAML.
        return read_incident(yaml.load(matter.text, matter.origin), path)
    except DocumentError as error:
        if needed:
            problems.append(error.problem)
    except BindingError as error:
        problems.extend(error.problems)
    return None


def _nearly(info: str) -> bool:
    """Whether an info string is `loopcheck` with a slip of the finger."""
    word = info[:80].strip("{}. ").lower()
    if not word or word in _COMMON:
        return False
    from difflib import SequenceMatcher

    return word == INFO or SequenceMatcher(None, word, INFO).ratio() > 0.85
