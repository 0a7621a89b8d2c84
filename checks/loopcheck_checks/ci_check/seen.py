"""What `ci-check` sees of workflow files, as plain data: the way from an event to a step, as it is written.

Nothing here is judged. Texts are kept with the place where they stand, so that every finding can name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Written(msgspec.Struct, frozen=True):
    """A text of a workflow file, and where it stands."""

    text: str
    line: int


class EventSeen(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of `on:`."""

    name: str
    line: int
    filters: Mapping[str, tuple[str, ...]] = {}
    """`branches`, `paths-ignore`, `types` … with their patterns. No key is no filter."""


class Leg(msgspec.Struct, frozen=True, omit_defaults=True):
    """One combination of a matrix."""

    values: Mapping[str, Any]
    open: bool = False
    """Whether there are values, or further combinations, that only the run knows."""


class StepSeen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step, of a job or of a composite action."""

    path: str
    line: int
    label: str
    """Its name, id, action or first line, whatever there is."""
    id: str | None = None
    name: str | None = None
    uses: str | None = None
    run: Written | None = None
    shell: str | None = None
    """The shell that is named for it, by itself or by a default."""
    folder: str | None = None
    """`working-directory`, of itself or of a default."""
    condition: Written | None = None
    soft: Written | None = None
    """`continue-on-error`."""
    unwatched: bool = False
    """Whether it runs in the background, and no later step waits for it."""
    env: Mapping[str, str] = {}
    inputs: Mapping[str, str] = {}
    """`with:`."""


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input that a reusable workflow or a composite action takes."""

    default: str = ""
    type: str = "string"
    """What a reusable workflow declares. An action knows nothing but texts."""


class ActionSeen(msgspec.Struct, frozen=True, omit_defaults=True, tag="action"):
    """A composite action of the repository."""

    takes: Mapping[str, Input]
    steps: tuple[StepSeen, ...]


class ClosedAction(msgspec.Struct, frozen=True, tag="closed"):
    """An action of the repository that has no steps to look at."""

    program: bool
    """Whether it runs a program, in Node.js or in a container. Otherwise it is not there, or cannot be read."""
    message: str


class Kin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job that another one needs."""

    line: int
    condition: Written | None = None
    needs: tuple[str, ...] = ()


class JobSeen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job."""

    path: str
    line: int
    id: str
    name: str | None = None
    condition: Written | None = None
    soft: Written | None = None
    needs: tuple[str, ...] = ()
    kin: Mapping[str, Kin] = {}
    """Every job that it needs, directly or not, by id."""
    legs: tuple[Leg, ...] = ()
    """The combinations of its matrix; none where it has no matrix."""
    labels: tuple[str, ...] = ()
    """`runs-on`."""
    uses: str | None = None
    env: Mapping[str, str] = {}
    inputs: Mapping[str, str] = {}
    """`with:`, which a job hands to the reusable workflow that it calls."""
    takes: Mapping[str, Input] = {}
    """What the workflow of the job takes, where it is called."""
    handed: Mapping[str, str] = {}
    """The `with:` of the job that calls it."""
    steps: tuple[StepSeen, ...] = ()


class Route(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way from events to what was declared."""

    workflow: str
    """The path of the workflow file whose events start it."""
    events: tuple[EventSeen, ...]
    """What starts it; `workflow_call` alone where nobody calls it."""
    line: int
    """Where `on:` stands."""
    jobs: tuple[JobSeen, ...]
    """The job, after the jobs that call its workflow."""
    steps: tuple[StepSeen, ...] = ()
    """The step, after the steps that use its composite action; none where a job was declared."""
    actions: tuple[ActionSeen, ...] = ()
    """The composite action that each of the steps uses, but the last."""
    command: str | None = None
    """The declared command that the step executes."""
    at: int | None = None
    """The line on which the command stands."""
    gates: tuple[JobSeen, ...] = ()
    """The job that was declared as the gate, if it is in the same workflow."""
    inside: Mapping[str, ActionSeen | ClosedAction] = {}
    """The actions of the repository that the declared step or job uses, and those that they use: by `uses`."""

    @property
    def never_called(self) -> bool:
        """Whether it is a reusable workflow that nobody calls."""
        return bool(self.events) and all(event.name == "workflow_call" for event in self.events)


class Possible(msgspec.Struct, frozen=True):
    """A place that may hold what was declared, and that cannot be seen into."""

    path: str
    line: int
    what: str


class Unread(msgspec.Struct, frozen=True):
    """A workflow file that cannot be read."""

    path: str
    reason: str
    message: str
    remedy: str


class PathsSeen(msgspec.Struct, frozen=True):
    """What a path filter does to the files of the repository."""

    total: int
    """How many of the files that matter there are."""
    left_out: int
    examples: tuple[str, ...]
    only_prose: bool
    """Whether all that is left out is documentation."""
