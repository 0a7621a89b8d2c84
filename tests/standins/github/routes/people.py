"""Who may do what."""

from standins.github.routing import Refused, route
from standins.github.shapes import user

_GRANTS = ("pull", "triage", "push", "maintain", "admin")
_ROLES = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}
_OLD_WORDS = ("none", "read", "read", "write", "write", "admin")


@route("GET", "/repos/{owner}/{repo}/collaborators", needs="metadata:read")
def collaborators(call):
    """Everybody whom a role was given; not those who may read because everybody may."""
    call.expect("affiliation", "permission")

    def shown(call, entry):
        account, role = entry
        name, _, grants = role.partition(":")
        rank = _ROLES[grants or name]
        held = {grant: place < rank for place, grant in enumerate(_GRANTS)}
        return {**user(call, account), "permissions": held, "role_name": name}

    given = [(call.github.account(login), role) for login, role in call.repository.roles.items() if role != "none"]
    return call.page(sorted(given, key=lambda entry: entry[0].id), shown)


@route("GET", "/repos/{owner}/{repo}/collaborators/{login}/permission", needs="metadata:read")
def permission(call):
    """The role of an account. An organisation's own role is written `name:role`, what it is called and grants."""
    call.expect()
    account = call.github.accounts.get(call.params["login"].lower())
    if account is None:
        raise Refused(404, "Not Found")
    role = call.repository.roles.get(account.login, "none" if call.repository.private else "read")
    name, _, grants = role.partition(":")
    rank = _ROLES[grants or name]
    return {
        "permission": _OLD_WORDS[rank],
        "role_name": name,
        "user": {
            **user(call, account),
            "permissions": {grant: place < rank for place, grant in enumerate(_GRANTS)},
            "role_name": name,
        },
    }
