"""The words and operators of shell scripts: quotes, substitutions, comments and heredocs.

No word is expanded. Reading is one pass over the text; what has no end raises `ShellError`.
"""

from __future__ import annotations

import msgspec


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


_OPERATORS = (
    "&>>", "<<-", "<<<", ";;&",
    "&&", "||", ";;", ";&", "|&", "&>", ">>", ">|", ">&", "<&", "<<", "<>",
    "\n", ";", "&", "|", "(", ")", "<", ">",
)  # fmt: skip
REDIRECTIONS = frozenset(("&>>", "<<-", "<<<", "&>", ">>", ">|", ">&", "<&", "<<", "<>", "<", ">"))
_BY_FIRST: dict[str, tuple[str, ...]] = {}
for _operator in _OPERATORS:
    _BY_FIRST[_operator[0]] = (*_BY_FIRST.get(_operator[0], ()), _operator)
RESERVED = frozenset("if then elif else fi for while until do done case esac in function select { } ! time".split())
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
        if isinstance(last, Word) and last.text not in RESERVED:
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
