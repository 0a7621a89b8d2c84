"""Requests and answers of the stand-in, held to GitHub's published OpenAPI document where that is at hand.

`LOOPCHECK_GITHUB_OPENAPI` names the file `api.github.com.json` of the npm package `@octokit/openapi`; `.ci/specs`
fetches it. It is 13 MB and not ours, so it is not kept here; without it nothing is validated.
"""

import json
import os
import re
from functools import cache
from pathlib import Path

_HOST = "http://127.0.0.1"
_UNPUBLISHED = re.compile(r"/graphql|/repositories/.*|/_storage/.*")
"""Paths that GitHub has and does not describe."""
_INVENTED = ("calm", "resting", "paused")
"""What tests let GitHub say that it does not say yet."""
_MISDESCRIBED = "is not a 'date-time'"
"""Of the parameter `created`, which takes what GitHub's search takes: `>=2026-01-01`, as its own text says."""


def validator():
    """What holds a request and its answer to the document: says what is wrong, or None. None without a document."""
    path = os.environ.get("LOOPCHECK_GITHUB_OPENAPI")
    return _load(path) if path else None


@cache
def _load(path):
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    document = json.loads(Path(path).read_bytes())
    document["servers"] = [{"url": _HOST}]
    document["components"].pop("examples", None)
    _repair(document)
    spec = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))

    def validate(call, answer, raw):
        if _UNPUBLISHED.fullmatch(call.path):
            return None
        path = call.path
        for text in call.params.values():  # the document's parameters hold no slash; GitHub takes them in some places
            path = path.replace(text, text.replace("/", "%2F")) if "/" in text else path
        request = MockRequest(
            _HOST, call.method.lower(), path, args=call.query, data=raw or None, content_type="application/json"
        )
        where = f"{call.method} {call.path}"
        if answer.status < 400:
            trouble = _trouble(spec.validate_request, request)
            if trouble and _MISDESCRIBED not in trouble:
                return f"{where}: the request does not fit GitHub's description: {trouble}"
        body = b"" if answer.data is None else json.dumps(answer.data).encode()
        response = MockResponse(answer.raw or body, status_code=answer.status, content_type="application/json")
        if answer.raw is not None or answer.status == 302:
            return None
        trouble = _trouble(spec.validate_response, request, response)
        if trouble and any(f"'{word}'" in trouble for word in _INVENTED):
            return None
        if trouble and not (
            answer.status >= 400 and "ResponseNotFound" in trouble
        ):  # GitHub does not list all refusals
            return f"{where}: the answer {answer.status} does not fit GitHub's description: {trouble}"
        return None

    return validate


def _trouble(validate, *what):
    try:
        validate(*what)
    except Exception as error:  # noqa: BLE001 - of any of the library's kinds
        cause = error.__cause__ or error
        details = [
            f"{'.'.join(map(str, one.absolute_path))}: {one.message[:200]}"
            for one in getattr(cause, "schema_errors", [])
        ]
        return "; ".join(details[:5]) or f"{type(cause).__name__}: {cause}"[:300]
    return None


def _repair(node):
    """Say `nullable` where OpenAPI 3.0 gives it a meaning: beside a type, and with null among the values."""
    if isinstance(node, list):
        for one in node:
            _repair(one)
    elif isinstance(node, dict):
        if node.get("nullable") is True and isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"].append(None)
        node.pop("discriminator", None)  # one of them tells a list from an object, which has no such property
        choices = {"oneOf", "anyOf", "allOf", "$ref"} & set(node)
        if node.get("nullable") is True and "type" not in node and choices:
            del node["nullable"]
            inner = {name: node.pop(name) for name in choices}
            node["anyOf"] = [inner, {"type": "object", "nullable": True, "enum": [None]}]
        for one in node.values():
            _repair(one)
