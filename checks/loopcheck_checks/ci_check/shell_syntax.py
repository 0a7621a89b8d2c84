"""The grammar of shell scripts, as far as it is needed to say what is executed and what its failure does.

Not a shell: no word is expanded, nothing is run. What cannot be read raises `ShellError`, and is then not judged.
Reading is one pass; nesting is bounded.
"""

from __future__ import annotations

from typing import Any

import msgspec

MAX_DEPTH = 40
MAX_CHAIN = 100
"""As many commands as may be joined by `&&` and `||`: what one of them does depends on all that follow."""


class ShellError(ValueError):
    """The script cannot be read."""


class Word(msgspec.Struct):
    """One word, its quotes taken off."""

    text: str
    line: int
    """Counted from 0, from the beginning of the script."""
    quoted: bool = False
    dynamic: bool = False
    """Whether a part of it is known only when it runs: `$x`, `$(…)`, `${{ … }}`."""
    inner: list[tuple[str, int]] = []
    """The scripts in `$(…)` and backticks, with their lines."""


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


_OPERATORS = (
    "&>>", "<<-", "<<<", ";;&",
    "&&", "||", ";;", ";&", "|&", "&>", ">>", ">|", ">&", "<&", "<<", "<>",
    "\n", ";", "&", "|", "(", ")", "<", ">",
)  # fmt: skip
_REDIRECTIONS = frozenset(("&>>", "<<-", "<<<", "&>", ">>", ">|", ">&", "<&", "<<", "<>", "<", ">"))
_BY_FIRST: dict[str, tuple[str, ...]] = {}
for _operator in _OPERATORS:
    _BY_FIRST[_operator[0]] = (*_BY_FIRST.get(_operator[0], ()), _operator)
_RESERVED = frozenset("if then elif else fi for while until do done case esac in function select { } ! time".split())
_ENDS = frozenset("then elif else fi do done esac }".split())
_BLANK = " \t\r"


class Operator(msgspec.Struct):
    """What joins or ends commands: `;`, `&&`, a line end."""

    text: str
    line: int


def tokens(script: str, first_line: int = 0) -> list[Word | Operator]:
    """The words and operators of a script, comments and heredocs left out.

    Raises:
        ShellError: a quote or bracket has no end.
    """
    return _Lexer(script, first_line).run()


class _Lexer:
    def __init__(self, script: str, line: int) -> None:
        self._text = script
        self._place = 0
        self._line = line
        self._out: list[Word | Operator] = []
        self._heredocs: list[tuple[str, bool]] = []
        self._heredoc_next: bool | None = None  # whether tabs are stripped, once `<<` was read

    def run(self) -> list[Word | Operator]:
        text = self._text
        while self._place < len(text):
            letter = text[self._place]
            if letter in _BLANK:
                self._place += 1
            elif letter == "\\" and text.startswith("\\\n", self._place):
                self._place += 2
                self._line += 1
            elif letter == "#":
                end = text.find("\n", self._place)
                self._place = len(text) if end < 0 else end
            elif letter in _BY_FIRST and not (letter in "<>" and text.startswith("(", self._place + 1)):
                self._operator(letter)
            else:
                self._word()
        return self._out

    def _operator(self, letter: str) -> None:
        found = next(sign for sign in _BY_FIRST[letter] if self._text.startswith(sign, self._place))
        if found == "(" and self._text.startswith("((", self._place) and self._arithmetic():
            return
        self._out.append(Operator(found, self._line))
        self._place += len(found)
        if found in ("<<", "<<-"):
            self._heredoc_next = found == "<<-"
        elif found == "\n":
            self._line += 1
            self._skip_heredocs()

    def _arithmetic(self) -> bool:
        """`(( … ))` at the beginning of a command, as one word."""
        last = self._out[-1] if self._out else None
        if isinstance(last, Word) and last.text not in _RESERVED:
            return False
        end = self._text.find("))", self._place, self._place + 200)
        if end < 0 or "\n" in self._text[self._place : end]:
            return False
        self._out.append(Word("((", self._line, dynamic=True))
        self._place = end + 2
        return True

    def _skip_heredocs(self) -> None:
        for delimiter, strips in self._heredocs:
            while True:
                if self._place >= len(self._text):
                    break
                end = self._text.find("\n", self._place)
                end = len(self._text) if end < 0 else end
                line = self._text[self._place : end].rstrip("\r")
                self._place = min(end + 1, len(self._text))
                self._line += 1
                if (line.lstrip("\t") if strips else line) == delimiter:
                    break
        self._heredocs = []

    def _word(self) -> None:
        text = self._text
        word = Word("", self._line, inner=[])
        parts: list[str] = []
        while self._place < len(text):
            letter = text[self._place]
            if letter in _BLANK or letter == "\n":
                break
            if letter in _BY_FIRST:
                if letter in "<>" and text.startswith("(", self._place + 1):
                    self._substitution(word, parts, self._place + 2)
                    continue
                if letter == "(" and parts and parts[-1].endswith("="):
                    self._array(word, parts)
                    continue
                if letter == "(" and parts and parts[-1][-1:] in "?*+@!" and self._extended(parts):
                    continue
                break
            if letter == "\\":
                if text.startswith("\n", self._place + 1):
                    self._line += 1
                else:
                    parts.append(text[self._place + 1 : self._place + 2])
                    word.quoted = True
                self._place += 2
            elif letter == "'":
                parts.append(self._until("'", self._place + 1))
                word.quoted = True
            elif letter == '"':
                self._place += 1
                self._double(word, parts)
                word.quoted = True
            elif letter == "$":
                self._dollar(word, parts)
            elif letter == "`":
                self._backticks(word, parts)
            else:
                start = self._place
                self._place += 1
                while self._place < len(text) and text[self._place] not in _STOPS:
                    self._place += 1
                parts.append(text[start : self._place])
        word.text = "".join(parts)
        if self._heredoc_next is not None:
            self._heredocs.append((word.text, self._heredoc_next))
            self._heredoc_next = None
        self._out.append(word)

    def _until(self, end: str, start: int) -> str:
        close = self._text.find(end, start)
        if close < 0:
            raise ShellError(f"a `{end}` has no end")
        found = self._text[start:close]
        self._line += found.count("\n")
        self._place = close + len(end)
        return found

    def _double(self, word: Word, parts: list[str]) -> None:
        text = self._text
        while self._place < len(text):
            letter = text[self._place]
            if letter == '"':
                self._place += 1
                return
            if letter == "\\":
                following = text[self._place + 1 : self._place + 2]
                if following == "\n":
                    self._line += 1
                else:
                    parts.append(following if following in '$`"\\' else "\\" + following)
                self._place += 2
            elif letter == "$":
                self._dollar(word, parts, quoted=True)
            elif letter == "`":
                self._backticks(word, parts)
            else:
                start = self._place
                while self._place < len(text) and text[self._place] not in '"\\$`':
                    self._place += 1
                found = text[start : self._place]
                self._line += found.count("\n")
                parts.append(found)
        raise ShellError('a `"` has no end')

    def _dollar(self, word: Word, parts: list[str], *, quoted: bool = False) -> None:
        text, place = self._text, self._place
        following = text[place + 1 : place + 2]
        if text.startswith("${{", place):
            parts.append("${{" + self._until("}}", place + 3) + "}}")
            word.dynamic = True
        elif text.startswith("$((", place):
            end = self._closed(place + 3, "(", ")")
            self._place = min(end + 2, len(text))
            parts.append("$((…))")
            word.dynamic = True
        elif following == "(":
            self._substitution(word, parts, place + 2)
        elif following == "{":
            end = self._closed(place + 2, "{", "}")
            parts.append(text[place : end + 1])
            self._line += text.count("\n", place, end)
            self._place = end + 1
            word.dynamic = True
        elif following == "'" and not quoted:
            parts.append(self._until("'", place + 2))
            word.quoted = True
        else:
            parts.append("$")
            word.dynamic = word.dynamic or following.isalnum() or following in ("_", "?", "@", "*", "#", "!", "$", "-")
            self._place += 1

    def _substitution(self, word: Word, parts: list[str], start: int) -> None:
        end = self._closed(start, "(", ")")
        word.inner.append((self._text[start:end], self._line))
        word.dynamic = True
        parts.append("$(…)")
        self._line += self._text.count("\n", start, end)
        self._place = end + 1

    def _backticks(self, word: Word, parts: list[str]) -> None:
        line = self._line
        inner = self._until("`", self._place + 1)
        word.inner.append((inner, line))
        word.dynamic = True
        parts.append("$(…)")

    def _array(self, word: Word, parts: list[str]) -> None:
        end = self._closed(self._place + 1, "(", ")")
        self._line += self._text.count("\n", self._place, end)
        self._place = end + 1
        word.dynamic = True
        parts.append("(…)")

    def _extended(self, parts: list[str]) -> bool:
        """`@(a|b)` in a pattern. `name() {` is none."""
        if self._text.startswith("()", self._place):
            return False
        end = self._closed(self._place + 1, "(", ")")
        parts.append(self._text[self._place : end + 1])
        self._line += self._text.count("\n", self._place, end)
        self._place = end + 1
        return True

    def _closed(self, start: int, opens: str, closes: str) -> int:
        """The place of the bracket that closes, quotes and inner brackets skipped."""
        text = self._text
        stack = [opens]
        place = start
        while place < len(text):
            letter = text[place]
            if letter == "\\":
                place += 1
            elif stack[-1] == '"':
                if letter == '"':
                    stack.pop()
                elif text.startswith("$(", place) and opens == "(":
                    stack.append("(")
                    place += 1
            elif letter == '"':
                stack.append('"')
            elif letter == "'" and opens == "(":
                place = text.find("'", place + 1)
                if place < 0:
                    break
            elif letter == opens:
                stack.append(opens)
            elif letter == closes:
                stack.pop()
                if not stack:
                    return place
            place += 1
        raise ShellError(f"a `{opens}` has no end")


_STOPS = frozenset(_BLANK + "\n\\'\"$`" + "".join(_BY_FIRST))


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
        if isinstance(token, Word) and not token.quoted and not token.dynamic and token.text in _RESERVED:
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
        elif self.operator() is not None and self.operator() not in _REDIRECTIONS:
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
        if isinstance(token, Word) and token.text.isdigit() and self.operator(1) in _REDIRECTIONS:
            self._place += 1
        sign = self.operator()
        if sign not in _REDIRECTIONS:
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
