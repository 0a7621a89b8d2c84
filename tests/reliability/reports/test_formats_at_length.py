"""Every format on 20,000 hostile strings: what the unit tests try on some of them."""

import pytest
from hostile_reports import reports
from test_formats import (
    test_github_says_its_own_commands_and_no_other,
    test_markdown_keeps_strangers_in_code,
    test_no_format_holds_a_command,
)

__all__ = [
    "test_github_says_its_own_commands_and_no_other",
    "test_markdown_keeps_strangers_in_code",
    "test_no_format_holds_a_command",
]


@pytest.fixture(scope="module")
def hostile():
    return list(reports(20_000))
