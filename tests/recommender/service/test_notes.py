"""Notes are read in a process of their own: one at a time, errors cross over, and a process that dies is replaced."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
PROGRAM = """
import logging, os, threading, time
from pathlib import Path
import psutil
from kg.errors import FormatError, ModelError
from recommender.patient import ClinicalText, TextMention
from recommender.service.notes import NoteReader
from starlette.exceptions import HTTPException

def read(text):
    if text.text == "die":
        os._exit(9)
    if text.text == "missing":
        raise ModelError("there is no model")
    if text.text == "bad":
        raise FormatError("a.json", "is bad", "mend it", line=3)
    yield TextMention(f"{text.text} {os.getpid()}", "DOID:1", "disease")

def ask(text):
    (mention,) = reader(ClinicalText(text))
    said, process = mention.text.split()
    return said, int(process)

def fails(text):
    try:
        ask(text)
    except Exception as error:
        return error

class Graph:
    forgotten = False
    def forget(self):
        Graph.forgotten = True

reader = NoteReader(read, Graph())
assert fails("asthma").status_code == 503 and not reader.is_warm
reader.warm()
assert reader.is_warm and not Graph.forgotten
found = []
threads = [threading.Thread(target=lambda i=i: found.append(ask(f"asthma{i}"))) for i in range(5)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert sorted(said for said, _ in found) == [f"asthma{i}" for i in range(5)]
(process,) = {process for _, process in found}
assert process != os.getpid()
assert str(fails("bad")) == "a.json, line 3: is bad; mend it."
assert str(fails("missing")) == "there is no model"
assert fails("die").status_code == 503
said, other = ask("asthma")
assert said == "asthma" and other not in (process, os.getpid())
reader.close()
assert not psutil.pid_exists(other)

def lacking(text):
    raise ModelError("there is no model")

told = []
handler = logging.Handler()
handler.emit = lambda record: told.append(record.getMessage())
logging.getLogger("theragraph.service").addHandler(handler)
reader = NoteReader(lacking)
reader.warm()
assert reader.is_warm and "there is no model" in told[-1]
reader.close()
print("whole")
"""
ORPHAN = """
import os, signal
from recommender.patient import ClinicalText, TextMention
from recommender.service.notes import NoteReader

reader = NoteReader(lambda text: [TextMention(str(os.getpid()), "", "disease")])
reader.warm()
print(reader(ClinicalText("asthma"))[0].text, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: a fork of the test runner would carry its threads along."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)


def test_notes_are_read_in_a_process() -> None:
    done = run(PROGRAM)
    assert done.stdout.strip() == "whole", done.stderr


def test_the_process_ends_when_its_service_was_killed() -> None:
    process = int(run(ORPHAN).stdout)  # returns when the last holder of its output has ended
    with contextlib.suppress(psutil.NoSuchProcess):  # or nobody has asked yet how it ended
        assert psutil.Process(process).status() == psutil.STATUS_ZOMBIE
