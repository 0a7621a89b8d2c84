"""Declarations in issues: a fenced block, front matter, or the answers to a form.

An issue is one item with the issue's title and the id `#12`. Several blocks are several items, `#12/slug`, each
with the heading or list item above it for a title. Places in the body are written `#12:5:3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from loopcheck.config import IssuesSection
from loopcheck.documents import markdown, yaml
from loopcheck.documents.origin import DocumentError
from loopcheck.documents.yaml import MappingNode, ScalarNode, SequenceNode
from loopcheck.model import Claim, Incident, Location, Outcome, Problem, Rung
from loopcheck.reasons import CannotTell
from loopcheck.sources import forms
from loopcheck.sources.authors import hands, objection
from loopcheck.sources.markdown_files import blocks_of, incident_of
from loopcheck.sources.written import Around, Block, Tracked, Written
from loopcheck.tracker import Issue
from loopcheck.world.github import GitHub
from loopcheck.world.github.issues import read_issue
from loopcheck.world.github.permissions import Permissions

_REFERENCE = re.compile(r"#([1-9][0-9]{0,9})")
_MAX_INCIDENTS = 20
"""Issues that are read only because a declaration names one as its incident."""
_MAX_NAMED = 10
MAX_ARTIFACTS = 20
"""In one issue: each is a look at something, and an issue is quickly written."""


def read(issues: Iterable[Issue], github: GitHub, section: IssuesSection) -> Tracked:
    """All that is declared in issues, by those who may declare.

    An issue that was closed as not planned, or as a duplicate, promises nothing any more and is left out. Nothing
    is looked at for a declaration that does not count.

    Args:
        issues: with all that belongs to them.
        github: where permissions are asked, and issues that are named as incidents.
        section: the configuration's `issues:`.
    """
    written: list[Written] = []
    notes: list[str] = []
    unseen: list[str] = []
    silent: list[str] = []
    unsure: list[str] = []
    opened: list[tuple[Issue, Written]] = []
    for issue in issues:
        if issue.closing is not None and issue.closing.is_dropped:
            continue
        found = open_issue(issue)
        if not found.blocks and not found.problems:
            if issue.is_open:
                silent.append(found.path)
            if found.incident is None:
                continue
        opened.append((issue, found))
    permissions = Permissions(github, (person for issue, _ in opened for person in hands(issue)))
    for issue, what in opened:
        found = what
        try:
            refused = objection(issue, permissions, section.apps)
        except CannotTell as trouble:
            found = _withheld(found, trouble)
            if found.problems or not found.blocks:
                unseen.append(f"{found.path} was not looked at: {trouble.message}")
                found = msgspec.structs.replace(found, problems=())
        else:
            if refused is not None:
                notes.append(f"{found.path} was not looked at: {refused}")
                continue
            if not issue.editor_known:
                unsure.append(found.path)
        written.append(found)
    if silent:
        notes.append(f"no artifact is declared in {_some(silent)}")
    if unsure:
        notes.append(f"GitHub did not say who last edited {_some(unsure)}; what their authors may declare counts")
    known = {one.path for one in written if one.incident is not None}
    written += _incidents(_named(written) - known, github, permissions, section, notes)
    return Tracked(tuple(written), tuple(notes), tuple(unseen))


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _MAX_NAMED} more" if paths[_MAX_NAMED:] else ""
    return f"{', '.join(paths[:_MAX_NAMED])}{more}"


def open_issue(issue: Issue) -> Written:
    """What an issue says, whoever wrote it. Any text gives declarations or problems; none stops the run."""
    path = f"#{issue.number}"
    problems: list[Problem] = []
    blocks: list[Block] = []
    incident: Incident | None = None
    try:
        blocks = blocks_of(issue.body, path, problems)
        front = _front_matter(issue.body, path, problems) if not blocks else None
        incident = incident_of(issue.body, path, problems, needed=bool(blocks) or front is not None)
        if front is not None:
            blocks = [Block(front, None, Location(path, 1))]
        elif not blocks and not problems:
            form = forms.read(issue.body, path)
            if form is not None:
                blocks = [Block(form, None, form.location)]
    except DocumentError as error:
        problems.append(error.problem)
    if len(blocks) > MAX_ARTIFACTS or sum(map(_artifacts, blocks)) > MAX_ARTIFACTS:
        what = f"more than {MAX_ARTIFACTS} artifacts are declared in one issue"
        problems, blocks = [Problem(path, 1, 1, what, "make several issues of it")], []
    return Written(
        path,
        _titled(blocks, issue.title),
        incident,
        tuple(problems),
        _around(issue, alone=len(blocks) == 1),
        known_as=(path,),
    )


def _artifacts(block: Block) -> int:
    verify = block.node.get("verify") if isinstance(block.node, MappingNode) else None
    return len(verify) if isinstance(verify, SequenceNode) else 0


def _titled(blocks: list[Block], title: str) -> tuple[Block, ...]:
    """The only block has the issue's title; one of several what stands above it."""
    alone = len(blocks) == 1
    return tuple(msgspec.structs.replace(block, title=title if alone else block.title or title) for block in blocks)


def _around(issue: Issue, *, alone: bool) -> Around:
    milestone = {issue.milestone: issue.milestone_due} if issue.milestone and issue.milestone_due else {}
    return Around(
        id=f"#{issue.number}" if alone else None,
        joint="/",
        owner=f"@{issue.assignees[0]}" if len(issue.assignees) == 1 else None,
        due=issue.milestone_due,
        due_name=issue.milestone,
        calendar=milestone,
        url=issue.url,
    )


def _front_matter(body: str, path: str, problems: list[Problem]) -> MappingNode | None:
    """The front matter where it is the declaration: it says what to verify."""
    matter = markdown.front_matter(body, path)
    if matter is None or "verify" not in matter.text:
        return None
    try:
        node = yaml.load(matter.text, matter.origin, yaml.DECLARATION)
    except DocumentError as error:
        problems.append(error.problem)
        return None
    if not isinstance(node, MappingNode) or "verify" not in node:
        return None
    if not isinstance(node.get("incident"), MappingNode):
        return node
    # With times below it, `incident:` is what a post-mortem has in its front matter, and is read as that.
    rest = MappingNode(node.path, node.line, node.column, node.tag)
    for key, value in node.entries():
        if key.text != "incident":
            rest.add(key, value)
    return rest


def _withheld(found: Written, trouble: CannotTell) -> Written:
    message = f"it could not be seen whether its author may declare: {trouble.message}"
    claim = Claim(Rung.EXISTS, "observed", Outcome.UNKNOWN, message, trouble.reason.word, trouble.reason.remedy)
    around = msgspec.structs.replace(found.around, withheld=claim)
    return msgspec.structs.replace(found, incident=None, around=around)


def _named(written: Iterable[Written]) -> set[str]:
    """The issues that declarations name as their incident."""
    names: set[str] = set()
    for one in written:
        for block in one.blocks:
            name = block.node.get("incident") if isinstance(block.node, MappingNode) else None
            if isinstance(name, ScalarNode) and _REFERENCE.fullmatch(name.text.strip()):
                names.add(name.text.strip())
    return names


def _incidents(
    names: set[str], github: GitHub, permissions: Permissions, section: IssuesSection, notes: list[str]
) -> Iterator[Written]:
    """What the issues say that are incidents; only what those wrote who may."""
    for name in sorted(names, key=lambda name: int(name[1:]))[:_MAX_INCIDENTS]:
        try:
            issue = read_issue(github, int(name[1:]))
            refused = objection(issue, permissions, section.apps)
        except CannotTell as trouble:
            notes.append(f"the incident {name} was not read: {trouble.message}")
            continue
        if refused is not None:
            notes.append(f"the incident {name} was not read: {refused}")
            continue
        problems: list[Problem] = []
        incident = incident_of(issue.body, name, problems, needed=True)
        told = incident or Incident(name, issue.title, report=Location(name))
        yield Written(name, incident=told, problems=tuple(problems), around=Around(url=issue.url), known_as=(name,))
