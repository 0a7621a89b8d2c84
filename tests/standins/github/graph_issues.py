"""Issues as GraphQL shows them."""

from datetime import datetime

from standins.github.graph import QueryError, connection
from standins.github.state import Pull, iso


def actor(account):
    """An account: an app's name has no `[bot]` here."""
    if account is None:
        return None
    return {"__typename": account.kind, "login": account.login.removesuffix("[bot]"), "databaseId": account.id}


def issues(repository):
    """The field `issues` of a repository: never with pull requests among them."""

    def resolve(*, first, states=None, labels=None, after=None, filterBy=None, orderBy=None):  # noqa: N803 - GitHub's names
        assert orderBy == {"field": "CREATED_AT", "direction": "ASC"}
        since = datetime.fromisoformat(filterBy["since"]) if filterBy else None
        wanted = {name.lower() for name in labels} if labels else None
        found = [
            one
            for one in repository.issues
            if not isinstance(one, Pull)
            and (states is None or one.state.upper() in states)
            and (wanted is None or not wanted.isdisjoint(name.lower() for name in one.labels))
            and (since is None or one.updated >= since)
        ]
        return connection(found, lambda one: issue(repository, one), first=first, after=after)

    return resolve


def one_issue(repository):
    """The field `issue` of a repository."""

    def resolve(*, number):
        found = repository.issue(number)
        if found is None or isinstance(found, Pull):
            raise QueryError("NOT_FOUND", f"Could not resolve to an Issue with the number of {number}.")
        return issue(repository, found)

    return resolve


def issue(repository, one):
    """An issue with all of its fields that a query may ask for."""
    edited = getattr(one, "edited", None) or (one.updated if one.editor else None)
    where = {"nameWithOwner": repository.full_name}

    def reason(*, enableDuplicate=False):  # noqa: N803
        known = one.state_reason and one.state_reason.upper()
        return None if known == "DUPLICATE" and not enableDuplicate else known

    def timeline(*, last, itemTypes):  # noqa: N803
        kinds = {
            "closed": "CLOSED_EVENT",
            "reopened": "REOPENED_EVENT",
            "comment_deleted": "COMMENT_DELETED_EVENT",
        }
        return connection([event for event in one.events if kinds.get(event.event) in itemTypes], entry, last=last)

    def entry(event):
        pull, commit = event.details.get("pull"), event.details.get("commit_id")
        closer = None
        if pull:
            closer = {"__typename": "PullRequest", "number": pull, "repository": where}
        elif commit:
            closer = {"__typename": "Commit", "oid": commit}
        names = {"closed": "ClosedEvent", "reopened": "ReopenedEvent", "comment_deleted": "CommentDeletedEvent"}
        return {
            "__typename": names[event.event], "createdAt": iso(event.created), "actor": actor(event.actor),
            "closer": closer, "deletedCommentAuthor": actor(event.details.get("author")),
        }  # fmt: skip

    def comment(said):
        url = f"https://github.com/{repository.full_name}/issues/{one.number}#issuecomment-{said.id}"
        return {
            "fullDatabaseId": str(said.id), "author": actor(said.author), "body": said.body,
            "createdAt": iso(said.created), "updatedAt": iso(said.updated), "url": url,
        }  # fmt: skip

    return {
        "__typename": "Issue",
        "number": one.number,
        "title": one.title,
        "body": one.body or "",
        "url": f"https://github.com/{repository.full_name}/issues/{one.number}",
        "state": one.state.upper(),
        "stateReason": reason,
        "locked": one.locked,
        "author": actor(one.author),
        "editor": actor(one.editor),
        "lastEditedAt": iso(edited),
        "createdAt": iso(one.created),
        "updatedAt": iso(one.updated),
        "closedAt": iso(one.closed_at),
        "labels": lambda *, first: connection(one.labels, lambda name: {"name": name}, first=first),
        "assignees": lambda *, first: connection(
            one.assignees, lambda who: {"login": getattr(who, "login", who)}, first=first
        ),
        "milestone": {"title": one.milestone.title, "dueOn": iso(one.milestone.due)} if one.milestone else None,
        "comments": lambda *, first, after=None: connection(one.comments, comment, first=first, after=after),
        "closedByPullRequestsReferences": lambda *, first, **_: connection(
            one.closed_by_pulls, lambda number: {"number": number, "repository": where}, first=first
        ),
        "timelineItems": timeline,
    }
