"""Draws loopcheck's comment on an issue much as GitHub shows it, in the states that it can be in.

    npm install github-markdown-css          GitHub's style sheets for what it makes of Markdown
    python tools/comment.py node_modules/github-markdown-css FOLDER
    chromium --headless --no-sandbox --hide-scrollbars --window-size=900,9000 --screenshot=light.png FOLDER/light.html

Writes `light.html` and `dark.html` into FOLDER. The style sheets are copied into the pages, and are not a part of this
repository. GitHub's own renderer is another one: it makes links of bare addresses, and takes most HTML out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from loopcheck.effects.comment import Circumstances, Notice, Subject, render
from loopcheck.effects.links import Repository
from loopcheck.model import (
    ArtifactResult,
    Claim,
    Evidence,
    Incident,
    ItemResult,
    Location,
    Outcome,
    Problem,
    Rung,
    Verdict,
)

SHA = "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345"
SEEN = Circumstances(
    Repository("https://github.com", "acme/shop", SHA), datetime(2026, 11, 20, 9, 30, tzinfo=UTC), "7/1"
)
_MONITOR = "https://app.datadoghq.eu/monitors/4242"
_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>loopcheck's comment, {name}</title>
<style>{css}</style>
<style>
body {{ margin: 0; padding: 16px; background: {ground}; font: 14px/1.5 system-ui, sans-serif; color: {ink}; }}
h2.state {{ font-size: 14px; margin: 24px 0 8px; }}
div.comment {{ max-width: 830px; border: 1px solid {edge}; border-radius: 6px; overflow: hidden; }}
div.comment > p {{ margin: 0; padding: 6px 16px; border-bottom: 1px solid {edge}; background: {head}; }}
div.comment .markdown-body {{ padding: 16px; font-size: 14px; }}
</style>
{comments}
"""
_COLOURS = {
    "light": {"ground": "#ffffff", "ink": "#1f2328", "edge": "#d1d9e0", "head": "#f6f8fa"},
    "dark": {"ground": "#0d1117", "ink": "#f0f6fc", "edge": "#3d444d", "head": "#151b23"},
}


def _claim(
    rung: Rung, word: str, outcome: Outcome, message: str, *sources: str, reason: str = "", remedy: str = ""
) -> Claim:
    evidence = tuple(Evidence(source, "seen") for source in sources)
    return Claim(rung, word, outcome, message, reason or None, remedy or None, evidence)


def _artifact(kind: str, summary: str, rung: Rung | None, *claims: Claim) -> ArtifactResult:
    worst = max((claim.outcome for claim in claims), default=Outcome.UNKNOWN)
    verdict = {Outcome.HOLDS: Verdict.VERIFIED, Outcome.UNKNOWN: Verdict.INCONCLUSIVE, Outcome.FAILS: Verdict.FAILED}
    return ArtifactResult(kind, verdict[worst], claims, rung, summary, Location("issues/12", 3), "loopcheck 0.1.0")


def _item(*artifacts: ArtifactResult, title: str = "Alert on replication lag before it hurts") -> ItemResult:
    return ItemResult(
        "issue-12",
        title,
        "@alice",
        date(2026, 12, 15),
        Location("issues/12"),
        Rung.ACTIVE,
        None,
        Verdict.worst(artifact.verdict for artifact in artifacts),
        artifacts,
        Incident("INC-142"),
    )


def _monitor(*, muted: bool = False) -> ArtifactResult:
    state = (
        _claim(
            Rung.ACTIVE, "not-muted", Outcome.FAILS, "`*` is muted for ever", _MONITOR,
            reason="muted-forever", remedy="Unmute the monitor.",
        )
        if muted
        else _claim(Rung.ACTIVE, "not-muted", Outcome.HOLDS, "it is not muted", _MONITOR)
    )  # fmt: skip
    return _artifact(
        "datadog-monitor",
        "postgresql.replication_delay {env:prod} > 30",
        Rung.EXISTS if muted else Rung.ACTIVE,
        _claim(Rung.EXISTS, "found", Outcome.HOLDS, "`replication lag on {{host.name}}` (4242) is there", _MONITOR),
        _claim(Rung.EXISTS, "strict-enough", Outcome.HOLDS, "it fires when `> 20`, and so whenever `> 30`", _MONITOR),
        state,
        _claim(Rung.ACTIVE, "notifies", Outcome.HOLDS, "it tells @pagerduty-database (by its message)", _MONITOR),
    )


def _runbook(outcome: Outcome = Outcome.HOLDS) -> ArtifactResult:
    place = f"runbooks/replication.md:12@{SHA[:12]}"
    changed = (
        _claim(Rung.ACTIVE, "changed", Outcome.HOLDS, "really changed on 2026-11-12, after the incident", place)
        if outcome is Outcome.HOLDS
        else _claim(
            Rung.ACTIVE, "changed", outcome, "the section `Replica is lagging` is as before the incident", place,
            reason="not-changed",
            remedy="Write down in the section what was learned; a new date or white space is no change.",
        )
    )  # fmt: skip
    return _artifact(
        "runbook",
        "runbooks/replication.md § Replica is lagging",
        Rung.ACTIVE if outcome is Outcome.HOLDS else Rung.EXISTS,
        _claim(Rung.EXISTS, "section-there", Outcome.HOLDS, "the section is there", place),
        _claim(Rung.EXISTS, "mentions", Outcome.HOLDS, "it mentions `pg_wal_replay_resume`", place),
        changed,
    )


def _ci(outcome: Outcome = Outcome.HOLDS) -> ArtifactResult:
    workflow = f".github/workflows/ci.yml:31@{SHA[:12]}"
    required = {
        Outcome.HOLDS: _claim(Rung.ACTIVE, "required", outcome, "`integration` is required on `main`", workflow),
        Outcome.FAILS: _claim(
            Rung.ACTIVE, "cannot-pass-idle", outcome, "the step `Restore a backup` may fail: `continue-on-error: true`",
            workflow, reason="continues-on-error", remedy="Take `continue-on-error` out of the step.",
        ),
        Outcome.UNKNOWN: _claim(
            Rung.ACTIVE, "required", outcome, "GITHUB_TOKEN is not set, so GitHub was not asked what `main` requires",
            reason="missing-secret", remedy="Give the action `github-token`.",
        ),
    }  # fmt: skip
    return _artifact(
        "ci-check",
        "ci.yml > integration > `make restore-test`",
        Rung.ACTIVE if outcome is Outcome.HOLDS else Rung.EXISTS,
        _claim(Rung.EXISTS, "found", Outcome.HOLDS, "the job `integration` is in ci.yml", workflow),
        required[outcome],
    )


def _many() -> Iterator[ArtifactResult]:
    for number in range(20):
        bad = number in (3, 11)
        place = f"services/checkout-{number}/config/production/limits.yaml:{number + 7}@{SHA[:12]}"
        yield _artifact(
            "config-value",
            f"services/checkout-{number}/config/production/limits.yaml: http.client.timeout <= 5s",
            None if bad else Rung.ACTIVE,
            _claim(
                Rung.EXISTS,
                "as-declared",
                Outcome.FAILS if bad else Outcome.HOLDS,
                f"http.client.timeout is {'30s, more than' if bad else '3s, at most'} 5s",
                place,
                reason="other-value" if bad else "",
                remedy="Set the value, or declare the one that is right." if bad else "",
            ),
        )


_BAD = (
    "@alice #1 GH-2 <img src=x onerror=alert(1)> ![i](https://evil.example/i.png) [a](javascript:x) ``` | ``x``"
    " </details> <!-- x --> https://evil.example \u202eabc\u202c :+1: &lt;b&gt; **bold** | cell"
)


def _hostile() -> ItemResult:
    place = f"a b/](x) [y].md:3@{SHA[:12]}"
    claim = _claim(Rung.ACTIVE, _BAD, Outcome.FAILS, _BAD, place, reason=_BAD, remedy=_BAD)
    return _item(_artifact(_BAD[:40], _BAD, Rung.EXISTS, claim, _claim(Rung.EXISTS, "x", Outcome.HOLDS, _BAD, place)))


def _drift() -> Notice:
    commit = "8d1e02c4b7a9" + "0" * 28
    return Notice(
        "reopened",
        "**Reopened.** This item was verified on 2026-11-02, and the proof has gone away since.",
        (
            (
                f"On 2026-11-19, [`{commit[:12]}`](https://github.com/acme/shop/commit/{commit}) by `Ana Lim` changed"
                " `.github/workflows/ci.yml`: `Make the nightly green (#\u200b381)`"
                " ([pull request 381](https://github.com/acme/shop/pull/381))"
            ),
            (
                f"The [monitor 4242]({_MONITOR}) was last edited on 2026-11-19 at 14:02 UTC; by whom, Datadog tells"
                " only in its audit trail."
            ),
        ),
    )


STATES: dict[str, Subject] = {
    "verified": Subject((_item(_monitor(), _runbook(), _ci()),)),
    "failed": Subject((_item(_monitor(muted=True), _runbook(Outcome.FAILS), _ci(Outcome.FAILS)),)),
    "failed, one of three": Subject((_item(_monitor(), _runbook(Outcome.FAILS), _ci()),)),
    "inconclusive": Subject((_item(_runbook(), _ci(Outcome.UNKNOWN)),)),
    "cannot be read": Subject(
        (),
        (Problem("issues/12", 7, 9, "`fire-when` is not a key of `datadog-monitor`", "did you mean `fires-when`?"),),
    ),
    "reopened after a drift": Subject(
        (_item(_monitor(muted=True), _runbook(), _ci(Outcome.FAILS)),), notices=(_drift(),)
    ),
    "waived": Subject(
        (_item(_runbook(Outcome.FAILS)),),
        notices=(Notice("waived", "Accepted without proof by `@\u200balice` until 2027-01-31, that day included."),),
        waived={"issue-12": date(2027, 1, 31)},
    ),
    "twenty artifacts": Subject((_item(*_many()),)),
    "two items": Subject((_item(_runbook()), _item(_ci(Outcome.FAILS), title="Restore a backup in CI, every night"))),
    "hostile": Subject((_hostile(),), (Problem(_BAD, 3, 1, _BAD, _BAD),)),
}
"""What a comment can be about, by what it shows."""


def main() -> int:
    """Write the pages."""
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    styles, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    renderer = MarkdownIt(
        "gfm-like", {"html": True, "linkify": False, "breaks": True}
    )  # as in issues, where a line ends where it ends
    comments = "".join(
        f'<h2 class="state">{escape(name)}</h2><div class="comment"><p><b>github-actions</b> bot commented</p>'
        f'<div class="markdown-body">{renderer.render(render(subject, SEEN))}</div></div>\n'
        for name, subject in STATES.items()
    )
    for name, colours in _COLOURS.items():
        css = (styles / f"github-markdown-{name}.css").read_text("utf-8")
        (folder / f"{name}.html").write_text(_PAGE.format(name=name, css=css, comments=comments, **colours), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
