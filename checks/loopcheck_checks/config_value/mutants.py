"""Ways in which a configured value can look right and be wrong, and some in which it looks odd and is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from loopcheck.testing import file_mutants
from loopcheck.testing.file_mutants import Declared
from loopcheck.testing.mutants import Mutant, Outcome, edits, replacing
from loopcheck_checks.config_value import ConfigValueChecker

_YAML = """\
# How the shop is deployed.
defaults: &defaults
  retries: 3
services:
  - name: cart
    timeout: 5s
  - name: shop
    <<: *defaults
    timeout: 60s
    memory: 1GiB
    debug: false
    version: "3.10"
    regions: [eu, us]
"""
_PATH = "deploy/values.yaml"


def _yaml(key: str, rest: str) -> Declared:
    return Declared(f"path: {_PATH}\nkey: services[name=shop].{key}\n{rest}\n", {_PATH: _YAML})


DURATION = _yaml("timeout", 'is: ">= 30s"')
SIZE = _yaml("memory", 'is: ["> 500MB", "<= 2GiB"]')
TRUTH = _yaml("debug", "is: false")
MERGED = _yaml("retries", "is: 3")
VERSION = _yaml("version", "is: '\"3.10\"'")
LIST = _yaml("regions", "contains: [eu, us]")
ABSENT = _yaml("insecure", "absent: true")
JSON = Declared(
    'path: app.json\nkey: \'server."max.wait"\'\nunit: ms\nis: "<= 5s"\n',
    {"app.json": '{"server": {"max.wait": 4000, "name": "shop"}}\n'},
)
TOML = Declared('path: app.toml\nkey: pool.size\nis: "> 10"\n', {"app.toml": "[pool]\nsize = 20\n"})
INI = Declared('path: db.ini\nkey: mysqld.wait_timeout\nis: ">= 60"\n', {"db.ini": "[mysqld]\nwait_timeout = 120\n"})
ENV = Declared('path: .env\nkey: LIMIT\nis: "== 95%"\n', {".env": "export LIMIT=95%\nOTHER=1\n"})
JAVA = Declared("path: a.properties\nkey: spring.jpa.open\nis: false\n", {"a.properties": "spring.jpa.open=false\n"})
PASSING = (DURATION, SIZE, TRUTH, MERGED, VERSION, LIST, ABSENT, JSON, TOML, INI, ENV, JAVA)
"""Values that are as declared, in each format."""


def mutants() -> Iterator[Mutant[Declared]]:
    """Each must lose its VERIFIED."""
    yield from _of_yaml()
    yield from _of_other_formats()


def _of_yaml() -> Iterator[Mutant[Declared]]:
    yield from edits(
        DURATION,
        ("file deleted", lambda it: it.but(_PATH, None)),
        ("file moved", lambda it: it.but(_PATH, None).but("values.yaml", _YAML)),
        ("file a link", _linked),
        ("file emptied", lambda it: it.but(_PATH, "")),
        ("file broken", _text("services:", "services: [")),
        ("value looser", _text("60s", "20s")),
        ("value looser by its unit", _text("60s", "60ms")),
        ("value without its unit", _text("60s", "60")),
        ("value with an unknown unit", _text("60s", "60 fortnights")),
        ("value null", _text("60s", "")),
        ("value emptied", _text("60s", '""')),
        ("value in a comment", _text("60s", "# 60s")),
        ("value commented out", _text("    timeout: 60s", "    # timeout: 60s")),
        ("value a list", _text("60s", "[60s]")),
        ("value filled in elsewhere", _text("60s", "${TIMEOUT:-60s}")),
        ("value by a tag", _text("60s", "!Ref Timeout")),
        ("key misspelt", _text("timeout: 60s", "time-out: 60s")),
        ("key in other case", _text("timeout: 60s", "Timeout: 60s")),
        ("key there twice", _text("timeout: 60s", "timeout: 60s\n    timeout: 1s")),
        ("key moved a level up", _moved_up),
        ("element renamed", _text("name: shop", "name: shop-old")),
        ("element there twice", lambda it: it.but(_PATH, _YAML + "  - name: shop\n    timeout: 1s\n")),
        ("whole list commented out", lambda it: it.but(_PATH, "services: []\n# " + _YAML.replace("\n", "\n# "))),
        (
            "second document disagrees",
            lambda it: it.but(_PATH, _YAML + "---\nservices:\n- name: shop\n  timeout: 1s\n"),
        ),
        ("under a template's condition", _text("    timeout", "    # {{- if .Values.slow }}\n    timeout")),
        ("in a block of text", lambda it: it.but(_PATH, "text: |\n  " + _YAML.replace("\n", "\n  "))),
    )
    yield from edits(SIZE, ("size below", _text("1GiB", "400MiB")), ("size above", _text("1GiB", "3GiB")))
    yield from edits(
        TRUTH,
        ("truth turned", _text("debug: false", "debug: true")),
        ("truth as a text", _text("debug: false", 'debug: "false"')),
        ("truth in YAML 1.1", _text("debug: false", "debug: off")),
    )
    yield from edits(
        MERGED,
        ("merged value changed", _text("retries: 3", "retries: 1")),
        ("merged value overridden", _text("    timeout: 60s", "    retries: 0\n    timeout: 60s")),
        ("merge removed", _text("    <<: *defaults\n", "")),
        ("merge key in quotes", _text("<<:", '"<<":')),
    )
    yield from edits(
        VERSION,
        ("version as a number", _text('"3.10"', "3.10")),
        ("another version", _text('"3.10"', '"3.1"')),
    )
    yield from edits(
        LIST,
        ("element removed", _text("[eu, us]", "[eu]")),
        ("elements in one text", _text("[eu, us]", "eu,us")),
        ("element commented out", _text("[eu, us]", "\n      - eu\n      # - us")),
    )
    yield from edits(
        ABSENT,
        ("unwanted key set", _text("    debug", "    insecure: true\n    debug")),
        ("unwanted key set to nothing", _text("    debug", "    insecure:\n    debug")),
        ("unwanted key merged in", _text("  retries: 3", "  retries: 3\n  insecure: false")),
    )


def _of_other_formats() -> Iterator[Mutant[Declared]]:
    yield from edits(
        JSON,
        ("JSON: value looser", _text("4000", "9000")),
        ("JSON: unit in the file", _text("4000", '"4000s"')),
        ("JSON: key split", _text('"max.wait": 4000', '"max": {"wait": 4000}')),
        ("JSON: key twice", _text('"name"', '"max.wait": 9000, "name"')),
        ("JSON: a comment", _text('{"server"', '// ms\n{"server"')),
        ("JSON: not a number", _text("4000", "NaN")),
    )
    yield from edits(
        TOML,
        ("TOML: another table", _text("[pool]", "[pools]")),
        ("TOML: below", _text("20", "10")),
        ("TOML: commented out", _text("size = 20", "# size = 20")),
        ("TOML: the table twice", _text("[pool]", "[pool]\n[pool]")),
    )
    yield from edits(
        INI,
        ("INI: another section", _text("[mysqld]", "[client]")),
        ("INI: below", _text("120", "30")),
        ("INI: commented out", _text("wait_timeout", ";wait_timeout")),
        ("INI: set twice", _text("120", "120\nwait_timeout = 5")),
        ("INI: in other case", _text("wait_timeout", "Wait_Timeout")),
        ("INI: indented below another key", _text("wait_timeout", "a = b\n  wait_timeout")),
        ("INI: interpolated", _text("120", "%(other)s")),
        ("INI: inherited", _text("[mysqld]\n", "[mysqld]\na = b\n[DEFAULT]\n")),
    )
    yield from edits(
        ENV,
        (".env: overridden below", _text("OTHER=1", "LIMIT=50%")),
        (".env: other number", _text("95%", "950%")),
        (".env: without its unit", _text("95%", "95")),
        (".env: commented out", _text("export", "# export")),
        (".env: from another variable", _text("95%", "$DEFAULT_LIMIT")),
        (".env: only exported", _text("=95%", "")),
    )
    yield from edits(
        JAVA,
        (".properties: overridden below", _text("=false", "=false\nspring.jpa.open: true")),
        (".properties: commented out", _text("spring", "!spring")),
        (".properties: continued", _text("=false", "=false\\\n ly")),
        (".properties: filled in", _text("=false", "=${OPEN:false}")),
    )


def harmless() -> Iterator[Mutant[Declared]]:
    """Each must stay VERIFIED."""
    yield from (Mutant(f"as it is: {it.expect.splitlines()[1]}", it) for it in PASSING)
    yield from edits(
        DURATION,
        ("in minutes", _text("60s", "1m")),
        ("in quotes", _text("60s", '"60s"')),
        ("with CRLF", _text("\n", "\r\n")),
        ("with a byte order mark", lambda it: it.but(_PATH, "\ufeff" + _YAML)),
        ("with a comment", _text("60s", "60s  # enough")),
        ("in flow style", lambda it: it.but(_PATH, "{services: [{name: shop, timeout: 60s}]}\n")),
        ("beside another document", lambda it: it.but(_PATH, _YAML + "---\nkind: Other\n")),
        ("beside an empty document", lambda it: it.but(_PATH, "---\n" + _YAML + "---\n")),
    )
    yield from edits(TRUTH, ("in other case", _text("debug: false", "debug: False")))
    yield from edits(JSON, ("as a fraction", _text("4000", "4e3")), ("with tabs", _text('{"server"', '{\t"server"')))
    yield from edits(INI, ("with a comment", _text("120", "120 ; seconds")), ("with a colon", _text(" =", ":")))
    yield from edits(
        ENV,
        ("in quotes", _text("95%", "'95%'")),
        ("set twice, the last counts", _text("export", "LIMIT=5%\nexport")),
    )


def _text(old: str, new: str) -> Callable[[Declared], Declared]:
    def change(it: Declared) -> Declared:
        [(path, text)] = it.files.items()
        return it.but(path, replacing(old, new)(str(text)))

    return change


def _moved_up(it: Declared) -> Declared:
    return it.but(_PATH, replacing("    timeout: 60s\n", "")(_YAML) + "timeout: 60s\n")


def _linked(it: Declared) -> Declared:
    return msgspec.structs.replace(it.but(_PATH, None).but("real.yaml", _YAML), links={_PATH: "../real.yaml"})


def outcomes() -> list[Outcome]:
    """What the checker says of each mutant."""
    return file_mutants.outcomes(ConfigValueChecker(), mutants())


def harmless_outcomes() -> list[Outcome]:
    """What the checker says of the passing values, and of each harmless variation of them."""
    return file_mutants.outcomes(ConfigValueChecker(), harmless())
