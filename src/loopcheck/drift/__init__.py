"""Why a proof went away: what changed since an item was verified, when, by which commit or edit, and by whom.

It is told as far as it can be known. git knows of files; Datadog tells when a monitor was edited, and by whom only in
its audit trail; GitHub tells who changed the rules of a branch only to administrators. Nothing is guessed: where
several commits touched what matters, all of them are named, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC

import msgspec

from loopcheck import __version__, config
from loopcheck.drift.commits import MAX_COMMITS, Arrival, Arrivals, Touch
from loopcheck.effects.comment import evidence_digest
from loopcheck.effects.links import Repository as Links
from loopcheck.ledger.memory import Memory, Remembered
from loopcheck.ledger.model import Entry
from loopcheck.model import Evidence, ItemResult, Outcome, Verdict
from loopcheck.reports.markdown import code
from loopcheck.world import Repository
from loopcheck.world.git import GitError

_COMMITS = 5
"""Commits that are told for one item."""
_FILES = 3
"""Files that are told for one commit."""
_MONITORS = 5
_VERBS = {"A": "added", "M": "changed", "R": "moved", "T": "changed the type of", "D": "deleted"}
_PLACE = re.compile(r"(.{1,1000}?)(?::[1-9][0-9]{0,6})?(?:@[0-9a-f]{7,64})?", re.DOTALL)
_MONITOR = re.compile(r"https://[a-z0-9.-]{1,60}/monitors/[0-9]{1,20}")
_DOWNTIME = re.compile(r"https://[a-z0-9.-]{1,60}/monitors/downtimes\b.{0,100}")
_RULES = re.compile(r"https://.{1,500}/(?:branches|rules|rulesets)/.{1,500}", re.DOTALL)


class _Drifted(msgspec.Struct, frozen=True):
    """An item whose proof went away, and between which commits it did."""

    item: ItemResult
    verified: Entry
    sighted: Entry | None
    """The first sighting of what is the matter now; `None` where this run is the first to see it."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What shows that it does not hold."""
        claims = [claim for artifact in self.item.artifacts for claim in artifact.claims]
        failing = [claim for claim in claims if claim.outcome is Outcome.FAILS and claim.rung <= self.item.requires]
        return tuple(dict.fromkeys(one for claim in failing for one in claim.evidence))


def explain(
    items: Iterable[ItemResult], memory: Memory, repository: Repository, links: Links
) -> Mapping[str, tuple[str, ...]]:
    """What is known of how each item that was verified, and has FAILED now, came to that.

    However many items there are, git is asked once for all of them.

    Args:
        items: the results of this run.
        memory: what the ledger said before it.
        repository: at the commit that was looked at.
        links: the same, for addresses.

    Returns:
        By the item's id, lines of Markdown, without markers of lists: each is one sentence, safe wherever inline
        Markdown is, with strangers' words in code only. Every item that drifted has at least one.
    """
    drifted = [found for item in items if (found := _drifted(item, memory.of(item.id))) is not None]
    if not drifted:
        return {}
    in_order = sorted((one.verified for one in drifted), key=lambda entry: entry.at)
    try:
        arrivals = Arrivals(repository, list(dict.fromkeys(entry.commit for entry in in_order)))
    except GitError:
        arrivals = None
    return {one.item.id: tuple(_Words(one, arrivals, repository, links).lines()) for one in drifted}


def _drifted(item: ItemResult, known: Remembered) -> _Drifted | None:
    if item.verdict is not Verdict.FAILED or known.last_verified is None:
        return None
    first = known.sighted
    same = first is not None and first.verdict is Verdict.FAILED and first.digest == evidence_digest(item)
    return _Drifted(item, known.last_verified, first if same else None)


class _Words:
    """The lines about one item."""

    def __init__(self, drifted: _Drifted, arrivals: Arrivals | None, repository: Repository, links: Links) -> None:
        self._drifted = drifted
        self._arrivals = arrivals
        self._repository = repository
        self._links = links

    def lines(self) -> Iterator[str]:
        """See `explain`."""
        evidence = self._drifted.evidence
        paths = dict.fromkeys(path for one in evidence for path in _paths(one.source))
        said = [*(self._commits(paths) if paths else ()), *self._datadog(evidence), *self._github(evidence)]
        yield from said or ["What it was is not to be told from what was seen: no file or setting shows it."]
        yield from self._loopcheck()

    def _commits(self, paths: Iterable[str]) -> Iterator[str]:
        """The commits that touched what does not hold; where there are none, those that changed what is asked."""
        verified, sighted = self._drifted.verified, self._drifted.sighted
        since = f"since it was verified on {verified.at:%Y-%m-%d} at {self._commit(verified.commit)}"
        last = sighted.commit if sighted else None
        arrived = self._arrivals.between(verified.commit, last) if self._arrivals else None
        if arrived is None:
            yield f"What has changed {since} cannot be told: {self._why_not()}."
            return
        found = _followed(arrived, paths)
        if not found:
            shown = ", ".join(code(path, 100) for path in list(paths)[:_FILES])
            yield f"No commit has changed {shown} {since}."
            found = _followed(arrived, [self._drifted.item.location.path, config.PATH])
        yield from (self._arrival(one, touches) for one, touches in found[:_COMMITS])
        if len(found) > _COMMITS:
            yield f"{len(found) - _COMMITS} older commits changed the same {since}."

    def _why_not(self) -> str:
        if self._arrivals is None:
            return "git cannot read its history in this clone"
        if self._repository.shallow:
            return "this clone is shallow and does not go back so far (`fetch-depth: 0` does)"
        if not self._arrivals.whole:
            return f"that is more than {MAX_COMMITS:,} commits ago"
        return "that commit is not in the history of this branch"

    def _arrival(self, one: Arrival, touches: list[Touch]) -> str:
        """`On 2026-11-19, 4f2a9c1b7d3e by Ana Lim deleted runbooks/lag.md: Tidy up (pull request 12)`."""
        did = f" {', '.join(map(_did, touches[:_FILES]))}" if touches else ""
        more = f" and touched {len(touches) - _FILES} more" if len(touches) > _FILES else ""
        by = code(one.author, 80) or "nobody named"
        said = f"On {one.at:%Y-%m-%d}, {self._commit(one.commit)} by {by}{did}{more}"
        subject = f": {code(one.subject, 160)}" if one.subject else ""
        number = one.pull_request
        came = f" ([pull request {number}]({self._links.pull_request_page(number)}))" if number else ""
        return f"{said}{subject}{came}"

    def _commit(self, commit: str) -> str:
        try:
            return f"[{code(commit[:12])}]({self._links.commit_page(commit)})"
        except ValueError:
            return code(commit[:12])

    def _datadog(self, evidence: Iterable[Evidence]) -> Iterator[str]:
        verified = self._drifted.verified
        monitors = {one.source: one for one in evidence if _MONITOR.fullmatch(one.source)}
        for source, one in list(monitors.items())[:_MONITORS]:
            address = self._links.link(source)
            name = f"monitor {source.rpartition('/')[2]}"
            shown = f"[{name}]({address})" if address else name
            if one.edited is None:
                yield f"When the {shown} was edited last, Datadog does not say."
            elif one.edited > verified.at:
                when = f"{one.edited.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
                yield f"The {shown} was last edited on {when}; by whom, Datadog tells only in its audit trail."
            else:
                yield (
                    f"The {shown} was not edited since it was verified on {verified.at:%Y-%m-%d}, but before, on"
                    f" {one.edited:%Y-%m-%d}: not its definition has changed, but its state."
                )
        if any(_DOWNTIME.fullmatch(one.source) for one in evidence):
            yield "Who made the downtime, and when, stands on its page in Datadog."

    def _github(self, evidence: Iterable[Evidence]) -> Iterator[str]:
        if any(_RULES.fullmatch(one.source) and not _MONITOR.fullmatch(one.source) for one in evidence):
            yield (
                "Who changed the rules of the branch, and when, GitHub tells only to administrators: in the history of"
                " its rulesets, and in the audit log."
            )

    def _loopcheck(self) -> Iterator[str]:
        """What looks is a part of what was seen: another version may see more."""
        verified = self._drifted.verified
        if verified.version != __version__:
            yield f"It was verified by loopcheck {code(verified.version, 40)}; this is {code(__version__, 40)}."
        now = {artifact.distribution for artifact in self._drifted.item.artifacts if artifact.distribution}
        others = sorted(now.difference(verified.checkers)) if verified.checkers else []
        if others and verified.version == __version__:
            yield f"Its checkers are others now: {', '.join(code(one, 80) for one in others[:_FILES])}."


def _paths(source: str) -> Iterator[str]:
    """The paths that a piece of evidence is from: `runbooks/lag.md:12@4f2a9c1b7d3e`, or several with commas."""
    if "://" in source:
        return
    found = _PLACE.fullmatch(source)
    if found is not None:
        yield found[1]
        if ", " in found[1]:
            yield from found[1].split(", ")


def _followed(arrived: Iterable[Arrival], paths: Iterable[str]) -> list[tuple[Arrival, list[Touch]]]:
    """The commits that touched files of these paths, or in these folders, or that are named by their ids.

    Newest first, and back through renames: what is now `b.md` was `a.md` before.
    """
    wanted = set(paths)
    found: list[tuple[Arrival, list[Touch]]] = []
    for one in arrived:
        if wanted.isdisjoint(one.names):
            continue
        touches = [touch for touch in one.touches if not wanted.isdisjoint(touch.names)]
        wanted.update(touch.old_path for touch in touches if touch.path in wanted)
        found.append((one, touches))
    return found


def _did(touch: Touch) -> str:
    said = f"{_VERBS.get(touch.status, 'touched')} {code(touch.old_path, 100)}"
    return f"{said} to {code(touch.path, 100)}" if touch.path != touch.old_path else said
