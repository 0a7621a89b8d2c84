"""What a person may do in the repository, asked when it matters: what an event or a comment says of it is older."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from loopcheck.reasons import BAD_RESPONSE, CannotTell
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


class _Grants(msgspec.Struct, frozen=True):
    admin: bool = False
    maintain: bool = False
    push: bool = False
    triage: bool = False
    pull: bool = False


class _User(msgspec.Struct, frozen=True):
    id: int
    permissions: _Grants | None = None


class _Answer(msgspec.Struct, frozen=True):
    permission: str
    user: _User | None
    role_name: str = ""


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
    held = (
        (grants.admin, Standing.ADMIN),
        (grants.maintain, Standing.MAINTAIN),
        (grants.push, Standing.WRITE),
        (grants.triage, Standing.TRIAGE),
        (grants.pull, Standing.READ),
    )
    return next((role for granted, role in held if granted), Standing.NONE)
