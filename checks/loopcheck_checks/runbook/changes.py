"""What kind of change lies between two versions of a text: does it say something else, or only look different?

Pure. `classify` compares whole files and `compare` sections; both go from the finest difference to the coarsest,
and stop at the first view in which the two are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from loopcheck.documents.markdown import front_matter
from loopcheck.documents.sections import Block, Document, Section, find, lines_of, plain_quotes, read, whole
from loopcheck_checks.runbook.dates import is_review_line, without_dates
from loopcheck_checks.runbook.substance import says_something

SAME = "same"
WHITESPACE = "whitespace"
DATE_BUMP = "date-bump"
METADATA = "metadata"
FORM = "form"
MOVED = "moved"
LINKS = "links"
SPELLING = "spelling"
HEADINGS = "headings"
DATES = "dates"
MATERIAL = "material"

EMPTY_CHANGES = (SAME, WHITESPACE, DATE_BUMP, METADATA, FORM, MOVED)
"""The same is said. From finest to coarsest."""
SMALL_CHANGES = (LINKS, DATES, SPELLING, HEADINGS)
"""So little else is said that it may not be what was meant."""


def classify(old: str, new: str) -> str:
    """The class of the change from one version of a Markdown file to the next.

    Returns:
        `same`, `whitespace` (spacing, reflow, line ends), `date-bump` (the date of a review), `metadata` (front
        matter), `form` (markup, typography, comments, hosts of links), `links` (where links lead), `dates` (other
        dates), `spelling` (and grammar), `headings` (only titles), or `material`.

    Raises:
        TooBigError: a version is longer than loopcheck reads.
    """
    if old == new:
        return SAME
    if old.split() == new.split():
        return WHITESPACE
    result = compare(whole(read(old, "the old version")), whole(read(new, "the new version")))
    if result == SAME:
        before, after = _matter(old), _matter(new)
        if before != after:
            return DATE_BUMP if _undated(before) == _undated(after) else METADATA
        return FORM
    return result


def _matter(text: str) -> list[str]:
    matter = front_matter(text, "")
    return [line.strip() for line in matter.text.split("\n") if line.strip()] if matter else []


def _undated(lines: Iterable[str]) -> list[str]:
    return [without_dates(line) for line in lines if not is_review_line(line) and not _REVIEW_KEY.match(line)]


_REVIEW_KEY = re.compile(r"(?:last|next)?[_-]?(?:review|updated|modified|lastmod|date)[A-Za-z_-]{0,20}\s{0,3}[:=]")


def compare(old: Section, new: Section) -> str:
    """The class of the change between two versions of a section, or of a whole document.

    Returns:
        As `classify`; `same` where no word, link or date differs, whatever became of the markup.
    """
    if _said(old) == _said(new):
        return SAME
    before, after = _said(old, reviews=False), _said(new, reviews=False)
    if before == after:
        return DATE_BUMP
    result = _between(before.words, after.words)
    if result == FORM:
        return LINKS if before.links != after.links else FORM
    if result == MATERIAL and _below_headings(old) == _below_headings(new):
        return HEADINGS
    return result


def _below_headings(section: Section) -> list[str]:
    """The words of a section without those of its headings."""
    return [word for word, _ in _words((block for block in section.blocks if block.kind != "heading"), reviews=False)]


def compare_documents(old: Document, new: Document, selector: str | None) -> str:
    """The class of the change of the section that `selector` names, or of the whole where it is `None`.

    Where the section cannot be found in one of the two, because its heading was another, whole documents are
    compared; and a section that holds only what stood in the old document before is `moved`.
    """
    if selector is not None:
        before, after = find(old, selector), find(new, selector)
        if len(after) == 1:
            if len(before) == 1:
                return compare(before[0], after[0])
            if not _blocks(after[0].blocks) - _blocks(old.blocks):
                return MOVED
    return compare(whole(old), whole(new))


_Word = tuple[str, bool]
"""A word, and whether it is code."""


def _blocks(blocks: Iterable[Block]) -> Counter[tuple[str, ...]]:
    said = (tuple(word for word, _ in _words([block])) for block in blocks)
    return Counter(words for words in said if words)


class _Said(msgspec.Struct, frozen=True):
    """What a section says."""

    words: tuple[_Word, ...]
    links: tuple[str, ...]
    """Where its links lead, as `_destination` puts it."""


def _said(section: Section, *, reviews: bool = True) -> _Said:
    """What `section` says, with or without the lines that say when it was reviewed."""
    links = tuple(_destination(link.destination) for block in section.blocks for link in block.links)
    return _Said(tuple(_words(section.blocks, reviews=reviews)), links)


def _between(old: Sequence[_Word], new: Sequence[_Word]) -> str:
    """The class of the change from one sequence of words to another."""
    if old == new:
        return FORM
    if len(old) == len(new):
        pairs = zip(old, new, strict=True)
        return max((_difference(before, after) for before, after in pairs if before != after), key=_RANK.index)
    before, after = (without_dates(" ".join(word for word, _ in words)).split() for words in (old, new))
    if before == after:
        return DATES
    core, other = ([word for word in words if word[1] or word[0].lower() not in _LITTLE] for words in (old, new))
    if len(core) != len(other) or (len(core), len(other)) == (len(old), len(new)):
        return MATERIAL
    return max(SPELLING, _between(core, other), key=_RANK.index)


_RANK = (FORM, LINKS, DATES, SPELLING, MATERIAL)
_ARTICLES = frozenset({"a", "an", "the"})
_LITTLE = frozenset({"is", "are", "be", "been", "was", "were", "to", "of", "that", "which", "please"})
"""Words that can come and go without another meaning: grammar, as a rule."""
_BEFORE = "\"'([{*_"
_AFTER = "\"'.,;:!?)]}*_"


def _words(blocks: Iterable[Block], *, reviews: bool = True) -> list[_Word]:
    """The words of `blocks`: prose without articles, typography and punctuation around a word; code as it is."""
    found: list[_Word] = []
    for block in blocks:
        if block.kind != "heading" and not says_something(block):
            continue  # a promise to write says nothing yet
        if block.kind == "code":
            for line in block.text.replace("\\\n", " ").split("\n"):  # a command over several lines is one
                words = line.split()
                found += [(word, True) for word in (words[1:] if words[:1] == ["$"] else words)]
            continue
        coded = {word for piece in block.code for word in piece.split()}
        for _, line in lines_of([block]):
            if not reviews and is_review_line(line):
                continue
            for word in plain_quotes(line).split():
                bare = word.lstrip(_BEFORE).rstrip(_AFTER)
                if bare.startswith(("http://", "https://")):
                    bare = "link:" + _destination(bare)
                if bare.lower() not in _ARTICLES and (
                    word in coded or any(map(str.isalnum, word)) or not _only_form(word)
                ):
                    found.append((bare or word, word in coded or bare in coded))
    return found


def _only_form(word: str) -> bool:
    """Whether a word without letters and digits is only layout: the bar of a table, a dash, a bullet."""
    return not word.strip("|-*_.,;:!?'\"()[]{}")


_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:)?//[^/?#]{0,300}")


def _destination(destination: str) -> str:
    """Where a link leads, without the host, and for a link into the repository without the folders on the way."""
    if found := _HOST.match(destination):
        return destination[found.end() :].rstrip("/") or "/"
    path, hash_, anchor = destination.partition("#")
    return path.rstrip("/").rpartition("/")[2] + hash_ + anchor


def _difference(old: _Word, new: _Word) -> str:
    """The class of the change of one word into another."""
    (before, coded), (after, code) = old, new
    if before == after:  # only whether it is code differs
        return FORM
    if before.startswith("link:") and after.startswith("link:"):
        return LINKS
    if coded or code:
        return MATERIAL
    if before.casefold() == after.casefold():
        return FORM
    if without_dates(before) == without_dates(after):
        return DATES
    return SPELLING if _alike(before.casefold(), after.casefold()) else MATERIAL


def _alike(old: str, new: str) -> bool:
    """Whether two words differ by a slip of the pen: one letter, or two in a long word. Digits never slip."""
    length = min(len(old), len(new))
    if length < 4 or max(len(old), len(new)) > 40 or any(map(str.isdigit, old + new)):
        return False
    return _distance(old, new) <= (1 if length < 8 else 2)


def _distance(old: Sequence[str], new: Sequence[str]) -> int:
    """How many letters were added, dropped, replaced or swapped with their neighbour."""
    rows = [list(range(len(new) + 1))]
    for i, letter in enumerate(old, 1):
        row = [i]
        for j, other in enumerate(new, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == new[j - 2] and old[i - 2] == other:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
