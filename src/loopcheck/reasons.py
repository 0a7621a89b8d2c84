"""Why something is not known, or does not hold: stable words with a meaning and a remedy.

A checker raises `CannotTell` whenever it could not see; it never returns an empty answer instead. The engine
turns it into a claim that is unknown. That is what keeps an outage from looking like an absent artifact.
"""

from __future__ import annotations

import msgspec

from loopcheck.model import Evidence


class Reason(msgspec.Struct, frozen=True):
    """A stable word for why a claim fails or is unknown."""

    word: str
    """In kebab-case: `muted-forever`."""
    means: str
    """One sentence: what was seen, or could not be."""
    remedy: str
    """One sentence: what the reader does next."""
    stops: bool = False
    """Whether the run itself came to an end: what met it was not looked at, and the next run begins with it."""


class Unseen(msgspec.Struct, frozen=True, tag="unseen"):
    """A part of an observation that could not be seen, in place of the part. It carries its reason."""

    reason: str
    message: str
    remedy: str


class CannotTell(Exception):  # noqa: N818 - it is not an error, it is an answer
    """The artifact, or a part of it, could not be seen. Never raised to say that something is absent."""

    def __init__(self, reason: Reason, message: str, *evidence: Evidence) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.evidence = evidence

    @property
    def unseen(self) -> Unseen:
        """The same as data, for an observation of which the rest was seen."""
        return Unseen(self.reason.word, self.message, self.reason.remedy)


# Reasons that any checker may meet. A checker's manifest lists only its own.

MISSING_SECRET = Reason(
    "missing-secret",
    "A credential that this look needs is not set.",
    "Set the secret that the message names, in the environment or as an input of the action.",
)
REFUSED = Reason(
    "refused",
    "The system refused the credential.",
    "Check that the key is valid, belongs to this site and has the permission that the message names.",
)
RATE_LIMITED = Reason(
    "rate-limited",
    "The system asked to be left alone for longer than this run may wait.",
    "Nothing to do: the next run looks again. If it happens every time, run less often.",
    stops=True,
)
OUTAGE = Reason(
    "outage",
    "The system answered that it is out of order.",
    "Nothing to do: the next run looks again.",
)
UNREACHABLE = Reason(
    "unreachable",
    "No connection to the system could be made.",
    "Check the network, the proxy and the name of the site.",
)
TIMEOUT = Reason(
    "timeout",
    "The answer did not come in time.",
    "Nothing to do: the next run looks again.",
)
BAD_RESPONSE = Reason(
    "bad-response",
    "The answer is not one that the system documents.",
    "Look at the system's status page; if it is well, report this to loopcheck.",
)
TRUNCATED = Reason(
    "truncated",
    "The answer is only a part of what there is.",
    "Narrow the declaration, so that less has to be looked at.",
)
NOT_VISIBLE = Reason(
    "not-visible",
    "It is missing, or this credential may not see it: the system does not say which.",
    "Give the credential read access, or check the name.",
)
UNPARSEABLE = Reason(
    "unparseable",
    "The file is there and cannot be read.",
    "Mend the file at the place that the message names.",
)
NOT_TEXT = Reason("not-text", "The file is not UTF-8 text.", "Name another file, or save this one as UTF-8.")
TOO_BIG = Reason("too-big", "The file is larger than loopcheck reads.", "Name a smaller file, or split this one.")
LINKED = Reason(
    "linked",
    "The path leads through a symbolic link or a submodule, which loopcheck does not follow.",
    "Name the file itself; for a submodule, declare the item in its own repository.",
)
SHALLOW_HISTORY = Reason(
    "shallow-history",
    "The checkout is shallow: its oldest commit seems to have written every file.",
    "Check out with `fetch-depth: 0` (actions/checkout), or run `git fetch --unshallow`.",
)
MISSING_OBJECT = Reason(
    "missing-object",
    "The clone is partial, and what this look needs was left out.",
    "Clone without `--filter`, or run `git fetch --refetch`.",
)
NO_INCIDENT_TIME = Reason(
    "no-incident-time",
    "Nobody wrote down when the incident was, so nothing can be dated against it.",
    "Write `incident:` with `id:` and `started: 2026-11-01T09:14Z` below it, in the front matter of the post-mortem.",
)
AMBIGUOUS = Reason(
    "ambiguous",
    "More than one thing fits the declaration equally well.",
    "Add to the declaration until only one fits.",
)
NOT_JUDGED = Reason(
    "not-judged",
    "This form is real, and loopcheck cannot judge it without guessing.",
    "Check it by hand, and record that with a waiver; or declare a simpler artifact.",
)
NEEDS_GITHUB = Reason(
    "needs-github",
    "Only GitHub's API can tell, and this run did not ask it.",
    "Run loopcheck where it can ask GitHub: as the action, with a token.",
)
NEEDS_LEDGER = Reason(
    "needs-ledger",
    "Only the ledger can tell, and this run did not read it.",
    "Run loopcheck as the action, with `contents: read`; in a shell, give the ledger with `--ledger FILE`.",
)
ABOVE_REQUIRED = Reason(
    "above-required",
    "It is costly to see, and the item requires a lower rung, so it was not looked at.",
    "Add `require: proven` to the item. To see it once, use `loopcheck verify --require proven`.",
)
NOTHING_CHECKED = Reason(
    "nothing-checked",
    "The required rung has no claim for this artifact, so nothing supports it.",
    "Require a lower rung, or declare an artifact of a kind that can show this one.",
)
UNKNOWN_KIND = Reason(
    "unknown-kind",
    "No installed checker knows this kind of artifact.",
    "Install the distribution that has it, or correct the kind; `loopcheck explain` lists what there is.",
)
AMBIGUOUS_KIND = Reason(
    "ambiguous-kind",
    "Two installed distributions offer a checker of this kind.",
    "Uninstall one of them.",
)
BROKEN_CHECKER = Reason(
    "broken-checker",
    "The checker cannot be loaded, or does not keep its contract.",
    "Report it to the distribution that the message names.",
)
CHECKER_CRASHED = Reason(
    "checker-crashed",
    "The checker stopped with an error of its own.",
    "Report it to the distribution that the message names, with `loopcheck verify --debug`.",
)
BAD_SETTINGS = Reason(
    "bad-settings",
    "The settings of this system in .github/loopcheck.yml cannot be read.",
    "Mend them at the place that the message names.",
)
OUT_OF_TIME = Reason(
    "out-of-time",
    "The run's time was used up before this was looked at.",
    "Give the run more time (`--time-limit`), or verify fewer items at once.",
    stops=True,
)
BUDGET_SPENT = Reason(
    "budget-spent",
    "The requests that this run may make are used up.",
    "Nothing to do: the next run looks at what is left. If it happens every time, verify fewer items at once.",
    stops=True,
)

COMMON_REASONS = tuple(value for value in list(globals().values()) if isinstance(value, Reason))
STOPS = frozenset(reason.word for reason in COMMON_REASONS if reason.stops)
"""The words of the reasons for which a run is not complete."""
