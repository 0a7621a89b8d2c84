"""Where in the workflows the declared thing is, and where it may be without showing."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from loopcheck.documents.origin import DocumentError
from loopcheck_checks.ci_check.catalogue import CALL, FOLDER, Catalogue, Chain, Workflow, local
from loopcheck_checks.ci_check.commands import Match, match, wanted
from loopcheck_checks.ci_check.manifest import CiCheckExpectation
from loopcheck_checks.ci_check.names import legs_named
from loopcheck_checks.ci_check.seen import JobSeen, Possible, Route, StepSeen, Unread
from loopcheck_checks.ci_check.shells import line_of

_MAX_ROUTES = 200
_MAX_POSSIBLE = 20
_MAX_NAMES = 2_000
"""Among so many names the nearest is looked for."""
_MAX_LOOKS = 100_000
"""Steps that are looked at: actions can use each other in more ways than anybody means."""
_MAX_ACTIONS = 10
"""How deep GitHub lets composite actions use each other."""
# Actions that run no command of the repository.
_PLAIN_ACTIONS = ("actions/", "github/codeql-action/", "codecov/codecov-action", "docker/",
                  "step-security/harden-runner",
                  "astral-sh/setup-uv", "re-actors/alls-green", "dorny/paths-filter", "tj-actions/changed-files",
                  "zizmorcore/zizmor-action", "ossf/scorecard-action", "softprops/action-gh-release")  # fmt: skip


class Found(msgspec.Struct):
    """What a search came to."""

    routes: list[Route] = []
    possible: list[Possible] = []
    unread: list[Unread] = []
    missing: str | None = None
    nearest: str | None = None
    looked_in: str = FOLDER


def search(expect: CiCheckExpectation, catalogue: Catalogue) -> Found:
    """Look for everything that `expect` names."""
    return _Search(expect, catalogue).run()


class _Search:
    def __init__(self, expect: CiCheckExpectation, catalogue: Catalogue) -> None:
        self._expect = expect
        self._catalogue = catalogue
        self._found = Found()
        self._declared: list[str] = []
        self._looks = 0

    def run(self) -> Found:
        """See `search`."""
        found = self._look()
        words = [word for word in self._names() if word]
        found.unread = [u for u in found.unread if u.path in self._declared or self._catalogue.may_hold(u.path, words)]
        return found

    def _names(self) -> list[str]:
        """What a file must say, in one way or another, to hold what was declared."""
        expect = self._expect
        heads = [wanted(command).words[0] for command in expect.commands if wanted(command).words]
        job = expect.job.rpartition(" / ")[2].partition(" (")[0] if expect.job else ""
        return [job or (expect.step or ""), *heads, expect.uses or "", "" if self._declared else expect.workflow or ""]

    def _look(self) -> Found:
        found = self._found
        declared = self._expect.workflow
        selected = self._selected(declared) if declared else None
        if selected == []:
            found.missing = "workflow"
            found.nearest = self._nearest_workflow(str(declared))
            if "/" not in str(declared) and not str(declared).endswith((".yml", ".yaml")):
                found.unread = self._catalogue.unread()  # one of them may have this name
            elif self._catalogue.links:
                found.unread = [u for u in self._catalogue.unread() if u.path in self._catalogue.links]
            return found
        if selected:
            self._declared = selected
            found.looked_in = ", ".join(selected)[:200]
            unread = self._catalogue.unread(selected)
            if unread:
                found.unread = unread
                if len(unread) == len(selected):
                    return found
        chains = [
            chain for chain in self._catalogue.chains if not selected or any(w.path in selected for w, _ in chain)
        ]
        self._chains(chains)
        if selected is None or any(route.never_called for route in found.routes):
            found.unread = self._catalogue.unread()
        return found

    def _selected(self, declared: str) -> list[str]:
        """The paths of the workflows that `workflow:` names."""
        if "/" in declared:
            path = declared.removeprefix("./").removeprefix("/")
            return [path] if path in self._catalogue.paths else []
        by_file = [path for path in self._catalogue.paths if path.rpartition("/")[2] == declared]
        return by_file or [workflow.path for workflow in self._catalogue.all() if workflow.name == declared]

    def _nearest_workflow(self, declared: str) -> str | None:
        names = [path.rpartition("/")[2] for path in self._catalogue.paths]
        names += [workflow.name for workflow in self._catalogue.all() if workflow.name]
        near = get_close_matches(declared.rpartition("/")[2], names, n=1, cutoff=0.6)
        return near[0] if near else None

    def _chains(self, chains: list[Chain]) -> None:
        expect, found = self._expect, self._found
        jobs: list[tuple[Chain, list[JobSeen]]] = []
        for chain in chains:
            named = self._named(chain)
            if named is not None:
                jobs.append((chain, named))
        if not jobs:
            found.missing = "job"
            if expect.job:
                workflows = {workflow.path: workflow for chain in chains for workflow, _ in chain}
                names = {name for w in workflows.values() for pair in w.job_names() for name in pair if name}
                near = get_close_matches(expect.job[:200], sorted(names)[:_MAX_NAMES], n=1, cutoff=0.6)
                found.nearest = near[0] if near else None
            for chain in chains:
                self._elsewhere(chain)
            return
        labels: set[str] = set()
        steps_named = not expect.step
        for chain, named in jobs:
            if self._is_followed(chain):
                continue  # the jobs of the called workflow speak for it
            for command, line, steps in self._in_job(named[-1]):
                steps_named = True
                if command is not None or (not expect.runs and not expect.uses):
                    labels.add(command or "")
                    self._add(chain, named, steps, command, line)
            self._elsewhere(chain)
        wanted_labels = {*expect.commands, *([expect.uses] if expect.uses else [])}
        if not steps_named:
            found.missing = "step"
            names = {s.label for _, named in jobs for s in named[-1].steps} | {
                s.id for _, named in jobs for s in named[-1].steps if s.id
            }
            near = get_close_matches((expect.step or "")[:200], sorted(names)[:_MAX_NAMES], n=1, cutoff=0.6)
            found.nearest = near[0] if near else None
        elif absent := sorted(wanted_labels - labels):
            found.missing = "command"
            found.nearest = absent[0]

    def _named(self, chain: Chain) -> list[JobSeen] | None:
        """The jobs of a way, if one of them is the declared job. Its matrix is narrowed to the legs that are named."""
        declared = self._expect.job
        if declared is None:
            return self._jobs(chain)
        # Reading a job is dear: ask for its bare words first.
        last = declared.rpartition(" / ")[2]
        jobs = self._jobs(chain) if self._may_be(chain, declared) else None
        if jobs is None:
            return None
        for place, job in enumerate(jobs):
            legs = legs_named(job, declared)
            if legs is None and " / " in declared and place == len(jobs) - 1:
                outer = declared.rpartition(" / ")[0]
                inner = legs_named(job, last)
                legs = (
                    inner
                    if any(legs_named(above, outer.rpartition(" / ")[2]) is not None for above in jobs[:place])
                    else None
                )
            if legs is not None:
                return [*jobs[:place], msgspec.structs.replace(job, legs=legs), *jobs[place + 1 :]]
            if any(leg.open for leg in job.legs) or "${{" in (job.name or ""):
                self._possible(Possible(job.path, job.line, f"the job `{job.id[:60]}`, whose names only the run knows"))
        return None

    @staticmethod
    def _may_be(chain: Chain, declared: str) -> bool:
        first = declared.rpartition(" / ")[2]
        for workflow, identity in chain:
            if declared.startswith(identity) or first.startswith(identity):
                return True
            name = workflow.name_of(identity)
            if name is not None and (name in (declared, first) or "${{" in name or declared.startswith(name)):
                return True
        return False

    def _jobs(self, chain: Chain) -> list[JobSeen] | None:
        try:
            return list(self._catalogue.jobs(chain))
        except DocumentError as error:
            self._possible(
                Possible(chain[-1][0].path, error.location.line, f"a job that cannot be read: {error.message}")
            )
            return None

    def _in_job(self, job: JobSeen) -> Iterator[tuple[str | None, int | None, tuple[StepSeen, ...]]]:
        """Each declared command, or the declared step or job itself, with the steps that lead to it."""
        expect = self._expect
        if not (expect.step or expect.runs or expect.uses):
            yield None, None, ()
            return
        for steps in self._steps(job.steps, ()):
            if expect.step and not any(_is_named(step, expect.step) for step in steps):
                continue
            step = steps[-1]
            if not expect.step or _is_named(step, expect.step):  # else it stands in one that is: that one speaks for it
                yield None, None, steps
            if expect.uses and step.uses and _uses(step.uses, expect.uses):
                yield expect.uses, None, steps
            for command, line in self._commands_of(step):
                yield command, line, steps

    def _steps(self, steps: tuple[StepSeen, ...], before: tuple[StepSeen, ...]) -> Iterator[tuple[StepSeen, ...]]:
        for step in steps:
            self._looks += 1
            if self._looks > _MAX_LOOKS:
                self._possible(Possible(step.path, step.line, "a step, of more than can be followed"))
                return
            yield (*before, step)
            follow = step.uses is not None and local(step.uses) is not None and len(before) < _MAX_ACTIONS
            if follow and step.uses is not None and all(step.uses != other.uses for other in before):
                action = self._catalogue.action(step.uses)
                yield from self._steps(action.steps if action else (), (*before, step))

    def _commands_of(self, step: StepSeen) -> Iterator[tuple[str, int]]:
        """The declared commands that the step's script executes; what may execute them is noted."""
        if not self._expect.runs:
            return
        if step.run is None:
            if step.uses and self._opaque_action(step.uses):
                self._possible(Possible(step.path, step.line, f"`uses: {step.uses[:60]}`"))
            return
        found = self._catalogue.commands(step)
        if found is None:
            self._possible(Possible(step.path, step.run.line, "a script that cannot be read"))
            return
        for declared in self._expect.commands:
            target = wanted(declared)
            for command in found:
                verdict = match(command.words, target, reads_script=command.reads_script)
                if verdict is Match.YES:
                    yield declared, line_of(step, command)
                    break
                if verdict is Match.MAYBE and len(self._found.possible) < _MAX_POSSIBLE:
                    self._possible(Possible(step.path, line_of(step, command), f"`{command.text[:60]}`"))

    def _opaque_action(self, uses: str) -> bool:
        """Whether an action may run commands that nobody sees here."""
        if local(uses) is not None:
            return self._catalogue.action(uses) is None
        return not uses.startswith(_PLAIN_ACTIONS)

    def _elsewhere(self, chain: Chain) -> None:
        """A call of a reusable workflow that cannot be seen into may hold anything."""
        unseen = self._catalogue.unseen_call(*chain[-1])
        if unseen is not None:
            self._possible(unseen)

    def _is_followed(self, chain: Chain) -> bool:
        """Whether a job calls a workflow of this repository that has jobs."""
        called = chain[-1][0].called(chain[-1][1])
        path = local(called[0]) if called else None
        callee = self._catalogue.get(path) if path in self._catalogue.paths else None
        return isinstance(callee, Workflow) and bool(callee.job_ids()) and all(w.path != path for w, _ in chain)

    def _possible(self, place: Possible) -> None:
        if place not in self._found.possible and len(self._found.possible) < _MAX_POSSIBLE:
            self._found.possible.append(place)

    def _add(
        self, chain: Chain, jobs: list[JobSeen], steps: tuple[StepSeen, ...], command: str | None, line: int | None
    ) -> None:
        entry = chain[0][0]
        started = tuple(event for event in entry.events if event.name != CALL) or entry.events
        bare = [msgspec.structs.replace(job, steps=()) for job in jobs[:-1]]
        gates = self._gates(chain[0][0], jobs[0]) if self._expect.gate else ()
        actions = tuple(
            action for step in steps[:-1] if (action := self._catalogue.action(step.uses or "")) is not None
        )
        inside = self._catalogue.inside(steps[-1:] or jobs[-1].steps)
        route = Route(
            entry.path, started, entry.events_line, (*bare, jobs[-1]), steps, actions, command, line, gates, inside
        )
        if len(self._found.routes) < _MAX_ROUTES:
            self._found.routes.append(route)

    def _gates(self, workflow: Workflow, job: JobSeen) -> tuple[JobSeen, ...]:
        """The declared gate, in the workflow whose checks are shown on the pull request."""
        found: list[JobSeen] = []
        for identity, name in workflow.job_names():
            if self._expect.gate in (identity, name) and identity != job.id:
                try:
                    found.append(workflow.job(identity))
                except DocumentError as error:
                    self._possible(Possible(workflow.path, error.location.line, "a gate that cannot be read"))
        return tuple(found)


def _is_named(step: StepSeen, declared: str) -> bool:
    return declared in (step.id, step.label) or (step.uses is not None and step.uses.partition("@")[0] == declared)


def _uses(uses: str, declared: str) -> bool:
    """Whether a step uses the declared action, in whatever version unless one was declared."""
    if "@" in declared:
        return uses == declared
    action = uses.partition("@")[0].lower()
    prefix = declared.lower().rstrip("/")
    return action == prefix or action.startswith(prefix + "/")
