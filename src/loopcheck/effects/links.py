"""Links to evidence. Each is put together from parts that are known; none is taken over from what somebody wrote."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from loopcheck.paths import Paths
from loopcheck.reports.clean import encodable

_PLACE = re.compile(r"(?P<path>[^\x00-\x1f\x7f]{1,1000}?)(?::(?P<line>[1-9][0-9]{0,6}))?@(?P<commit>[0-9a-f]{7,40})")
_DATADOG = re.compile(
    r"https://(?:(?:app|us3|us5|ap1|ap2|uk1)\.datadoghq\.com|app\.datadoghq\.eu|app\.ddog-gov\.com)"
    r"/monitors(?:/[0-9]{1,20}|/downtimes\?downtimeId=[0-9A-Za-z-]{1,40})"
)
_RUN = re.compile(r"/[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}/actions/runs/[0-9]{1,20}(?:/job/[0-9]{1,20})?")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Repository(msgspec.Struct, frozen=True):
    """Where the files are that evidence names."""

    server: str
    """`https://github.com`."""
    name: str
    """`owner/name`."""
    commit: str
    """In full: the commit that was looked at."""
    files: Paths | None = None
    """The files that there are at that commit; where that is not known, every path is taken for one."""

    def link(self, source: str) -> str | None:
        """The address at which the source of a piece of evidence can be opened, or `None` where none is safe.

        Of a file that is not there, the nearest folder that is: GitHub has no page for what is missing.

        Args:
            source: as a checker named it: `runbooks/lag.md:12@4f2a9c1`, a monitor's page, a run of a workflow.
        """
        if _DATADOG.fullmatch(source):
            return source
        if source.startswith(f"{self.server}/"):
            return source if _RUN.fullmatch(source.removeprefix(self.server)) else None
        place = _PLACE.fullmatch(source)
        if place is None or "://" in source:
            return None
        path = encodable(place["path"])
        if any(part in ("", ".", "..") for part in path.split("/")):
            return None
        commit = self._full(place["commit"])
        kind, line = "blob", f"#L{place['line']}" if place["line"] else ""
        if self.files is not None and commit == self.commit and place["path"] not in self.files:
            kind, line, path = "tree", "", encodable(_nearest(place["path"], self.files))
        return f"{self.server}/{self.name}/{kind}/{commit}/{quote(path, safe='/')}".rstrip("/") + line

    def commit_page(self, commit: str) -> str:
        """The address of a commit, given by its full id.

        Raises:
            ValueError: it is no such id.
        """
        if not _COMMIT.fullmatch(commit):
            raise ValueError(f"{commit[:80]!r} is not the full id of a commit")
        return f"{self.server}/{self.name}/commit/{commit}"

    def pull_request_page(self, number: int) -> str:
        """The address of a pull request of this repository."""
        return f"{self.server}/{self.name}/pull/{number:d}"

    def _full(self, commit: str) -> str:
        return self.commit if self.commit.startswith(commit) else commit


def _nearest(path: str, files: Paths) -> str:
    """The folder itself, where `path` is one, or the deepest above it that has files; `""` is the root."""
    while path and not files.at_or_below(path):
        path = path.rpartition("/")[0]
    return path
