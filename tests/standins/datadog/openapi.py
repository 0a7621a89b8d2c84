"""The stand-in, held to Datadog's published OpenAPI documents where those are at hand.

`LOOPCHECK_DATADOG_OPENAPI` names the folder `.generator/schemas` of the sources of `datadog-api-client`, with
`v1/openapi.yaml` and `v2/openapi.yaml`; `.ci/specs` fetches it. Without it nothing is validated.
"""

import json
import os
import tempfile
from functools import cache
from pathlib import Path

from standins.openapi import Description, repair


def validator():
    """What holds a request and its answer to the documents: says what is wrong, or None. None without documents."""
    folder = os.environ.get("LOOPCHECK_DATADOG_OPENAPI")
    return _load(folder) if folder else None


@cache
def _load(folder):
    from standins.datadog.server import ROUTES, path_of

    descriptions, scopes = {}, {}
    for version in ("v1", "v2"):
        document = _read(Path(folder) / version / "openapi.yaml")
        asked = [path for path in ROUTES if path.startswith(f"/api/{version}/")]
        document["paths"] = {path: {"get": document["paths"][path]["get"]} for path in asked}
        for path in asked:
            operation = document["paths"][path]["get"]
            operation.pop("servers", None)
            # The keys are checked by name; openapi-core does not know the other way in, OAuth.
            security = operation.get("security", document["security"])
            operation["security"] = [one for one in security if "AuthZ" not in one]
            scopes[path] = operation["x-permission"]["permissions"]
        document["components"] = _reached(document)
        repair(document)
        descriptions[version] = Description(document)

    def validate(call, scope, status, data):
        datadog = descriptions[call.path.split("/")[2]]
        asked = scopes[path_of(call.path)]
        if asked != [scope] * (scope is not None):
            return f"GET {call.path}: Datadog's description asks for {asked}, not for {scope}"
        if status < 400:
            trouble = datadog.request("GET", call.path, call.query, headers=call.headers)
            if trouble:
                return f"GET {call.path}: the request does not fit Datadog's description: {trouble}"
        trouble = datadog.answer("GET", call.path, status, data)
        if trouble:
            return f"GET {call.path}: the answer {status} does not fit Datadog's description: {trouble}"
        return None

    return validate


def _read(path):
    """A document, from JSON beside it once that was made: YAML of 9 MB takes seconds to read."""
    made = path.with_suffix(".json")
    if not made.is_file():
        import yaml

        document = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(document, file, default=str)  # dates, in examples
        Path(file.name).replace(made)
    return json.loads(made.read_bytes())


def _reached(document):
    """The components that the paths refer to, at any remove."""
    kept = {"securitySchemes": document["components"]["securitySchemes"]}
    waiting = [document["paths"]]
    while waiting:
        node = waiting.pop()
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
        name = node.get("$ref") if isinstance(node, dict) else None
        if isinstance(name, str):
            _, _, sort, name = name.split("/")
            if name not in kept.setdefault(sort, {}):
                kept[sort][name] = document["components"][sort][name]
                waiting.append(kept[sort][name])
    return kept
