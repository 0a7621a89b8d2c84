"""Each look is made once however many ask, trouble is shared, and credentials show themselves to nobody."""

import copy
import pickle
import threading
import traceback

import msgspec
import pytest

from loopcheck.binding import BindingError, Expectation
from loopcheck.reasons import OUTAGE, CannotTell, Unseen
from loopcheck.testing import RepositoryBuilder
from loopcheck.world import Repository, Session


@pytest.fixture
def session(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a": "a"})
    return built.session(
        environment={"KEY": "s3cr3t-canary", "BLANK": "  "}, settings="mine: {limit: 3}\nbad: {limt: 3}"
    )


def in_threads(number, work):
    """What each of `number` threads got of `work`, all of them under way at once."""
    gate, results = threading.Barrier(number), []

    def one():
        gate.wait()
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - whatever it met
            results.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_eight_threads_make_one_look(session):
    calls, entered = [], threading.Event()

    def fetch():
        calls.append(1)
        entered.wait(0.05)  # long enough for the others to ask
        return {"monitors": 3}

    results = in_threads(8, lambda: session.world().once(("system", "list"), fetch))
    assert len(calls) == 1
    assert all(result is results[0] for result in results)
    assert session.world().once(("system", "other"), lambda: 5) == 5


def test_trouble_is_shared_and_the_look_not_repeated(session):
    calls = []

    def fetch():
        calls.append(1)
        raise CannotTell(OUTAGE, "it answered 503")

    results = in_threads(8, lambda: session.world().once("key", fetch))
    assert len(calls) == 1
    assert all(isinstance(result, CannotTell) and result.reason is OUTAGE for result in results)
    for _ in range(50):
        with pytest.raises(CannotTell) as caught:
            session.once("key", fetch)
    assert len(traceback.extract_tb(caught.value.__traceback__)) < 10, "each who asked lengthened the traceback"
    assert session.world().attempt(lambda: session.once("key", fetch)) == Unseen(
        "outage", "it answered 503", OUTAGE.remedy
    )


def test_a_look_that_asks_for_itself_is_a_mistake_and_no_deadlock(session):
    with pytest.raises(RuntimeError, match="asks for itself"):
        session.once("key", lambda: session.once("key", lambda: 1))


def test_waiting_for_somebody_elses_look_ends_with_the_runs_time(tmp_path):
    built = RepositoryBuilder(tmp_path)
    built.commit({"a": "a"})
    session = Session(Repository(tmp_path), environment={}, seconds=0.05)
    release, begun = threading.Event(), threading.Event()

    def fetch():
        begun.set()
        release.wait(10)

    slow = threading.Thread(target=lambda: session.once("key", fetch))
    slow.start()
    begun.wait(10)
    with pytest.raises(CannotTell) as caught:
        session.once("key", fetch)
    assert caught.value.reason.word == "out-of-time"
    with pytest.raises(CannotTell):
        session.world().timeout(30)
    release.set()
    slow.join()


def test_a_timeout_is_never_longer_than_what_is_left(session):
    assert session.world().timeout(7) == 7


def test_a_credential_shows_itself_only_when_asked(session):
    secret = session.world().secret("KEY", "reading")
    assert secret.reveal() == "s3cr3t-canary"
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        "{}".format(secret),  # noqa: UP032 - every way of writing it
        repr([secret]),
        repr({"k": secret}),
    ]
    for write in (pickle.dumps, copy.deepcopy, copy.copy, msgspec.json.encode, msgspec.msgpack.encode, dict, vars):
        with pytest.raises((TypeError, NotImplementedError)) as caught:
            write(secret)
        shown.append("".join(traceback.format_exception(caught.value)))
    with pytest.raises(ValueError, match="key") as caught:
        raise ValueError("no such key", secret)
    shown.append("".join(traceback.format_exception(caught.value)))
    assert not [text for text in shown if "canary" in text]
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("name", ["ABSENT", "BLANK"])
def test_a_credential_that_is_not_set_is_named(session, name):
    with pytest.raises(CannotTell, match=f"{name} is not set: it is needed for reading monitors") as caught:
        session.world().secret(name, "reading monitors")
    assert caught.value.reason.word == "missing-secret"
    assert session.world().endpoint(name, "datadoghq.com") == "datadoghq.com"


class Settings(Expectation, frozen=True, kw_only=True):
    limit: int = 10


def test_settings_are_read_as_their_type(session):
    world = session.world()
    assert world.settings("mine", Settings).limit == 3
    assert world.settings("absent", Settings).limit == 10
    with pytest.raises(BindingError, match="unknown key `limt`"):
        world.settings("bad", Settings)


def test_another_repository_cannot_be_read_so_far(session):
    with pytest.raises(CannotTell, match="is another repository"):
        session.world().other_repository("acme/shop")


def test_looks_are_counted(session):
    in_threads(8, lambda: session.world().count("datadog", 2))
    assert session.counts == {"git": session.repository.git.processes, "datadog": 16}
    assert session.counts["git"] > 0
