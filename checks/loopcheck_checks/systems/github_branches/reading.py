"""What GitHub answers about a branch, read into records. Strict in what is used, indifferent to the rest."""

from __future__ import annotations

from typing import Any, TypeVar

from loopcheck.checker import CannotTell
from loopcheck.reasons import BAD_RESPONSE, NOT_VISIBLE
from loopcheck_checks.systems.github_branches.records import (
    Check,
    Details,
    Protection,
    RequiredWorkflow,
    Reviews,
    Rule,
    Ruleset,
)

T = TypeVar("T")
_ANY_APP = -1
"""How GitHub is told that any app may report a check. It answers with null, and is not always consistent."""
HIDDEN = CannotTell(NOT_VISIBLE, "the branch is protected, and GitHub does not show this token how").unseen


def protection(branch: Any) -> Protection:
    """A branch's own protection, from the answer about the branch, which needs no administrator.

    Raises:
        CannotTell: the answer is not one that GitHub documents.
    """
    if not _at(branch, "protected", bool):
        return Protection(enabled=False)
    # `protected` is also said of a branch that only rulesets protect; `enabled` is about its own protection.
    said = branch.get("protection")
    if not isinstance(said, dict):
        return Protection(enabled=True, checks=HIDDEN)
    if said.get("enabled") is False:
        return Protection(enabled=False)
    status = said.get("required_status_checks")
    if not isinstance(status, dict) or not isinstance(status.get("enforcement_level"), str):
        return Protection(enabled=True, checks=HIDDEN)
    level = status["enforcement_level"]
    if level == "off":
        return Protection(enabled=True)
    if level not in ("non_admins", "everyone"):
        return Protection(enabled=True, checks=HIDDEN)
    return Protection(enabled=True, checks=_checks(status), admins=level == "everyone")


def _checks(status: Any) -> tuple[Check, ...]:
    """`checks` and, in older answers alone, `contexts`. The two can disagree."""
    contexts = tuple(_text(context) for context in _at(status, "contexts", list))
    if status.get("checks") in (None, []):
        return tuple(Check(context) for context in contexts)
    found = [Check(_at(check, "context", str), _app(check.get("app_id"))) for check in _at(status, "checks", list)]
    named = {check.context for check in found}
    both = [check if check.context in contexts else Check(check.context, check.app, True) for check in found]
    return (*both, *(Check(context, doubtful=True) for context in contexts if context not in named))


def details(answer: Any) -> Details:
    """What `…/protection` says.

    Raises:
        CannotTell: the answer is not one that GitHub documents.
    """
    if not isinstance(answer, dict):
        raise CannotTell(BAD_RESPONSE, "the answer about the protection is no object")
    reviews = answer.get("required_pull_request_reviews")
    status = answer.get("required_status_checks")
    return Details(
        reviews=None if reviews is None else _reviews_of_protection(reviews),
        strict=isinstance(status, dict) and status.get("strict") is True,
        admins=_at(_at(answer, "enforce_admins", dict), "enabled", bool),
        force_pushes=_enabled(answer, "allow_force_pushes"),
        deletions=_enabled(answer, "allow_deletions"),
        linear=_enabled(answer, "required_linear_history"),
        signatures=_enabled(answer, "required_signatures"),
    )


def _enabled(answer: dict[str, Any], key: str) -> bool:
    """A switch of the protection; one that is left out is off, as in answers for organisations' older plans."""
    return _at(answer[key], "enabled", bool) if answer.get(key) is not None else False


def _reviews_of_protection(said: Any) -> Reviews:
    allowed = said.get("bypass_pull_request_allowances") if isinstance(said, dict) else None
    names = [
        str(one.get("login") or one.get("slug") or one.get("name"))[:80]
        for group in (allowed.values() if isinstance(allowed, dict) else ())
        if isinstance(group, list)
        for one in group
        if isinstance(one, dict)
    ]
    return Reviews(
        count=_at(said, "required_approving_review_count", int, default=0),
        code_owners=_at(said, "require_code_owner_reviews", bool, default=False),
        dismiss_stale=_at(said, "dismiss_stale_reviews", bool, default=False),
        last_push=_at(said, "require_last_push_approval", bool, default=False),
        bypass=tuple(names),
    )


def rule(said: Any) -> Rule:
    """One rule of `/rules/branches/…`, which GitHub lists only while its ruleset is enforced.

    Raises:
        CannotTell: the answer is not one that GitHub documents.
    """
    kind = _at(said, "type", str)
    whole = Rule(kind, _at(said, "ruleset_id", int), _at(said, "ruleset_source", str, default=""))
    if kind == "required_status_checks":
        parameters = _at(said, "parameters", dict)
        checks = tuple(
            Check(_at(check, "context", str), _app(check.get("integration_id")))
            for check in _at(parameters, "required_status_checks", list)
        )
        strict = _at(parameters, "strict_required_status_checks_policy", bool, default=False)
        return Rule(kind, whole.ruleset, whole.origin, checks=checks, strict=strict)
    if kind == "pull_request":
        return Rule(kind, whole.ruleset, whole.origin, reviews=_reviews_of_rule(_at(said, "parameters", dict)))
    if kind == "workflows":
        workflows = tuple(
            RequiredWorkflow(_at(one, "path", str), _at(one, "repository_id", int))
            for one in _at(_at(said, "parameters", dict), "workflows", list)
        )
        return Rule(kind, whole.ruleset, whole.origin, workflows=workflows)
    return whole


def _reviews_of_rule(said: Any) -> Reviews:
    return Reviews(
        count=_at(said, "required_approving_review_count", int, default=0),
        code_owners=_at(said, "require_code_owner_review", bool, default=False),
        dismiss_stale=_at(said, "dismiss_stale_reviews_on_push", bool, default=False),
        last_push=_at(said, "require_last_push_approval", bool, default=False),
    )


def ruleset(said: Any) -> Ruleset:
    """A ruleset. Who may bypass it is shown only to those who may change it.

    Raises:
        CannotTell: the answer is not one that GitHub documents.
    """
    actors = said.get("bypass_actors") if isinstance(said, dict) else None
    shown = None
    if isinstance(actors, list):
        shown = tuple(
            f"{str(actor.get('actor_type') or 'somebody')[:40]} {actor.get('actor_id') or ''}".strip()
            for actor in actors
            if isinstance(actor, dict)
        )
    return Ruleset(_at(said, "name", str), shown)


def _app(value: Any) -> int | None:
    return None if value is None or value == _ANY_APP else _of(value, int, "app_id")


def _text(value: Any) -> str:
    return _of(value, str, "contexts")


def _at(holder: Any, key: str, kind: type[T], *, default: T | None = None) -> T:
    """What stands at `key`, where it is of the documented type."""
    if isinstance(holder, dict):
        if default is not None and holder.get(key) is None:
            return default
        if key in holder:
            return _of(holder[key], kind, key)
    raise CannotTell(BAD_RESPONSE, f"GitHub's answer has no `{key}`")


def _of(value: Any, kind: type[T], key: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CannotTell(BAD_RESPONSE, f"`{key}` in GitHub's answer is not what GitHub documents")
    return value
