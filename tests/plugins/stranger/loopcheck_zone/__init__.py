"""`dns-record`: a record is in a zone file, and lives no longer than promised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from loopcheck.checker import (
    Checker,
    Claim,
    ClaimKind,
    Evidence,
    Expectation,
    Manifest,
    Observation,
    Reason,
    Rung,
    World,
)
from loopcheck.paths import RepoPath
from loopcheck.quantities import Duration


class DnsRecord(Expectation, frozen=True, kw_only=True):
    """What an author declares."""

    path: Annotated[RepoPath, Meta(description="The zone file.", examples=["dns/example.org.zone"])]
    name: Annotated[str, Meta(description="The record's name, as it stands in the file.", examples=["shop"])]
    ttl_at_most: Annotated[Duration | None, Meta(description="How long resolvers may keep it.")] = None


class ZoneSeen(Observation, frozen=True, kw_only=True):
    """What was seen of the zone file. Plain data, so that it can be recorded and judged again."""

    source: str
    file_found: bool
    line: int | None = None
    ttl: int | None = None
    """In seconds; `None` where the record leaves it to the zone."""


RECORDED = ClaimKind("recorded", Rung.EXISTS, "The zone file has a record of that name.")
SHORT_LIVED = ClaimKind("short-lived", Rung.ACTIVE, "Resolvers forget the record as soon as was promised.")

NO_ZONE_FILE = Reason("no-zone-file", "There is no such file.", "Correct the path, or add the file.")
NO_RECORD = Reason("no-record", "No line of the file has that name.", "Add the record.")
LIVES_TOO_LONG = Reason("lives-too-long", "The record's TTL is longer than promised.", "Lower the TTL.")
ZONE_TTL = Reason(
    "zone-ttl", "The record has no TTL of its own, and the zone's may be anywhere.", "Write a TTL into the record."
)


class DnsRecordChecker(Checker[DnsRecord, ZoneSeen]):
    """Created without arguments; holds no state."""

    manifest = Manifest(
        kind="dns-record",
        summary="A record is in a DNS zone file, and lives no longer than promised.",
        claims=(RECORDED, SHORT_LIVED),
        reasons=(NO_ZONE_FILE, NO_RECORD, LIVES_TOO_LONG, ZONE_TTL),
    )
    Expect = DnsRecord
    Observation = ZoneSeen

    def describe(self, expect: DnsRecord) -> str:
        """One line for the report."""
        return f"{expect.name} in {expect.path}"

    def observe(self, expect: DnsRecord, world: World) -> ZoneSeen:
        """Look, and decide nothing. A link, a huge file or a partial clone raises `CannotTell` by itself."""
        source = world.repo.evidence(expect.path, "").source
        file = world.repo.read(expect.path)
        if file is None:
            return ZoneSeen(source=source, file_found=False)
        for number, line in enumerate(file.text.split("\n"), 1):
            words = line.partition(";")[0].split()
            if words and words[0] == expect.name:
                ttl = int(words[1]) if words[1:] and words[1].isdecimal() and len(words[1]) < 10 else None
                return ZoneSeen(source=file.evidence("", number).source, file_found=True, line=number, ttl=ttl)
        return ZoneSeen(source=source, file_found=True)

    def judge(self, expect: DnsRecord, seen: ZoneSeen) -> Iterable[Claim]:
        """Decide, and look nowhere. Claims that hold are made as well."""
        if seen.line is None:
            reason = NO_RECORD if seen.file_found else NO_ZONE_FILE
            yield RECORDED.fails(
                reason, f"{expect.name} is not in {expect.path}", Evidence(seen.source, "no such record")
            )
            return
        here = Evidence(seen.source, f"a record with a TTL of {seen.ttl} s" if seen.ttl else "a record without a TTL")
        yield RECORDED.holds(f"{expect.name} is in {expect.path}", here)
        if expect.ttl_at_most is None:
            yield SHORT_LIVED.holds("no TTL was asked for", here)
        elif seen.ttl is None:
            yield SHORT_LIVED.unknown(ZONE_TTL, None, here)
        elif seen.ttl <= expect.ttl_at_most.delta.total_seconds():
            yield SHORT_LIVED.holds(f"its TTL is {seen.ttl} s", here)
        else:
            yield SHORT_LIVED.fails(LIVES_TOO_LONG, f"its TTL is {seen.ttl} s, not {expect.ttl_at_most}", here)
