"""Checkers are found by what is installed, and one that cannot be used says so by its kind alone."""

import tomllib
from importlib.metadata import EntryPoint, distributions, entry_points
from pathlib import Path

import pytest

from loopcheck.reasons import CannotTell
from loopcheck.registry import GROUP, InstalledCheckers

ROOT = Path(__file__).parents[2]

GOOD = """
from loopcheck.checker import *
class Expect(Expectation, frozen=True, kw_only=True): pass
class Seen(Observation, frozen=True, kw_only=True): pass
class Good:
    Expect, Observation = Expect, Seen
    manifest = Manifest("{kind}", "It tests.", ())
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that puts a distribution on the path, as pip would, and returns all that is then installed there."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(name, kinds, modules):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{kind} = {value}" for kind, value in kinds.items()]
        (folder / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
        for module, text in modules.items():
            (tmp_path / f"{module}.py").write_text(text)
        found = [one.entry_points for one in distributions(path=[str(tmp_path)])]
        return InstalledCheckers([point for points in found for point in points if point.group == GROUP])

    return put


def reason(registry, kind):
    with pytest.raises(CannotTell) as caught:
        registry.get(kind)
    with pytest.raises(CannotTell) as again:
        registry.get(kind)
    assert again.value is caught.value  # asked once
    return caught.value.reason.word, caught.value.message


def test_an_installed_checker_is_found_with_its_distribution(install):
    registry = install("stranger_one", {"good-one": "mod_good:Good"}, {"mod_good": GOOD.format(kind="good-one")})
    assert registry.kinds() == ["good-one"]
    found = registry.get("good-one")
    assert found.distribution == "stranger_one 1.0"
    assert registry.get("good-one") is found


def test_nothing_is_imported_before_its_kind_is_asked_for(install):
    registry = install(
        "lazy",
        {"lazy": "mod_lazy:Good", "other": "mod_bad:X"},
        {"mod_lazy": GOOD.format(kind="lazy"), "mod_bad": "1/0"},
    )
    assert registry.kinds() == ["lazy", "other"]
    assert registry.get("lazy")


def test_two_distributions_with_one_kind_are_ambiguous(install):
    install("first", {"twice": "mod_a:Good"}, {"mod_a": GOOD.format(kind="twice")})
    registry = install("second", {"twice": "mod_b:Good"}, {"mod_b": GOOD.format(kind="twice")})
    word, message = reason(registry, "twice")
    assert word == "ambiguous-kind"
    assert "first 1.0 and by second 1.0" in message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("mod_x1:Good", "raise RuntimeError('s3cr3t-canary')"),
        ("mod_x2:Good", "import sys; sys.exit('s3cr3t-canary')"),
        ("mod_x3:Good", "import nothing_like_this"),
        ("mod_x4:Good", "def ("),
        ("mod_x5:Good", ""),
        ("mod_x6:Good", "Good = 3"),
        ("mod_x7:Good", "class Good:\n    def __init__(self, needed): pass"),
        ("mod_x8:Good", "class Good: pass"),
        ("mod_x9:Good", "class Good: manifest = {'kind': 'broken'}"),
        ("mod_x10:Good", GOOD.format(kind="another")),
        ("mod_absent:Good", None),
        ("not a module:Good", None),
    ],
)
def test_a_checker_that_cannot_be_used_is_broken_and_only_it(install, value, text):
    module = value.partition(":")[0]
    registry = install(
        "broken",
        {"broken": value, "well": "mod_well:Good"},
        {"mod_well": GOOD.format(kind="well")} | ({} if text is None else {module: text}),
    )
    word, message = reason(registry, "broken")
    assert word == "broken-checker"
    assert "broken 1.0" in message
    assert "canary" not in message
    assert registry.get("well")


def test_a_kind_that_is_not_installed_is_unknown():
    assert reason(InstalledCheckers([]), "no-such-kind")[0] == "unknown-kind"
    point = EntryPoint("here", "nowhere:X", GROUP)
    assert reason(InstalledCheckers([point]), "here")[0] == "broken-checker"


def test_what_is_installed_is_what_pyproject_says():
    """An editable install freezes entry points: `pip install -e .` again after adding one."""
    written = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][GROUP]
    installed = {
        point.name: point.value for point in entry_points(group=GROUP) if point.dist and point.dist.name == "loopcheck"
    }
    assert installed == written


def test_every_kind_of_loopcheck_has_the_folder_of_its_name():
    written = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][GROUP]
    for kind, value in written.items():
        assert value.partition(":")[0] == f"loopcheck_checks.{kind.replace('-', '_')}"
