"""What can go wrong between a system and whoever asks it, as data: each of these at any request.

Here is what goes wrong anywhere; each stand-in's own `FAULTS` names these and what its system says by itself.
"""

import fnmatch
import json
from dataclasses import dataclass, field

READ, WRITE, ANY = "read", "write", "any"


@dataclass(frozen=True)
class Fault:
    """One way to go wrong.

    Attributes:
        name: what it is called in a test's id.
        status: answered in place of the real answer; `None` to spoil the real one.
        body: the answer's JSON, or its bytes.
        headers: sent beside; a callable gets the stand-in.
        spoil: makes of (status, headers, body of the real answer) what is sent in its place; `None` to leave it.
        done: whether the request takes effect, though its answer does not say so.
        cut: the connection is closed without an answer.
        trickle: seconds between the bytes sent.
        hang: no answer comes, until whoever asked has left.
        to: what it can befall: `read`, `write`, or `any`.
        passes: whether a second try, after what the system asks for, can succeed.
        harmless: whether the answer is as good as without it.
    """

    name: str
    status: int | None = None
    body: object = None
    headers: object = None
    spoil: object = None
    done: bool = False
    cut: bool = False
    trickle: float = 0
    hang: bool = False
    to: str = ANY
    passes: bool = False
    harmless: bool = False
    kind: str = "application/json; charset=utf-8"


HTML = b"<!DOCTYPE html><html><head><title>Unicorn!</title></head><body>We had issues</body></html>"


def json_spoiler(change):
    """A spoiler of the answer's JSON; leaves alone what `change` finds nothing in."""

    def spoil(status, headers, body):
        try:
            data = json.loads(body)
        except ValueError:
            return None
        changed = change(data)
        return None if changed is None else (status, headers, json.dumps(changed).encode())

    return spoil


def _cut_body(status, headers, body):
    """Half the body, and a length that says so: nothing but its text shows that it is not whole."""
    return status, headers, body[: len(body) // 2] if len(body) > 1 else b"{"


def _short_body(status, headers, body):
    """Half the body under the length of the whole."""
    return status, {**headers, "Content-Length": str(len(body))}, body[: len(body) // 2]


GARBLED = [
    Fault("cut", cut=True, passes=True),
    Fault("cut-done", cut=True, done=True, to=WRITE, passes=True),
    Fault("hang", hang=True, passes=True),
    Fault("hang-done", hang=True, done=True, to=WRITE, passes=True),
    Fault("trickle", trickle=0.02, passes=True),
    Fault("200-html", 200, HTML, kind="text/html", passes=True),
    Fault("200-html-as-json", 200, HTML, passes=True),
    Fault("200-empty", 200, b"", passes=True),
    Fault("200-null", 200, b"null", passes=True),
    Fault("200-number", 200, b"42", passes=True),
    Fault("200-text", 200, b'"ok"', passes=True),
    Fault("200-nothing", 200, b"{}", passes=True),
    Fault("200-not-utf8", 200, b'{"message": "\xff\xfe"}', passes=True),
    Fault("200-deep", 200, b"[" * 100_000, passes=True),
    Fault("304", 304, b""),
    Fault("204", 204, b""),
    Fault("cut-body", spoil=_cut_body, passes=True),
    Fault("short-body", spoil=_short_body, passes=True),
]
"""Answers that do not come, or not whole, or are none."""


@dataclass
class Planned:
    """A fault that waits for its request."""

    when: object
    fault: Fault
    times: int | None
    after: int
    met: int = field(default=0)

    def takes(self, call):
        """Whether the fault befalls this request; counts it if it could have."""
        if callable(self.when):
            if not self.when(call):
                return False
        elif not fnmatch.fnmatchcase(f"{call.method} {call.path}", self.when):
            return False
        if call.method != "GET" and self.fault.to == READ and call.path != "/graphql":
            return False
        if call.method == "GET" and self.fault.to == WRITE:
            return False
        place = self.met
        self.met += 1
        return place >= self.after and (self.times is None or place < self.after + self.times)
