"""What is lost between two looks: a table."""

import pytest

from loopcheck.gate.fence import lost
from loopcheck.model import Claim, Evidence, Outcome, Rung

H, U, F = Outcome.HOLDS, Outcome.UNKNOWN, Outcome.FAILS
RUNGS = {"e": Rung.EXISTS, "a": Rung.ACTIVE, "p": Rung.PROVEN}


def claims(text):
    """`in-place/e+ soft/a- live/a?`: word, rung and outcome of each claim."""
    made = []
    for place, one in enumerate(text.split()):
        word, _, rest = one.partition("/")
        outcome = {"+": H, "?": U, "-": F}[rest[1]]
        reason = None if outcome is H else "because"
        made.append(
            Claim(RUNGS[rest[0]], word, outcome, rest[2:], reason, evidence=(Evidence(f"{word}:{place}@1", "it"),))
        )
    return made


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("x/e+", "x/e+", ""),
        ("x/e+", "x/e-", "x-"),
        ("x/e+ y/a+", "x/e-", "x-"),
        ("x/e+ y/a+", "x/e+ y/a-", "y-"),
        ("x/e+ y/p+", "x/e+ y/p-", ""),  # nobody asked for so much
        ("x/e-", "x/e-", ""),
        ("x/e-", "y/e-", ""),  # nothing held
        ("x/e?", "x/e-", ""),  # it was not seen to hold
        ("x/e+ y/a?", "x/e+ y/a-", ""),
        ("x/e+ y/a?", "x/e+ y/a?", ""),
        ("x/e+ y/a-", "x/e+ y/a-", ""),
        ("x/e-", "x/e+", ""),
        # several of one word
        ("m/e+ m/e+", "m/e+ m/e-", "m-"),
        ("m/e+ m/e-", "m/e- m/e-", "m-"),
        ("m/e+ m/e- m/e?", "m/e+ m/e- m/e-", ""),
        ("m/e+ m/e+ m/e?", "m/e+ m/e- m/e?", "m-"),
        ("m/e-old m/e+", "m/e-old m/e-new", "m-new"),
        # made only now
        ("x/e+", "x/e+ links/a-", "links-"),
        ("x/e+ links/a+", "x/e+ links/a+ links/a-", "links-"),
        # out of sight
        ("x/e+ y/a+", "observed/e?", "observed?"),
        ("x/e+ y/a+", "x/e+ y/a?", "y?"),
        ("x/e+ y/a?", "x/e+ y/a? z/a?", ""),  # what held holds
        ("x/e+ y/a+", "x/e+", ""),  # not asked any more, as a link that is not there
        ("observed/e?", "observed/e?", ""),
        ("x/e+ y/a+", "x/e- y/a?", "x-"),  # one reason is enough
    ],
)  # fmt: skip
def test_what_is_lost(before, after, expected):
    found = lost(claims(before), claims(after), Rung.ACTIVE)
    signs = {U: "?", F: "-"}
    assert " ".join(f"{claim.claim}{signs[claim.outcome]}{claim.message}" for claim, _ in found) == expected
    assert all(stood for _, stood in found)


def test_it_is_said_where_it_stood():
    ((_, stood),) = lost(claims("x/e+ y/a+"), claims("x/e+ y/a-"), Rung.ACTIVE)
    assert [one.source for one in stood] == ["y:1@1"]
    ((_, stood),) = lost(claims("x/e+"), claims("x/e+ links/a-"), Rung.ACTIVE)
    assert [one.source for one in stood] == ["x:0@1"]
