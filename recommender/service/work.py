"""The bounded queue before threads and planners, with a time limit on each piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from starlette.exceptions import HTTPException

from recommender.service.planners import Arguments, Planners, Work

Result = TypeVar("Result")
RETRY_AFTER_S: Final = 1


class Worker:
    """Runs blocking work beside the event loop. Work given up on counts as pending until its thread is done."""

    def __init__(self, num_workers: int, max_pending: int, timeout_s: float, planners: Planners) -> None:
        self._planners = planners
        self._pool = ThreadPoolExecutor(num_workers, thread_name_prefix="theragraph")
        self.max_pending = max_pending
        self.timeout_s = timeout_s
        self.pending = 0

    def check_room(self) -> None:
        """Problem 429 when as much work waits as may."""
        if self.pending >= self.max_pending:
            raise HTTPException(429, "Too much work is waiting; try again.", {"Retry-After": str(RETRY_AFTER_S)})

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return the work's result; problem 429 when the queue is full, 503 when it takes longer than the limit."""
        self.check_room()
        return await self.finish(work)

    async def finish(self, work: Callable[[], Result]) -> Result:
        """As `run`, for the rest of a request that was let in: to refuse it now would throw away what was done."""
        return await self._wait_for(asyncio.get_running_loop().run_in_executor(self._pool, work))

    async def plan(self, work: Work[Arguments, Result], *args: Arguments.args, **more: Arguments.kwargs) -> Result:
        """As `run`, where plans are computed: `work` gets the recommender first."""
        self.check_room()
        return await self._wait_for(asyncio.wrap_future(self._planners.submit(work, *args, **more)))

    async def _wait_for(self, future: asyncio.Future[Result]) -> Result:
        self.pending += 1
        future.add_done_callback(self._count_down)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.timeout_s)
        except TimeoutError:
            detail = f"The work took longer than {self.timeout_s:g} s and was given up; ask for less or try again."
            raise HTTPException(503, detail, {"Retry-After": str(RETRY_AFTER_S)}) from None

    def close(self) -> None:
        """Finish what has begun and take no more."""
        self._planners.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _count_down(self, future: asyncio.Future[Result]) -> None:
        self.pending -= 1
        if not future.cancelled():
            future.exception()  # fetched, so that work given up on is not reported as never looked at
