"""Leave of Datadog's client, in an installed environment, what loopcheck can import, and remove the rest.

    python prune_datadog.py ENVIRONMENT

The client has ten thousand modules; a run imports some dozens. What may be imported is found by following
import statements, those inside functions too, from loopcheck's own modules through the client's. Not followed is what
a module of the client's models imports inside a function: it does so to make objects of an answer, and loopcheck reads
answers by itself. loopcheck also imports parts of the client by name: any text in its modules that names one counts as
an import. The client imports nothing by name; the script refuses one that does, and an outcome without a single API.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

CLIENT = "datadog_api_client"
ROOTS = ("loopcheck", "loopcheck_checks")
_PART = re.compile(r"v[0-9]+(\.[A-Za-z0-9_]+)+")


def imported(source: str, package: str, *, inside: bool = True) -> Iterator[str]:
    """Every module that `source` may import, written absolutely; a name taken from a module may be one too.

    Args:
        source: the text of a module.
        package: the package that it is in.
        inside: whether imports count that stand inside functions, or for type checkers only.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree) if inside else tree.body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield base
            yield from (f"{base}.{name.name}" for name in node.names)


def named(source: str) -> Iterator[str]:
    """Every part of the client that a text in `source` names: `v1.api.monitors_api.MonitorsApi`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PART.fullmatch(node.value):
            yield f"{CLIENT}.{node.value}"


def with_parents(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b` and `a`: importing the first imports all three."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def place(packages: Path, module: str) -> Path | None:
    """The file of a module, or `None` where there is none of that name."""
    path = packages / module.replace(".", "/")
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def reached(packages: Path, starts: Iterable[Path]) -> set[Path]:
    """The files of the client that the files in `starts` can import, and what those can."""
    kept: set[Path] = set()
    own = set(starts)
    waiting = list(own)
    while waiting:
        file = waiting.pop()
        source = file.read_text("utf-8")
        package = file.parent.relative_to(packages).parts
        names = list(imported(source, ".".join(package), inside=package[:1] != (CLIENT,) or package[-1] != "model"))
        if file in own:
            names += named(source)
        for name in names:
            if name.partition(".")[0] != CLIENT:
                continue
            for module in with_parents(name):
                found = place(packages, module)
                if found is not None and found not in kept:
                    kept.add(found)
                    waiting.append(found)
    return kept


def main(environment: Path) -> str:
    """Prune, and say what was done.

    Raises:
        SystemExit: the environment is not as expected.
    """
    packages = next(iter(environment.glob("lib/python*/site-packages")), None)
    if packages is None or not (packages / CLIENT).is_dir():
        raise SystemExit(f"{CLIENT} is not installed in {environment}")
    own = [file for root in ROOTS for file in (packages / root).rglob("*.py")]
    if not own:
        raise SystemExit(f"loopcheck is not installed in {environment}")
    kept = reached(packages, own)
    by_name = [file for file in kept if re.search(r"\b(import_module|__import__)\b", file.read_text("utf-8"))]
    if by_name:
        raise SystemExit(f"{by_name[0]} imports modules by name, so what it needs cannot be told")
    if not any(file.parent.name == "api" for file in kept):
        raise SystemExit("loopcheck seems to use no API of the client, which cannot be")
    everything = set((packages / CLIENT).rglob("*.py"))
    for file in everything - kept:
        file.unlink()
    for folder in sorted((path for path in (packages / CLIENT).rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    for record in packages.glob(f"{CLIENT}-*.dist-info/RECORD"):
        lines = record.read_text("utf-8").splitlines(keepends=True)
        record.write_text("".join(line for line in lines if (packages / line.split(",")[0]).exists()), "utf-8")
    return f"kept {len(kept)} of {len(everything)} modules of {CLIENT}"


if __name__ == "__main__":
    sys.stdout.write(main(Path(sys.argv[1])) + "\n")
