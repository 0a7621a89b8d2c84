"""Whether a reader finds given words in a text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopcheck.checker import Unseen
from loopcheck.documents.markdown import plain
from loopcheck.documents.sections import CODE_MARK, Block, Section, plain_quotes, whole
from loopcheck.reasons import NOT_JUDGED
from loopcheck_checks.runbook.formats import is_plain
from loopcheck_checks.runbook.manifest import Mention, MentionSeen
from loopcheck_checks.systems.runbook_links import is_markdown

_INCLUDES = (
    "{% include", "{%- include", "{{< include", "{{% include", "{{< readfile", "{{#include", "--8<--", "<%= partial",
    "<%= render", "<%= erb", "```{include}", ":::{include}", "!include", ".. include::", "include::",
)  # fmt: skip
"""Ways in which site generators put other files into a page."""


def look_for(mention: Mention, section: Section, path: str, raw: str) -> MentionSeen:
    """Where the words of `mention` stand in `section`; where they do not, where else they do.

    Args:
        mention: what is wanted.
        section: where it counts.
        path: the file, for its format.
        raw: the whole file as it is written.
    """
    place = mention.in_
    if (line := _line(mention, section.blocks, place)) is not None:
        return MentionSeen(text=mention.text, place=place, line=line)
    elsewhere = _elsewhere(mention, section, raw)
    unseen: Unseen | None = None
    included = next((form for form in _INCLUDES if form in raw), None)
    if included:
        unseen = _not_judged(f"{path} includes another file (`{included} …`), and the words may stand there")
    elif not is_markdown(path) and not is_plain(path):
        unseen = _not_judged(
            f"{path} is not Markdown: loopcheck finds words in it, but cannot say that they are absent"
        )
    return MentionSeen(text=mention.text, place=place, elsewhere=elsewhere, unseen=unseen)


def _not_judged(message: str) -> Unseen:
    return Unseen(NOT_JUDGED.word, message, NOT_JUDGED.remedy)


def _elsewhere(mention: Mention, section: Section, raw: str) -> str | None:
    """Where the words stand that do not count, for the author."""
    if mention.in_ != "anywhere" and (line := _line(mention, section.blocks, "anywhere")) is not None:
        return f"on line {line}, but not in {mention.in_}"
    if (line := _line(mention, whole(section.document).blocks, mention.in_)) is not None:
        return f"on line {line}, outside the section"
    said = _folded(raw)
    forms = _forms(mention.text, exact=False)
    if any(_position(words, said) >= 0 for words in forms):
        return "only where no reader sees it as such: in a comment, the front matter or a name"
    return "only as a part of other words" if any(words in said for words in forms) else None


def _line(mention: Mention, blocks: Iterable[Block], place: str) -> int | None:
    """The line on which the words stand, or `None`."""
    exact = place == "code"
    forms = _forms(mention.text, exact=exact)
    for block in blocks:
        for text, line in _texts(block, place):
            said = _folded(text, exact=exact)
            for words in forms:
                if (position := _position(words, said)) >= 0:
                    return line + _lines_before(text, position, exact=exact)
    return None


def _texts(block: Block, place: str) -> Iterator[tuple[str, int]]:
    """The texts of a block in which words count, each with its first line."""
    if place == "code":
        for piece in block.code:
            yield piece, block.line
    elif place == "prose":
        yield block.prose.replace(CODE_MARK, f" {CODE_MARK} "), block.line
    else:
        yield block.text, block.line
        for link in block.links:  # a reader can follow it
            yield link.destination, link.line


def _forms(text: str, *, exact: bool) -> list[str]:
    """The words in the forms in which they are looked for: as they are, and without Markdown of their own."""
    forms = dict.fromkeys((_folded(text, exact=exact), _folded(plain(text), exact=exact)))
    return [form for form in forms if form]


def _folded(text: str, *, exact: bool = False) -> str:
    """`text` with one space between words; unless `exact`, also without case and typography."""
    return " ".join((text if exact else plain_quotes(text).casefold()).split())


def _lines_before(text: str, position: int, *, exact: bool) -> int:
    """How many lines of `text` end before the given place of its folded form."""
    reached = 0
    for number, line in enumerate(text.split("\n")):
        if said := _folded(line, exact=exact):
            reached += len(said) + 1
        if reached > position:
            return number
    return 0


def _position(words: str, said: str) -> int:
    """The first place at which `words` stand in `said` as whole words; -1 where they do not."""
    found = said.find(words)
    while found >= 0:
        end = found + len(words)
        inside = _joins(said[found - 1 : found], words[0]) or _joins(words[-1], said[end : end + 1])
        if not inside:
            return found
        found = said.find(words, found + 1)
    return -1


def _joins(left: str, right: str) -> bool:
    """Whether two letters stand in one word. Scripts without spaces between words have none that joins."""
    return all(letter and (letter == "_" or (letter.isalnum() and not _spaceless(letter))) for letter in (left, right))


def _spaceless(letter: str) -> bool:
    return letter >= "\u2e80" or "\u0e00" <= letter <= "\u0eff" or "\u1000" <= letter <= "\u109f"
