"""One artifact, declared as an author would, verified by the real engine."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from loopcheck.binding import bind
from loopcheck.checker import AnyChecker
from loopcheck.documents import yaml
from loopcheck.engine import examine as engine_examine
from loopcheck.model import ActionItem, Artifact, ArtifactResult, Incident, Location, Rung
from loopcheck.reasons import UNKNOWN_KIND, CannotTell
from loopcheck.registry import Registered
from loopcheck.world import Session

_HERE = Location("declared-in-a-test", 1)


class OneChecker:
    """A registry with one checker in it."""

    def __init__(self, checker: AnyChecker) -> None:
        self._checker = checker

    def kinds(self) -> list[str]:
        """See `loopcheck.registry.Registry.kinds`."""
        return [self._checker.manifest.kind]

    def get(self, kind: str) -> Registered:
        """See `loopcheck.registry.Registry.get`."""
        if kind != self._checker.manifest.kind:
            raise CannotTell(UNKNOWN_KIND, f"no installed checker is named `{kind}`")
        return Registered(self._checker, "under test")


def expectation(checker: AnyChecker, declared: str) -> Any:
    """What an author declares in YAML, as the checker's own type.

    Raises:
        BindingError: it cannot be read.
        DocumentError: it is not YAML.
    """
    return bind(yaml.load(dedent(declared), "declared-in-a-test", yaml.DECLARATION), checker.Expect)


def examine(
    checker: AnyChecker,
    declared: str,
    session: Session,
    *,
    incident: Incident | None = None,
    requires: Rung = Rung.ACTIVE,
) -> ArtifactResult:
    """What loopcheck says of one artifact.

    Args:
        checker: the checker.
        declared: the expectation, in YAML, as an author writes it below the kind.
        session: what to look through; see `RepositoryBuilder.session`.
        incident: the incident that the item answers.
        requires: the rung that the item asks for.
    """
    kind = checker.manifest.kind
    artifact = Artifact(kind, expectation(checker, declared), {}, _HERE)
    item = ActionItem(
        id="test#item",
        title="An item",
        owner="@alice",
        due=None,
        artifacts=(artifact,),
        location=_HERE,
        requires=requires,
        incident=incident,
    )
    return engine_examine(artifact, item, OneChecker(checker), session)
