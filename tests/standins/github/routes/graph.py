"""GraphQL: what may be asked of it."""

from standins.github.graph import QueryError, execute
from standins.github.graph_checks import nodes
from standins.github.graph_issues import issues, one_issue
from standins.github.graph_pulls import one_pull
from standins.github.routing import route


@route("POST", "/graphql")
def graphql(call):
    def repository(*, owner, name):
        found = call.github.repositories.get(f"{owner}/{name}".lower())
        if found is None or not call.github.sees(call.token, found):
            raise QueryError("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        if found.moved_to:
            found = call.github.repositories[found.moved_to.lower()]
        seen = call.github._as_seen(found, call, replica=True)

        def may(needs):
            return not found.private or call.allowed(needs)

        def may_read(field, needs="issues:read"):
            def resolve(**arguments):
                if not may(needs):
                    raise QueryError("FORBIDDEN", "Resource not accessible by integration")
                return field(**arguments)

            return resolve

        return {
            "nameWithOwner": seen.full_name,
            "databaseId": seen.id,
            "defaultBranchRef": {"name": seen.default_branch},
            "issues": may_read(issues(seen)),
            "issue": may_read(one_issue(seen)),
            "pullRequest": may_read(one_pull(seen, may("issues:read")), "pull_requests:read"),
        }

    account = call.account
    # As GitHub has it: the app's whole name here, and without `[bot]` wherever it wrote something.
    viewer = {"__typename": "User", "login": account.login, "databaseId": account.id}
    root = {"viewer": viewer, "repository": repository, "nodes": nodes(call)}
    return execute(call.body["query"], call.body.get("variables") or {}, root)
