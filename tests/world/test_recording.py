"""What is noted of a look: whatever has another answer at another commit was touched by what they differ in."""

import random
from contextlib import closing
from datetime import timedelta

import pytest

from loopcheck.reasons import CannotTell
from loopcheck.testing import RepositoryBuilder
from loopcheck.testing.repository import NOW
from loopcheck.world import Difference, Reads, Repository, Session, difference
from loopcheck.world.recording import watching

PATHS = ("a", "a/b", "a/b/c.md", "a/c.md", "d/e.sh", "d/E.sh", "README.md", "a.md")
GLOBS = ("*.md", "a/**", "**/*.sh", "a/b/c.md")


def attempt(question):
    try:
        return question()
    except CannotTell as trouble:
        return trouble.reason.word
    except ValueError:
        return "nowhere"


def changes_of(history):
    return [(one.status, one.path, one.old_path, one.oid, one.old_oid) for one in history]


QUESTIONS = {
    **{f"entry {path}": lambda it, path=path: it.entry(path) for path in PATHS},
    **{f"read {path}": lambda it, path=path: getattr(it.read(path), "data", None) for path in PATHS},
    **{f"folder {path}": lambda it, path=path: it.is_folder(path) for path in ("a", "a/b", "d")},
    **{f"in {path}": lambda it, path=path: path in it.paths for path in PATHS},
    **{f"link {path}": lambda it, path=path: path in it.links for path in PATHS},
    **{f"below {path}": lambda it, path=path: it.paths.at_or_below(path) for path in PATHS},
    **{f"links below {path}": lambda it, path=path: it.links.at_or_below(path) for path in PATHS},
    **{f"matching {glob}": lambda it, glob=glob: it.paths.matching([glob]) for glob in GLOBS},
    **{f"near {path}": lambda it, path=path: it.nearest(path) for path in PATHS},
    **{f"history {path}": lambda it, path=path: changes_of(it.history(path).changes) for path in PATHS},
    "all": lambda it: list(it.paths),
    "links": lambda it: list(it.links),
    "how many": lambda it: len(it.paths),
    "some": lambda it: it.paths[:3],
    "where": lambda it: it.paths.index("a.md"),
    "changes": lambda it: changes_of(it.changes()),
    "when": lambda it: it.committed_at,
    "parents": lambda it: it.parents,
}


def tree(dice):
    """A tree of files and links: no path is both a file and a folder."""
    made = {"README.md": (b"M 100644", b"readme")}
    for path in dice.sample(PATHS, dice.randint(1, len(PATHS))):
        if any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in made):
            continue
        made[path] = (dice.choice((b"M 100644", b"M 100644", b"M 100755", b"M 120000")), dice.choice((b"x", b"y")))
    return made


@pytest.mark.volume
def test_a_question_that_has_another_answer_was_touched(tmp_path):
    dice, stream, number = random.Random(20261120), [], 90  # noqa: S311 - the same every time
    builder = RepositoryBuilder(tmp_path)
    for pair in range(number):
        before = tree(dice)
        after = tree(dice) if pair % 3 else {**before, dice.choice(list(before)): (b"M 100644", b"z")}
        for name, state, parent in ((f"b{pair}", before, None), (f"m{pair}", after, f"b{pair}")):
            moment = int((NOW + timedelta(minutes=2 * pair + (parent is not None))).timestamp())
            stream.append(f"commit refs/heads/{name}\ncommitter D <d@example.org> {moment} +0000\ndata 0\n".encode())
            stream.append(f"from refs/heads/{parent}\n".encode() if parent else b"")
            stream.append(b"deleteall\n")
            for path, (mode, data) in state.items():
                stream.append(b"%s inline %s\ndata %d\n%s\n" % (mode, path.encode(), len(data), data))
    builder.git("fast-import", "--quiet", stdin=b"".join(stream))
    differing, spared = set(), set()
    for pair in range(number):
        with closing(Repository(tmp_path, f"b{pair}")) as base, closing(Repository(tmp_path, f"m{pair}")) as merged:
            change = difference(merged, base.commit)
            for name, question in QUESTIONS.items():
                reads = Reads()
                was = attempt(lambda: question(watching(base, reads)))  # noqa: B023 - called at once
                now = attempt(lambda: question(merged))  # noqa: B023
                assert was == attempt(lambda: question(base))  # noqa: B023 - to be watched changes no answer
                if was != now:
                    differing.add(name)
                    assert reads.touched_by(change), (pair, name, sorted(change.changed))
                elif not reads.touched_by(change):
                    spared.add(name)
    assert differing >= {name for name in QUESTIONS if not name.endswith(" README.md")}
    assert len(spared) > len(QUESTIONS) / 2


def change(*paths, came=(), straight=True):
    return Difference(frozenset((*paths, *came)), frozenset(came), straight)


def test_a_history_that_is_not_one_step_longer_is_looked_at_again():
    reads = Reads()
    reads.history = True
    assert reads.touched_by(change(straight=False))
    assert not reads.touched_by(change("a"))


def test_nothing_is_touched_by_nothing():
    reads = Reads()
    reads.everything = reads.listed = True
    assert not reads.touched_by(change())


def test_a_merge_is_one_step_and_two_commits_are_not(tmp_path):
    builder = RepositoryBuilder(tmp_path)
    first = builder.commit({"a": "1"})
    builder.git("checkout", "-q", "-b", "topic")
    builder.commit({"a": "2"})
    builder.commit({"a": "1", "b": "1"})
    builder.git("checkout", "-q", "main")
    with closing(Repository(tmp_path, "topic")) as topic:
        assert difference(topic, first) == change(came=["b"], straight=False)
    builder.git("merge", "-q", "--no-ff", "-m", "Merge", "topic")
    with closing(Repository(tmp_path)) as merged:
        assert difference(merged, first) == change(came=["b"])
        assert merged.leads_to(first, merged.commit)
        assert not merged.leads_to(merged.commit, first)
        assert not merged.leads_to("0" * 40, merged.commit)
        assert not merged.holds("main")


@pytest.mark.parametrize("first_is_watched", [True, False])
def test_what_is_served_from_memory_counts_with_all_that_its_maker_reads(tmp_path, first_is_watched):
    """Also what is read later, by means of what the look gave; and where nobody noted it, everything counts."""
    RepositoryBuilder(tmp_path).commit({"a": "1", "b": "2", "c": "3"})
    with closing(Repository(tmp_path)) as repository:
        session = Session(repository, environment={})
        one, two, other = Reads(), Reads(), Reads()
        maker = (session.watched(one) if first_is_watched else session).world()
        asker, bystander = session.watched(two).world(), session.watched(other).world()
        later = maker.once("a look", lambda: [maker.repo.read("a"), lambda: maker.repo.read("b")])[1]
        asker.once("a look", list)
        later()
        bystander.repo.read("c")
    for path, touched in (("a", True), ("b", True), ("c", not first_is_watched)):
        assert two.touched_by(change(path)) is touched
    assert [other.touched_by(change(path)) for path in "abc"] == [False, False, True]
