"""Lengths of time as Prometheus writes them: `5m`, `1h30m`, `0`. Stricter than loopcheck's own."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"(?:([0-9]{1,9})y)?(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?(?:([0-9]{1,9})ms)?"
)
_SECONDS = (365 * 86400, 7 * 86400, 86400, 3600, 60, 1, 0.001)


def seconds(text: str) -> float:
    """The length in seconds.

    Raises:
        ValueError: Prometheus refuses it: a fraction, units out of order, a number without a unit other than `0`.
    """
    if text == "0":
        return 0.0
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"`{text[:40]}` is not a length of time that Prometheus reads: write `5m` or `1h30m`")
    return float(sum(int(number) * unit for number, unit in zip(found.groups(), _SECONDS, strict=True) if number))


def shown(length: float) -> str:
    """A length as people write it: `90` is `1m30s`."""
    if length <= 0:
        return "0s"
    out, left = "", round(length * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        out += f"{count}{unit}" if count else ""
    return out
