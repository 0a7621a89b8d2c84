"""What is going on in a town when something goes wrong: how it came to be so, the run, and the run after it."""

from datetime import date

from town import BOT, DAY, DONE, HOUR, KINDS, MISSING

from loopcheck import events
from loopcheck.tracker import Person

WAIVE = f"/loopcheck waive until {date(2026, 12, 15)} because the vendor ships it"


class Scene:
    """One run that is looked at. `begin` makes what is there before, `act` is the run, `heal` the one after it."""

    events = None

    def begin(self, town):
        raise NotImplementedError

    def act(self, town):
        return town.sweep()

    def heal(self, town):
        town.later(2 * HOUR)
        return town.sweep()


class FirstSweep(Scene):
    """Nothing was looked at so far; among the comments there is one that pretends to be loopcheck's."""

    def begin(self, town):
        town.promise(DONE)
        crowd(town, town.promise(MISSING))
        town.declare("monitor")
        town.promise(DONE, editor=town.github.account("will"))


class Unchanged(Scene):
    """All is as it was, with an artifact of every kind."""

    def begin(self, town):
        for kind in KINDS:
            town.declare(kind)
        crowd(town, town.promise(MISSING))
        town.sweep()
        town.later(2 * HOUR)


class Reopening(Scene):
    """One was closed without proof and was seen to fail before; others were closed with proof, waived, dropped."""

    def begin(self, town):
        issues = [town.promise(MISSING), town.promise(DONE), town.promise(MISSING), town.promise(MISSING)]
        town.declare("no monitor")
        crowd(town, issues[0])
        town.sweep()
        town.at(town.commented(issues[2], WAIVE))
        for issue in issues:
            town.there.close(issue, by="ana", reason="not_planned" if issue is issues[3] else "completed")
        town.later(2 * HOUR)


class Drift(Scene):
    """What was verified is not there any more: a file, a monitor, a rule."""

    def begin(self, town):
        crowd(town, town.promise(DONE))
        for kind in ("monitor", "rule", "drill", "check"):
            town.declare(kind)
        town.sweep()
        town.later(DAY / 2)
        town.commit({"run.sh": None}, message="Tidy up", author="Mallory")
        del town.datadog.monitors[0]
        town.there.rulesets[0].rules.pop()


class Edited(Scene):
    """Somebody edits an issue, and waits for an answer."""

    def begin(self, town):
        town.issue = town.promise(MISSING)
        crowd(town, town.issue)
        town.declare("monitor")
        town.sweep()
        town.later(HOUR)
        town.issue.body, town.issue.editor = DONE, town.github.account("will")
        town.number = town.issue.number

    def act(self, town):
        return town.at(events.IssueChanged(town.number, "edited", town.person("will")))


class Closed(Edited):
    """Somebody closes an issue whose alert is not there."""

    def begin(self, town):
        issue = town.declare("no monitor")
        crowd(town, issue)
        town.promise(DONE)
        town.sweep()
        town.later(HOUR / 2)
        town.there.close(issue, by="ana")
        town.number = issue.number

    def act(self, town):
        return town.at(events.IssueChanged(town.number, "closed", town.person("ana")))


class Waived(Scene):
    """Somebody who may waives an item."""

    def begin(self, town):
        issue = town.promise(MISSING)
        crowd(town, issue)
        town.promise(DONE)
        town.sweep()
        town.later(HOUR)
        town.event = town.commented(issue, WAIVE)

    def act(self, town):
        return town.at(town.event)


class Asked(Waived):
    """Somebody asks for another look."""

    def begin(self, town):
        issue = town.declare("monitor")
        crowd(town, issue)
        town.sweep()
        town.later(HOUR)
        del town.datadog.monitors[0]
        town.event = town.commented(issue, "/loopcheck verify")


class Merging(Scene):
    """A pull request would close two items, and removes what another rests on."""

    def begin(self, town):
        kept = town.promise(DONE)
        done, missing = town.promise(DONE.replace("run.sh", "new.sh")), town.promise(MISSING)
        crowd(town, missing)
        town.sweep()
        town.later(HOUR)
        git = town.checkout.git
        town.base = git("rev-parse", "HEAD")
        git("checkout", "-q", "-b", "topic")
        town.head = town.checkout.commit({"run.sh": None, "new.sh": "new\n"}, message="Replace it")
        git("checkout", "-q", "--detach", town.base)
        git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
        town.merged = git("rev-parse", "HEAD")
        pull = town.there.add_pull(
            "Replace it", author="will", head_sha=town.head, base_sha=town.base, closes=[done.number, missing.number]
        )
        town.pull = pull.number
        assert kept.number

    def act(self, town):
        person = Person(town.github.account("will").id, "will")
        return town.at(events.PullRequestChanged(town.pull, town.head, town.base, "main", person, untrusted=False))

    def heal(self, town):
        return self.act(town)


class Queued(Merging):
    """The same in the merge queue, where the token may make no check runs."""

    def begin(self, town):
        super().begin(town)
        for token in town.github.tokens.values():
            token.permissions["checks"] = "read"

    def act(self, town):
        ref = f"refs/heads/gh-readonly-queue/main/pr-{town.pull}-{town.base}"
        return town.at(events.MergeGroup(town.merged, town.base, "main", ref))


def crowd(town, issue):
    """What others wrote, on an issue: people, a program with loopcheck's own account, and one that pretends."""
    text = (
        "<!-- loopcheck 1 version=1 at=2026-11-01T00:00:00Z run=1/1 digest="
        + "a" * 64
        + " -->\n### ✅ loopcheck: verified"
    )
    town.there.add_comment(issue, text, author="eve")
    town.there.add_comment(issue, "Coverage went up.", author=town.github.accounts["github-actions[bot]"])
    town.there.add_comment(issue, f"As it says above:\n\n{text}", author=town.github.accounts["github-actions[bot]"])
    town.there.label("needs: love")
    issue.labels.append("needs: love")
    assert town.github.accounts["github-actions[bot]"].id == BOT
    return issue


SCENES = {
    one.__name__: one()
    for one in (FirstSweep, Unchanged, Reopening, Drift, Edited, Closed, Waived, Asked, Merging, Queued)
}
