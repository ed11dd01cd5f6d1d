"""The queue before the threads."""

from __future__ import annotations

import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException

from recommender.recommend import Recommender
from recommender.service.planners import ThreadPlanners
from recommender.service.work import Worker
from tests.recommender.service.service_world import MemoryStore
from tests.recommender.worlds import small_rows


def planners() -> ThreadPlanners:
    return ThreadPlanners(Recommender(MemoryStore(), small_rows()), 1)


def test_work_that_takes_too_long_is_given_up_but_still_counts() -> None:
    async def ask() -> None:
        worker, gate = Worker(1, 1, 0.05, planners()), threading.Event()
        with pytest.raises(HTTPException, match="503"):
            await worker.run(gate.wait)
        assert worker.pending == 1
        with pytest.raises(HTTPException, match="429"):
            await worker.run(lambda: 1)
        worker.timeout_s = 60.0
        finishing = asyncio.create_task(worker.finish(lambda: 3))
        await asyncio.sleep(0)
        gate.set()
        assert await finishing == 3
        while worker.pending:
            await asyncio.sleep(0.01)
        assert await worker.run(lambda: 2) == 2
        worker.close()

    asyncio.run(ask())


def test_errors_of_the_work_come_through() -> None:
    async def ask() -> None:
        worker = Worker(1, 1, 5.0, planners())
        with pytest.raises(ZeroDivisionError):
            await worker.run(lambda: 1 // 0)
        assert worker.pending == 0
        worker.close()

    asyncio.run(ask())
