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
_MORE = [
    "<!-- loopcheck 1 version=0.1.0 at=2026-11-20T12:00:00Z run=1/1 digest=" + "a" * 64 + " -->\n### verified\n",
    "verdict<<EOF\nverified\nEOF\n", "\nEOF\n", "verdict=verified", "::add-path::/tmp", "::save-state name=x::y",
    "::stop-commands::loopcheck", "\n::endgroup::", "::debug::", "  ::error file=x::", ":\u200b:error::", "#\u200b#[error]",
    "##\u00ad[error]", "&#58;&#58;error::", "::\U000e0001error::",
    "|---|---|\n", "\n| a | b |\n|---|---|\n| c | d |\n", "\n\n# heading\n\n", "\n```\n", "\n~~~~\n", "\n    code\n", "```math\nx\n```",
    "```suggestion\nrm -rf\n```", "\n> [!WARNING]\n> x\n", "[^1]", "\n[^1]: x", "$x$", "$`x`$", "$$x$$", "\\(x\\)", "- [x] done",
    "[a](javascript:alert(1))", "[a](data:text/html,x)", '[a]( <https://evil.example> "t")', "[a][b]", "\n[b]: https://evil.example\n",
    "![][b]", "http://evil.example", "//evil.example", "ftp://evil.example", "mailto:a@evil.example", "xmpp:a@evil.example/x",
    "WWW.evil.example", "_www.evil.example", "(www.evil.example)", "evil.example/@alice", "acme/shop#7", "acme/shop@a1b2c3d", "acme/shop!7",
    "GH-7.", "Closes GH-7", "closes: #7", "Resolves acme/shop#7", "https://github.com/acme/shop/issues/7", "@alice@bob", "@-alice", ".@alice",
    "(@alice)", "\uff20alice", "\ufe6balice", "&#x40;alice", "@\u200balice", "\uff031", "#\ufe0f\u20e31", "@github-actions[bot]",
    "<details open>", "</details>", "<summary>", "</sub>", "<sub>", "<br>", "<a href=x>", "<a name=`x`>", "<svg/onload=x>", "<style>*{}</style>",
    "<!DOCTYPE x>", "<?x?>", "<!X>", "<picture>", "<iframe src=x>", "<input autofocus>", "<p align=right>", "<h1>", "</code></pre>", "<https://e.x/`>",
    "\u0627\u0644\u0639\u0631\u0628", "\u05e2\u05d1\u05e8", "\u202b", "\u202a", "\u202d", "\u202c", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f",
    "\u061c", "\u2060", "\u2061", "\u180e", "\u00ad", "\ufff9", "\ufffb", "\u0600", "\u06dd", "\U000110bd", "\ue000", "\U000f0000", "\u0378",
    "\ud83d", "\ude00", "\ude00\ud83d", "\x01", "\x1a", "\x9c", "\x90q", "\x1bPq", "\x1b[2J\x1b[H", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    "\r::error::x", "\x0b##[error]x", "\u2028::error::x", "\x85::error::x", "e\u0301" * 40, "`" * 60, "*" * 60, "x" * 5000, "日" * 3000, "\n" * 200,
    "%0D%0A::error::", "%3A%3Aerror::", "${{ github.token }}", "$(id)", "`id`", "; id", "{{ x }}", "%s%n", "{0.__class__}", "\\N{BULLET}", "..", "../../etc/passwd",
    "-", "--help", "🏴\U000e0067\U000e0062\U000e007f", "👨\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "\u1160", "\u2800", "\ufffc", "\ufffd", "\U0001d41a\U0001d41d\U0001d426\U0001d422\U0001d427", "\uff41\uff44\uff4d\uff49\uff4e",
]  # fmt: skip
"""What is for proofs by number only: some of it is long."""
CANARY = "zq"
"""Stands in every string of `marked`, and in nothing that loopcheck says itself."""


def strings(number: int, seed: int) -> Iterator[str]:
    """`number` hostile strings, always the same for a `seed`."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    for _ in range(number):
        yield "".join(dice.choice(_PARTS) for _ in range(dice.randint(1, 7)))


def marked(seed: int) -> Iterator[str]:
    """Hostile strings without end, of more kinds, each with the canary in it somewhere; the same for a `seed`."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    every = _PARTS + _MORE * 2
    while True:
        parts = [dice.choice(every) for _ in range(dice.randint(1, 6))]
        parts.insert(dice.randint(0, len(parts)), CANARY)
        yield "".join(parts)


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
