"""The stand-in's HTTP side: who asks, whether they may, what went wrong on the way, and the log of it all."""

import copy
import gzip
import itertools
import json
import re
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from standins.github import openapi, routes, routing
from standins.github.faults import FAULTS, Planned
from standins.github.routing import Answer, Call, Refused, Unexpected
from standins.github.state import Account, Repository, Token, iso

_BOT = "github-actions[bot]"
_EVERYTHING = (
    "actions checks contents issues metadata pull_requests statuses administration members organization_administration"
)
_WRITES_A_MINUTE = 80


class GitHubStandIn:
    """A GitHub with one repository to begin with.

    Args:
        repository: `owner/name`.
        private: whether it is hidden from tokens that were not given access.
        permissions: of the token in `environment`; all of them, to write, if not given.
        now: its time, a constant until a test changes it. The real time if not given.

    Attributes:
        repositories: by full name; `repository` is the first.
        requests: the log, one `Call` each.
        unexpected: requests that no route, or no parameter of a route, is there for.
        lag: how many requests after a write a replica may still show what was there before.
        latency: seconds that each answer takes.
        after: called with each `Call` after it was answered, to change what there is.
    """

    def __init__(self, repository="acme/shop", *, private=True, permissions=None, now=None):
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.ids = itertools.count(1001)
        self.accounts = {}
        self.tokens = {}
        self.repositories = {}
        self.requests = []
        self.unexpected = []
        self.errors = []
        """What failed inside the stand-in; fails the test at the end."""
        self.lag = 0
        self.latency = 0
        self.after = lambda call: None
        self.secondary_limits = False
        """Whether more than 80 writes a minute of the stand-in's time are refused."""
        self.elsewhere = "http://127.0.0.2:9"
        """A host that is not GitHub, for redirections."""
        self.validate = openapi.validator()
        """Called with each request and its answer, where GitHub's description is at hand."""
        self._planned = []
        self._snapshots = []
        self._writes = []
        self._count = itertools.count(1)
        self._state = threading.RLock()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.add_account(_BOT, id=41898282, kind="Bot")
        self.repository = self.add_repository(repository, private=private)
        self.token = "ghs_" + "0123456789abcdef" * 2
        if permissions is None:
            permissions = dict.fromkeys(_EVERYTHING.split(), "write")
        self.add_token(self.token, self.account(_BOT), permissions)

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind, *_):
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        if kind is None:
            assert not self.errors, "\n".join(self.errors)
            assert not self.unexpected, f"nobody should ask for {self.unexpected}"

    @property
    def url(self):
        """The address of the API."""
        return f"http://127.0.0.1:{self._server.server_port}"

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

    def fault(self, when, how, *, times=1, after=0):
        """Let something go wrong.

        Args:
            when: `"GET /repos/*/issues"`, `*` for anything, or a function of the `Call`.
            how: a `Fault`, or the name of one of `FAULTS`.
            times: how many of the requests that fit it befalls; `None` for all.
            after: how many of them pass unharmed first.
        """
        planned = Planned(when, FAULTS[how] if isinstance(how, str) else how, times, after)
        self._planned.append(planned)
        return planned

    def asked(self, pattern="*"):
        """The requests in the log that fit: `"POST *"`."""
        return [
            call for call in self.requests if re.fullmatch(pattern.replace("*", ".*"), f"{call.method} {call.path}")
        ]

    @property
    def writes(self):
        """The requests that were to change something."""
        return [
            call for call in self.requests if call.method != "GET" and (call.path != "/graphql" or _mutates(call.body))
        ]

    # What follows runs in the server's threads.

    def receive(self, method, target, headers, raw):
        """Whether a fault befalls the request, and its answer: (fault or None, status, headers, body)."""
        parts = urlsplit(target)
        call = Call(self, method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, None, None)
        with self._lock:
            call.number = next(self._count)
            self.requests.append(call)
            fault = next((planned.fault for planned in self._planned if planned.takes(call)), None)
        call.fault = fault
        if fault and fault.status is not None and not fault.done:
            more = fault.headers(self) if callable(fault.headers) else fault.headers or {}
            body = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body).encode()
            return fault, fault.status, {"Content-Type": fault.kind, **self._common(), **more}, body
        if fault and (fault.cut or fault.hang) and not fault.done:
            return fault, 0, {}, b""
        with self._state:
            answer = self._answer(call, raw)
            self.after(call)
        body = answer.raw
        if body is None:
            body = b"" if answer.status in (204, 304) or answer.data is None else json.dumps(answer.data).encode()
        sent = {"Content-Type": answer.kind, **self._common(), **self._limits(call), **answer.headers}
        status = answer.status
        if fault and fault.spoil:
            status, sent, body = fault.spoil(status, sent, body) or (status, sent, body)
        if fault and fault.status is not None:  # done, and said to have failed
            status, body = fault.status, json.dumps(fault.body).encode()
        return fault, status, sent, body

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
            self._writes = [one for one in self._writes if one > at - 60]
            if len(self._writes) >= _WRITES_A_MINUTE:
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


def _handler(github):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

        def _any(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault, status, headers, body = github.receive(self.command, self.path, self.headers, raw)
            if github.latency:
                time.sleep(github.latency)
            if fault and fault.hang:
                self._until_left()
            if fault and (fault.cut or fault.hang):
                self.close_connection = True
                return
            self._send(status, headers, body, fault.trickle if fault else 0)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815 - http.server's names

        def _until_left(self):
            self.connection.settimeout(0.02)
            while not github._stopping.is_set():
                try:
                    if not self.connection.recv(1):
                        return
                except TimeoutError:
                    continue
                except OSError:
                    return

        def _send(self, status, headers, body, trickle):
            promised = headers.pop("Content-Length", None)
            if promised is None and len(body) > 1000 and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1)
                headers["Content-Encoding"] = "gzip"
            self.log_request(status)
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", promised or str(len(body)))
            self.end_headers()
            try:
                for place in range(0, len(body), 1 if trickle else max(1, len(body))):
                    self.wfile.write(body[place : place + 1] if trickle else body)
                    self.wfile.flush()
                    if trickle and github._stopping.wait(trickle):
                        break
            except OSError:
                self.close_connection = True  # whoever asked has left
            if promised:
                self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler


__all__ = ["GitHubStandIn", "iso", "routes"]
