"""Whether each reader of outside text takes time in proportion to its length: `python bench/linearity.py [WORD]`.

Each shape is read at 16, 32 and 64 thousand characters. The number to read is the ratio of 64k to 16k: 4 is
linear, 16 is quadratic. Shapes are those that have slowed other readers down, so a reader that is merely slow
on one of them shows it in the last column.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from datetime import date

from loopcheck import commands
from loopcheck.binding import BindingError, bind
from loopcheck.declarations.item import ItemDeclaration
from loopcheck.declarations.owner import parse_owner
from loopcheck.documents import markdown, yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.paths import RepoPath
from loopcheck.quantities import Comparison, Duration, Moment, Quantity
from loopcheck.reports.clean import one_line
from loopcheck.sources import markdown_files, yaml_files
from loopcheck.world import File
from loopcheck_checks.terraform_resource import blocks as hcl_blocks

SIZES = (16_384, 65_536)
SUSPICIOUS = 8.0
TIMES = 3
SLOW = 1.0
SLOWER = {"HCL": 4.0}
"""Seconds at 64k that are too many; more for a reader that is not ours, is linear, and reads no more than 100k."""


def repeated(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """A text of about `size` characters: `unit` again and again."""
    return lambda size: before + unit * max(1, size // max(1, len(unit))) + after


MARKDOWN = {
    "words": repeated("some words of a paragraph that goes on "),
    "lines": repeated("some words of a paragraph\n"),
    "headings": repeated("# A heading\n"),
    "setext": repeated("a\n", after="===\n"),
    "hashes": repeated("#"),
    "quotes deep": repeated("> "),
    "quotes deep, lines": repeated("> > > > > > > > > > a\n"),
    "quote and lazy lines": repeated("a\n", before="> "),
    "nested quote and lazy lines": repeated("a\n", before="> > > > > > > > > "),
    "list items": repeated("- a\n"),
    "list markers on one line": repeated("- "),
    "numbers on one line": repeated("1. "),
    "stars": repeated("* * * * * x\n"),
    "staircase of lists": lambda size: "".join(" " * (2 * (n % 40)) + "- a\n" for n in range(size // 44)),
    "rules": repeated("---\n"),
    "open fences": repeated("```\n"),
    "fences of growing length": lambda size: "".join("`" * (3 + n) + "\n" for n in range(int((2 * size) ** 0.5))),
    "blocks": repeated("# t\n\n```loopcheck\nowner: a\n```\n\n"),
    "blocks under one long title": repeated("```loopcheck\na: 1\n```\n", before="# " + "*[`a" * 190 + "\n\n"),
    "backticks": repeated("`"),
    "backticks in lines": repeated("`a\n"),
    "comments": repeated("<!-- a\n"),
    "comments in lines": repeated("\n<!-- a -->\n"),
    "tags": repeated("<a "),
    "html blocks": repeated("<div>\n\n"),
    "processing instructions": repeated("<?\n\n"),
    "front matter never closed": repeated("a: 1\n", before="---\n"),
    "front matter of rules": repeated("---\n", before="---\n"),
    "front matter of blanks": repeated(" \n", before="---\n"),
    "references": repeated("[a]: b\n"),
    "brackets": repeated("["),
    "blank lines": repeated("\n"),
    "spaces": repeated(" "),
    "tabs": repeated("\t"),
    "indented code": repeated("    a\n\n"),
    "returns": repeated("\r"),
    "nulls": repeated("\0"),
}
YAML = {
    "keys": lambda size: "".join(f"k{n}: v\n" for n in range(size // 9)),
    "list": repeated("- a\n"),
    "maps in a list": repeated("- a: 1\n  b: 2\n"),
    "brackets": repeated("["),
    "braces": repeated("{"),
    "dashes on one line": repeated("- "),
    "questions": repeated("? "),
    "colons": repeated(":"),
    "flow": repeated("a, ", before="[", after="]"),
    "flow map": repeated("a: 1, ", before="{", after="}"),
    "double quotes": repeated("a ", before='"', after='"'),
    "double quotes, lines": repeated("a\n\n", before='"', after='"'),
    "escapes": repeated("\\u0041", before='"', after='"'),
    "block text": repeated(" a\n", before="a: |\n"),
    "block text, blank lines": repeated("\n", before="a: |\n"),
    "folded": repeated(" a\n\n", before="a: >\n"),
    "plain lines": repeated(" a\n", before="a:\n"),
    "comments": repeated("# a\n"),
    "comment after space": repeated(" #"),
    "anchors": lambda size: "".join(f"- &a{n} x\n- *a{n}\n" for n in range(size // 18)),
    "merge": repeated("- <<: *a\n", before="- &a {b: 1}\n"),
    "aliases": repeated("- *a\n", before="- &a b\n"),
    "tags": repeated("- !a b\n"),
    "documents": repeated("---\na\n"),
    "tabs": repeated("\t"),
    "spaces": repeated(" "),
    "returns": repeated("\r"),
    "staircase": lambda size: "".join(" " * n + "a:\n" for n in range(int((2 * size) ** 0.5))),
    "long key": repeated("a", after=": 1\n"),
    "unknown keys of a declaration": lambda size: "".join(f"ownr{n}: v\n" for n in range(size // 12)),
}
TEXT = {
    "letters": repeated("a"),
    "spaces": repeated(" "),
    "digits": repeated("1"),
    "units": repeated("1h"),
    "minus": repeated("-"),
    "at": repeated("@a"),
    "handles": repeated("@a, "),
    "slashes": repeated("a/"),
    "dots": repeated("../"),
    "and": repeated("a and "),
    "commands": repeated("##[a]"),
    "hidden": repeated("\u202e"),
}


def _declaration(text: str) -> None:
    bind(yaml.load(text, "f", yaml.DECLARATION), ItemDeclaration)


HCL = {
    "attributes": repeated("a = 1\n"),
    "blocks": repeated('b "x" "y" {\n  a = 1\n}\n'),
    "blocks deep": repeated("b {\n"),
    "lists deep": repeated("[", before="a = "),
    "brackets": repeated("(", before="a = "),
    "sum": repeated("+1", before="a = 1", after="\n"),
    "one text": repeated("x", before='a = "', after='"\n'),
    "a text without end": repeated("x", before='a = "'),
    "dollars": repeated("$", before='a = "', after='"\n'),
    "interpolations": repeated("${x}", before='a = "', after='"\n'),
    "interpolations deep": repeated('"${', before="a = "),
    "comments": repeated("# x\n"),
    "comments without end": repeated("/*"),
    "heredocs without end": repeated("a = <<E\n"),
    "a heredoc without end": repeated("x\n", before="a = <<E\n"),
    "line ends": repeated("\n"),
    "escapes": repeated("\\u00e9", before='a = "', after='"\n'),
}
READERS: dict[str, tuple[Callable[[str], object], dict[str, Callable[[int], str]]]] = {
    "Markdown": (lambda text: markdown.fences(text, "f"), MARKDOWN),
    "post-mortem": (lambda text: markdown_files.read(File("f.md", "", (text + "\nloopcheck").encode(), "")), MARKDOWN),
    "title": (markdown.title_of, MARKDOWN),
    "YAML": (lambda text: yaml.load_all(text, "f").__class__, YAML),
    "declaration": (_declaration, YAML),
    "YAML file": (lambda text: yaml_files.read(File("f.yml", "", ("action-items:\n" + text).encode(), "")), YAML),
    "HCL": (lambda text: hcl_blocks.read(text, "f.tf"), HCL),
    "owner": (parse_owner, TEXT),
    "quantity": (Quantity.parse, TEXT),
    "duration": (Duration.parse, TEXT),
    "comparison": (Comparison.parse, TEXT),
    "moment": (Moment.parse, TEXT),
    "path": (RepoPath.parse, TEXT),
    "line of output": (one_line, TEXT),
    "command": (lambda text: commands.parse("/loopcheck " + text, date(2026, 11, 20)), TEXT),
    "waiver": (
        lambda text: commands.parse("/loopcheck waive until 2026-12-15 because " + text, date(2026, 11, 20)),
        TEXT,
    ),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """The least CPU time of a few readings."""
    best = float("inf")
    for _ in range(TIMES):
        begin = time.process_time()
        with contextlib.suppress(DocumentError, BindingError, ValueError):
            read(text)
        best = min(best, time.process_time() - begin)
        if best > 2:
            break
    return best


def main() -> int:
    """Measure every reader whose name holds the given word; 1 where one of them is suspicious."""
    wanted = " ".join(sys.argv[1:]).lower()
    bad = 0
    print(f"{'reader':<16}{'shape':<32}{'16k ms':>9}{'64k ms':>9}{'ratio':>7}")
    for name, (read, shapes) in READERS.items():
        if wanted not in name.lower():
            continue
        for shape, make in shapes.items():
            small, large = (seconds(read, make(size)) for size in SIZES)
            ratio = large / max(small, 1e-9)
            slow = (ratio > SUSPICIOUS and large > 0.005) or large > SLOWER.get(name, SLOW)
            bad += slow
            if slow or large > 0.002 or wanted:
                print(
                    f"{name:<16}{shape:<32}{small * 1e3:>9.2f}{large * 1e3:>9.2f}{ratio:>7.1f}{'  <--' if slow else ''}"
                )
    print(f"{bad} suspicious; what takes under 2 ms at 64k is not shown")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
