"""What a script executes, and what becomes of the step when one of its commands fails.

The rules are the shell's own. Under `set -e`, which the runner uses, a command that fails ends the script,
except on the left of `||`, before the last `&&`, after `!`, in the condition of an `if` or a loop, and in a pipe
without `pipefail`. So `pytest; true` fails, and `pytest && echo well` followed by another line does not.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from loopcheck_checks.ci_check.shell_syntax import Case, Function, Group, If, Loop, Pipeline, Simple, Statement, parse
from loopcheck_checks.ci_check.shell_words import ShellError, Word

_MAX_NESTED_SCRIPTS = 8
_MAX_CALLS = 20


class Fate(Enum):
    """What becomes of the step when a command fails."""

    FAILS = "fails"
    """The step fails too."""
    SWALLOWED = "swallowed"
    """The step goes on."""
    UNKNOWN = "unknown"


class Reach(Enum):
    """Whether the script comes to a command, if all goes well before it."""

    ALWAYS = "always"
    MAYBE = "maybe"
    NEVER = "never"


class Ending(msgspec.Struct, frozen=True):
    """A fate with what causes it."""

    fate: Fate = Fate.FAILS
    why: str = ""


class Executed(msgspec.Struct, frozen=True):
    """One simple command of a script."""

    words: tuple[Word, ...]
    line: int
    """Counted from 0, from the beginning of the script."""
    ending: Ending
    reach: Reach = Reach.ALWAYS
    why: str = ""
    """What keeps the script from coming to it."""
    reads_script: bool = False

    @property
    def text(self) -> str:
        """The command in one line."""
        return " ".join(word.text for word in self.words)


class Options(msgspec.Struct, frozen=True):
    """How the runner starts the shell."""

    errexit: bool = True
    pipefail: bool = False


_FAILS = Ending()


def read(script: str, options: Options) -> list[Executed]:
    """Every simple command that a script may execute, in the order of the text.

    Raises:
        ShellError: it cannot be read.
    """
    reader = _Reader(script, options)
    reader.walk(parse(script), _State(options.errexit, options.pipefail), _Place(_FAILS, _FAILS))
    return _with_later_exits(reader.found)


def _with_later_exits(found: list[Executed]) -> list[Executed]:
    """The same commands; what is swallowed is only not known where a later line may end the script with a failure."""
    later = False
    out: list[Executed] = []
    for command in reversed(found):
        if later and command.ending.fate is Fate.SWALLOWED:
            why = f"{command.ending.why}, and a later line may end the script with a failure"
            command = msgspec.structs.replace(command, ending=Ending(Fate.UNKNOWN, why))  # noqa: PLW2901
        later = later or _may_end_badly(command)
        out.append(command)
    return out[::-1]


def _may_end_badly(command: Executed) -> bool:
    """Whether a command may end the script with a failure because of what went before it, as a script means it."""
    words = [word.text for word in command.words]
    if words[0] == "exit":
        return words[1:] not in ([], ["0"])
    asks = words[0] in ("test", "[", "[[", "grep", "egrep", "diff", "cmp", "false") or (
        words[:2] == ["git", "diff"] and len(words) > 2
    )
    return asks and command.ending.fate is Fate.FAILS


class _State(msgspec.Struct):
    """What the commands before have set. A subshell has its own."""

    errexit: bool
    pipefail: bool
    reach: Reach = Reach.ALWAYS
    why: str = ""

    def copy(self) -> _State:
        return _State(self.errexit, self.pipefail, self.reach, self.why)

    def lower(self, reach: Reach, why: str) -> None:
        """Come to what follows less surely than before."""
        if self.reach is Reach.ALWAYS or (self.reach is Reach.MAYBE and reach is Reach.NEVER):
            self.reach, self.why = reach, why


class _Place(msgspec.Struct, frozen=True):
    """Where a list of commands stands."""

    trigger: Ending
    """What becomes of the step when `set -e` ends this shell."""
    tail: Ending
    """What becomes of it when the last status of the list is a failure."""
    suspended: str = ""
    """What suspends `set -e` here, if anything."""


class _Reader:
    def __init__(self, script: str, options: Options, nested: int = 0) -> None:
        self.found: list[Executed] = []
        self._options = options
        self._asks_status = any(sign in script for sign in ("$?", "${?", "PIPESTATUS", "GITHUB_OUTPUT", "GITHUB_ENV"))
        self._waits = "wait" in script
        self._functions: dict[str, Function] = {}
        self._trapped = False
        self._calls = 0
        self._nested = nested

    def walk(self, statements: list[Statement], state: _State, place: _Place) -> None:
        """Commands one after another."""
        for index, statement in enumerate(statements):
            self._statement(statement, state, place, last=index == len(statements) - 1)

    def _lost(self, why: str) -> Ending:
        """A failure that nothing acts on, unless the script keeps the status somewhere."""
        if self._asks_status:
            return Ending(Fate.UNKNOWN, f"{why}, and the script may act on the status itself")
        return Ending(Fate.SWALLOWED, why)

    def _statement(self, statement: Statement, state: _State, place: _Place, *, last: bool) -> None:
        before = state.copy()
        for index, pipeline in enumerate(statement.pipelines):
            final = index == len(statement.pipelines) - 1
            if statement.background:
                what = Ending(Fate.UNKNOWN, "`&` and `wait`") if self._waits else Ending(Fate.SWALLOWED, "`&`")
                ending, suspended, tail = what, "`&`", what
            else:
                ending, suspended = self._ending(statement, index, state, place, last=last)
                tail = ending
                if final and state.errexit and not place.suspended:
                    # `set -e` overlooks `a && b` where it ends a group or a branch, as it does anywhere.
                    tail = place.tail if last else self._lost_or("`&&`, after which the script goes on", place)
            inner = state if final and not statement.background and len(statement.pipelines) == 1 else state.copy()
            if index and statement.joints[index - 1] == "||":
                inner.lower(Reach.MAYBE, "it is on the right of `||`")
            elif index and _asks(statement.pipelines[index - 1]):
                inner.lower(Reach.MAYBE, "it stands after a condition and `&&`")
            self._pipeline(pipeline, inner, _Place(ending, tail, suspended or place.suspended))
            if len(statement.pipelines) > 1:
                self._left_by(statement, index, inner, state, before)

    def _left_by(self, statement: Statement, index: int, inner: _State, state: _State, before: _State) -> None:
        """What `exit` or `set` in one part of `a && b || c` means for the lines after it."""
        if inner.reach is Reach.NEVER and before.reach is not Reach.NEVER:
            first = statement.pipelines[index]
            leaves_well = _leaves(first.commands[0], self._functions) is not False
            if index == 0:
                state.lower(Reach.NEVER, inner.why)
            elif leaves_well:
                certain = statement.joints[index - 1] == "&&" and not _asks(statement.pipelines[index - 1])
                state.lower(Reach.NEVER if certain else Reach.MAYBE, inner.why)
        elif index == 0 or statement.joints[index - 1] == "&&":
            state.errexit, state.pipefail = inner.errexit, inner.pipefail

    def _ending(
        self, statement: Statement, index: int, state: _State, place: _Place, *, last: bool
    ) -> tuple[Ending, str]:
        """What becomes of the step when pipeline `index` of a statement fails, and what suspends `set -e` in it."""
        failed: bool | None = True
        at = index
        for following in range(index + 1, len(statement.pipelines)):
            if failed is (statement.joints[following - 1] == "||"):
                answer = self._answer(statement.pipelines[following], statement.pipelines[index])
                if answer is _EXITS:
                    return _FAILS if place.trigger.fate is Fate.FAILS else place.trigger, "`||`"
                if answer is None:
                    text = _text(statement.pipelines[following])
                    return Ending(Fate.UNKNOWN, f"`|| {text}` decides"), "`||`"
                failed, at = answer is _FAILED, following
        if not failed:
            text = _text(statement.pipelines[at])
            return self._lost_or(f"`|| {text}`", place), "`||`"
        final = at == len(statement.pipelines) - 1
        suspended = "" if index == len(statement.pipelines) - 1 else "`&&`"
        if final and state.errexit and not place.suspended:
            return place.trigger, suspended
        if last:
            return place.tail, suspended
        if not final:
            return self._lost_or("`&&`, after which the script goes on", place), suspended
        return self._lost_or(place.suspended or "a shell without `-e`", place), suspended

    def _lost_or(self, why: str, place: _Place) -> Ending:
        lost = self._lost(why)
        return place.tail if place.tail.fate is Fate.SWALLOWED else lost

    def _answer(self, handler: Pipeline, failed: Pipeline) -> object | None:
        """What the command after `||` or `&&` ends with; `None` where that is not known."""
        if len(handler.commands) > 1 or handler.negated:
            return None
        leaves = _leaves(handler.commands[0], self._functions)
        if leaves is not None:
            return _PASSED if leaves else _EXITS
        command = handler.commands[0]
        if isinstance(command, Simple):
            if _head(command) == "false":
                return _FAILED
            if _head(command) in _ALWAYS_WELL:
                return _PASSED
            first = failed.commands[0]
            if isinstance(first, Simple) and _head(first) and _head(first) == _head(command):
                return _FAILED  # tried again: then the second try decides
            return None
        if isinstance(command, Group):
            answers = [self._answer(s.pipelines[0], failed) for s in command.body if len(s.pipelines) == 1]
            if len(answers) == len(command.body) and answers and all(answer is _PASSED for answer in answers):
                return _PASSED
        return None

    def _pipeline(self, pipeline: Pipeline, state: _State, place: _Place) -> None:
        if pipeline.negated:
            turned = Ending(Fate.UNKNOWN, "`!` turns the result round")
            place = _Place(turned, turned, place.suspended or "`!`")
        if len(pipeline.commands) == 1:
            self._command(pipeline.commands[0], state, place)
            return
        for index, command in enumerate(pipeline.commands):  # each in a shell of its own
            mine = place.trigger
            if index < len(pipeline.commands) - 1 and not state.pipefail:
                mine = self._lost(f"`| {_head(pipeline.commands[-1]) or '…'}` without `pipefail`")
            self._command(command, state.copy(), _Place(mine, mine, place.suspended))

    def _command(self, command: object, state: _State, place: _Place) -> None:
        ending = place.trigger
        if isinstance(command, Simple):
            self._simple(command, state, ending, place.suspended)
        elif isinstance(command, Group) and command.subshell:
            self.walk(command.body, state.copy(), _Place(ending, ending, place.suspended))
        elif isinstance(command, Group):
            self.walk(command.body, state, place)
        elif isinstance(command, Function):
            self._functions[command.name] = command
        elif isinstance(command, If):
            self._if(command, state, place)
        elif isinstance(command, Loop):
            self._loop(command, state, ending, place.suspended)
        elif isinstance(command, Case):
            for body in command.bodies:
                self._perhaps(body, state, place, f"`case` on line {command.line + 1}")

    def _perhaps(self, body: list[Statement], state: _State, place: _Place, why: str) -> None:
        """A list that is executed only if something holds."""
        inner = state.copy()
        inner.lower(Reach.MAYBE, f"it depends on the {why} of the script")
        self.walk(body, inner, place)
        if inner.reach is Reach.NEVER and state.reach is not Reach.NEVER and _leaves_list(body, self._functions):
            state.lower(Reach.MAYBE, inner.why)

    def _if(self, command: If, state: _State, place: _Place) -> None:
        for index, (condition, body) in enumerate(command.branches):
            following = command.branches[index + 1] if index + 1 < len(command.branches) else None
            otherwise = command.otherwise if following is None else None
            lost = self._of_condition(condition, body, otherwise, elif_=following is not None)
            inner = state.copy()
            if index:
                inner.lower(Reach.MAYBE, f"it depends on the `if` on line {command.line + 1} of the script")
            asked = condition
            if len(condition) == 1 and len(condition[0].pipelines) == 1 and condition[0].pipelines[0].negated:
                asked = [Statement([Pipeline(condition[0].pipelines[0].commands)], [])]  # `lost` has reckoned with `!`
            self.walk(asked, inner, _Place(lost, lost, "`if`"))
            certain = _certain(condition) if index == 0 else None
            if certain:
                self.walk(body, state, place)
                return
            if certain is False:
                never = state.copy()
                never.lower(Reach.NEVER, f"the `if` on line {command.line + 1} of the script is never true")
                self.walk(body, never, place)
                continue
            self._perhaps(body, state, place, f"`if` on line {command.line + 1}")
        if command.otherwise is not None:
            self._perhaps(command.otherwise, state, place, f"`if` on line {command.line + 1}")

    def _of_condition(
        self, condition: list[Statement], body: list[Statement], otherwise: list[Statement] | None, *, elif_: bool
    ) -> Ending:
        """What becomes of the step when the command that an `if` asks fails: what the branch taken then does."""
        if elif_ or len(condition) != 1 or len(condition[0].pipelines) != 1:
            return Ending(Fate.UNKNOWN, "`if` decides")
        negated = condition[0].pipelines[0].negated
        taken = body if negated else otherwise
        leaves = _leaves_list(taken or [], self._functions)
        if leaves is False:
            return _FAILS
        if leaves is True or taken is None or _all_well(taken):
            return self._lost("`if`")
        return Ending(Fate.UNKNOWN, "`if` decides")

    def _loop(self, command: Loop, state: _State, ending: Ending, suspended: str) -> None:
        if command.condition is not None:
            lost = Ending(Fate.UNKNOWN, "the condition of a loop")
            self.walk(command.condition, state.copy(), _Place(lost, lost, "a loop's condition"))
        tail = (
            Ending(Fate.UNKNOWN, "a loop gives the status of its last round") if ending.fate is Fate.FAILS else ending
        )
        place = _Place(ending, tail, suspended)
        if command.values and not any(word.dynamic for word in command.values):
            self.walk(command.body, state.copy(), place)
        else:
            self._perhaps(command.body, state, place, f"loop on line {command.line + 1}")

    def _simple(self, command: Simple, state: _State, ending: Ending, suspended: str) -> None:
        head = _head(command)
        function = self._functions.get(head)
        if ending.fate is Fate.FAILS and self._trapped:
            ending = Ending(Fate.UNKNOWN, "a `trap` may end the script otherwise")
        self._substitutions(command, state, ending)
        if command.words:
            own = ending
            if function is not None and ending.fate is Fate.FAILS:  # what it makes of its arguments is its own affair
                own = Ending(Fate.UNKNOWN, f"`{head[:20]}` is a function of the script")
            self.found.append(
                Executed(tuple(command.words), command.line, own, state.reach, state.why, command.reads_script)
            )
        if function is not None and self._calls < _MAX_CALLS:
            self._calls += 1
            self._command(function.body, state, _Place(ending, ending, suspended))
        elif head == "set":
            _set(command, state)
        elif head == "trap":
            self._trapped = self._trapped or any("exit" in word.text for word in command.words[1:2])
        elif head in ("exit", "exec", "return") and (head != "exec" or len(command.words) > 1):
            state.lower(Reach.NEVER, f"`{_shown(command)}` on line {command.line + 1} of the script ends it before")
        elif head in ("bash", "sh") and len(command.words) > 2:
            self._inline(command, state, ending)

    def _inline(self, command: Simple, state: _State, ending: Ending) -> None:
        """`bash -c '…'`: a script of its own, with options of its own."""
        flags = [word.text for word in command.words[1:] if word.text.startswith("-")]
        script = next((word for word in command.words[1:] if not word.text.startswith("-")), None)
        if script is None or script.dynamic or not any(flag[-1:] == "c" for flag in flags):
            return
        errexit = any("e" in flag for flag in flags if not flag.startswith("--"))
        self._script(script.text, command.line, Options(errexit, "pipefail" in flags), state, ending)

    def _substitutions(self, command: Simple, state: _State, ending: Ending) -> None:
        """The scripts in `$(…)`: their status is the command's own only in a bare assignment."""
        inner = [part for word in (*command.assignments, *command.words) for part in word.inner]
        for index, (script, line) in enumerate(inner):
            # Of several in an assignment, the last one gives the status.
            bare = not command.words and index == len(inner) - 1
            options = Options(errexit=False, pipefail=state.pipefail)
            self._script(script, line, options, state, ending if bare else self._lost("`$(…)`"))

    def _script(self, script: str, line: int, options: Options, state: _State, ending: Ending) -> None:
        if self._nested >= _MAX_NESTED_SCRIPTS:
            raise ShellError("scripts in scripts are nested too deep")
        inner = _Reader(script, options, self._nested + 1)
        within = _State(options.errexit, options.pipefail, state.reach, state.why)
        inner.walk(parse(script, line), within, _Place(ending, ending))
        self.found += inner.found


_EXITS = object()
_FAILED = object()
_PASSED = object()
_ALWAYS_WELL = frozenset(["true", ":", "echo", "printf"])
_QUESTIONS = frozenset(["[", "[[", "((", "test", "grep", "egrep", "command", "which", "type", "hash", "cmp", "diff"])


def _head(command: object) -> str:
    return command.words[0].text if isinstance(command, Simple) and command.words else ""


def _shown(command: Simple) -> str:
    return " ".join(word.text for word in command.words)[:40]


def _text(pipeline: Pipeline) -> str:
    command = pipeline.commands[0]
    return _shown(command) if isinstance(command, Simple) else "…"


def _asks(pipeline: Pipeline) -> bool:
    """Whether a pipeline is a question, whose "no" is nothing out of the ordinary."""
    return pipeline.negated or any(_head(command) in _QUESTIONS for command in pipeline.commands)


def _leaves(command: object, functions: dict[str, Function]) -> bool | None:
    """True where a command surely leaves the script well, False where surely with a failure, else `None`."""
    if isinstance(command, Simple):
        if _head(command) in ("exit", "return"):
            if len(command.words) == 1:
                return None if _head(command) == "return" else False  # the status of what failed before
            code = command.words[1]
            if code.text == "$?":
                return False
            return None if code.dynamic or not code.text.isdigit() else int(code.text[:9]) % 256 == 0
        function = functions.get(_head(command))
        if function is not None and isinstance(function.body, Group):
            return _leaves_list(function.body.body, {})
    if isinstance(command, Group):
        return _leaves_list(command.body, functions)
    return None


def _leaves_list(statements: list[Statement], functions: dict[str, Function]) -> bool | None:
    """The same of a list: the first that surely leaves decides."""
    for statement in statements:
        if len(statement.pipelines) == 1 and len(statement.pipelines[0].commands) == 1 and not statement.background:
            leaves = _leaves(statement.pipelines[0].commands[0], functions)
            if leaves is not None:
                return leaves
    return None


def _all_well(statements: list[Statement]) -> bool:
    """Whether a list consists of nothing but what cannot fail."""
    return all(
        len(statement.pipelines) == 1 and all(_head(c) in _ALWAYS_WELL for c in statement.pipelines[0].commands)
        for statement in statements
    )


def _certain(condition: list[Statement]) -> bool | None:
    """What a condition is certain to say: `true`, `false`, or a comparison of two texts that are written there."""
    if len(condition) != 1 or len(condition[0].pipelines) != 1:
        return None
    pipeline = condition[0].pipelines[0]
    command = pipeline.commands[0]
    if len(pipeline.commands) != 1 or not isinstance(command, Simple):
        return None
    answer = {"true": True, ":": True, "false": False}.get(_head(command))
    inner = [word for word in command.words[1:] if word.text not in ("]", "]]")]
    literal = len(inner) == 3 and not any(word.dynamic for word in inner)
    if _head(command) in ("[", "[[", "test") and literal and inner[1].text in ("=", "==", "!="):
        answer = (inner[0].text == inner[2].text) is (inner[1].text != "!=")
    return None if answer is None else answer is not pipeline.negated


def _set(command: Simple, state: _State) -> None:
    """`set -euo pipefail` and its kin."""
    words = [word.text for word in command.words[1:]]
    for index, word in enumerate(words):
        if word in ("--", "-"):
            return
        if word[:1] not in ("-", "+") or len(word) < 2:
            continue
        on = word[0] == "-"
        if "e" in word[1:]:
            state.errexit = on
        if word[-1] == "o" and index + 1 < len(words):
            if words[index + 1] == "pipefail":
                state.pipefail = on
            elif words[index + 1] == "errexit":
                state.errexit = on
