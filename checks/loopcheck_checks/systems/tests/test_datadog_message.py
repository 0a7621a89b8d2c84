"""Whom a message tells when the alert fires."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopcheck_checks.systems.datadog.message import parts, told

SURELY, PERHAPS, NOT = "surely", "perhaps", "not"


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("@ops", SURELY),
        ("Call @ops.", SURELY),
        ("Call @Ops, please", SURELY),
        ("(@ops)", SURELY),
        ("line\n@ops\n", SURELY),
        ("{{value}} @ops", SURELY),
        ("{{#is_alert}}@ops{{/is_alert}}", SURELY),
        ("{{ #is_alert }} @ops {{ /is_alert }}", SURELY),
        ("{{#is_alert}}a{{/is_alert}} @ops", SURELY),
        ("{{^is_recovery}}@ops{{/is_recovery}}", SURELY),
        ("{{#is_recovery}}a{{else}}@ops{{/is_recovery}}", SURELY),
        ("{{#is_alert}}{{^is_warning}}@ops{{/is_warning}}{{/is_alert}}", SURELY),
        ("`code` @ops `more`", SURELY),
        ("a ` tick @ops", SURELY),
        ("`` a ` b `` @ops", SURELY),
        ("```\ncode\n```\n@ops", SURELY),
        ("{{#is_priority 'P1'}}@ops{{/is_priority}}", SURELY),
        ('{{#is_match "env" "prod"}}@ops{{/is_match}}', PERHAPS),
        ('{{^is_match "env" "prod"}}@ops{{/is_match}}', PERHAPS),
        ("{{#is_alert}}{{#is_match 'a' 'b'}}@ops{{/is_match}}{{/is_alert}}", PERHAPS),
        ("{{#is_warning_to_alert}}@ops{{/is_warning_to_alert}}", PERHAPS),
        ("`@ops`", PERHAPS),
        ("``a `b` @ops``", PERHAPS),
        ("```\n@ops\n```", PERHAPS),
        ("~~~\n@ops", PERHAPS),
        ("'@ops'", PERHAPS),
        ("{{/is_alert}}{{#is_x}}@ops{{/is_x}}", PERHAPS),
        ("{{#is_recovery}}@ops{{/is_recovery}}", NOT),
        ("{{#is_recovery}}@ops", NOT),
        ("{{#is_warning}}@ops{{/is_warning}}", NOT),
        ("{{#is_no_data}}@ops{{/is_no_data}}", NOT),
        ("{{#is_renotify}}@ops{{/is_renotify}}", NOT),
        ("{{^is_alert}}@ops{{/is_alert}}", NOT),
        ("{{#is_alert}}a{{else}}@ops{{/is_alert}}", NOT),
        ("{{#is_recovery}}{{#is_match 'a' 'b'}}@ops{{/is_match}}{{/is_recovery}}", NOT),
        ("{{#is_priority 'P2'}}@ops{{/is_priority}}", NOT),
        ("mail me@ops", NOT),
        ("me@ops.example.org", NOT),
        ("https://example.org/@ops", NOT),
        ("https://me@ops/", NOT),
        ("@opsgenie", NOT),
        ("@ ops", NOT),
        ("@@ops", NOT),
        ("", NOT),
    ],
)
def test_whether_an_alert_tells_ops(message, answer):
    found = told(message, 1)
    assert ("@ops" in found.surely, "@ops" in found.perhaps) == (answer is SURELY, answer is PERHAPS)


def test_an_address_with_an_at_before_it_is_a_handle():
    assert told("@alice@example.org.").surely == {"@alice@example.org"}


def test_everybody_is_somebody_and_here_is_nobody():
    assert told("@all @here @channel").surely == {"@all"}


@pytest.mark.parametrize(("message", "made"), [("@slack-{{host.name}}", "@slack-*"), ("@{{owner}}", "@*")])
def test_a_handle_that_is_made_later(message, made):
    assert list(told(message).perhaps) == [made]


def test_what_is_told_at_other_times_is_remembered():
    assert told("{{#is_recovery}}@ops{{/is_recovery}}").otherwise == {"@ops"}


@settings(deadline=None)
@given(st.text(alphabet="@ops{}#^/is_alert`~ \n", max_size=120))
def test_any_message_is_read(message):
    told(message)


@pytest.mark.parametrize(
    "unit", ["@", "@a", "{{", "{{#is_alert}}", "{{/x}}", "`", "` ``", "```\n", "@a`", "{{#a", "\n"]
)
def test_a_long_message_is_read(unit):
    told.__wrapped__(unit * (64_000 // len(unit)))


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("x", SURELY),
        ("a {{value}} x", SURELY),
        ("{{#is_alert}}x{{/is_alert}}", SURELY),
        ("{{#is_recovery}}a{{else}}x{{/is_recovery}}", SURELY),
        ("a {{/is_alert}} x", SURELY),
        ("<!-- a --> x", SURELY),
        ("<!-- x", SURELY),
        ("<!-- x -->", PERHAPS),
        ("{{!-- x --}}", PERHAPS),
        ("{{!-- a }} {{#is_recovery}} --}}x", SURELY),
        ('{{#is_match "env" "prod"}}x{{/is_match}}', PERHAPS),
        ("{{#is_priority 'P1'}}x{{/is_priority}}", SURELY),
        ("{{#is_priority 'P2'}}x{{/is_priority}}", NOT),
        ("{{#is_recovery}}x{{/is_recovery}}", NOT),
        ("{{#is_recovery}}x", NOT),
        ("x" + " " * 64_000, PERHAPS),
    ],
)
def test_what_an_alert_shows(message, answer):
    (shown,) = (shown for text, shown in parts(message, 1) if "x" in text)
    assert shown is {SURELY: True, PERHAPS: None, NOT: False}[answer]


@given(st.text(alphabet="{}#/!-<> xelsis_alert", max_size=300))
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_of_a_message_but_its_blocks(message):
    assert "".join(text for text, _ in parts(message)).count("x") <= message.count("x")
