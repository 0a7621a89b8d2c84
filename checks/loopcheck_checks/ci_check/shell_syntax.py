"""The grammar of shell scripts, as far as it is needed to say what is executed and what its failure does.

Not a shell: nothing is run. What cannot be read raises `ShellError`, and is then not judged. Nesting is bounded.
"""

from __future__ import annotations

from typing import Any

import msgspec

from loopcheck_checks.ci_check.shell_words import REDIRECTIONS, RESERVED, Operator, ShellError, Word, tokens

_ENDS = frozenset("then elif else fi do done esac }".split())

MAX_DEPTH = 40
MAX_CHAIN = 100
"""As many commands as may be joined by `&&` and `||`: what one of them does depends on all that follow."""


class Simple(msgspec.Struct):
    """A simple command: assignments, then words. `[[ … ]]` and `(( … ))` are words too."""

    words: list[Word]
    assignments: list[Word]
    line: int
    reads_script: bool = False
    """Whether it has a heredoc or here string, which `bash` would run."""


class If(msgspec.Struct):
    """`if`: conditions with what follows from each, and the `else` part."""

    branches: list[tuple[list[Any], list[Any]]]
    otherwise: list[Any] | None
    line: int


class Loop(msgspec.Struct):
    """`for`, `while`, `until`, `select`. `values` are the words of a `for`."""

    condition: list[Any] | None
    values: list[Word] | None
    body: list[Any]
    line: int


class Case(msgspec.Struct):
    """`case`: the bodies of its patterns."""

    bodies: list[list[Any]]
    line: int


class Group(msgspec.Struct):
    """`{ … }`, or `( … )` with `subshell`."""

    body: list[Any]
    subshell: bool
    line: int


class Function(msgspec.Struct):
    """A definition. It executes nothing."""

    name: str
    body: Any
    line: int


class Pipeline(msgspec.Struct):
    """Commands joined by `|`, perhaps after `!`."""

    commands: list[Any]
    negated: bool = False


class Statement(msgspec.Struct):
    """Pipelines joined by `&&` and `||`, perhaps sent to the background."""

    pipelines: list[Pipeline]
    joints: list[str]
    background: bool = False


def parse(script: str, first_line: int = 0) -> list[Statement]:
    """The statements of a script.

    Raises:
        ShellError: it cannot be read.
    """
    parser = _Parser(tokens(script, first_line))
    statements = parser.statements(0)
    if parser.peek() is not None:
        raise ShellError("something is left over at the end")
    return statements


class _Parser:
    def __init__(self, found: list[Word | Operator]) -> None:
        self._tokens = found
        self._place = 0

    def peek(self, ahead: int = 0) -> Word | Operator | None:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def reserved(self) -> str | None:
        """The reserved word that stands here, if any."""
        token = self.peek()
        if isinstance(token, Word) and not token.quoted and not token.dynamic and token.text in RESERVED:
            return token.text
        return None

    def operator(self, ahead: int = 0) -> str | None:
        token = self.peek(ahead)
        return token.text if isinstance(token, Operator) else None

    def expect(self, word: str) -> None:
        if self.reserved() != word and self.operator() != word:
            raise ShellError(f"`{word}` was expected")
        self._place += 1

    def line(self) -> int:
        token = self.peek() or (self._tokens[-1] if self._tokens else None)
        return token.line if token else 0

    def skip_lines(self) -> None:
        while self.operator() in ("\n", ";"):
            self._place += 1

    def statements(self, depth: int) -> list[Statement]:
        """Statements up to the word or bracket that ends the list."""
        if depth > MAX_DEPTH:
            raise ShellError("it is nested too deep")
        found: list[Statement] = []
        self.skip_lines()
        while self.peek() is not None:
            if self.reserved() in _ENDS or self.operator() in (")", ";;", ";&", ";;&"):
                break
            found.append(self.statement(depth))
            self.skip_lines()
        return found

    def statement(self, depth: int) -> Statement:
        pipelines = [self.pipeline(depth)]
        joints: list[str] = []
        while (sign := self.operator()) in ("&&", "||"):
            self._place += 1
            while self.operator() == "\n":
                self._place += 1
            joints.append(str(sign))
            if len(joints) > MAX_CHAIN:
                raise ShellError("too many commands are joined")
            pipelines.append(self.pipeline(depth))
        background = self.operator() == "&"
        if background:
            self._place += 1
        elif self.operator() not in ("\n", ";", ")", ";;", ";&", ";;&", None) and self.reserved() not in _ENDS:
            raise ShellError("the end of a command was expected")
        return Statement(pipelines, joints, background)

    def pipeline(self, depth: int) -> Pipeline:
        negated = False
        while self.reserved() in ("!", "time"):
            negated = negated is not (self.reserved() == "!")
            self._place += 1
            if isinstance(token := self.peek(), Word) and token.text == "-p":
                self._place += 1
        commands = [self.command(depth)]
        while self.operator() in ("|", "|&"):
            self._place += 1
            while self.operator() == "\n":
                self._place += 1
            commands.append(self.command(depth))
        return Pipeline(commands, negated)

    def command(self, depth: int) -> Any:
        line = self.line()
        word = self.reserved()
        found: Any
        if word == "if":
            found = self.if_(depth)
        elif word in ("while", "until"):
            self._place += 1
            condition = self.statements(depth + 1)
            found = Loop(condition, None, self.body(depth), line)
        elif word in ("for", "select"):
            found = self.for_(depth)
        elif word == "case":
            found = self.case(depth)
        elif word == "{":
            self._place += 1
            found = Group(self.statements(depth + 1), subshell=False, line=line)
            self.expect("}")
        elif word == "function":
            self._place += 1
            name = self.word().text
            if self.operator() == "(" and self.operator(1) == ")":
                self._place += 2
            return self.function(name, line, depth)
        elif word is not None:
            raise ShellError(f"`{word}` was not expected")
        elif self.operator() == "(":
            self._place += 1
            found = Group(self.statements(depth + 1), subshell=True, line=line)
            self.expect(")")
        elif self.operator() is not None and self.operator() not in REDIRECTIONS:
            raise ShellError(f"`{self.operator()}` was not expected")
        else:
            return self.simple(line, depth)
        while self.redirection():
            pass
        return found

    def word(self) -> Word:
        token = self.peek()
        if not isinstance(token, Word):
            raise ShellError("a word was expected")
        self._place += 1
        return token

    def redirection(self) -> str | None:
        """A redirection, taken; its sign, or `None` where there is none here."""
        token = self.peek()
        if isinstance(token, Word) and token.text.isdigit() and self.operator(1) in REDIRECTIONS:
            self._place += 1
        sign = self.operator()
        if sign not in REDIRECTIONS:
            if isinstance(token, Word) and self.peek() is not token:
                self._place -= 1
            return None
        self._place += 1
        self.word()
        return sign

    def simple(self, line: int, depth: int) -> Any:
        command = Simple([], [], line)
        while True:
            sign = self.redirection()
            if sign is not None:
                command.reads_script = command.reads_script or sign in ("<<", "<<-", "<<<", "<")
                continue
            token = self.peek()
            if not isinstance(token, Word):
                break
            self._place += 1
            if not command.words and _is_assignment(token):
                command.assignments.append(token)
                continue
            command.words.append(token)
            if token.text == "[[" and len(command.words) == 1:
                self.test(command)
            elif len(command.words) == 1 and self.operator() == "(" and self.operator(1) == ")":
                self._place += 2
                return self.function(token.text, line, depth)
        if not command.words and not command.assignments and not command.reads_script and self.peek() is None:
            raise ShellError("a command was expected")
        return command

    def test(self, command: Simple) -> None:
        """The rest of `[[ … ]]`, in which `&&`, `||`, `<` and brackets are not the shell's own."""
        while (token := self.peek()) is not None:
            self._place += 1
            if isinstance(token, Word):
                command.words.append(token)
                if token.text == "]]":
                    return
            else:
                command.words.append(Word(token.text, token.line))
        raise ShellError("`[[` has no end")

    def function(self, name: str, line: int, depth: int) -> Function:
        while self.operator() == "\n":
            self._place += 1
        if depth + 1 > MAX_DEPTH:
            raise ShellError("it is nested too deep")
        return Function(name, self.command(depth + 1), line)

    def body(self, depth: int) -> list[Statement]:
        self.expect("do")
        found = self.statements(depth + 1)
        self.expect("done")
        return found

    def if_(self, depth: int) -> If:
        line = self.line()
        self.expect("if")
        branches: list[tuple[list[Any], list[Any]]] = []
        while True:
            condition = self.statements(depth + 1)
            self.expect("then")
            branches.append((list(condition), list(self.statements(depth + 1))))
            if self.reserved() == "elif":
                self._place += 1
                continue
            otherwise: list[Any] | None = None
            if self.reserved() == "else":
                self._place += 1
                otherwise = list(self.statements(depth + 1))
            self.expect("fi")
            return If(branches, otherwise, line)

    def for_(self, depth: int) -> Loop:
        line = self.line()
        self._place += 1
        values: list[Word] | None = None
        self.word()
        while self.operator() == "\n":
            self._place += 1
        if self.reserved() == "in":
            self._place += 1
            values = []
            while isinstance(token := self.peek(), Word):
                values.append(token)
                self._place += 1
        self.skip_lines()
        return Loop(None, values, self.body(depth), line)

    def case(self, depth: int) -> Case:
        line = self.line()
        self.expect("case")
        self.word()
        self.skip_lines()
        self.expect("in")
        self.skip_lines()
        bodies: list[list[Any]] = []
        while self.reserved() != "esac":
            if self.operator() == "(":
                self._place += 1
            while self.operator() != ")":
                if self.peek() is None or self.operator() not in (None, "|"):
                    raise ShellError("`)` was expected in a `case`")
                self._place += 1
            self._place += 1
            bodies.append(list(self.statements(depth + 1)))
            if self.operator() in (";;", ";&", ";;&"):
                self._place += 1
            self.skip_lines()
        self.expect("esac")
        return Case(bodies, line)


def _is_assignment(word: Word) -> bool:
    name, sign, _ = word.text.partition("=")
    name = name.removesuffix("+").partition("[")[0]
    return bool(sign) and name.isidentifier() and name.isascii()
