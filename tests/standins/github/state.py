"""What the stand-in remembers: plain objects that a test may read and change at any time."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standins.github.git import GitStore

ACTIONS_APP = 15368
"""The id of the app "GitHub Actions", which makes its check runs."""


def iso(moment):
    """A time as GitHub writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


@dataclass
class Account:
    id: int
    login: str
    kind: str = "User"  # or Bot, Organization


@dataclass
class Token:
    """A credential. `permissions` are those of an app's token: {"issues": "write"}."""

    account: Account
    permissions: dict
    limit: int = 5000
    used: dict = field(default_factory=dict)
    user: bool = False
    """A person's, rather than an app's: what it may do then follows from the person's role."""


@dataclass
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Reaction:
    id: int
    author: Account
    content: str
    created: datetime


@dataclass
class Comment:
    id: int
    author: Account | None
    body: str
    created: datetime
    updated: datetime
    editor: Account | None = None
    reactions: list = field(default_factory=list)


@dataclass
class Event:
    """An entry of an issue's timeline: `closed`, `reopened`, `labeled`, …"""

    id: int
    event: str
    actor: Account | None
    created: datetime
    details: dict = field(default_factory=dict)


@dataclass
class Milestone:
    number: int
    id: int
    title: str
    due: datetime | None = None
    state: str = "open"


@dataclass
class Issue:
    number: int
    id: int
    title: str
    body: str | None
    author: Account | None
    created: datetime
    updated: datetime
    editor: Account | None = None
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: Account | None = None
    labels: list = field(default_factory=list)
    """Names."""
    assignees: list = field(default_factory=list)
    milestone: Milestone | None = None
    locked: bool = False
    comments: list = field(default_factory=list)
    events: list = field(default_factory=list)
    reactions: list = field(default_factory=list)
    closed_by_pulls: list = field(default_factory=list)
    """Numbers of the pull requests that would close it."""
    pinned: bool = False


@dataclass
class Pull(Issue):
    """A pull request; in GitHub it is an issue too, and issue lists hold it."""

    head: str = "topic"
    head_sha: str = ""
    head_repository: str | None = None
    """Another repository's full name, for a fork."""
    base: str = "main"
    base_sha: str = ""
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit: str | None = None
    files: list = field(default_factory=list)
    """Plain: {"filename": "a.txt", "status": "modified", "patch": "@@ …"}."""
    closes: list = field(default_factory=list)
    """Numbers of the issues that merging would close."""
    commits: list = field(default_factory=list)
    """Ids of its commits."""
    closes_elsewhere: list = field(default_factory=list)
    """Issues of other repositories that merging would close: pairs of a `Repository` and a number."""
    reviews: list = field(default_factory=list)
    """The last of each reviewer, as `Review`s."""
    review_decision: str | None = None
    """APPROVED, CHANGES_REQUESTED or REVIEW_REQUIRED; none where no review is required."""


@dataclass
class Review:
    author: Account | None
    state: str = "APPROVED"
    sha: str | None = None


@dataclass
class Ruleset:
    id: int
    name: str
    rules: list
    """As GitHub has them: {"type": "required_status_checks", "parameters": {…}}."""
    enforcement: str = "active"  # or evaluate, disabled
    target: str = "branch"
    include: tuple = ("~DEFAULT_BRANCH",)
    exclude: tuple = ()
    bypass: tuple = ()
    source_type: str = "Repository"


@dataclass
class Workflow:
    id: int
    name: str
    path: str
    state: str = "active"  # disabled_manually, disabled_inactivity, disabled_fork, deleted


@dataclass
class Job:
    id: int
    name: str
    status: str = "completed"
    conclusion: str | None = "success"
    steps: list = field(default_factory=list)


@dataclass
class Run:
    id: int
    workflow: int
    name: str
    event: str
    branch: str
    sha: str
    created: datetime
    updated: datetime
    status: str = "completed"
    conclusion: str | None = "success"
    number: int = 1
    attempt: int = 1
    path: str = ""
    actor: Account | None = None
    jobs: list = field(default_factory=list)
    pulls: list = field(default_factory=list)
    suite: int = 0


@dataclass
class CheckRun:
    id: int
    name: str
    sha: str
    status: str = "completed"
    conclusion: str | None = "success"
    app: int = ACTIONS_APP
    started: datetime | None = None
    completed: datetime | None = None
    output: dict = field(default_factory=dict)
    annotations: list = field(default_factory=list)
    external_id: str = ""
    details_url: str | None = None
    suite: int = 0


@dataclass
class Status:
    id: int
    sha: str
    context: str
    state: str
    created: datetime
    description: str | None = None
    target_url: str | None = None
    creator: Account | None = None


@dataclass
class Artifact:
    id: int
    name: str
    run: int
    content: bytes
    created: datetime
    expired: bool = False


class Repository:
    """One repository. Lists hold everything in the order in which it was made.

    Args:
        full_name: `owner/name`.
        private: whether strangers get 404 for it.
        now: the time of everything that is made.
        accounts: finds or makes an account by its login.
    """

    def __init__(self, full_name, *, private, now, accounts, ids):
        self.full_name = full_name
        self.owner, self.name = full_name.split("/")
        self.private = private
        self.id = next(ids)
        self.default_branch = "main"
        self.has_issues = True
        self.archived = False
        self.merge_queue = False
        self.moved_to = None
        """Where it is now, after a renaming: its paths are answered with a redirection."""
        self.issues = []
        """Pull requests among them, as in GitHub's own lists."""
        self.labels = []
        self.milestones = []
        self.protection = {}
        """Per branch, as GitHub answers: {"main": {"required_status_checks": {…}}}. No entry: not protected."""
        self.rulesets = []
        self.workflows = []
        self.runs = []
        self.check_runs = []
        self.statuses = []
        self.artifacts = []
        self.roles = {}
        """Who may do what, by login: read, triage, write, maintain, admin. Others have none (private) or read."""
        self.codeowners_errors = []
        self.git = GitStore()
        self.ids = ids
        self._now = now
        self._accounts = accounts
        self._numbers = itertools.count(1)

    def __deepcopy__(self, memo):
        """A copy for a replica that lags: all that may change is copied, the sources of ids and time are shared."""
        import copy

        twin = object.__new__(Repository)
        memo[id(self)] = twin
        shared = {"ids", "_now", "_accounts", "_numbers"}
        for name, value in vars(self).items():
            setattr(twin, name, value if name in shared else copy.deepcopy(value, memo))
        return twin

    @property
    def now(self):
        """The time of the stand-in."""
        return self._now()

    @property
    def pulls(self):
        """The pull requests."""
        return [issue for issue in self.issues if isinstance(issue, Pull)]

    def issue(self, number):
        """The issue or pull request of that number, or None."""
        return next((issue for issue in self.issues if issue.number == number), None)

    def workflow(self, named):
        """The workflow of that id, file name or path, or None."""
        return next(
            (
                flow
                for flow in self.workflows
                if named in {flow.id, str(flow.id), flow.path, flow.path.rpartition("/")[2]}
            ),
            None,
        )

    def _account(self, who):
        return self._accounts(who) if isinstance(who, str) else who

    def _new(self, kind, title, body, author, details):
        now = details.pop("created", None) or self.now
        return kind(
            number=next(self._numbers), id=next(self.ids), title=title, body=body, author=self._account(author),
            created=now, updated=details.pop("updated", now), **details,
        )  # fmt: skip

    def add_issue(self, title="Add an alert", body="", *, author="ana", labels=(), comments=(), **details):
        """A new issue. `comments` are texts or pairs of author and text."""
        issue = self._new(Issue, title, body, author, details)
        self.issues.append(issue)
        for name in labels:
            self.label(name)
            issue.labels.append(name)
        for comment in comments:
            who, text = comment if isinstance(comment, tuple) else (author, comment)
            self.add_comment(issue, text, author=who)
        return issue

    def add_pull(self, title="Add an alert", body="", *, author="ana", labels=(), **details):
        """A new pull request."""
        pull = self._new(Pull, title, body, author, details)
        pull.labels.extend(labels)
        pull.head_sha = pull.head_sha or f"{pull.number:040x}"
        pull.base_sha = pull.base_sha or self.git.refs.get(f"refs/heads/{pull.base}", "0" * 40)
        for number in pull.closes:
            self.issue(number).closed_by_pulls.append(pull.number)
        self.issues.append(pull)
        return pull

    def add_review(self, pull, *, by="bob", state="APPROVED", sha=None):
        """A new review, of the newest commit unless another is given; it takes the place of the reviewer's last."""
        who = self._account(by)
        pull.reviews = [one for one in pull.reviews if one.author is None or one.author is not who]
        made = Review(who, state, sha or pull.head_sha)
        pull.reviews.append(made)
        return made

    def add_comment(self, issue, body, *, author="ana", **details):
        """A new comment on an issue."""
        now = details.pop("created", None) or self.now
        comment = Comment(next(self.ids), self._account(author), body, now, details.pop("updated", now), **details)
        issue.comments.append(comment)
        issue.updated = max(issue.updated, comment.created)
        return comment

    def close(self, issue, *, by="ana", reason="completed", at=None, **details):
        """Close an issue as a person does. `commit_id=` or `pull=` say what closed it."""
        issue.state, issue.state_reason = "closed", reason
        issue.closed_at, issue.closed_by = at or self.now, self._account(by)
        issue.updated = max(issue.updated, issue.closed_at)
        return self.add_event(issue, "closed", by=by, at=at, state_reason=reason, **details)

    def reopen(self, issue, *, by="ana", at=None):
        """Open a closed issue again."""
        issue.state, issue.state_reason, issue.closed_at, issue.closed_by = "open", "reopened", None, None
        issue.updated = max(issue.updated, at or self.now)
        return self.add_event(issue, "reopened", by=by, at=at)

    def add_event(self, issue, kind, *, by="ana", at=None, **details):
        """A new entry of the timeline."""
        event = Event(next(self.ids), kind, self._account(by), at or self.now, details)
        issue.events.append(event)
        return event

    def delete_comment(self, issue, comment, *, by="ana", at=None):
        """Delete a comment; the timeline says so, and whose it was."""
        issue.comments.remove(comment)
        return self.add_event(issue, "comment_deleted", by=by, at=at, author=comment.author)

    def label(self, name):
        """The label of that name, made if it is not there. Case does not matter, as in GitHub."""
        known = self.find_label(name)
        if known is None:
            known = Label(next(self.ids), name)
            self.labels.append(known)
        return known

    def find_label(self, name):
        """The label of that name, or None."""
        return next((label for label in self.labels if label.name.lower() == name.lower()), None)

    def add_milestone(self, title, *, due=None):
        """A new milestone."""
        milestone = Milestone(len(self.milestones) + 1, next(self.ids), title, due)
        self.milestones.append(milestone)
        return milestone

    def add_workflow(self, path=".github/workflows/ci.yml", *, name="CI", state="active"):
        """A new workflow."""
        flow = Workflow(next(self.ids), name, path, state)
        self.workflows.append(flow)
        return flow

    def add_run(
        self,
        workflow,
        *,
        jobs=(),
        event="push",
        branch=None,
        sha=None,
        conclusion="success",
        status="completed",
        **details,
    ):
        """A new run of a workflow. `jobs` are names or `Job`s; each is a check run of the commit as well."""
        branch = branch or self.default_branch
        sha = sha or self.git.refs.get(f"refs/heads/{branch}", "0" * 40)
        created = details.pop("created", None) or self.now
        details.setdefault("actor", self._account("ana"))
        run = Run(
            next(self.ids), workflow.id, workflow.name, event, branch, sha, created, details.pop("updated", created),
            status=status, conclusion=conclusion if status == "completed" else None, path=workflow.path, suite=next(self.ids),
            number=1 + sum(1 for other in self.runs if other.workflow == workflow.id), **details,
        )  # fmt: skip
        for job in jobs:
            made = job if isinstance(job, Job) else Job(next(self.ids), job, status=status, conclusion=run.conclusion)
            run.jobs.append(made)
            check = self.add_check_run(
                made.name, sha, conclusion=made.conclusion, status=made.status, id=made.id, at=created
            )
            check.suite = run.suite
        self.runs.append(run)
        return run

    def add_check_run(self, name, sha, *, conclusion="success", status="completed", at=None, id=None, **details):  # noqa: A002
        """A new check run of a commit."""
        at = at or self.now
        done = at if status == "completed" else None
        check = CheckRun(id or next(self.ids), name, sha, status, conclusion, started=at, completed=done, **details)
        self.check_runs.append(check)
        return check

    def add_status(self, context, sha, state="success", *, by="ana", at=None, **details):
        """A new commit status; as in GitHub, earlier ones of the same context stay behind it."""
        made = Status(next(self.ids), sha, context, state, at or self.now, creator=self._account(by), **details)
        self.statuses.append(made)
        return made

    def add_artifact(self, run, name, content, *, at=None, expired=False):
        """A new artifact of a run; `content` is the zip file."""
        made = Artifact(next(self.ids), name, run.id, content, at or self.now, expired)
        self.artifacts.append(made)
        return made

    def add_ruleset(self, rules, *, name="main", **details):
        """A new ruleset."""
        made = Ruleset(next(self.ids), name, list(rules), **details)
        self.rulesets.append(made)
        return made

    def commit(self, files, *, branch=None, message="Change", author="ana", at=None):
        """A new commit on a branch, which changes the files given (`None` removes one). Its id."""
        name = f"refs/heads/{branch or self.default_branch}"
        parent = self.git.refs.get(name)
        tree = dict(self.git.files(parent)) if parent else {}
        for path, text in files.items():
            if text is None:
                tree.pop(path, None)
            else:
                tree[path] = text.encode() if isinstance(text, str) else text
        made = self.git.commit(self.git.tree_of(tree), [parent] if parent else [], message, author, at or self.now)
        self.git.refs[name] = made
        return made
