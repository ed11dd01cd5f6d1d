"""The audit log page by page, and a service that is told to stop while it answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.recommender.service.service_world import open_client

ROOT = Path(__file__).parents[3]


def test_the_audit_log_is_read_page_by_page_although_reading_adds_to_it(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        for number in range(5):
            client.post("/v1/cypher", json={"query": f"MATCH (n) RETURN {number}"})
        seen, before = [], ""
        while True:
            page = client.get(f"/v1/audit?limit=2{before}").json()
            seen += [entry["seq"] for entry in page["entries"]]
            if page["next_before"] is None:
                break
            before = f"&before={page['next_before']}"
    assert seen == [6, 5, 4, 3, 2, 1]


def test_without_a_notes_process_nothing_is_loading(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        assert client.get("/health/ready").json() == {"status": "ready", "notes": "ready"}


STOPPED = """
import os, signal, sys, threading, time, urllib.request
from pathlib import Path
import uvicorn
from recommender.service.chained_log import verify_log
from tests.recommender.service.service_world import MemoryStore, make_app, plain

class Slow(MemoryStore):
    def cypher(self, text, parameters=None, *, limit=None):
        asked.set()
        time.sleep(1.0)
        return [{"n": 1}]

asked, told, folder = threading.Event(), [], Path(sys.argv[1])
app = make_app(folder, Slow())
server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=15))

def ask():
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/cypher", b'{"query": "MATCH (n) RETURN n"}',
                                     {"Content-Type": "application/json"})
    told.append(urllib.request.urlopen(request).status)

def stop():
    asked.wait()
    os.kill(os.getpid(), signal.SIGTERM)

asking = threading.Thread(target=ask)
asking.start()
threading.Thread(target=stop, daemon=True).start()
signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn sends itself the signal again at its end
server.run()
asking.join()
print(told, verify_log(folder / "audit.jsonl"))
"""


def test_what_runs_is_answered_and_audited_before_the_service_stops(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == "[200] LogCheck(num_lines=1, broken_line=None, reason='')", done.stderr
