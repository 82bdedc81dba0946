"""What several requests ask at the same moment is done together, in one thread, by one step of work."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from app.errors import AppError

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Together(Generic[Asked, Told]):
    """Collects what is asked while the thread is busy, and hands all of it to `handle` at once.

    Nobody waits for others to come: whoever asks first while the thread is free is handled at once, alone.
    `handle` answers each in turn, with an answer or with the refusal of this one. When it fails as a whole,
    all are refused where the service is unavailable (503); else each is tried alone, so that one that cannot
    be answered does not spoil the others. `size` says how much one is, `most` how much is handled at once.
    """

    def __init__(
        self,
        handle: Callable[[Sequence[Asked]], Sequence[Told | AppError]],
        *,
        most: int,
        size: Callable[[Asked], int] = lambda _asked: 1,
    ) -> None:
        self._handle = handle
        self._most, self._size = most, size
        self._thread = ThreadPoolExecutor(1)
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[Asked, Told]] = WeakKeyDictionary()

    async def ask(self, asked: Asked) -> Told:
        """The answer, once the group it is part of is done; its refusal is raised."""
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line()
        waiting: asyncio.Future[Told] = loop.create_future()
        line.waiting.append((asked, waiting))
        if line.worker is None:
            line.worker = loop.create_task(self._work(line))
        return await waiting

    def close(self) -> None:
        """Let the thread go; nobody asks any more."""
        self._thread.shutdown(wait=False)

    async def _work(self, line: "_Line[Asked, Told]") -> None:
        while line.waiting:
            group = self._next_of(line)
            error = await self._tried(group)
            if error is None:
                continue
            together = isinstance(error, AppError) and error.status == 503
            for one in group:
                failed = error if together or len(group) == 1 else await self._tried([one])
                if failed is not None and not one[1].done():
                    one[1].set_exception(failed)
        line.worker = None

    def _next_of(self, line: "_Line[Asked, Told]") -> "list[_One[Asked, Told]]":
        """The next group: as many as fit, at least one."""
        count = total = 0
        for asked, _ in line.waiting:
            total += self._size(asked)
            if count and total > self._most:
                break
            count += 1
        group, line.waiting = line.waiting[:count], line.waiting[count:]
        return group

    async def _tried(self, group: "Sequence[_One[Asked, Told]]") -> BaseException | None:
        """Handle a group and answer everybody in it; what failed, if nobody could be answered."""
        work = asyncio.wrap_future(self._thread.submit(self._handle, [asked for asked, _ in group]))
        await asyncio.wait([work])
        error = work.exception()
        if error is not None:
            return error
        for (_, waiting), told in zip(group, work.result(), strict=True):
            if waiting.done():
                continue
            if isinstance(told, AppError):
                waiting.set_exception(told)
            else:
                waiting.set_result(told)
        return None


_One = tuple[Asked, asyncio.Future[Told]]


class _Line(Generic[Asked, Told]):
    """Who waits in one event loop, and the task that sees to them."""

    def __init__(self) -> None:
        self.waiting: list[_One[Asked, Told]] = []
        self.worker: asyncio.Task[None] | None = None
