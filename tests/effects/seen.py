"""Results of one item, as a run may see it."""

from loopcheck.model import ArtifactResult, Claim, Evidence, ItemResult, Location, Outcome, Rung, Verdict

SHA = "4f2a9c1b7d3e5f60718293a4b5c6d7e8f9012345"


def claim(
    outcome=Outcome.FAILS, message="the section was not changed", source=f"runbooks/lag.md:12@{SHA[:12]}", **more
):
    reason = None if outcome is Outcome.HOLDS else more.pop("reason", "not-changed")
    remedy = None if outcome is Outcome.HOLDS else "Change the section."
    return Claim(Rung.ACTIVE, "changed", outcome, message, reason, remedy, (Evidence(source, "seen"),), **more)


def item(*claims, verdict=Verdict.FAILED, **more):
    artifact = ArtifactResult("runbook", verdict, claims or (claim(),), Rung.EXISTS, "lag.md", Location("x", 1))
    about = {"id": "issue-7", "title": "Write it down", "owner": "@ana", "due": None, "location": Location("issues/7")}
    return ItemResult(
        **{**about, **more}, requires=Rung.ACTIVE, rung=Rung.EXISTS, verdict=verdict, artifacts=(artifact,)
    )


FAILED = item()
VERIFIED = item(claim(Outcome.HOLDS), verdict=Verdict.VERIFIED)
