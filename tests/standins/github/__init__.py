"""GitHub on this machine: its API over real HTTP, with a memory, with permissions, limits and faults.

    with GitHubStandIn() as github:
        issue = github.repository.add_issue("Alert on full disks", author=github.account("ana"))
        session = repository.session(environment=github.environment)

State is plain objects (`state`), one file of `routes/` a topic. A request that nobody expects is answered 501,
remembered in `unexpected`, and fails the test at the end.
"""

from standins.github.faults import FAULTS, Fault
from standins.github.server import GitHubStandIn
from standins.github.state import Account, Repository, Token

__all__ = ["FAULTS", "Account", "Fault", "GitHubStandIn", "Repository", "Token"]
