"""The stand-in, held to GitHub's published OpenAPI document where that is at hand.

`LOOPCHECK_GITHUB_OPENAPI` names the file `api.github.com.json` of the npm package `@octokit/openapi`; `.ci/specs`
fetches it. It is 13 MB and not ours, so it is not kept here; without it nothing is validated.
"""

import json
import os
import re
from functools import cache
from pathlib import Path

from standins.openapi import Description, repair

_UNPUBLISHED = re.compile(r"/graphql|/repositories/.*|/_storage/.*")
"""Paths that GitHub has and does not describe."""
_INVENTED = ("calm", "resting", "paused", "stale", "startup_failure", "odd")
"""What tests let GitHub say that it does not say yet."""
_MISDESCRIBED = "is not a 'date-time'"
"""Of the parameter `created`, which takes what GitHub's search takes: `>=2026-01-01`, as its own text says."""


def validator():
    """What holds a request and its answer to the document: says what is wrong, or None. None without a document."""
    path = os.environ.get("LOOPCHECK_GITHUB_OPENAPI")
    return _load(path) if path else None


@cache
def _load(path):
    document = json.loads(Path(path).read_bytes())
    document["components"].pop("examples", None)
    repair(document)
    github = Description(document)

    def validate(call, answer, raw):
        if _UNPUBLISHED.fullmatch(call.path):
            return None
        path = call.path
        for text in call.params.values():  # the document's parameters hold no slash; GitHub takes them in some places
            path = path.replace(text, text.replace("/", "%2F")) if "/" in text else path
        where = f"{call.method} {call.path}"
        if answer.status < 400:
            trouble = github.request(call.method, path, call.query, raw)
            if trouble and _MISDESCRIBED not in trouble:
                return f"{where}: the request does not fit GitHub's description: {trouble}"
        if answer.raw is not None or answer.status == 302:
            return None
        trouble = github.answer(call.method, path, answer.status, answer.data)
        if trouble and any(f"'{word}'" in trouble for word in _INVENTED):
            return None
        if trouble and not (
            answer.status >= 400 and "ResponseNotFound" in trouble
        ):  # GitHub does not list all refusals
            return f"{where}: the answer {answer.status} does not fit GitHub's description: {trouble}"
        return None

    return validate
