"""Planning processes: the same answers as threads, errors that cross over, and a process that is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import os, signal, sys
from kg.errors import FormatError, GraphUnavailableError, InputError
from recommender.recommend import Recommender
from recommender.service.consent import ConsentError
from recommender.service.planners import ProcessPlanners, ThreadPlanners
from recommender.service.planning import PlanTask, make_plan_json
from starlette.exceptions import HTTPException
from tests.recommender.service.service_world import MemoryStore, plain
from tests.recommender.worlds import small_rows

def fail(recommender, kind):
    raise {"format": FormatError("a.json", "is bad", "mend it", line=3), "away": GraphUnavailableError("away"),
           "consent": ConsentError("no"), "http": HTTPException(412, "patient"), "zero": ZeroDivisionError("x")}[kind]

def where(recommender):
    return os.getpid()

def die(recommender):
    os.kill(os.getpid(), signal.SIGKILL)

recommender = Recommender(MemoryStore(), small_rows()).warm()
processes, threads = ProcessPlanners(recommender, 2), ThreadPlanners(recommender, 1)
task = PlanTask(plain())
assert processes.submit(make_plan_json, task).result() == threads.submit(make_plan_json, task).result()
assert processes.submit(where).result() != os.getpid() == threads.submit(where).result()
for kind, expected in (("format", InputError), ("away", GraphUnavailableError), ("consent", ConsentError)):
    error = processes.submit(fail, kind).exception()
    assert isinstance(error, expected), error
assert str(processes.submit(fail, "format").exception()) == "a.json, line 3: is bad; mend it."
assert processes.submit(fail, "http").exception().status_code == 412
assert isinstance(processes.submit(fail, "zero").exception(), ZeroDivisionError)
assert processes.submit(die).exception().status_code == 503
assert processes.submit(make_plan_json, task).result().outcome == "planned"
processes.close()
threads.close()
print("whole")
"""


def test_planning_in_processes() -> None:
    """In a process of its own: a fork of the test runner would carry its threads along."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.strip() == "whole", done.stderr
