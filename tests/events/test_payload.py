"""Events as GitHub sends them, what follows of each, and that no payload does anything but be read or be refused."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopcheck.errors import UsageError
from loopcheck.events import CommentMade, Ignored, IssueChanged, MergeGroup, PullRequestChanged, Sweep, payload
from loopcheck.events.payload import MAX_PAYLOAD, read
from loopcheck.tracker import Person

HEAD, BASE = "a" * 40, "b" * 40
ANA = {"login": "ana", "id": 7, "type": "User"}
APP = {"login": "helper[bot]", "id": 8, "type": "Bot"}
DEPENDABOT = {"login": "dependabot[bot]", "id": 49699333, "type": "Bot"}
ANA_IS = Person(7, "ana")
HERE = {"id": 1, "full_name": "acme/shop", "fork": False, "default_branch": "main"}
FORK = {"id": 2, "full_name": "mallory/shop", "fork": True, "default_branch": "main"}


def issues(action="closed", **more):
    return {"action": action, "issue": {"number": 12, "title": "x"}, "repository": HERE, "sender": ANA, **more}


def comment(**more):
    said = {
        "id": 99, "user": ANA, "body": "/loopcheck verify", "created_at": "2026-11-20T09:30:00Z",
        "updated_at": "2026-11-20T09:30:00Z", "author_association": "NONE", **more.pop("comment", {}),
    }  # fmt: skip
    return {"action": "created", "issue": {"number": 12}, "comment": said, "repository": HERE, "sender": ANA, **more}


def pull(action="opened", *, head=HERE, base=HERE, author=ANA, sender=ANA, **more):
    request = {
        "number": 5, "state": "open", "user": author, "head": {"sha": HEAD, "ref": "topic", "repo": head},
        "base": {"sha": BASE, "ref": "main", "repo": base}, **more,
    }  # fmt: skip
    return {"action": action, "number": 5, "pull_request": request, "repository": base, "sender": sender}


def group(action="checks_requested", **more):
    asked = {
        "head_sha": HEAD, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-5-{BASE}", "base_sha": BASE,
        "base_ref": "refs/heads/main", **more,
    }  # fmt: skip
    return {"action": action, "merge_group": asked, "repository": HERE, "sender": ANA}


@pytest.fixture
def event(tmp_path):
    def written(name, content):
        file = tmp_path / "event.json"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)})

    return written


# sweeps


def test_a_schedule_is_a_sweep_whatever_its_payload(event):
    assert event("schedule", {"schedule": "17 5 * * *"}) == Sweep("schedule")
    assert event("schedule", b"[") == Sweep("schedule")
    assert read({"GITHUB_EVENT_NAME": "schedule"}) == Sweep("schedule")


@pytest.mark.parametrize(
    ("name", "ref", "sweeps"),
    [
        ("push", "refs/heads/main", True),
        ("push", "refs/heads/topic", False),
        ("push", "refs/tags/main", False),
        ("push", "main", False),
        ("workflow_dispatch", "refs/heads/main", True),
        ("workflow_dispatch", "refs/heads/topic", False),
        ("workflow_dispatch", "refs/tags/v1", False),
    ],
)
def test_only_the_default_branch_is_swept(event, name, ref, sweeps):
    found = event(name, {"ref": ref, "repository": HERE, "inputs": None})
    assert found == Sweep(name) if sweeps else isinstance(found, Ignored)


def test_a_dispatch_need_not_say_of_what(event):
    assert event("workflow_dispatch", {"inputs": {"x": "y"}}) == Sweep("workflow_dispatch")


# issues


@pytest.mark.parametrize(
    "action",
    "opened edited closed reopened labeled unlabeled milestoned demilestoned assigned unassigned".split(),
)
def test_what_people_do_to_issues(event, action):
    assert event("issues", issues(action)) == IssueChanged(12, action, ANA_IS)


def test_which_label_is_kept(event):
    found = event("issues", issues("labeled", label={"name": "action-item", "color": "fff"}))
    assert found == IssueChanged(12, "labeled", ANA_IS, "action-item")


@pytest.mark.parametrize(
    "changed",
    [
        issues("transferred"), issues("deleted"), issues("pinned"), issues("locked"), issues("something new"), issues(sender=APP),
        issues(sender={**APP, "type": "User"}), issues(sender={**ANA, "type": "Bot"}), issues(sender={**ANA, "type": "Mannequin"}),
        issues("milestoned", issue={"number": 5, "pull_request": {"url": "x"}}),
    ],
)  # fmt: skip
def test_issues_of_which_nothing_follows(event, changed):
    assert isinstance(event("issues", changed), Ignored)


# comments


def test_a_comment(event):
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert event("issue_comment", comment()) == CommentMade(12, 99, "/loopcheck verify", ANA_IS, at)


@pytest.mark.parametrize(
    "made",
    [
        comment(action="edited"), comment(action="deleted"), comment(action="pinned"), comment(sender=APP), comment(comment={"user": APP}),
        comment(comment={"user": APP}, sender=APP), comment(comment={"user": {**ANA, "type": "Bot"}}), comment(comment={"user": None}),
        comment(comment={"user": {**ANA, "id": 9}}), comment(comment={"updated_at": "2026-11-20T09:30:01Z"}),
        comment(issue={"number": 5, "pull_request": {"url": "x"}}),
    ],
)  # fmt: skip
def test_comments_that_are_no_commands(event, made):
    assert isinstance(event("issue_comment", made), Ignored)


# pull requests


@pytest.mark.parametrize("action", "opened synchronize reopened edited ready_for_review".split())
def test_pull_requests(event, action):
    expected = PullRequestChanged(5, HEAD, BASE, "main", ANA_IS, untrusted=False)
    assert event("pull_request", pull(action)) == expected


@pytest.mark.parametrize("action", ["submitted", "dismissed"])
def test_reviews(event, action):
    expected = PullRequestChanged(5, HEAD, BASE, "main", ANA_IS, untrusted=False)
    assert event("pull_request_review", {**pull(action), "review": {"state": "approved"}}) == expected


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("pull_request", pull("closed")), ("pull_request", pull("labeled")), ("pull_request", pull("submitted")),
        ("pull_request", pull("edited", state="closed")), ("pull_request_review", pull("edited")),
        ("pull_request_review", pull("opened")), ("pull_request_review", pull("submitted", state="closed")),
    ],
)  # fmt: skip
def test_pull_requests_of_which_nothing_follows(event, name, made):
    assert isinstance(event(name, made), Ignored)


@pytest.mark.parametrize(
    ("made", "untrusted"),
    [
        (pull(), False),
        (pull(author=APP, sender=APP), False),
        (pull(head=FORK, base=FORK), False),  # within a repository that is itself a fork of another
        (pull(head=FORK), True),
        (pull(head={**FORK, "full_name": "acme/shop", "fork": False}), True),
        (pull(head=None), True),
        (pull(author=DEPENDABOT), True),
        (pull(sender=DEPENDABOT), True),
        (pull(author=None), True),
    ],
)
def test_whose_pull_requests_run_without_secrets(event, made, untrusted):
    assert event("pull_request", made).untrusted is untrusted


def test_a_deleted_author(event):
    assert event("pull_request", pull(author=None)).author is None


def test_a_merge_queue(event):
    assert event("merge_group", group()) == MergeGroup(HEAD, BASE, "main", f"gh-readonly-queue/main/pr-5-{BASE}")
    assert isinstance(event("merge_group", group("destroyed")), Ignored)


# what is refused


def test_not_on_pull_request_target(event):
    with pytest.raises(UsageError, match="secrets") as refused:
        event("pull_request_target", pull())
    assert "`pull_request`" in refused.value.hint


@pytest.mark.parametrize("name", ["workflow_run", "repository_dispatch", "discussion_comment", "release", "x" * 500])
def test_other_events_ask_nothing(event, name):
    found = event(name, b"not even JSON")
    assert isinstance(found, Ignored)
    assert len(found.because) < 100


@pytest.mark.parametrize(
    "environment",
    [{}, {"GITHUB_EVENT_NAME": " "}, {"GITHUB_EVENT_NAME": "issues"}]
    + [{"GITHUB_EVENT_NAME": "issues", "GITHUB_EVENT_PATH": path} for path in ("", "/nowhere/x", "/", "a\0b")],
)
def test_outside_github(environment):
    with pytest.raises(UsageError):
        read(environment)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("issues", b""), ("issues", b"null"), ("issues", b"[]"), ("issues", b"{"), ("issues", b'{"action": "closed"'),
        ("issues", b'{"action": "\xff"}'), ("issues", b'{"action": "\\ud800"}'), ("issues", b"[" * 200_000),
        ("issues", b'{"action": "closed", "issue": ' + b'{"a":' * 100_000), ("issues", {"action": 1}),
        ("issues", issues(issue=None)), ("issues", issues(sender=None)), ("issues", issues(issue={"number": "12"})),
        ("issues", issues(issue={"number": True})), ("issues", issues(issue={"number": 0})), ("issues", issues(issue={"number": 2**31})),
        ("issues", issues(issue={"number": 1.5})), ("issues", issues(sender={**ANA, "id": -1})), ("issues", issues(sender={**ANA, "login": ""})),
        ("issue_comment", comment(comment={"body": None})), ("issue_comment", comment(comment={"created_at": "2026-11-20T09:30:00"})),
        ("issue_comment", comment(comment={"created_at": "yesterday"})), ("issue_comment", comment(comment={"id": "99"})),
        ("pull_request", pull(head="acme/shop")), ("pull_request", pull(base=None)), ("pull_request", pull(state=None)),
        ("merge_group", group(head_sha="HEAD")), ("merge_group", group(head_sha=f"{HEAD}\n")), ("merge_group", group(base_sha="--upload-pack")),
        ("push", {"ref": "refs/heads/main"}), ("push", {"ref": None, "repository": HERE}), ("workflow_dispatch", {"ref": 1}),
    ],
)  # fmt: skip
def test_a_payload_that_is_none(event, name, content):
    with pytest.raises(UsageError, match=f"the payload of `{name}`"):
        event(name, content)


def test_what_is_refused_is_not_repeated(event):
    with pytest.raises(UsageError) as refused:
        event("issues", issues(issue={"number": "::add-mask::", "##[x]": 1}))
    assert "add-mask" not in str(refused.value)
    assert "##[" not in str(refused.value)


def test_a_payload_has_a_size(event):
    padding = b" " * (MAX_PAYLOAD - len(json.dumps(issues())))
    assert event("issues", json.dumps(issues()).encode() + padding)
    with pytest.raises(UsageError, match="larger than 5 MB"):
        event("issues", json.dumps(issues()).encode() + padding + b" ")


NAMES = "issues issue_comment pull_request pull_request_review merge_group push workflow_dispatch schedule".split()
KEYS = st.sampled_from(
    "action issue number pull_request sender label name id login type comment user body created_at updated_at head base "
    "repo sha ref state repository default_branch merge_group head_sha base_sha head_ref base_ref".split()
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(
    ["created", "closed", "opened", "submitted", "checks_requested", "open", HEAD, "2026-11-20T09:30:00Z", "User", 12]
)  # fmt: skip
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6))
WHOLE = st.sampled_from([issues(), comment(), pull(), group(), {"ref": "refs/heads/main", "repository": HERE}])


@st.composite
def spoilt(draw):
    """A payload as GitHub sends it, with some of its parts replaced or taken out."""
    made = json.loads(json.dumps(draw(WHOLE)))
    for _ in range(draw(st.integers(1, 3))):
        place = made
        while True:
            key = draw(st.sampled_from(sorted(place)))
            if not isinstance(place[key], dict) or not place[key] or draw(st.booleans()):
                break
            place = place[key]
        place[key] = draw(JSON)
    return made


@given(st.sampled_from(NAMES), (spoilt() | JSON).map(lambda value: json.dumps(value).encode()) | st.binary())
def test_any_payload_is_read_or_refused(tmp_path_factory, name, content):
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(content)
    try:
        found = read({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)})
    except UsageError as refused:
        assert str(refused)  # noqa: PT017 - it has words
        return
    assert isinstance(found, Sweep | IssueChanged | CommentMade | PullRequestChanged | MergeGroup | Ignored)


# GitHub's own description, where it is at hand

SHAPES = {
    "issues-closed": payload._IssuesPayload, "issues-labeled": payload._IssuesPayload, "issues-opened": payload._IssuesPayload,
    "issue-comment-created": payload._CommentPayload, "pull-request-opened": payload._PullRequestPayload,
    "pull-request-synchronize": payload._PullRequestPayload, "pull-request-edited": payload._PullRequestPayload,
    "pull-request-review-submitted": payload._PullRequestPayload, "pull-request-review-dismissed": payload._PullRequestPayload,
    "merge-group-checks-requested": payload._GroupPayload, "push": payload._PushPayload, "workflow-dispatch": payload._DispatchPayload,
}  # fmt: skip


@pytest.mark.skipif("LOOPCHECK_GITHUB_OPENAPI" not in os.environ, reason="GitHub's description is not at hand")
@pytest.mark.parametrize("name", SHAPES)
def test_what_is_read_is_what_github_describes(name):
    document = _description(os.environ["LOOPCHECK_GITHUB_OPENAPI"])
    asked = document["x-webhooks" if "x-webhooks" in document else "webhooks"][name]["post"]["requestBody"]
    described = asked["content"]["application/json"]["schema"]
    assert list(_undescribed(document, SHAPES[name], described, "$")) == []


@cache
def _description(path):
    return json.loads(Path(path).read_bytes())


def _undescribed(document, shape, described, where):
    """The parts of `shape` that the description has not, has not always, or has as null."""
    described = _resolved(document, described)
    for field in msgspec.structs.fields(shape):
        place = f"{where}.{field.name}"
        there = described["properties"].get(field.encode_name)
        if there is None:
            if field.required:
                yield f"{place} is not described"
            continue
        kinds = get_args(field.type) if type(None) in get_args(field.type) else (field.type,)
        there = _resolved(document, there)
        if field.required and field.name not in described.get("required", ()) and field.name != "sender":
            yield f"{place} may be missing"
        if there.get("nullable") and type(None) not in kinds:
            yield f"{place} may be null"
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                yield from _undescribed(document, kind, there, place)


def _resolved(document, schema):
    while "$ref" in schema or "allOf" in schema:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            parts = [_resolved(document, part) for part in schema["allOf"]]
            schema = {
                "properties": {name: one for part in parts for name, one in part.get("properties", {}).items()},
                "required": [name for part in parts for name in part.get("required", ())],
            }
    return schema
