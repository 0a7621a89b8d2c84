"""The storage that GitHub keeps artifacts in: another host, which must never be sent the token.

with Storage() as storage, GitHubStandIn() as github:
    storage.serve(github)
"""

import json
from http.server import BaseHTTPRequestHandler

from standins.github import Fault
from standins.listening import Port


class Storage:
    """A storage on this machine, at an address of its own.

    Attributes:
        requests: the headers of each request.
        redirect_to: where GitHub redirects to, if not here.
        digest: what GitHub says is the digest of each artifact.
        answer: makes of a blob what is sent: (status, headers, bytes). A test may put another in its place.
    """

    def __init__(self):
        self.requests = []
        self.redirect_to = None
        self.digest = None
        self.answer = lambda data: (200, {"Content-Length": str(len(data))}, data)
        self._github = None

    def __enter__(self):
        storage = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                storage.requests.append({name.lower(): value for name, value in self.headers.items()})
                wanted = self.path.partition("?")[0].strip("/")
                found = [one for one in storage._github.repository.artifacts if str(one.id) == wanted]
                status, headers, data = storage.answer(found[0].content) if found else (404, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._port = Port(Handler)
        return self

    def __exit__(self, *_):
        self._port.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port.number}"

    def serve(self, github):
        """Keep the artifacts of this stand-in for GitHub, and let it redirect here."""
        self._github = github

        def here(status, headers, body):
            if status == 302:
                place = f"{self.url}/{headers['Location'].rpartition('/')[2]}?sig=secret"
                headers = {**headers, "Location": place if self.redirect_to is None else self.redirect_to}
            return status, headers, body

        def with_digests(status, headers, body):
            data = json.loads(body)
            for one in data.get("artifacts", []):
                one["digest"] = self.digest
            return status, headers, json.dumps(data).encode()

        github.fault("GET */zip", Fault("kept elsewhere", spoil=here), times=None)
        github.fault(
            lambda call: self.digest and call.path.endswith("/artifacts"),
            Fault("digests", spoil=with_digests),
            times=None,
        )
