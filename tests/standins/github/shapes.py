"""Parts that many answers hold: people, the repository, labels, check runs' app."""

from standins.github.state import ACTIONS_APP, iso

_EPOCH = "2020-01-01T00:00:00Z"
_REPOSITORY_URLS = {
    name: "{api}/" + name.removesuffix("_url").replace("git_", "git/")
    for name in (
        "assignees_url blobs_url branches_url collaborators_url comments_url commits_url compare_url contents_url "
        "contributors_url deployments_url downloads_url events_url forks_url git_commits_url git_refs_url git_tags_url "
        "hooks_url issue_comment_url issue_events_url issues_url keys_url labels_url languages_url merges_url "
        "milestones_url notifications_url pulls_url releases_url stargazers_url statuses_url subscribers_url "
        "subscription_url tags_url teams_url trees_url archive_url"
    ).split()
}


def node_id(kind, number):
    """GitHub's id for GraphQL."""
    return f"{kind}_{number}"


def user(call, account):
    """A person or app, as most answers show it; None for an account that was deleted."""
    if account is None:
        return None
    url = f"{call.github.url}/users/{account.login}"
    urls = (
        "events_url followers_url following_url gists_url organizations_url received_events_url repos_url starred_url "
        "subscriptions_url"
    )
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U", account.id),
        "avatar_url": f"{call.github.url}/avatars/{account.id}",
        "gravatar_id": "",
        "html_url": f"{call.github.url}/{account.login.removesuffix('[bot]')}",
        "url": url,
        "type": account.kind,
        "site_admin": False,
        **{name: f"{url}/{name.removesuffix('_url')}" for name in urls.split()},
    }


def repository(call, found=None, *, full=False):
    """A repository, as answers hold it."""
    found = found or call.repository
    api, html = f"{call.github.url}/repos/{found.full_name}", f"{call.github.url}/{found.full_name}"
    data = {
        "id": found.id,
        "node_id": node_id("R", found.id),
        "name": found.name,
        "full_name": found.full_name,
        "owner": user(call, call.github.account(found.owner)),
        "private": found.private,
        "html_url": html,
        "description": None,
        "fork": False,
        "url": api,
        **{name: template.format(api=api) for name, template in _REPOSITORY_URLS.items()},
    }
    if full:
        data |= {
            "clone_url": f"{html}.git", "git_url": f"git://example.com/{found.full_name}.git", "ssh_url": f"git@example.com:{found.full_name}.git",
            "svn_url": html, "mirror_url": None, "homepage": None, "language": None, "license": None,
            "default_branch": found.default_branch, "visibility": "private" if found.private else "public",
            "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "size": 1, "network_count": 0,
            "subscribers_count": 0, "open_issues": len([i for i in found.issues if i.state == "open"]),
            "open_issues_count": len([i for i in found.issues if i.state == "open"]),
            "has_issues": found.has_issues, "has_projects": False, "has_wiki": False, "has_pages": False, "has_discussions": False,
            "has_downloads": False, "archived": found.archived, "disabled": False, "topics": [],
            "pushed_at": _EPOCH, "created_at": _EPOCH, "updated_at": _EPOCH,
            "permissions": _permissions(call, found),
        }  # fmt: skip
    return data


def _permissions(call, found):
    """What GitHub says that the asker may do. It is said of people; of an app's token it is all false."""
    order = ["none", "read", "triage", "write", "maintain", "admin"]
    role = order.index(role_of(found, call.account)) if call.token.user else 0
    grades = (("admin", 5), ("maintain", 4), ("push", 3), ("triage", 2), ("pull", 1))
    return {name: role >= least for name, least in grades}


def role_of(found, account):
    """What an account may do in a repository. A role of an organisation's own, `name:role`, is what it grants."""
    return found.roles.get(account.login, "none" if found.private else "read").rpartition(":")[2]


def label(call, name_or_label):
    """A label, by its object or its name."""
    made = name_or_label
    if isinstance(made, str):
        made = call.repository.find_label(made) or call.repository.label(made)
    return {
        "id": made.id,
        "node_id": node_id("LA", made.id),
        "url": f"{call.github.url}/repos/{call.repository.full_name}/labels/{made.name}",
        "name": made.name,
        "color": made.color,
        "default": False,
        "description": made.description,
    }


def milestone(call, made):
    """A milestone, or None."""
    if made is None:
        return None
    api = f"{call.github.url}/repos/{call.repository.full_name}/milestones/{made.number}"
    return {
        "url": api, "html_url": f"{call.github.url}/{call.repository.full_name}/milestone/{made.number}", "labels_url": f"{api}/labels",
        "id": made.id, "node_id": node_id("MI", made.id), "number": made.number, "title": made.title, "description": None,
        "creator": user(call, call.github.account(call.repository.owner)), "open_issues": 1, "closed_issues": 0, "state": made.state,
        "created_at": _EPOCH, "updated_at": _EPOCH, "due_on": iso(made.due), "closed_at": None,
    }  # fmt: skip


def app(call, number):
    """The app that made a check run."""
    name = "GitHub Actions" if number == ACTIONS_APP else f"App {number}"
    return {
        "id": number, "slug": name.lower().replace(" ", "-"), "node_id": node_id("A", number), "client_id": f"Iv1.{number}",
        "owner": user(call, call.github.account("github")), "name": name, "description": "", "external_url": "https://example.com",
        "html_url": f"{call.github.url}/apps/{number}", "created_at": _EPOCH, "updated_at": _EPOCH, "permissions": {}, "events": [],
    }  # fmt: skip


def association(call, account):
    """How an author stands to the repository, as GitHub says it beside each text."""
    if account is None:
        return "NONE"
    role = call.repository.roles.get(account.login)
    if account.login == call.repository.owner:
        return "OWNER"
    return "COLLABORATOR" if role else "NONE"
