"""Who may declare. A declaration makes loopcheck look at things that its author may not see: so not everybody's counts.

Both who wrote an issue and who last edited it must be allowed to: either could have put there what stands there now.
Where GitHub does not say who edited it, its own rule stands in: of people only the author may, and who may write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from loopcheck.reasons import CannotTell
from loopcheck.tracker import Issue, Person, Standing
from loopcheck.world.github.permissions import Permissions

_ENOUGH = tuple(Standing).index(Standing.TRIAGE)


def hands(issue: Issue) -> Iterator[Person]:
    """The people whose permission decides whether what is declared in an issue counts."""
    return (person for _, person in _hands(issue) if person is not None and not person.is_bot)


def objection(issue: Issue, permissions: Permissions, apps: Collection[str]) -> str | None:
    """Why what is declared in an issue does not count, or `None` where it does.

    Args:
        issue: the issue.
        permissions: what people may do.
        apps: the apps that the configuration trusts, without `[bot]`.

    Raises:
        CannotTell: it could not be seen what somebody may do; that is no objection.
    """
    troubles: list[CannotTell] = []
    for did, person in _hands(issue):
        if person is None:
            return f"the account that {did} it is deleted"
        if person.is_bot:
            if person.login.removesuffix("[bot]").casefold() not in {app.casefold() for app in apps}:
                return f"{person.login} {did} it, which is not a person nor an app of `issues: apps:`"
            continue
        try:
            standing = permissions.of(person)
        except CannotTell as trouble:
            troubles.append(trouble)
            continue
        if tuple(Standing).index(standing) < _ENOUGH:
            return f"@{person.login}, who {did} it, may not declare: that takes the permission to triage"
    if troubles:
        raise troubles[0]
    return None


def _hands(issue: Issue) -> Iterator[tuple[str, Person | None]]:
    """Everybody whose hand is in the text, each with what they did."""
    yield "wrote", issue.author
    if issue.edited is not None or issue.editor is not None:
        yield "last edited", issue.editor
