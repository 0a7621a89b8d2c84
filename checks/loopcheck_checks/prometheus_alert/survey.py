"""What is made of real rule files: figures for docs/accuracy.md."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from loopcheck_checks.systems.prometheus import parse, read_rules


def figures(corpora: Path) -> list[tuple[str, int]]:
    """Counts over the rule files below `corpora`/prometheus."""
    counts: Counter[str] = Counter()
    for path in sorted((corpora / "prometheus").rglob("*.y*ml")):
        counts["files of rules"] += 1
        read = read_rules(path.read_text("utf-8"), path.name)
        counts["of them not read"] += read.problem is not None
        for rule in read.rules:
            counts["alerts"] += 1
            counts["of them in a file that Prometheus would refuse"] += rule.refused is not None
            counts["of them in a file of which that cannot be told"] += rule.doubt is not None
            try:
                expression = parse(rule.expr)
            except ValueError:
                counts["of them with an expression that cannot be read"] += 1
                continue
            counts["of them with a threshold that can be compared"] += expression.condition is not None
            counts["of them of which every series that they read is known"] += bool(expression.selectors)
    return list(counts.items())
