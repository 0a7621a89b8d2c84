"""Holds requests and answers to a published OpenAPI document, each form of them once.

Validating an answer takes milliseconds, and tests cause many thousand that differ in a number or a name. What has
the form of something that was held to the document before is not held to it again: the same keys, the same types,
the same words where a value may be one of a list, text of the same pattern. Of a long list, one entry of each form
is looked at. Nothing here is chosen at random.
"""

import json
import re
from functools import lru_cache

HOST = "http://127.0.0.1"
_SHORT = 10
"""Entries of a list that is looked at in full."""
_WORD = re.compile(r"[A-Za-z_ -]{1,24}")


class Description:
    """A published document.

    Args:
        document: the whole of it; it is changed.
        kind: the content type of requests and answers.
    """

    def __init__(self, document, kind="application/json"):
        from openapi_core import Config, OpenAPI

        document["servers"] = [{"url": HOST}]
        self._spec = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))
        self._kind = kind
        self._known = {}

    def request(self, method, path, query=None, raw=None, headers=None):
        """What is wrong with a request; `None` if nothing is.

        Args:
            path: as the document has it; a value in it holds no slash.
            raw: the body, as bytes.
        """
        from openapi_core.testing import MockRequest

        def look():
            more = {} if headers is None else {"headers": dict(headers.items())}
            request = MockRequest(
                HOST, method.lower(), path, args=query or {}, data=raw or None, content_type=self._kind, **more
            )
            return trouble_of(self._spec.validate_request, request)

        body = json.loads(raw) if raw else None
        names = None if headers is None else tuple(sorted(name.lower() for name in headers))
        return self._once((method, _pattern_of_path(path), form(query), form(body), names), look)

    def answer(self, method, path, status, data):
        """What is wrong with an answer; `None` if nothing is."""
        from openapi_core.testing import MockRequest, MockResponse

        def look():
            body = b"" if data is None else json.dumps(_thinned(data)).encode()
            request = MockRequest(HOST, method.lower(), path, content_type=self._kind)
            response = MockResponse(body, status_code=status, content_type=self._kind)
            return trouble_of(self._spec.validate_response, request, response)

        return self._once((method, _pattern_of_path(path), status, form(data)), look)

    def _once(self, key, look):
        if key not in self._known:
            self._known[key] = look()
        return self._known[key]


def form(value):
    """What two values have in common that the same rules let pass, or refuse."""
    if isinstance(value, dict):
        return tuple((key, form(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return ("list", min(len(value), _SHORT), *dict.fromkeys(map(form, value)))
    if isinstance(value, str):
        return _pattern(value)
    return type(value).__name__


@lru_cache(100_000)
def _pattern(text):
    """A word as it is; of other text, how letters and digits take turns."""
    if _WORD.fullmatch(text):
        return text
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"[0-9]+", "0", text[:60])) + ("…" if len(text) > 60 else "")


@lru_cache(10_000)
def _pattern_of_path(path):
    return re.sub(r"[0-9]+|[0-9a-f]{40}", "0", path)


def _thinned(value):
    if isinstance(value, dict):
        return {key: _thinned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        kept = value if len(value) <= _SHORT else list({form(one): one for one in value}.values())
        return [_thinned(one) for one in kept]
    return value


def trouble_of(validate, *what):
    """What the library finds wrong, in few words."""
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


def repair(node):
    """Say `nullable` where OpenAPI 3.0 gives it a meaning: beside a type, and with null among the values."""
    if isinstance(node, list):
        for one in node:
            repair(one)
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
            repair(one)
