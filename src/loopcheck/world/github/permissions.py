"""What people may do in the repository, asked when it matters: what an event or a comment says of it is older."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec

from loopcheck.reasons import BAD_RESPONSE, BUDGET_SPENT, CannotTell
from loopcheck.tracker import Person, Standing
from loopcheck.world.github.issue_query import shaped
from loopcheck.world.github.reader import GitHub

# GitHub's old word says least: `write` for maintainers too, and `read` for triage.
_OLD_WORDS = {
    Standing.ADMIN: "admin",
    Standing.MAINTAIN: "write",
    Standing.WRITE: "write",
    Standing.TRIAGE: "read",
    Standing.READ: "read",
    Standing.NONE: "none",
}


_FEW = 2
"""So many people are asked about one by one: a list could cost as much, and may be refused."""
_ONE_BY_ONE = 50
"""People who are asked about one by one in a run. Anybody can open an issue, and each costs a request."""
_PAGE = 100


class _Grants(msgspec.Struct, frozen=True):
    admin: bool = False
    maintain: bool = False
    push: bool = False
    triage: bool = False
    pull: bool = False

    @property
    def standing(self) -> Standing:
        held = (
            (self.admin, Standing.ADMIN),
            (self.maintain, Standing.MAINTAIN),
            (self.push, Standing.WRITE),
            (self.triage, Standing.TRIAGE),
            (self.pull, Standing.READ),
        )
        return next((role for granted, role in held if granted), Standing.NONE)


class _User(msgspec.Struct, frozen=True):
    id: int
    permissions: _Grants | None = None


class _Answer(msgspec.Struct, frozen=True):
    permission: str
    user: _User | None
    role_name: str = ""


class _Listed(msgspec.Struct, frozen=True):
    id: int
    permissions: _Grants | None = None
    role_name: str = ""

    @property
    def standing(self) -> Standing | None:
        """`None` where it does not say, or says two things: then only the question about this person tells."""
        if self.permissions is None:
            return None
        granted = self.permissions.standing
        return granted if self.role_name not in _OLD_WORDS or self.role_name == granted else None


class Permissions:
    """What people may do. Where they are many, GitHub's list of collaborators says it of most in one request.

    The list has everybody whom a role was given, through an organisation, a team or by name. Who is not in it has none
    of these, but may read what is public; and whether all came cannot be seen. So it is believed in what it says, and
    nothing follows from what it does not say: those people, or all where the token is refused the list, are asked
    about one by one.

    Args:
        github: where to ask.
        people: who will be asked about, as far as known.
    """

    def __init__(self, github: GitHub, people: Iterable[Person] = ()) -> None:
        self._github = github
        self._asked: set[int] = set()
        wanted = {person.id for person in people}
        self._listed = self._list(wanted) if len(wanted) > _FEW else {}

    def of(self, person: Person) -> Standing:
        """What a person may do.

        Raises:
            CannotTell: see `standing_of`; or this run has asked about as many people as it may.
        """
        known = self._listed.get(person.id)
        if known is not None:
            return known
        if person.id not in self._asked and len(self._asked) >= _ONE_BY_ONE:
            raise CannotTell(BUDGET_SPENT, f"this run asks what a person may do {_ONE_BY_ONE} times")
        self._asked.add(person.id)
        return standing_of(person, self._github)

    def _list(self, wanted: set[int]) -> dict[int, Standing]:
        """Those of `wanted` that the list names, in no more requests than questions about each would be."""
        found: dict[int, Standing] = {}
        for number in range(1, len(wanted) + 1):
            path = f"/repos/{self._github.repository}/collaborators"
            try:
                said = self._github.get(path, affiliation="all", per_page=_PAGE, page=number)
                page: Sequence[_Listed] = shaped(said, list[_Listed])
            except CannotTell:
                break
            for one in page:
                if one.id in wanted and one.standing is not None:
                    found[one.id] = one.standing
            if len(page) < _PAGE or len(found) == len(wanted):
                break
        return found


def standing_of(person: Person, github: GitHub) -> Standing:
    """What a person may do. Each is asked about once a run.

    `role_name` is taken where it is one of GitHub's own words; an organisation's own role counts as what it grants.

    Raises:
        CannotTell: there is no whole answer, or it is about another account. That is never a refusal.
    """
    path = f"/repos/{github.repository}/collaborators/{quote(person.login, safe='')}/permission"
    answer = shaped(github.get(path), _Answer)
    if answer.user is None or answer.user.id != person.id:
        raise CannotTell(BAD_RESPONSE, f"{path}: the answer is about another account of the same name")
    known = {role.value: role for role in Standing}
    role = known.get(answer.role_name)
    if role is not None:
        if _OLD_WORDS[role] != answer.permission:
            raise CannotTell(BAD_RESPONSE, f"{path}: the answer contradicts itself")
        return role
    grants = answer.user.permissions
    if grants is None:
        if answer.permission not in known:
            raise CannotTell(BAD_RESPONSE, f"{path}: the answer names no permission that GitHub documents")
        return known[answer.permission]
    return grants.standing
