from pathlib import Path

import pytest
from loopcheck_zone import DnsRecord, DnsRecordChecker

from loopcheck.testing import RepositoryBuilder, examine
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck.testing.mutants import Outcome, edits, replacing, survivors

CHECKER = DnsRecordChecker()
ZONE = "; the shop\nshop 300 IN A 192.0.2.7\nwww IN A 192.0.2.8\n"
DECLARED = "{path: dns/zone, name: shop, ttl-at-most: 5m}"


def test_keeps_the_contract():
    check_contract(DnsRecordChecker, Path(__file__).parents[1] / "README.md")


@pytest.mark.parametrize(
    ("declared", "verdict", "reason"),
    [
        (DECLARED, "verified", None),
        ("{path: dns/zone, name: shop}", "verified", None),
        ("{path: dns/zone, name: shop, ttl-at-most: 1m}", "failed", "lives-too-long"),
        ("{path: dns/zone, name: www, ttl-at-most: 5m}", "inconclusive", "zone-ttl"),
        ("{path: dns/zone, name: mail}", "failed", "no-record"),
        ("{path: dns/other, name: shop}", "failed", "no-zone-file"),
    ],
)
def test_says_what_is_there(tmp_path, declared, verdict, reason):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"dns/zone": ZONE})
    result = examine(CHECKER, declared, repository.session())
    assert result.verdict.value == verdict
    assert [claim.reason for claim in result.claims if claim.reason] == ([reason] if reason else [])


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"dns/zone": ZONE})
    expect = DnsRecord(path="dns/zone", name="shop")
    assert round_trips(CHECKER.observe(expect, repository.session().world()))


def test_no_mutant_survives(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    outcomes = []
    for mutant in edits(
        ZONE,
        ("the record is commented out", replacing("shop 300", ";shop 300")),
        ("the record has another name", replacing("shop 300", "shop2 300")),
        ("the TTL is a day", replacing("300", "86400")),
        ("the TTL is left to the zone", replacing("300 ", "")),
        ("the file is empty", lambda _: "\n"),
    ):
        repository.commit({"dns/zone": mutant.mutated})
        result = examine(CHECKER, DECLARED, repository.session())
        reasons = tuple(claim.reason for claim in result.claims if claim.reason)
        outcomes.append(Outcome(mutant.name, result.verdict, reasons))
    assert not survivors(outcomes)
