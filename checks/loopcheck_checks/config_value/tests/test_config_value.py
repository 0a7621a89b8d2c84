"""`config-value`, on real repositories."""

from pathlib import Path

import pytest

from loopcheck.binding import BindingError
from loopcheck.model import Outcome, Verdict
from loopcheck.testing import RepositoryBuilder, examine, expectation
from loopcheck.testing.contract import check_contract, round_trips
from loopcheck_checks.config_value import ConfigValueChecker, format_of

CHECKER = ConfigValueChecker()
HERE = Path(__file__).parent.parent

K8S = """\
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  containers:
    - {name: web, image: "web:1", resources: {limits: {memory: 512Mi}}}
    - {name: side, image: "side:1"}
---
kind: Deployment
metadata: {name: worker}
spec:
  replicas: 1
  containers: []
"""


FILES = {
    "k8s.yaml": K8S,
    "folder/a": "",
    "strange.conf": "a = 1\n",
    "nginx.conf": "a 1;\nserver {\n}\n",
    "tsconfig.json": '{\n  // strict\n  "a": {"strict": true,},\n}\n',
    "plain.json": '{"a": /* b */ {"strict": true}}\n',
    "latin.yaml": b"a: \xe9\n",
    "null.yaml": "a:\ntagged: !include x.yaml\nfilled: ${X}\n",
    "list.yaml": "[1, 2]\n",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    repository = RepositoryBuilder(tmp_path_factory.mktemp("repository"))
    repository.commit(FILES)
    return repository.session()


def test_keeps_the_contract():
    check_contract(ConfigValueChecker, HERE / "README.md")


@pytest.mark.parametrize(
    ("declared", "verdict", "reason"),
    [
        ("key: spec.replicas\nis: '>= 1'", Verdict.VERIFIED, None),
        ("key: spec.replicas\nis: '>= 2'", Verdict.FAILED, "other-value"),  # all that have the key count
        ("key: spec.replicas\ndocument: 2\nis: 3", Verdict.VERIFIED, None),
        ("key: spec.replicas\ndocument: kind=Deployment, metadata.name=web\nis: 3", Verdict.VERIFIED, None),
        ("key: spec.replicas\ndocument: kind=Deployment\nis: 3", Verdict.FAILED, "other-value"),
        ("key: spec.replicas\ndocument: kind=DaemonSet\nis: 3", Verdict.FAILED, "no-document"),
        ("key: spec.replicas\ndocument: 9\nabsent: true", Verdict.FAILED, "no-document"),
        ("key: spec.replicas\ndocument: 1\nis: 3", Verdict.FAILED, "no-key"),
        ("key: spec.replicas\ndocument: 1\nabsent: true", Verdict.VERIFIED, None),
        ("key: spec.ports[0].port\nis: 80", Verdict.VERIFIED, None),
        ("key: spec.ports[1].port\nis: 80", Verdict.FAILED, "no-key"),
        ("key: spec.ports.port\nis: 80", Verdict.FAILED, "no-key"),
        ("key: spec.containers[name=web].resources.limits.memory\nis: '>= 256MiB'", Verdict.VERIFIED, None),
        (
            "key: spec.containers[name=web].resources.limits.memory\ndocument: 2\nis: '>= 256MiB'",
            Verdict.VERIFIED,
            None,
        ),
        ("key: spec.containers[*].image\ndocument: 2", Verdict.VERIFIED, None),
        ("key: spec.containers[*].resources\ndocument: 2", Verdict.FAILED, "no-key"),
        ("key: spec.containers[*].image\ndocument: 3", Verdict.FAILED, "no-key"),
        ("key: kind\none-of: [Service, Deployment]", Verdict.VERIFIED, None),
        ("key: kind\none-of: [Service, DaemonSet]", Verdict.FAILED, "other-value"),
        ("key: kind\nis: '!= DaemonSet'", Verdict.VERIFIED, None),
    ],
)
def test_finds_the_value(session, declared, verdict, reason):
    result = examine(CHECKER, "path: k8s.yaml\n" + declared, session)
    assert (result.verdict, next((claim.reason for claim in result.claims if claim.reason), None)) == (verdict, reason)


@pytest.mark.parametrize(
    ("path", "declared", "verdict", "reason"),
    [
        ("gone.yaml", "key: a", Verdict.FAILED, "no-file"),
        ("folder", "key: a", Verdict.FAILED, "no-file"),
        ("strange.conf", "key: a\nis: 1", Verdict.INCONCLUSIVE, "unknown-format"),
        ("strange.conf", "key: a\nis: 1\nformat: ini", Verdict.VERIFIED, None),
        ("nginx.conf", "key: a\nis: 1\nformat: ini", Verdict.INCONCLUSIVE, "unparseable"),
        ("tsconfig.json", "key: a.strict\nis: true", Verdict.VERIFIED, None),
        ("plain.json", "key: a.strict\nis: true", Verdict.INCONCLUSIVE, "unparseable"),
        ("plain.json", "key: a.strict\nis: true\nformat: jsonc", Verdict.VERIFIED, None),
        ("latin.yaml", "key: a", Verdict.INCONCLUSIVE, "not-text"),
        ("strange.conf", "key: 'a[0]'\nformat: ini", Verdict.INCONCLUSIVE, "not-judged"),
        ("strange.conf", "key: a\nformat: ini\ndocument: 1", Verdict.INCONCLUSIVE, "not-judged"),
        ("null.yaml", 'key: a\nis: "null"', Verdict.VERIFIED, None),
        ("null.yaml", "key: a", Verdict.FAILED, "no-value"),
        ("null.yaml", "key: a\nis: '!= b'", Verdict.INCONCLUSIVE, "reader-dependent"),
        ("null.yaml", "key: a\nabsent: true", Verdict.FAILED, "still-there"),
        ("null.yaml", "key: a.b\nabsent: true", Verdict.VERIFIED, None),
        ("null.yaml", "key: tagged.b\nabsent: true", Verdict.INCONCLUSIVE, "templated"),
        ("null.yaml", "key: filled.b\nabsent: true", Verdict.INCONCLUSIVE, "templated"),
        ("null.yaml", "key: '[0].b'\nabsent: true", Verdict.VERIFIED, None),
        ("list.yaml", "key: '[1]'\nis: 2", Verdict.VERIFIED, None),
        ("list.yaml", "key: '[*]'\nis: '>= 1'", Verdict.VERIFIED, None),
    ],
)
def test_says_what_cannot_be_told(session, path, declared, verdict, reason):
    result = examine(CHECKER, f"path: {path}\n{declared}", session)
    assert (result.verdict, next((claim.reason for claim in result.claims if claim.reason), None)) == (verdict, reason)


@pytest.mark.parametrize(
    ("name", "text", "key", "line"),
    [
        ("a.yaml", "a:\n  b: 5\n", "a.b", 2),
        ("a.json", '{\n "a":\n  {"b": 5}}\n', "a.b", 3),
        ("a.ini", "# x\n[a]\nb = 5\n", "a.b", 3),
        ("a.env", "\nB=5\n", "B", 2),
        ("a.properties", "# x\n\na.b=5\n", "a.b", 3),
    ],
)
def test_evidence_gives_the_line(tmp_path, name, text, key, line):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({name: text})
    result = examine(CHECKER, f"path: {name}\nkey: {key}\nis: '> 9'", repository.session())
    [failed] = [claim for claim in result.claims if claim.outcome is Outcome.FAILS]
    assert failed.message == f"{name}:{line}: {key} is 5, and not > 9"
    assert failed.evidence[0].source.startswith(f"{name}:{line}@")


def test_texts_are_never_repeated(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.yaml": "url: https://u:hunter2@h\npassword: 12345678\n"})
    for declared in ("key: url\nis: x", "key: url", "key: password\nis: '> 99999999'", "key: url\nis: '> 3'"):
        assert "hunter2" not in str(result := examine(CHECKER, f"path: a.yaml\n{declared}", repository.session()))
        assert "12345678" not in str(result)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("is: '> lots'", "not a number"),
        ("is: '=~ a'", "the operators are"),
        ("is: '== '", "no value to compare with"),
        ("is:", "is"),
        ("is: []", "`is` is empty"),
        ("one-of: ['']", "`one-of`"),
        ("absent: true\nis: 3", "stands alone"),
        ("unit: parsec", "not a unit"),
        ("unit: ''", "not a unit"),
        ("document: 0", "from 1"),
        ("document: kind", "kind=Deployment"),
        ("document: 'a[0]=b'", "plain keys"),
        ("format: xml", "xml"),
        ("kex: 1", "unknown key"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_the_authors_error(declared, message):
    with pytest.raises(BindingError) as caught:
        expectation(CHECKER, f"path: a\nkey: a\n{declared}")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("a/b.yml", "yaml"),
        ("package.json", "json"),
        ("a/tsconfig.base.json", "jsonc"),
        (".vscode/settings.json", "jsonc"),
        ("Pipfile", "toml"),
        ("pyproject.toml", "toml"),
        (".env", "env"),
        ("a/.env.production", "env"),
        ("prod.env", "env"),
        ("setup.cfg", "ini"),
        (".gitmodules", "ini"),
        ("a.properties", "properties"),
        ("a.conf", None),
        ("environment", None),
    ],
)
def test_the_name_says_how_a_file_is_written(path, written):
    assert format_of(path) == written


def test_an_observation_can_be_replayed(tmp_path):
    repository = RepositoryBuilder(tmp_path)
    repository.commit({"a.yaml": "a: [1, {b: 2}, x, '${Y}']\n", "b.json": '{"a": "\\ud800"}\n'})
    world = repository.session().world()
    for declared in ("path: a.yaml\nkey: a", "path: a.yaml\nkey: 'a[1].b'", "path: b.json\nkey: a"):
        assert round_trips(CHECKER.observe(expectation(CHECKER, declared), world))
