"""Tables that are too long for every run: a part of them is tried as any test, and the rest by `./check reliability`."""

import pytest


def each_in_part(rows, every=8):
    """A parameter for each row, of which some are as any, and the others under the mark `volume`."""
    return [pytest.param(row, marks=pytest.mark.volume) if place % every else row for place, row in enumerate(rows)]


def in_part(rows, every=8):
    """Two parameters, each a list: some of the rows, spread over all of them, and under the mark `volume` the others."""
    rows = list(rows)
    some = rows[::every]
    others = [row for place, row in enumerate(rows) if place % every]
    return [pytest.param(some, id="some"), pytest.param(others, id="others", marks=pytest.mark.volume)]
