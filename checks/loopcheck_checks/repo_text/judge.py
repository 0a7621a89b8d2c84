"""What follows from what was seen of the text of files. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from loopcheck.checker import Claim, ClaimKind, Evidence
from loopcheck.reasons import LINKED
from loopcheck_checks.repo_text.manifest import (
    DOES_NOT_MATCH,
    FILES_THERE,
    MATCHES,
    NO_FILE,
    NO_MATCH,
    NO_TEXT,
    ONLY_IN_COMMENTS,
    PERHAPS_COMMENT,
    UNREAD,
    UNWANTED_MATCH,
    Globbed,
    Hits,
    Quantifier,
    RepoTextExpectation,
    RepoTextObservation,
    Sought,
)


def judge(expect: RepoTextExpectation, seen: RepoTextObservation) -> Iterator[Claim]:
    """See `loopcheck.checker.Checker.judge`."""
    for globbed in seen.globs:
        yield _there(globbed, seen)
    if all(globbed.files == 0 for globbed in seen.globs):
        return
    for sought in seen.patterns:
        if sought.key == "must-match":
            yield _match(sought, seen, expect.in_)
        else:
            yield _no_match(sought, seen)


def _there(globbed: Globbed, seen: RepoTextObservation) -> Claim:
    glob = globbed.glob
    if globbed.files:
        count = _files(globbed.files)
        return FILES_THERE.holds(f"{glob} stands for {count}", _at(seen, glob, count))
    if globbed.link:
        return FILES_THERE.unknown(
            LINKED, f"{globbed.link} is a symbolic link or a submodule", _at(seen, globbed.link, "a link")
        )
    meant = f"; did you mean {globbed.nearest}?" if globbed.nearest else ""
    return FILES_THERE.fails(NO_FILE, f"{glob}: no such file{meant}", _at(seen, glob, "no such file"))


def _match(sought: Sought, seen: RepoTextObservation, quantifier: Quantifier) -> Claim:
    """A claim about a text that must be there."""
    named = _named(sought)
    enough = sought.found.files > 0 and quantifier is Quantifier.ANY
    doubt = sought.doubtful.files or seen.unread.files
    if enough or (sought.found.files and not (sought.missing.files or sought.in_comments.files or doubt)):
        message = f"{named} is in {_files(sought.found.files)}{_skipped(seen)}"
        return MATCHES.holds(message, *_evidence(sought.found, seen, "the text"))
    certain = quantifier is Quantifier.EVERY or not doubt  # in `any`, what was not seen could be the one
    if sought.missing.files and (quantifier is Quantifier.EVERY or not sought.in_comments.files) and certain:
        message = f"{named} is not in {_shown(sought.missing, seen.looked_at)}"
        return MATCHES.fails(NO_MATCH, message, *_evidence(sought.missing, seen, "not there"))
    if sought.in_comments.files and certain:
        message = f"{named} is only in a comment in {_shown(sought.in_comments, seen.looked_at)}"
        return MATCHES.fails(ONLY_IN_COMMENTS, message, *_evidence(sought.in_comments, seen, "in a comment"))
    return _unknown(sought, seen, MATCHES)


def _no_match(sought: Sought, seen: RepoTextObservation) -> Claim:
    """A claim about a text that must not be there."""
    named = _named(sought)
    if sought.found.files:
        message = f"{named} is in {_shown(sought.found, seen.looked_at)}"
        return DOES_NOT_MATCH.fails(UNWANTED_MATCH, message, *_evidence(sought.found, seen, "the text"))
    if sought.doubtful.files or seen.unread.files or not seen.looked_at:
        return _unknown(sought, seen, DOES_NOT_MATCH)
    message = f"{named} is in none of {_files(seen.looked_at)}{_skipped(seen)}"
    return DOES_NOT_MATCH.holds(message, *_evidence(sought.missing, seen, "not there"))


def _unknown(sought: Sought, seen: RepoTextObservation, claim: ClaimKind) -> Claim:
    """The claim could not be decided, for the first of three reasons."""
    if sought.doubtful.files:
        message = f"{_named(sought)} may be only in a comment in {_shown(sought.doubtful, seen.looked_at)}"
        return claim.unknown(PERHAPS_COMMENT, message, *_evidence(sought.doubtful, seen, "perhaps in a comment"))
    if seen.unread.files:
        message = f"{_shown(seen.unread, None)} could not be searched: {seen.unread_because}"
        return claim.unknown(UNREAD, message, *_evidence(seen.unread, seen, "not searched"))
    message = f"{_shown(seen.binary, None)} could not be searched: not text"
    return claim.unknown(NO_TEXT, message, *_evidence(seen.binary, seen, "not text"))


def _named(sought: Sought) -> str:
    """The pattern, as its author wrote it. What was found is never repeated: it may be what nobody should read."""
    return f"`{sought.pattern[:60]}`"


def _files(count: int) -> str:
    return f"{count:,} file" + ("" if count == 1 else "s")


def _shown(hits: Hits, of: int | None) -> str:
    names = ", ".join(hits.places[:3]) + (f" and {hits.files - 3:,} more" if hits.files > 3 else "")
    return names if of in (None, hits.files) else f"{names} ({hits.files:,} of {_files(of or 0)})"


def _skipped(seen: RepoTextObservation) -> str:
    return f" ({_files(seen.binary.files)} not searched: not text)" if seen.binary.files else ""


def _evidence(hits: Hits, seen: RepoTextObservation, what: str) -> tuple[Evidence, ...]:
    return tuple(_at(seen, place, what) for place in hits.places)


def _at(seen: RepoTextObservation, place: str, what: str) -> Evidence:
    return Evidence(f"{place}@{seen.commit[:12]}", what)
