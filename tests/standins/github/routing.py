"""How a request finds its route, and what a route is given and answers."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode

ROUTES = []
LEVELS = ("none", "read", "write", "admin")


@dataclass
class Route:
    method: str
    template: str
    pattern: re.Pattern
    handler: object
    needs: str | None
    status: int


@dataclass
class Answer:
    """What is sent. `data` becomes JSON; `raw` is sent as it is."""

    data: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    raw: bytes | None = None
    kind: str = "application/json; charset=utf-8"


class Refused(Exception):  # noqa: N818 - GitHub's answer, not an error of the stand-in
    """GitHub's refusal of a request."""

    def __init__(self, status, message, *, errors=None, headers=None):
        super().__init__(message)
        self.answer = Answer(
            {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)},
            status,
            headers or {},
        )
        if errors is not None:
            self.answer.data["errors"] = errors


class Unexpected(Exception):  # noqa: N818
    """A request that no test should cause."""


def route(method, template, *, needs=None, status=200):
    """Answer `method template` with the function below. `{name}` is one segment, `{name+}` many.

    Args:
        method: `GET`.
        template: `/repos/{owner}/{repo}/issues/{number}`.
        needs: the permission of an app's token: `issues:read`. Alternatives: `issues:write|pull_requests:write`.
        status: of an answer that is no `Answer` itself.
    """
    pattern = re.sub(
        r"\\{(\w+)(\\\+)?\\}", lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", re.escape(template)
    )

    def add(handler):
        ROUTES.append(Route(method, template, re.compile(pattern), handler, needs, status))
        return handler

    return add


def find(method, path):
    """The route for a request and what its path says, or None."""
    known = False
    for candidate in ROUTES:
        found = candidate.pattern.fullmatch(path)
        if found:
            known = True
            if candidate.method == method:
                return candidate, {name: unquote(text) for name, text in found.groupdict().items()}
    return ("method", None) if known else None


@dataclass
class Call:
    """One request, as a route sees it."""

    github: object
    method: str
    path: str
    query: dict
    headers: dict
    body: object
    token: object
    repository: object = None
    params: dict = field(default_factory=dict)
    number: int = 0
    """Which request of the stand-in's life it is, from 1."""
    answered: int | None = None

    @property
    def account(self):
        """Who asks."""
        return self.token.account

    @property
    def now(self):
        """The stand-in's time."""
        return self.github.now

    def allowed(self, needs):
        """Whether the token has a permission such as `issues:write`, or one of several parted by `|`."""
        for one in needs.split("|"):
            name, _, level = one.partition(":")
            have = self.token.permissions.get(name, "read" if name == "metadata" else "none")
            if LEVELS.index(have) >= LEVELS.index(level):
                return True
        return False

    def expect(self, *names):
        """The query may hold no other parameters than these (and those of paging)."""
        extra = set(self.query) - set(names) - {"per_page", "page"}
        if extra:
            raise Unexpected(f"{self.method} {self.path}: parameters {sorted(extra)}")

    def field(self, name, kind=str, *, required=False, default=None):
        """A value of the body; 422 where it is not of the kind asked for."""
        body = self.body if isinstance(self.body, dict) else {}
        if name not in body or (body[name] is None and not required):
            if required:
                raise Refused(422, 'Invalid request.\n\n"' + name + "\" wasn't supplied.")
            return default
        if not isinstance(body[name], kind) or (kind is int and isinstance(body[name], bool)):
            raise Refused(422, f"Invalid request.\n\nFor 'properties/{name}', {body[name]!r} is not of the right type.")
        return body[name]

    def page(self, entries, render, *, under=None, total=None):
        """One page of a list, with its `Link` header."""
        size = min(max(1, int(self.query.get("per_page", "30"))), 100)
        page = max(1, int(self.query.get("page", "1")))
        entries = list(entries)
        shown = entries[(page - 1) * size : page * size]
        last = max(1, -(-len(entries) // size))
        links = []
        for rel, number, is_there in (
            ("prev", page - 1, page > 1),
            ("next", page + 1, page < last),
            ("last", last, page < last),
            ("first", 1, page > 1),
        ):
            if is_there:
                query = urlencode({**self.query, "per_page": size, "page": number})
                links.append(f'<{self.github.url}{self.path}?{query}>; rel="{rel}"')
        data = [render(self, entry) for entry in shown]
        if under is not None:
            data = {"total_count": len(entries) if total is None else total, under: data}
        return Answer(data, headers={"Link": ", ".join(links)} if links else {})

    def __deepcopy__(self, memo):
        return self
