"""Where plans are computed: in processes forked from the one that has read the graph, or in its own threads.

A plan is pure Python, so threads share one core. A fork shares the graph's knowledge in memory and brings a core each.
What runs there is a function of a module that takes the recommender and plain values; it leaves no trace behind.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from starlette.exceptions import HTTPException

from kg.errors import TheraGraphError
from recommender.recommend import Recommender
from recommender.service.children import Raised, begin_child, prepare_fork

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Work = Callable[Concatenate[Recommender, Arguments], Result]

_LOG: Final = logging.getLogger("theragraph.service")
_forked: list[Recommender] = []  # what a forked process works with: set just before it is forked


class Planners(Protocol):
    """Runs functions of the recommender beside the event loop."""

    def submit(self, work: Work[Arguments, Result], *args: Arguments.args, **more: Arguments.kwargs) -> Future[Result]:
        """Begin the work; its future holds the result or the error."""
        ...

    def close(self) -> None:
        """Finish what has begun and take no more."""
        ...


class ThreadPlanners:
    """A few threads of this process."""

    def __init__(self, recommender: Recommender, num_threads: int) -> None:
        self._recommender = recommender
        self._pool = ThreadPoolExecutor(num_threads, thread_name_prefix="theragraph-plan")

    def submit(self, work: Work[Arguments, Result], *args: Arguments.args, **more: Arguments.kwargs) -> Future[Result]:
        """Begin the work in a thread."""
        return self._pool.submit(work, self._recommender, *args, **more)

    def close(self) -> None:
        """Finish what has begun and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class ProcessPlanners:
    """Forked processes. A process that dies takes the running work with it (503), then all are forked again."""

    def __init__(self, recommender: Recommender, num_processes: int) -> None:
        """Fork now: make it before any thread or connection that a fork must not have."""
        self._recommender, self._num = recommender, num_processes
        self._lock = threading.Lock()
        self._pool = self._fork()

    def submit(self, work: Work[Arguments, Result], *args: Arguments.args, **more: Arguments.kwargs) -> Future[Result]:
        """Begin the work in a process."""
        ours: Future[Result] = Future()
        try:
            theirs = self._pool.submit(_answer, work, args, more)
        except BrokenProcessPool:
            self._fork_again(self._pool)
            theirs = self._pool.submit(_answer, work, args, more)
        theirs.add_done_callback(lambda done: self._pass_on(done, ours))
        return ours

    def close(self) -> None:
        """Finish what has begun and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fork(self) -> ProcessPoolExecutor:
        prepare_fork()
        _forked[:] = [self._recommender]
        pool = ProcessPoolExecutor(self._num, multiprocessing.get_context("fork"), initializer=_begin)
        pool.submit(int).result()
        return pool

    def _fork_again(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                _LOG.error('{"problem": "a planning process died; all are started again"}')
                self._pool = self._fork()

    def _pass_on(self, theirs: Future[Any], ours: Future[Any]) -> None:
        if theirs.cancelled() or isinstance(theirs.exception(), BrokenProcessPool):
            ours.set_exception(HTTPException(503, "The planning process ended; try again.", {"Retry-After": "1"}))
        elif error := theirs.exception():
            ours.set_exception(error)
        elif isinstance(answer := theirs.result(), Raised):
            ours.set_exception(answer.to_error())
        else:
            ours.set_result(answer)


def _begin() -> None:
    """In a fresh fork: the connections of the process before it are not its own."""
    begin_child(_forked[0].graph)


def _answer(work: Callable[..., Any], args: tuple[Any, ...], more: dict[str, Any]) -> Any:
    try:
        return work(_forked[0], *args, **more)
    except (HTTPException, TheraGraphError) as error:
        return Raised.from_error(error)
