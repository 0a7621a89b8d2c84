"""Ways in which a text can look right and be wrong, and some in which it looks odd and is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from loopcheck.testing import file_mutants
from loopcheck.testing.file_mutants import Declared, declaring
from loopcheck.testing.mutants import Mutant, Outcome, edits, replacing
from loopcheck_checks.repo_text import RepoTextChecker

_A = "deploy/a.sh"
_B = "deploy/b.sh"
_SCRIPT = """\
#!/bin/bash
# Rolls a service out.
set -euo pipefail

kubectl apply -f service.yaml
kubectl rollout status deploy/shop --timeout=120s
"""
PASSING = Declared(
    expect="""\
paths: deploy/*.sh
must-match: ['^set -euo pipefail$', 'rollout status .*--timeout=\\d+s']
must-not-match: ['--force\\b', '\\|\\| true']
""",
    files={
        _A: _SCRIPT,
        _B: _SCRIPT.replace("shop", "cart"),
        "deploy/notes.md": "Never use --force.\n",
        "other.sh": "kubectl delete pod a --force\n",
    },
)
"""Scripts that have what was promised, and not what was ruled out."""


def mutants() -> Iterator[Mutant[Declared]]:
    """Each must lose its VERIFIED."""
    yield from edits(
        PASSING,
        ("files deleted", lambda it: it.but(_A, None).but(_B, None)),
        ("files moved away", lambda it: it.but(_A, None).but(_B, None).but("scripts/a.sh", _SCRIPT)),
        ("files with another ending", lambda it: it.but(_A, None).but(_B, None).but("deploy/a.bash", _SCRIPT)),
        ("only links left", _linked),
        ("one file a link", _one_linked),
        ("one file emptied", lambda it: it.but(_A, "")),
        ("one file binary, the other empty", lambda it: it.but(_A, b"\0" + _SCRIPT.encode()).but(_B, "")),
        ("all files binary", lambda it: it.but(_A, b"\0\1").but(_B, b"\0\1")),
        ("one file in UTF-16", lambda it: it.but(_A, _SCRIPT.encode("utf-16"))),
        ("one file in Latin-1", lambda it: it.but(_A, _SCRIPT.encode() + b"echo \xe9\n")),
        ("one file too big", lambda it: it.but(_A, _SCRIPT + "# filler\n" * 500_000)),
        ("line deleted", _script("set -euo pipefail\n", "")),
        ("line deleted in one file only", lambda it: it.but(_B, _SCRIPT.replace("set -euo pipefail\n", ""))),
        ("line commented out", _script("set -euo", "# set -euo")),
        ("command commented out", _script("kubectl rollout", "# kubectl rollout")),
        ("command commented out, indented", _script("kubectl rollout", "  #kubectl rollout")),
        ("command in a comment at the end of a line", _script("\nkubectl rollout", "\ntrue # kubectl rollout")),
        ("line weakened", _script("set -euo pipefail", "set -eu")),
        ("line extended", _script("set -euo pipefail", "set -euo pipefail; set +e")),
        ("line in other case", _script("set -euo", "SET -euo")),
        ("line indented", _script("set -euo", "  set -euo")),
        ("line broken in two", _script("set -euo pipefail", "set -euo \\\n  pipefail")),
        ("option removed", _script(" --timeout=120s", "")),
        ("option without a number", _script("--timeout=120s", "--timeout=$LIMIT")),
        ("unwanted option added", _script("kubectl apply", "kubectl apply --force")),
        ("unwanted option in one file", lambda it: it.but(_B, _SCRIPT + "kubectl delete pod a --force\n")),
        ("unwanted text in a comment", _script("# Rolls", "# Use --force. Rolls")),
        ("exit code swallowed", _script("--timeout=120s", "--timeout=120s || true")),
        ("new file without it", lambda it: it.but("deploy/c.sh", "#!/bin/bash\nkubectl apply -f c.yaml\n")),
        ("paths narrowed to nothing", declaring("deploy/*.sh", "deploy/**/x/*.sh")),
        ("one of two paths stands for nothing", declaring("deploy/*.sh", "[deploy/*.sh, deploi/*.sh]")),
    )


def harmless() -> Iterator[Mutant[Declared]]:
    """Each must stay VERIFIED."""
    yield from edits(
        PASSING,
        ("with CRLF", _script("\n", "\r\n")),
        ("with a byte order mark", lambda it: it.but(_A, "\ufeff" + _SCRIPT)),
        ("more comments", _script("# Rolls", "# Careful.\n# Rolls")),
        ("another time-out", _script("120s", "300s")),
        ("a binary file beside them", lambda it: it.but("deploy/c.sh", b"\0\1\2")),
        ("a file without a last line feed", lambda it: it.but(_A, _SCRIPT.rstrip("\n"))),
        ("commented out once, and there once", _script("set -euo", "# set -euo pipefail\nset -euo")),
        ("in any file", lambda it: declaring("paths", "in: any\npaths")(it).but(_B, "#!/bin/bash\n")),
        ("comments count, by declaration", _in_a_comment),
        ("comments never count, by declaration", _forgiven),
    )


def _script(old: str, new: str) -> Callable[[Declared], Declared]:
    return lambda it: it.but(_A, replacing(old, new)(_SCRIPT))


def _linked(it: Declared) -> Declared:
    only = it.but(_A, None).but(_B, None).but("real.sh", _SCRIPT)
    return msgspec.structs.replace(only, links={_A: "../real.sh"})


def _one_linked(it: Declared) -> Declared:
    return msgspec.structs.replace(it.but(_A, None), links={_A: "b.sh"})


def _in_a_comment(it: Declared) -> Declared:
    return declaring("paths", "comments: true\npaths")(_script("set -euo", "#\n#:\nset -euo")(it))


def _forgiven(it: Declared) -> Declared:
    return declaring("paths", "comments: false\npaths")(_script("# Rolls", "# Never --force. Rolls")(it))


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return file_mutants.outcomes(RepoTextChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing files, and of each harmless variation of them."""
    return file_mutants.outcomes(RepoTextChecker(), [Mutant("as it is", PASSING), *harmless()])
