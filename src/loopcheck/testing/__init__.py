"""For authors of checkers: a repository to look at, one call to verify, the contract, and mutants.

Everything here runs the real engine on a real git repository; nothing is mocked.

`RepositoryBuilder` makes the repository and a session that looks at it, `examine` gives the engine's result for one
declaration, `expectation` binds a declaration alone. Beside them: `contract` (what every checker must keep),
`mutants` and `file_mutants` (artifacts that look right and are wrong), `literate` (pages whose examples are run),
`runner_log` (what GitHub's runner reads from what is printed) and `booby_traps` (a checkout that tells when something
of it is run).
checks/README.md shows them at work.
"""

from __future__ import annotations

from loopcheck.testing.repository import RepositoryBuilder
from loopcheck.testing.run import OneChecker, examine, expectation

__all__ = ["OneChecker", "RepositoryBuilder", "examine", "expectation"]
