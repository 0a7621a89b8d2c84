"""One named person, in the shapes that real post-mortems have."""

import pytest

from loopcheck.declarations.owner import parse_owner

PERSON = """
@alice
@docbrown
@alice-b
@octo_acme
alice@example.org
jennifer
solomon
docbrown
Alice Liddell
alice  liddell
Ana María de la Cruz
Or Cohen
Andrea Orlando
O'Brien
Jean-Luc
李雷
Rasmus Bjørn-Andersen
""".strip().splitlines()

NOT_ONE_PERSON = """
@sre
@ml-platform
@engineer
@platform-team
@acme/sre
sre
SRE team
the SRE team
Platform engineering
Team Platform
on call
on-call engineer
DBAs
oncall@example.org
sre@example.org
Alice and Bob
alice, bob
@alice @bob
Adria (PM) / Inbar
Alice or Bob
Alice + Bob
Rasmus call for meeting
whoever is on call
have a talk with Rune
TBD
tbd
N/A
-
?
nobody
everyone
@here
@channel
team
?!
42
@alice!
""".strip().splitlines()


@pytest.mark.parametrize("owner", PERSON)
def test_a_person_may_own_an_item(owner):
    assert parse_owner(f" {owner} ") == " ".join(owner.split())


@pytest.mark.parametrize("owner", [*NOT_ONE_PERSON, "", " ", "a" * 100, "@" + "a" * 60])
def test_a_team_a_role_two_people_and_nobody_may_not(owner):
    with pytest.raises(ValueError, match=r"person|name|handle|owner"):
        parse_owner(owner)
