"""Who is next: one at a time, members in a circle, nobody forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

import rag.queue as queue_module
from rag.errors import TooManyQuestions
from rag.queue import FairQueue
from rag.types import Queued


class Stand:
    """A queue whose places are taken and left one by one, without threads."""

    def __init__(self, longest: int = 60) -> None:
        self.queue = FairQueue(longest)
        self.places: dict[str, ExitStack] = {}
        self.served: list[str] = []
        self.ready: dict[str, Callable[[], Queued | None]] = {}

    def come(self, name: str) -> None:
        """Stand in line as the member called as `name` without its last character."""
        stack = ExitStack()
        news = stack.enter_context(self.queue.turn(name[:-1]))
        self.places[name] = stack
        self.ready[name] = lambda: next(news, None)

    def leave(self, name: str) -> None:
        self.places.pop(name).close()

    def serve(self) -> list[str]:
        """Let everybody have their turn; return the order."""
        order = []
        while self.places:
            (name,) = [name for name in self.places if self.ready[name]() is None]
            order.append(name)
            self.leave(name)
        return order


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "NEWS_SECONDS", 0.01)


def test_who_comes_to_an_empty_queue_does_not_wait() -> None:
    with FairQueue().turn("a") as news:
        assert list(news) == []


def test_members_take_turns_whoever_asked_more() -> None:
    stand = Stand()
    for name in ("x1", "a1", "a2", "b1", "c1", "c2"):
        stand.come(name)
    assert stand.serve() == ["x1", "a1", "b1", "c1", "a2", "c2"]


def test_a_member_s_second_question_goes_behind_those_who_wait() -> None:
    stand = Stand()
    for name in ("a1", "b1", "a2", "c1"):
        stand.come(name)
    stand.leave("a1")
    stand.come("d1")
    assert stand.serve() == ["b1", "a2", "c1", "d1"]


def test_a_third_question_of_a_member_is_refused_and_costs_the_others_nothing() -> None:
    stand = Stand()
    stand.come("a1")
    stand.come("a2")
    with pytest.raises(TooManyQuestions, match="déjà une question en cours"):
        stand.come("a3")
    stand.come("b1")
    assert stand.serve() == ["a1", "a2", "b1"]
    stand.come("a4")
    assert stand.serve() == ["a4"]


def test_commands_may_ask_as_much_as_they_like() -> None:
    stand = Stand()
    for number in range(5):
        stand.come(str(number))
    assert stand.serve() == ["0", "1", "2", "3", "4"]


def test_the_line_is_bounded() -> None:
    stand = Stand(longest=2)
    for name in ("a1", "b1", "c1"):
        stand.come(name)
    with pytest.raises(TooManyQuestions, match="2 questions attendent déjà"):
        stand.come("d1")
    assert stand.queue.waiting == 2
    assert stand.serve() == ["a1", "b1", "c1"]


def test_leaving_the_line_moves_the_others_up() -> None:
    stand = Stand()
    for name in ("a1", "b1", "c1"):
        stand.come(name)
    assert stand.ready["c1"]() == Queued(2)
    stand.leave("b1")
    assert stand.ready["c1"]() == Queued(1)
    assert stand.serve() == ["a1", "c1"]


def test_waiting_time_is_estimated_from_recent_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("rag.queue.monotonic", lambda: clock[0])
    stand = Stand()
    for seconds in (10.0, 20.0):
        stand.come("a1")
        clock[0] += seconds
        stand.leave("a1")
    stand.come("a1")
    stand.come("b1")
    stand.come("c1")
    news = stand.queue._estimate
    assert (news(1), news(2)) == (15.0, 30.0)
    clock[0] += 6.0
    assert (news(1), news(2)) == (9.0, 24.0)
    clock[0] += 60.0
    assert (news(1), news(2)) == (0.0, 15.0)


def test_turns_whose_answer_was_known_say_nothing_of_the_waiting_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("rag.queue.monotonic", lambda: clock[0])
    stand = Stand()
    for seconds in (0.0, 10.0, 0.001):
        stand.come("a1")
        clock[0] += seconds
        stand.leave("a1")
    stand.come("a1")
    assert stand.queue._estimate(1) == 10.0


def test_no_estimate_is_made_up_before_the_first_turn_is_over() -> None:
    stand = Stand()
    stand.come("a1")
    stand.come("b1")
    assert stand.ready["b1"]() == Queued(1, None)


def test_thirty_members_at_once_are_all_served_one_at_a_time_and_fairly() -> None:
    queue, served, inside, most = FairQueue(), list[str](), [0], [0]

    def member(name: str) -> None:
        for _ in range(3):
            with queue.turn(name) as news:
                for _ in news:
                    pass
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                served.append(name)
                time.sleep(0.001)
                inside[0] -= 1

    threads = [threading.Thread(target=member, args=(f"m{number}",)) for number in range(30)]
    with queue.turn("first"):
        for thread in threads:
            thread.start()
        while queue.waiting < 30:
            time.sleep(0.001)
    for thread in threads:
        thread.join(30)
    assert most == [1] and len(served) == 90
    assert all(served.count(name) == 3 for name in served)
    assert len(set(served[:30])) == 30


def test_several_places_answer_several_members_at_once_and_keep_the_order() -> None:
    queue, entered = FairQueue(places=2), []
    with ExitStack() as places:
        news = [places.enter_context(queue.turn(member)) for member in "ab"]
        assert [list(each) for each in news] == [[], []]
        with queue.turn("c") as third, queue.turn("d") as fourth:
            assert [next(third).position, next(fourth).position] == [1, 2]
            assert queue.waiting == 2
            places.close()
            entered += [list(third), list(fourth)]
    assert entered == [[], []]
    assert queue.waiting == 0


def test_with_two_places_the_wait_of_the_second_is_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("rag.queue.monotonic", lambda: now)
    queue = FairQueue(places=2)
    with queue.turn("a"):
        now = 10.0
    with ExitStack() as stack:
        *_, first, second = [stack.enter_context(queue.turn(member)) for member in "bcde"]
        assert (next(first).seconds, next(second).seconds) == (10.0, 15.0)
