"""For authors of checkers: a repository to look at, one call to verify, the contract, and mutants.

Everything here runs the real engine on a real git repository; nothing is mocked.
"""

from __future__ import annotations

from loopcheck.testing.repository import RepositoryBuilder
from loopcheck.testing.run import OneChecker, examine, expectation

__all__ = ["OneChecker", "RepositoryBuilder", "examine", "expectation"]
