"""The workflow files and local actions of a repository at one commit, each read at most once a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from loopcheck.checker import CannotTell, Unseen, World
from loopcheck.documents import yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode
from loopcheck.reasons import LINKED, TRUNCATED, UNPARSEABLE
from loopcheck.world import Repository
from loopcheck_checks.ci_check import reading
from loopcheck_checks.ci_check.seen import ActionSeen, ClosedAction, EventSeen, JobSeen, Possible, StepSeen, Unread
from loopcheck_checks.ci_check.shell import Executed
from loopcheck_checks.ci_check.shell_words import ShellError
from loopcheck_checks.ci_check.shells import executed

FOLDER = ".github/workflows"
CALL = "workflow_call"
_MAX_CHAINS = 50_000
_MAX_CALLS = 10
"""How deep GitHub lets reusable workflows call each other, and one more."""


class Workflow:
    """One workflow file."""

    def __init__(self, path: str, root: MappingNode) -> None:
        self.path = path
        self.root = root
        self.name = reading.scalar(root.get("name"))
        self._jobs: dict[str, JobSeen] = {}
        self._events: tuple[EventSeen, ...] | None = None
        self._names: dict[str, str | None] | None = None
        self._called: dict[str, tuple[str, int] | None] = {}

    @property
    def events(self) -> tuple[EventSeen, ...]:
        """What starts it, `workflow_call` among it."""
        if self._events is None:
            self._events = reading.events(self.root)
        return self._events

    @property
    def events_line(self) -> int:
        """Where `on:` stands."""
        key = self.root.key("on")
        return key.line if key else self.root.line

    def job_ids(self) -> list[str]:
        """The ids of its jobs."""
        jobs = reading.mapping(self.root.get("jobs"))
        return list(jobs.keys()) if jobs else []

    def name_of(self, identity: str) -> str | None:
        """The name of a job, without reading more of it."""
        if self._names is None:
            self._names = dict(self.job_names())
        return self._names.get(identity)

    def job_names(self) -> Iterator[tuple[str, str | None]]:
        """Each job's id and name, without reading more of it."""
        jobs = reading.mapping(self.root.get("jobs"))
        for key, node in jobs.entries() if jobs else ():
            holder = reading.mapping(node)
            yield key.text, reading.scalar(holder.get("name")) if holder else None

    def job(self, identity: str) -> JobSeen:
        """A job.

        Raises:
            DocumentError: it is not what a job must be.
        """
        if identity not in self._jobs:
            self._jobs[identity] = reading.job(self.path, self.root, identity)
        return self._jobs[identity]

    def called(self, identity: str) -> tuple[str, int] | None:
        """What a job calls in place of steps, and the line that says so."""
        if identity not in self._called:
            jobs = reading.mapping(self.root.get("jobs"))
            holder = reading.mapping(jobs.get(identity)) if jobs else None
            node = holder.get("uses") if holder else None
            uses = reading.scalar(node)
            self._called[identity] = (uses, node.line) if node is not None and uses is not None else None
        return self._called[identity]

    def calls(self) -> Iterator[tuple[str, str]]:
        """The jobs that call a reusable workflow of this repository, with its path."""
        for identity in self.job_ids():
            called = self.called(identity)
            path = local(called[0]) if called is not None else None
            if path is not None:
                yield identity, path


def local(uses: str) -> str | None:
    """The path in this repository that `uses` names; `None` where it is in another one.

    `./x` is taken from what was checked out, `$/x` from the commit that runs.
    """
    return uses[2:] if uses.startswith(("./", "$/")) else None


Chain = tuple[tuple[Workflow, str], ...]
"""A job with the jobs that call its workflow, outermost first. Its first workflow is the one that events start."""


class Catalogue:
    """All workflow files. They are read when they are asked for."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._read: dict[str, Workflow | Unread] = {}
        self._callers: dict[str, list[tuple[Workflow, str]]] | None = None
        self._actions: dict[str, ActionSeen | ClosedAction] = {}
        self._chains: list[Chain] | None = None
        self._jobs: dict[tuple[tuple[str, str], ...], tuple[JobSeen, ...]] = {}
        self._commands: dict[tuple[str, int], tuple[Executed, ...] | None] = {}
        # Only files directly in the folder run; `.yaml.disabled`, sub-folders and programs beside them do not.
        self.paths = sorted(path for path in repo.paths if _is_workflow(path))
        self._known = frozenset(self.paths)
        self.links = sorted(path for path in repo.links if _is_workflow(path) or path in (FOLDER, ".github"))

    def get(self, path: str) -> Workflow | Unread:
        """The workflow at `path`, or why it cannot be read."""
        if path not in self._read:
            self._read[path] = self._load(path)
        return self._read[path]

    def all(self, paths: list[str] | None = None) -> Iterator[Workflow]:
        """Every workflow that can be read, or those at `paths`."""
        for path in self.paths if paths is None else paths:
            found = self.get(path)
            if isinstance(found, Workflow):
                yield found

    def unread(self, paths: list[str] | None = None) -> list[Unread]:
        """Every workflow that cannot be read, or those at `paths`."""
        wanted = self.paths if paths is None else paths
        found = [unread for path in wanted if isinstance(unread := self.get(path), Unread)]
        links = [Unread(path, LINKED.word, f"{path} is a link or a submodule", LINKED.remedy) for path in self.links]
        return found + (links if paths is None else [])

    def may_hold(self, path: str, words: list[str]) -> bool:
        """Whether a file that cannot be read may hold what goes by these words: it says one, or is a template."""
        try:
            file = self._repo.read(path)
            text = file.text if file else None
        except CannotTell:
            text = None
        if text is None or not words:
            return True
        return "{{" in text.replace("${{", "") or any(word in text for word in words)

    def callers(self, path: str) -> list[tuple[Workflow, str]]:
        """The jobs that call the reusable workflow at `path`."""
        if self._callers is None:
            callers: dict[str, list[tuple[Workflow, str]]] = defaultdict(list)
            for workflow in self.all():
                for job, called in workflow.calls():
                    callers[called].append((workflow, job))
            self._callers = dict(callers)
        return self._callers.get(path, [])

    @property
    def chains(self) -> list[Chain]:
        """Every way to every job. A reusable workflow that nobody calls begins a way of its own.

        Raises:
            CannotTell: there are more than anybody could have meant.
        """
        if self._chains is None:
            found: list[Chain] = []
            for workflow in self.all():
                only_called = workflow.events and all(event.name == CALL for event in workflow.events)
                if not (only_called and self.callers(workflow.path)):
                    self._extend(found, workflow, ())
            self._chains = found
        return self._chains

    def _extend(self, found: list[Chain], workflow: Workflow, before: Chain) -> None:
        for identity in workflow.job_ids():
            chain = (*before, (workflow, identity))
            if len(found) >= _MAX_CHAINS:
                raise CannotTell(TRUNCATED, f"the workflows call each other in more than {_MAX_CHAINS:,} ways")
            found.append(chain)
            uses = workflow.called(identity)
            called = local(uses[0]) if uses else None
            if called is None or len(chain) >= _MAX_CALLS or any(called == other.path for other, _ in chain):
                continue
            callee = self.get(called) if called in self._known else None
            if isinstance(callee, Workflow) and any(event.name == CALL for event in callee.events):
                self._extend(found, callee, chain)

    def jobs(self, chain: Chain) -> tuple[JobSeen, ...]:
        """The jobs of a way, each with what it is handed.

        Raises:
            DocumentError: one of them is not what a job must be.
        """
        key = tuple((workflow.path, identity) for workflow, identity in chain)
        if key not in self._jobs:
            jobs = [workflow.job(identity) for workflow, identity in chain]
            for place, (workflow, _) in enumerate(chain):
                if place or all(event.name == CALL for event in workflow.events):
                    handed = jobs[place - 1].inputs if place else {}
                    takes = reading.inputs_of_call(workflow.root)
                    jobs[place] = msgspec.structs.replace(jobs[place], takes=takes, handed=handed)
            self._jobs[key] = tuple(jobs)
        return self._jobs[key]

    def unseen_call(self, workflow: Workflow, identity: str) -> Possible | None:
        """The call of a reusable workflow that cannot be seen into, if that is what a job is."""
        called = workflow.called(identity)
        if called is None:
            return None
        path = local(called[0])
        if path in self._known and isinstance(self.get(path), Workflow):
            return None
        return Possible(workflow.path, called[1], f"`uses: {called[0][:80]}`")

    def commands(self, step: StepSeen) -> tuple[Executed, ...] | None:
        """What the script of a step executes, fates aside; `None` where it cannot be read, or there is none."""
        if step.run is None:
            return None
        key = (step.path, step.run.line)
        if key not in self._commands:
            try:
                self._commands[key] = tuple(executed(step.run.text, step.shell))
            except ShellError:
                self._commands[key] = None
        return self._commands[key]

    def action(self, uses: str) -> ActionSeen | None:
        """A composite action of this repository; `None` where it cannot be seen into.

        Args:
            uses: what a step uses: `./.github/actions/build`.
        """
        found = self.own_action(uses)
        return found if isinstance(found, ActionSeen) else None

    def inside(self, steps: Iterable[StepSeen]) -> dict[str, ActionSeen | ClosedAction]:
        """Every action of this repository that these steps use, and that those use, by what is written there."""
        found: dict[str, ActionSeen | ClosedAction] = {}
        waiting = [step.uses for step in steps if step.uses is not None]
        while waiting:
            uses = waiting.pop()
            if uses not in found and local(uses) is not None:
                found[uses] = action = self.own_action(uses)
                if isinstance(action, ActionSeen):
                    waiting += [step.uses for step in action.steps if step.uses is not None]
        return dict(sorted(found.items()))

    def own_action(self, uses: str) -> ActionSeen | ClosedAction:
        """An action of this repository.

        Args:
            uses: what a step uses: `./.github/actions/build`.
        """
        folder = "/".join(part for part in (local(uses) or "").split("/") if part not in ("", "."))
        if folder not in self._actions:
            self._actions[folder] = self._action(folder)
        return self._actions[folder]

    def _load(self, path: str) -> Workflow | Unread:
        try:
            root = self._document(path)
        except CannotTell as trouble:
            return _unread(path, trouble.unseen)
        except DocumentError as error:
            return Unread(path, UNPARSEABLE.word, str(error), UNPARSEABLE.remedy)
        if not isinstance(root, MappingNode):
            return Unread(path, UNPARSEABLE.word, f"{path} is not a workflow: it has no keys", UNPARSEABLE.remedy)
        return Workflow(path, root)

    def _document(self, path: str) -> yaml.Node | None:
        file = self._repo.read(path)
        return None if file is None else yaml.load(file.text, path)

    def _action(self, folder: str) -> ActionSeen | ClosedAction:
        for name in ("action.yml", "action.yaml"):
            path = f"{folder}/{name}" if folder else name
            try:
                if self._repo.entry(path) is None:
                    continue
                return _action(path, reading.mapping(self._document(path)))
            except CannotTell as trouble:
                return ClosedAction(program=False, message=trouble.message)
            except DocumentError as error:
                return ClosedAction(program=False, message=str(error))
        if f"{folder}/Dockerfile" in self._repo.paths:  # which GitHub runs where nothing describes it
            return ClosedAction(program=True, message=f"{folder}/Dockerfile")
        return ClosedAction(program=False, message=f"{folder or 'the top folder'} has no action.yml at this commit")


def _action(path: str, root: MappingNode | None) -> ActionSeen | ClosedAction:
    runs = reading.mapping(root.get("runs")) if root else None
    using = reading.scalar(runs.get("using")) if runs is not None else None
    if root is None or runs is None or using is None:
        return ClosedAction(program=False, message=f"{path} does not say what it runs")
    if using == "composite":
        return ActionSeen(reading.inputs_of_action(root), tuple(reading.steps(path, runs.get("steps"))))
    program = using == "docker" or using.startswith("node")
    return ClosedAction(program, f"{path} runs `{using[:40]}`")


def catalogue(world: World) -> Catalogue:
    """The catalogue of this run, shared by all items."""
    return world.once(("ci-check", "catalogue"), lambda: Catalogue(world.repo))


def catalogue_at(world: World, there: Repository) -> Catalogue:
    """The same at another commit; see `Repository.at`."""
    return world.once(("ci-check", "catalogue", there.commit), lambda: Catalogue(there))


def _is_workflow(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder == FOLDER and name.endswith((".yml", ".yaml"))


def _unread(path: str, trouble: Unseen) -> Unread:
    return Unread(path, trouble.reason, trouble.message, trouble.remedy)
