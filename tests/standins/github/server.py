"""The stand-in's HTTP side: who asks, whether they may, what went wrong on the way, and the log of it all."""

import copy
import itertools
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit

from standins.github import openapi, routes, routing
from standins.github.faults import FAULTS
from standins.github.routing import Answer, Call, Refused, Unexpected
from standins.github.state import Account, Repository, Token, iso
from standins.serving import Served

_BOT = "github-actions[bot]"
_EVERYTHING = (
    "actions checks contents issues metadata pull_requests statuses administration members organization_administration"
)
_WRITES_A_MINUTE = 80
_WRITES_AN_HOUR = 500


class GitHubStandIn(Served):
    """A GitHub with one repository to begin with.

    Args:
        repository: `owner/name`.
        private: whether it is hidden from tokens that were not given access.
        permissions: of the token in `environment`; all of them, to write, if not given.
        now: its time, a constant until a test changes it. The real time if not given.

    Attributes:
        repositories: by full name; `repository` is the first.
        lag: how many requests after a write a replica may still show what was there before.
    """

    FAULTS = FAULTS

    def __init__(self, repository="acme/shop", *, private=True, permissions=None, now=None):
        super().__init__()
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.ids = itertools.count(1001)
        self.accounts = {}
        self.tokens = {}
        self.repositories = {}
        self.lag = 0
        self.secondary_limits = False
        """Whether more than 80 writes a minute, or 500 an hour, of the stand-in's time are refused."""
        self.elsewhere = "http://127.0.0.2:9"
        """A host that is not GitHub, for redirections."""
        self.validate = openapi.validator()
        """Called with each request and its answer, where GitHub's description is at hand."""
        self._snapshots = []
        self._writes = []
        self.add_account(_BOT, id=41898282, kind="Bot")
        self.repository = self.add_repository(repository, private=private)
        self.token = "ghs_" + "0123456789abcdef" * 2
        if permissions is None:
            permissions = dict.fromkeys(_EVERYTHING.split(), "write")
        self.add_token(self.token, self.account(_BOT), permissions)

    @property
    def environment(self):
        """What loopcheck needs to ask this stand-in."""
        return {
            "GITHUB_TOKEN": self.token,
            "GITHUB_REPOSITORY": self.repository.full_name,
            "GITHUB_API_URL": self.url,
            "GITHUB_GRAPHQL_URL": f"{self.url}/graphql",
            "GITHUB_SERVER_URL": self.url,
        }

    def account(self, login):
        """The account of that login, made if it is not there."""
        known = self.accounts.get(login.lower())
        return known or self.add_account(login)

    def add_account(self, login, *, id=None, kind="User"):  # noqa: A002
        """A new account."""
        self.accounts[login.lower()] = made = Account(id or next(self.ids), login, kind)
        return made

    def add_token(self, text, account, permissions, **details):
        """A new credential."""
        self.tokens[text] = made = Token(account, permissions, **details)
        return made

    def add_repository(self, full_name, *, private=True):
        """A new repository."""
        made = Repository(full_name, private=private, now=lambda: self.now, accounts=self.account, ids=self.ids)
        made.visible_to = {_BOT}
        made.commit({"README.md": "Shop\n"}, message="Begin")
        self.repositories[full_name.lower()] = made
        self.account(made.owner).kind = "Organization"
        return made

    @property
    def writes(self):
        """The requests that were to change something."""
        return [
            call for call in self.requests if call.method != "GET" and (call.path != "/graphql" or _mutates(call.body))
        ]

    # What follows runs in the server's threads.

    def _call(self, method, target, headers):
        parts = urlsplit(target)
        return Call(self, method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, None, None)

    def _reply(self, call, raw):
        answer = self._answer(call, raw)
        body = answer.raw
        if body is None:
            body = b"" if answer.status in (204, 304) or answer.data is None else json.dumps(answer.data).encode()
        return (
            answer.status,
            {"Content-Type": answer.kind, **self._common(), **self._limits(call), **answer.headers},
            body,
        )

    def _answer(self, call, raw):
        try:
            call.token = self._who(call)
            if raw:
                try:
                    call.body = json.loads(raw)
                except ValueError:
                    raise Refused(400, "Problems parsing JSON") from None
            found = routing.find(call.method, call.path)
            if found is None or found[0] == "method":
                raise Unexpected(f"{call.method} {call.path}")  # noqa: TRY301
            route, call.params = found
            self._spend(call)
            writes = call.method != "GET" and route.template != "/graphql"
            moved = self._locate(call, replica=not writes)
            if moved is not None:
                return moved
            if route.needs and not self._may(call, route.needs):
                headers = {"X-Accepted-GitHub-Permissions": _accepted(route.needs)}
                raise Refused(403, "Resource not accessible by integration", headers=headers)  # noqa: TRY301
            if writes:
                self._before_write(call)
            made = route.handler(call)
            answer = made if isinstance(made, Answer) else Answer(made, route.status)
        except Refused as refused:
            answer = refused.answer
        except Unexpected as unexpected:
            self.unexpected.append(str(unexpected))
            return Answer({"message": f"the stand-in does not expect this: {unexpected}"}, 501)
        except Exception as error:  # noqa: BLE001 - told at the end of the test
            import traceback

            self.errors.append(f"{call.method} {call.path}: {traceback.format_exc()}")
            return Answer({"message": f"the stand-in failed: {error}"}, 501)
        if self.validate is not None:
            trouble = self.validate(call, answer, raw)
            if trouble:
                self.errors.append(trouble)
        return answer

    def _who(self, call):
        scheme, _, text = call.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "token"} or text not in self.tokens:
            raise Refused(401, "Bad credentials")
        return self.tokens[text]

    def _locate(self, call, *, replica):
        """Set the repository that a path names; 404 where the token may not see it, 301 where it was renamed."""
        if "owner" not in call.params:
            call.repository = self._as_seen(self.repository, call, replica=replica)
            return None
        found = self.repositories.get(f"{call.params['owner']}/{call.params['repo']}".lower())
        if found is None or not self.sees(call.token, found):
            raise Refused(404, "Not Found")
        if found.moved_to:
            target = f"{self.url}/repositories/{self.repositories[found.moved_to.lower()].id}"
            rest = call.path.split("/", 4)[4:]
            return Answer({"message": "Moved Permanently", "url": target}, 301, {"Location": "/".join([target, *rest])})
        call.repository = self._as_seen(found, call, replica=replica)
        return None

    def sees(self, token, repository):
        """Whether a token is shown a repository at all."""
        return (
            not repository.private
            or token.account.login in repository.visible_to
            or token.account.login in repository.roles
        )

    def _may(self, call, needs):
        if not call.repository.private and needs.endswith(":read") and not needs.startswith("administration"):
            return True  # what is public needs no permission to read
        return call.allowed(needs)

    def _as_seen(self, repository, call, *, replica):
        if replica:
            for until, name, copied in self._snapshots:
                if name == repository.full_name and call.number <= until:
                    return copied
        return repository

    def _before_write(self, call):
        if self.lag and call.repository is not None:
            self._snapshots = [one for one in self._snapshots if one[0] >= call.number]
            self._snapshots.append((call.number + self.lag, call.repository.full_name, copy.deepcopy(call.repository)))
        if self.secondary_limits:
            at = self.now.timestamp()
            self._writes = [one for one in self._writes if one > at - 3600]
            minute = sum(one > at - 60 for one in self._writes)
            if minute >= _WRITES_A_MINUTE or len(self._writes) >= _WRITES_AN_HOUR:
                message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
                raise Refused(403, message, headers={"Retry-After": "60"})
            self._writes.append(at)

    def _spend(self, call):
        resource = "graphql" if call.path == "/graphql" else "core"
        used = call.token.used.get(resource, 0)
        if used >= call.token.limit:
            raise Refused(403, f"API rate limit exceeded for installation ID {call.token.account.id}.")
        call.token.used[resource] = used + 1

    def _common(self):
        return {"Date": format_datetime(self.now, usegmt=True), "X-GitHub-Media-Type": "github.v3; format=json"}

    def _limits(self, call):
        if call.token is None:
            return {}
        resource = "graphql" if call.path == "/graphql" else "core"
        used = call.token.used.get(resource, 0)
        return {
            "X-RateLimit-Limit": str(call.token.limit),
            "X-RateLimit-Remaining": str(max(0, call.token.limit - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(int(self.now.timestamp()) + 1800),
            "X-RateLimit-Resource": resource,
        }


def _mutates(body):
    return isinstance(body, dict) and str(body.get("query", "")).lstrip().startswith("mutation")


def _accepted(needs):
    return "; ".join(one.replace(":", "=") for one in needs.split("|"))


__all__ = ["GitHubStandIn", "iso", "routes"]
