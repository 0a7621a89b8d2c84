"""`loopcheck explain`: the words of every installed checker, from their manifests."""

from __future__ import annotations

from typing import Any

import click

from loopcheck.binding import suggestion
from loopcheck.checker import Manifest, Reason, Rung
from loopcheck.cli import output
from loopcheck.cli.keys import Key, keys_of
from loopcheck.errors import UsageError
from loopcheck.reasons import COMMON_REASONS, CannotTell
from loopcheck.registry import InstalledCheckers, Registered
from loopcheck.reports.clean import one_line
from loopcheck.reports.text import Line


@click.command()
@click.argument("kind", required=False)
@click.argument("word", required=False, metavar="[REASON]")
@click.option("--color/--no-color", default=None, help="Colours, or none.  [default: on a terminal]")
def command(kind: str | None, word: str | None, color: bool | None) -> None:  # noqa: FBT001 - click's signature
    """Say what can be declared, and what the words of a report mean.

    Without an argument: every kind of artifact. With KIND: its keys, claims, reasons, secrets and settings. With
    a claim or REASON of a report, alone or after KIND: what it means and what to do.
    """
    registry = InstalledCheckers()
    if kind is None:
        lines = _kinds(registry)
    elif word is not None:
        lines = _word(word, registry, [kind]) if kind in registry.kinds() else []
    elif kind in registry.kinds():
        lines = _kind(_loaded(registry, kind))
    else:
        lines = _word(kind, registry, registry.kinds())
    if not lines:
        asked = kind if word is None or kind not in registry.kinds() else word
        raise UsageError(
            f"`{(asked or '')[:60]}` is no kind, claim or reason that is known here",
            hint=suggestion(asked or "", registry.kinds()) or "`loopcheck explain` lists the kinds",
        )
    output.say(lines, color)


def _loaded(registry: InstalledCheckers, kind: str) -> Registered:
    try:
        return registry.get(kind)
    except CannotTell as trouble:
        raise UsageError(f"{kind}: {trouble.message}", hint=trouble.reason.remedy) from None


def _kinds(registry: InstalledCheckers) -> list[Line]:
    """A row for every kind that is installed."""
    rows: list[tuple[str, str, str]] = []
    for kind in registry.kinds():
        try:
            found = registry.get(kind)
            rows.append((kind, found.distribution, found.checker.manifest.summary))
        except CannotTell as trouble:
            rows.append((kind, trouble.reason.word, trouble.message))
    first = max((len(row[0]) for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    lines: list[Line] = [
        [
            (f"{one_line(kind):<{first}}", "title"),
            (f"  {one_line(origin):<{second}}", "dim"),
            (f"  {one_line(says)}", ""),
        ]
        for kind, origin, says in rows
    ]
    return [
        *lines,
        [],
        [("`loopcheck explain KIND` shows the keys, claims and reasons of one of them.", "dim")],
    ]


def _kind(found: Registered) -> list[Line]:
    manifest: Manifest = found.checker.manifest
    lines: list[Line] = [
        [(one_line(manifest.kind), "title"), (f"  {one_line(manifest.summary)}", "")],
        [(one_line(found.distribution), "dim")],
    ]
    lines += [*_heading("Keys"), *_keys(found.checker.Expect)]
    lines += _heading("Claims")
    for rung in Rung:
        lines += [
            [(f"  {rung.value:<7} ", "dim"), (claim.word, "title"), (f"  {one_line(claim.says)}", "")]
            for claim in manifest.claims
            if claim.rung is rung
        ]
    lines += [*_heading("Reasons"), *(line for reason in manifest.reasons for line in _reason(reason))]
    lines += [
        [("  and those that any checker may give, such as ", "dim"), ("outage", ""), (" or ", "dim"), ("timeout", "")]
    ]
    lines += _asks(manifest)
    for setting in manifest.settings:
        lines += _heading(f"Settings, in .github/loopcheck.yml under `settings:` and `{one_line(setting.section)}:`")
        lines += _keys(setting.type)
    return lines


def _heading(words: str) -> list[Line]:
    return [[], [(words, "title")]]


def _keys(wanted: type[Any]) -> list[Line]:
    try:
        return [line for key in keys_of(wanted) for line in _key(key)]
    except (TypeError, NotImplementedError):  # a plug-in that its contract test would stop
        return [[("  this checker does not describe them", "note")]]


def _key(key: Key) -> list[Line]:
    indent = "  " * (key.depth + 1)
    about = [key.form, *(["required"] if key.required else [])]
    if not key.required and key.default not in (None, [], (), {}, ""):
        about.append(f"{_plain(key.default)} unless said")
    lines: list[Line] = [[(f"{indent}{key.name}", "title"), (f"  {one_line(', '.join(about))}", "dim")]]
    if key.says:
        lines.append([(f"{indent}    {one_line(key.says)}", "")])
    if key.example is not None:
        lines.append([(f"{indent}    {key.name}: {one_line(_plain(key.example))}", "dim")])
    return lines


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_plain(one) for one in value) + "]"
    return str(value)


def _reason(reason: Reason) -> list[Line]:
    return [
        [(f"  {reason.word}", "title"), (f"  {one_line(reason.means)}", "")],
        [(f"      -> {one_line(reason.remedy)}", "dim")],
    ]


def _asks(manifest: Manifest) -> list[Line]:
    if not manifest.systems and not manifest.secrets:
        return [*_heading("Looks at"), [("  the repository, and nothing else", "")]]
    systems = ", ".join(manifest.systems) or "the repository"
    lines: list[Line] = [*_heading("Looks at"), [(f"  {one_line(systems)}", "")]]
    if manifest.secrets:
        lines += _heading("From the environment")
        for secret in manifest.secrets:
            about = "required" if secret.required else "optional"
            lines.append([(f"  {one_line(secret.name)}", "title"), (f"  {about}. {one_line(secret.purpose)}", "")])
    return lines


def _word(word: str, registry: InstalledCheckers, kinds: list[str]) -> list[Line]:
    """What a claim or a reason means, in each of `kinds` that has it."""
    lines: list[Line] = []
    for reason in COMMON_REASONS:
        if reason.word == word:
            lines += [[("any kind", "dim")], *_reason(reason)]
    for kind in kinds:
        try:
            manifest = registry.get(kind).checker.manifest
        except CannotTell:
            continue
        here: list[Line] = [
            [(f"  {claim.word}", "title"), (f"  {claim.rung.value}: {one_line(claim.says)}", "")]
            for claim in manifest.claims
            if claim.word == word
        ]
        for reason in manifest.reasons:
            if reason.word == word:
                here += _reason(reason)
        if here:
            lines += [[(one_line(kind), "dim")], *here]
    return lines
