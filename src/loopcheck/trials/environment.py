"""The environment that a check is given: that of whoever asks, without what opens doors."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORDS = frozenset(
    "KEY KEYS APIKEY TOKEN TOKENS SECRET SECRETS PASS PASSWD PASSWORD PASSPHRASE CREDENTIAL CREDENTIALS CREDS PAT AUTH"
    " COOKIE DSN WEBHOOK".split()
)
_PARTS = ("TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "APIKEY")
_FOREIGN = ("GITHUB_", "GH_", "ACTIONS_", "INPUT_", "DD_", "DATADOG_", "AWS_", "AZURE_", "ARM_", "GOOGLE_", "GCLOUD_",
            "GCP_", "VAULT_", "PAGERDUTY_", "SLACK_", "GIT_", "SSH_", "TWINE_", "LOOPCHECK_")  # fmt: skip
"""Of systems that a check has no business with. With the runner's files: what is written there, later steps obey."""
_WITH_PASSWORD = re.compile(r"://[^/\s@]{1,1000}@")


def is_secret(name: str) -> bool:
    """Whether a variable is a credential, or another system's, by its name."""
    upper = name.upper()
    words = upper.split("_")
    return (
        upper.startswith(_FOREIGN)
        or not _WORDS.isdisjoint(words)
        or any(part in upper for part in _PARTS)
        or ("PWD" in words and len(words) > 1)
    )


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without credentials, as far as names and addresses show them, and without the runner's files."""
    return {
        name: value for name, value in environment.items() if not is_secret(name) and not _WITH_PASSWORD.search(value)
    }
