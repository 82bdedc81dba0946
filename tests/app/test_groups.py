"""What is asked at the same moment is handled together, and nobody suffers for another."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from app.errors import AppError, DatabaseUnavailable, NotFound
from app.groups import Together

Handled = list[list[int]]
T = TypeVar("T")


def elsewhere(run: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What comes of it in a thread of its own: the browser of other tests keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def asked_at_once(
    handle: Callable[[Sequence[int]], Sequence[int | AppError]],
    numbers: Sequence[int],
    *,
    most: int = 100,
    size: Callable[[int], int] = lambda _number: 1,
) -> tuple[list[object], Handled]:
    """The answers to numbers asked while the first one is being handled, and the groups they came in."""
    groups: Handled = []
    waiting, go = threading.Event(), threading.Event()

    def handled(group: Sequence[int]) -> Sequence[int | AppError]:
        groups.append(list(group))
        if len(groups) == 1:
            waiting.set()
            assert go.wait(10)
        return handle(group)

    async def run() -> list[object]:
        together = Together(handled, most=most, size=size)
        first = asyncio.create_task(together.ask(numbers[0]))
        assert await asyncio.to_thread(waiting.wait, 10)
        rest = [asyncio.create_task(together.ask(number)) for number in numbers[1:]]
        await asyncio.sleep(0)
        go.set()
        answers = await asyncio.gather(first, *rest, return_exceptions=True)
        together.close()
        return list(answers)

    return elsewhere(run), groups


def double(group: Sequence[int]) -> list[int | AppError]:
    """Twice each number."""
    return [2 * number for number in group]


def test_what_comes_while_the_thread_is_busy_is_one_group_and_everybody_gets_its_own_answer() -> None:
    assert asked_at_once(double, [1, 2, 3, 4]) == ([2, 4, 6, 8], [[1], [2, 3, 4]])


@pytest.mark.parametrize(
    ("most", "groups"),
    [(7, [[1], [2, 3], [4], [5]]), (9, [[1], [2, 3, 4], [5]]), (1, [[1], [2], [3], [4], [5]])],
)
def test_a_group_takes_as_much_as_fits_and_one_at_least(most: int, groups: Handled) -> None:
    answers, found = asked_at_once(double, [1, 2, 3, 4, 5], most=most, size=lambda number: number)
    assert (answers, found) == ([2, 4, 6, 8, 10], groups)


def test_one_that_is_refused_alone_is_refused_alone() -> None:
    def handle(group: Sequence[int]) -> list[int | AppError]:
        return [NotFound("three") if number == 3 else number for number in group]

    answers, groups = asked_at_once(handle, [1, 2, 3, 4])
    assert ([str(answer) for answer in answers], groups) == (["1", "2", "three", "4"], [[1], [2, 3, 4]])


def test_one_that_makes_its_group_fail_does_not_spoil_the_others() -> None:
    def handle(group: Sequence[int]) -> list[int | AppError]:
        if 3 in group:
            raise ValueError("three")
        return list(group)

    answers, groups = asked_at_once(handle, [1, 2, 3, 4])
    assert [str(answer) for answer in answers] == ["1", "2", "three", "4"]
    assert groups == [[1], [2, 3, 4], [2], [3], [4]]


def test_where_the_service_is_unavailable_the_whole_group_is_refused_and_not_tried_again() -> None:
    def handle(group: Sequence[int]) -> list[int | AppError]:
        if 3 in group:
            raise DatabaseUnavailable("the disk is full")
        return list(group)

    answers, groups = asked_at_once(handle, [1, 2, 3, 4])
    assert [str(answer) for answer in answers] == ["1"] + ["the disk is full"] * 3
    assert groups == [[1], [2, 3, 4]]


def test_whoever_no_longer_waits_is_left_out_of_the_answers() -> None:
    busy, go = threading.Event(), threading.Event()

    def handle(group: Sequence[int]) -> list[int | AppError]:
        busy.set()
        assert go.wait(10)
        return list(group)

    async def run() -> int:
        together = Together(handle, most=10)
        gone = asyncio.create_task(together.ask(1))
        stays = asyncio.create_task(together.ask(2))
        assert await asyncio.to_thread(busy.wait, 10)
        gone.cancel()
        await asyncio.sleep(0)
        go.set()
        return await stays

    assert elsewhere(run) == 2
