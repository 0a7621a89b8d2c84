"""Who owns an item: one person, by handle, name or e-mail address.

An item that a team owns is one that nobody does: of 504 items of public post-mortems 11 name a person.
"""

from __future__ import annotations

import re

_HANDLE = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?(?:_[A-Za-z0-9]{1,20})?")
_ADDRESS = re.compile(r"[^@\s,;<>]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
_JOINED = re.compile(r"[,;/&+]|\s(?:and|or|und|et)\s")
_SENTENCE = frozenset("to for the with will should must is are from about whoever".split(" "))
_GROUPS = frozenset("team teams squad guild department group crew".split(" "))
_NOBODY = frozenset(
    (
        "tbd tba todo unknown none n/a na nobody someone somebody anyone everyone everybody all we us team owner"
        " unassigned ? - @here @channel"
    ).split(" ")
)
_ROLES = frozenset(
    (
        "sre sres ops devops infra infrastructure platform ml-platform backend frontend dev devs developers"
        " engineering engineer engineers security database dba dbas oncall on-call support qa data management product"
        " platform-team sre-team infra-team ops-team backend-team core-team operations network networking release"
        " reliability"
    ).split(" ")
)


def parse_owner(text: str) -> str:
    """One person.

    Raises:
        ValueError: it is nobody, a team, a role, or several people.
    """
    owner = " ".join(text.split())
    bare = owner.lower().removeprefix("@")
    if not owner or owner.lower() in _NOBODY or bare in _NOBODY:
        raise ValueError(f"`{owner[:60]}` is nobody: name one person, such as `@alice`")
    if _HANDLE.fullmatch(owner):
        if bare in _ROLES:
            raise ValueError(f"`{owner[:60]}` is a role: name the person who will do it, such as `@alice`")
        return owner
    if owner.startswith("@") and re.fullmatch(r"@[\w.-]+/[\w.-]+", owner):
        raise ValueError(f"`{owner[:60]}` is a team: name the person who will do it, such as `@alice`")
    if _ADDRESS.fullmatch(owner):
        if bare.partition("@")[0] in _ROLES:
            raise ValueError(f"`{owner[:60]}` is a mailbox of many: name the person who will do it")
        return owner
    if not any(letter.isalpha() for letter in owner):
        raise ValueError(f"`{owner[:60]}` names nobody: name one person, such as `@alice`")
    if owner.count("@") > 1 or _JOINED.search(owner):
        raise ValueError(f"`{owner[:60]}` is more than one owner: name one, and mention the others in the text")
    words = bare.split()
    if owner.startswith("@"):
        raise ValueError(f"`{owner[:60]}` is not a handle: write `@name`")
    if (
        bare.replace(" ", "-") in _ROLES
        or words[-1] in _GROUPS
        or words[0] in _GROUPS
        or all(word in _ROLES or word == "the" for word in words)
    ):
        raise ValueError(f"`{owner[:60]}` is a team or a role: name the person who will do it, such as `@alice`")
    if len(words) > 6 or len(owner) > 80 or not _SENTENCE.isdisjoint(owner.split(" ")):
        raise ValueError("the owner is a sentence: name one person, such as `@alice`, and say the rest in the text")
    return owner
