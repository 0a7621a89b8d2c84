"""Strings that strangers could write, and reports that are made of nothing else."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime

from loopcheck.model import (
    ArtifactResult,
    Claim,
    Evidence,
    Incident,
    ItemResult,
    Location,
    Outcome,
    Problem,
    Report,
    Run,
    Rung,
    Verdict,
)

_PARTS = [
    "::", ":", "::error::", "::set-output name=verdict::verified", "::add-mask::a", "::stop-commands::x",
    "##[", "##", "#", "[", "]", "##[set-output name=verdict;]verified", "##[error]", "##[add-matcher]x", "# #[",
    "\n", "\r", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\t", " ", "   ", "\u00a0", "\u3000",
    "\x00", "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\x7f", "\x08", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff",
    "\u034f", "\u115f", "\u3164", "\ufe0f", "\U000e0001", "\U000e0100", "\ufffe", "\uffff", "\U0001ffff", "\ud800",
    "\udcff", "\ufdd0", "\xad",
    "@alice", "@org/team", "alice@example.org", "#1", "#123", "GH-12", "gh-12", "org/repo#7", "Fixes #9", "a1b2c3d4e5f6a7b8",
    "https://evil.example/x", "www.evil.example", "<https://evil.example>", "[click](https://evil.example)", "[a]: /x",
    "![i](https://evil.example/i.png)", "<img src=x onerror=y>", "<script>", "</td>", "<!-- loopcheck -->", "-->", "<b>",
    "`", "``", "```", "````", "~~~", "|", "\\|", "\\", "\\`", "| a | b |", "|---|", "*x*", "_x_", "~~x~~", "> q", "- i",
    "1. i", "# h", "---", "===", "&lt;", "&#64;alice", "&commat;x", "<![CDATA[", "]]>", "&", "<", ">", '"', "'", "%0A",
    "%25", "%", "%0a::error::x", ",", ";", "=", "{0}", "{", "}", "{{0}}", "\\u0023", "[red]x[/red]", "[link=x]", ":smile:",
    "é", "✅", "👩\u200d💻", "日本語", "word", "a", "x" * 70,
]  # fmt: skip


def strings(number: int, seed: int) -> Iterator[str]:
    """`number` hostile strings, always the same for a `seed`."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    for _ in range(number):
        yield "".join(dice.choice(_PARTS) for _ in range(dice.randint(1, 7)))


NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_FIELDS = 17


def reports(number: int, seed: int = 1, items: int = 30) -> Iterator[Report]:
    """Reports that hold at least `number` hostile strings together."""
    texts = strings(10**9, seed)
    for _ in range(-(-number // (_FIELDS * items))):
        yield report(texts, items)


def report(texts: Iterator[str], items: int = 1) -> Report:
    """A report of `items` items in which every text is the next of `texts`."""
    results = tuple(item(texts, verdict) for _ in range(-(-items // 3)) for verdict in Verdict)[:items]
    problem = Problem(next(texts), 3, 1, next(texts), next(texts))
    return Report(
        Verdict.FAILED, Run(NOW, next(texts), "0.1.0", False, {"git": 3}, (next(texts),)), (problem,), results
    )


_OUTCOMES = {
    Verdict.VERIFIED: Outcome.HOLDS,
    Verdict.INCONCLUSIVE: Outcome.UNKNOWN,
    Verdict.FAILED: Outcome.FAILS,
}


def item(texts: Iterator[str], verdict: Verdict) -> ItemResult:
    outcome = _OUTCOMES[verdict]
    reason = None if outcome is Outcome.HOLDS else next(texts)
    remedy = None if outcome is Outcome.HOLDS else next(texts)
    evidence = Evidence(next(texts), next(texts), NOW)
    claim = Claim(Rung.ACTIVE, next(texts), outcome, next(texts), reason, remedy, (evidence,))
    artifact = ArtifactResult(
        next(texts), verdict, (claim,), Rung.EXISTS, next(texts), Location(next(texts), 7, 2), "x 1"
    )
    return ItemResult(
        next(texts), next(texts), next(texts), date(2026, 11, 1), Location(next(texts), 5), Rung.ACTIVE, None, verdict,
        (artifact,), Incident(next(texts)), None, True,
    )  # fmt: skip
