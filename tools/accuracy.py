"""Writes docs/accuracy.md: what each checker makes of its mutants and of real files.

    python tools/accuracy.py                                  mutants
    LOOPCHECK_CORPORA=FOLDER python tools/accuracy.py         and surveys of the real files in FOLDER

Checkers are found by what is in their folders, and not by a list: `mutants.py` with `outcomes()` and, for
variations that must stay VERIFIED, `harmless_outcomes()`; `survey.py` with `figures(corpora)`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from loopcheck.model import Rung, Verdict
from loopcheck.testing.mutants import Outcome, survivors

ROOT = Path(__file__).parents[1]
CHECKERS = ROOT / "checks/loopcheck_checks"
PAGE = ROOT / "docs/accuracy.md"

HEAD = """# Accuracy

Made by `{command}`; not written by hand.

## Mutants

A mutant is an artifact that passes with one thing made wrong: muted, commented out, loosened, emptied. It is killed
where the verdict is no longer VERIFIED. Beside them stand harmless variations (another order, another spelling of the
same), which must stay VERIFIED: a checker that refuses everything would kill every mutant.

A mutant counts for the lowest rung on which something did not hold: it is not as it was promised (`exists`), is not
in force (`active`), or was not shown to act (`proven`).

| kind | mutants | killed | of them FAILED | on `exists` | on `active` | on `proven` | harmless | still VERIFIED |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def modules(name: str) -> Iterator[tuple[str, Any]]:
    """Each checker that has a module of this name, by its kind."""
    for path in sorted(CHECKERS.glob(f"*/{name}.py")):
        folder = path.parent.name
        yield folder.replace("_", "-"), import_module(f"loopcheck_checks.{folder}.{name}")


def mutants() -> Iterator[tuple[str, list[Outcome], list[Outcome]]]:
    """Each kind with what its checker said of mutants and of harmless variations."""
    for kind, module in modules("mutants"):
        harmless = getattr(module, "harmless_outcomes", list)
        yield kind, list(module.outcomes()), list(harmless())


def page(corpora: Path | None) -> tuple[str, list[str]]:
    """The page, and what is wrong: mutants that survived, and harmless variations that were refused."""
    command = "python tools/accuracy.py" if corpora is None else "LOOPCHECK_CORPORA=… python tools/accuracy.py"
    parts, wrong, details = [HEAD.format(command=command)], [], []
    total = [0] * 8
    for kind, outcomes, harmless in mutants():
        alive = survivors(outcomes)
        refused = [outcome.name for outcome in harmless if outcome.verdict is not Verdict.VERIFIED]
        wrong += [f"{kind}: survived: {name}" for name in alive] + [f"{kind}: refused: {name}" for name in refused]
        failed = sum(outcome.verdict is Verdict.FAILED for outcome in outcomes)
        rungs = [sum(outcome.killed and outcome.rung is rung for outcome in outcomes) for rung in Rung]
        row = [len(outcomes), len(outcomes) - len(alive), failed, *rungs, len(harmless), len(harmless) - len(refused)]
        total = [before + number for before, number in zip(total, row, strict=True)]
        parts.append(f"| `{kind}` | {' | '.join(map(str, row))} |\n")
        details.append(_details(kind, outcomes))
    parts.append(f"| all | {' | '.join(map(str, total))} |\n\n")
    if wrong:
        parts.append("Not as they should be:\n\n" + "".join(f"- {line}\n" for line in wrong) + "\n")
    if corpora is not None:
        parts.append("## Real files\n\nThird-party files, which are not part of this repository.\n\n")
        parts.extend(_surveys(corpora))
    parts.append("## Every mutant\n\n" + "\n".join(details))
    return "".join(parts), wrong


def _surveys(corpora: Path) -> Iterator[str]:
    for kind, module in modules("survey"):
        if hasattr(module, "figures"):
            yield f"### `{kind}`\n\n| | |\n|---|--:|\n"
            yield from (f"| {what} | {number} |\n" for what, number in module.figures(corpora))
            yield "\n"


def _details(kind: str, outcomes: list[Outcome]) -> str:
    rows = ""
    for one in outcomes:
        reasons = ", ".join(f"`{reason}`" for reason in dict.fromkeys(one.reasons))
        rows += f"| {_cell(one.name)} | {one.verdict.value} | {reasons} |\n"
    return f"### `{kind}`\n\n| mutant | verdict | reasons |\n|---|---|---|\n{rows}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write the page; 1 where a mutant survives or a harmless variation is refused."""
    sys.path.insert(0, str(ROOT / "tests"))  # for `standins`, the systems that mutants of GitHub's kinds are in
    folder = os.environ.get("LOOPCHECK_CORPORA")
    text, wrong = page(Path(folder) if folder else None)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, "utf-8")
    print("\n".join([*wrong, f"wrote {PAGE.relative_to(ROOT)}"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
