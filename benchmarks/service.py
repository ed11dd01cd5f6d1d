"""The service under load: many clients, ten times too many, and a graph server that is killed; nothing may be lost.

    python -m benchmarks.service [--graph embedded:PATH] [--clients 50] [--seconds 60] [--part steady|overload|killed]

Without --graph the starter knowledge is built first; for a Hetionet-size graph build `starter do hpo hetionet` and name
it. The clients run beside the service on the same cores, ask again as soon as they are answered, and mix plans (5 in
10), order-sign hooks (2), searches (1), the page (1) and feedback (1). Killing needs an embedded graph.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from kg.embedded import read_address
from recommender.service.chained_log import verify_log

PORT = 8765
HOST = "127.0.0.1"
EXAMPLES = Path(__file__).parents[1] / "examples" / "patients"
Raw = tuple[str, bytes]


@dataclass
class Seen:
    """What clients saw: seconds by kind of answered requests, statuses, and failures to get any answer."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    refused_s: list[float] = field(default_factory=list)

    def add(self, kind: str, status: int, seconds: float) -> None:
        """Note one answer."""
        self.statuses[kind, status] += 1
        if status < 400:
            self.seconds.setdefault(kind, []).append(seconds)
        else:
            self.refused_s.append(seconds)

    def num(self, status: int) -> int:
        """How many answers had a status."""
        return sum(n for (_, s), n in self.statuses.items() if s == status)


@dataclass
class Until:
    """When clients stop; may be moved while they run."""

    end: float


def main() -> None:
    """Run the parts and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", default="")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--part", choices=("steady", "overload", "killed"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        selector = arguments.graph or build_starter(Path(folder))
        show("reference: sorting 100,000 numbers", f"{1e3 * measure_reference():.1f} ms")
        for part, run in (("steady", run_steady), ("overload", run_overload), ("killed", run_killed)):
            if arguments.part in (None, part):
                state = Path(folder) / part
                with open_service(selector, state) as service:
                    asyncio.run(run(service, state, selector, arguments))


async def run_steady(service: psutil.Process, state: Path, _selector: str, arguments: argparse.Namespace) -> None:
    """50 clients: no error, p99, and memory in the last third against the first, once the notes' model is loaded."""
    await wait_for_notes()
    warm = await drive(5, 5.0)  # the first answers of each kind fill caches
    memory, before = asyncio.create_task(watch_memory(service, arguments.seconds)), cpu_seconds(service)
    seen = await drive(arguments.clients, arguments.seconds)
    spent = cpu_seconds(service) - before
    sizes = await memory
    show("CPU of the service per answer", f"{1e3 * spent / max(1, sum(seen.statuses.values())):.1f} ms")
    third = max(1, len(sizes) // 3)
    print_seen(f"{arguments.clients} clients, {arguments.seconds:.0f} s", seen)
    for what, column in (("in all", sum), ("first process", lambda row: row[0])):
        first, last = (statistics.mean(map(column, part)) for part in (sizes[:third], sizes[-third:]))
        show(f"memory (RSS), {what}, first and last third", f"{first:.0f} MB, {last:.0f} MB")
    show("memory of each process at the end", ", ".join(f"{size:.0f} MB" for size in sizes[-1]))
    print_logs(state, seen, warm)


async def run_overload(_service: psutil.Process, state: Path, _selector: str, arguments: argparse.Namespace) -> None:
    """Ten times as many clients: 429s and no crash; then how long until a plan is answered within a second."""
    seen = await drive(10 * arguments.clients, min(20.0, arguments.seconds))
    ended = time.perf_counter()
    print_seen(f"{10 * arguments.clients} clients", seen)
    show("recovered after", f"{await wait_for_plan() - ended:.2f} s")
    print_logs(state, seen)


async def run_killed(_service: psutil.Process, state: Path, selector: str, arguments: argparse.Namespace) -> None:
    """The graph server is killed under load: what is answered while it is away, and what the logs hold afterwards."""
    seen, until = Seen(), Until(float("inf"))
    load = asyncio.gather(*(client(number, until, seen) for number in range(10)))
    await asyncio.sleep(5)
    killed = kill_graph_server(Path(selector.removeprefix("embedded:")))
    died = time.perf_counter()
    away = await wait_for_status(503)
    back = await wait_for_plan()
    until.end = back + 5.0
    await load
    print_seen(f"graph server killed (process {killed})", seen)
    show("first 503 after", f"{away - died:.2f} s")
    show("slowest refusal", f"{max(seen.refused_s, default=0.0):.2f} s")
    show("plans again after", f"{back - died:.2f} s")
    print_logs(state, seen)


async def drive(num_clients: int, seconds: float) -> Seen:
    """Let clients ask for some time; one of them starts every 20 ms."""
    seen, until = Seen(), Until(time.perf_counter() + seconds)
    await asyncio.gather(*(client(number, until, seen) for number in range(num_clients)))
    return seen


async def client(number: int, until: Until, seen: Seen) -> None:
    """One client on one connection, opened again when the service closed it."""
    choice, kinds = random.Random(number), requests()
    await asyncio.sleep(min(2.0, 0.02 * number))
    connection: Connection | None = None
    while time.perf_counter() < until.end:
        kind, raw = choice.choice(kinds)
        began = time.perf_counter()
        try:
            connection = connection or await Connection.open()
            status, _ = await asyncio.wait_for(connection.ask(raw), 30)
        except (OSError, EOFError, TimeoutError) as error:
            seen.failures[type(error).__name__] += 1
            connection = None
            await asyncio.sleep(0.1)
            continue
        seen.add(kind, status, time.perf_counter() - began)
        if connection.is_closed:
            connection = None
        if status in (429, 503):
            await asyncio.sleep(0.5 + choice.random())  # Retry-After says one second


class Connection:
    """Just enough HTTP/1.1, so that clients take little of the cores that they share with the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self.is_closed = reader, writer, False

    @classmethod
    async def open(cls) -> Connection:
        """Connect."""
        return cls(*await asyncio.open_connection(HOST, PORT))

    async def ask(self, raw: bytes) -> tuple[int, bytes]:
        """Return the status and the body."""
        self._writer.write(raw)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await self._reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            self.is_closed = True
            self._writer.close()
        return int(head.split(" ", 2)[1]), body


def requests() -> list[Raw]:
    """The mix that clients choose from."""
    bundles = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*.json"))]
    plans = [("plan", post("/v1/plans", b)) for b in bundles]
    feedback = {"condition": "DOID:1", "drugs": ["DRUGBANK:DB1"], "outcome": "overridden", "reason": "other"}
    page = urlencode({"example": "allergy", "lang": "en"}).encode()
    return [
        *plans,
        ("plan", plans[1][1]),
        ("plan", plans[2][1]),
        ("order-sign", post("/cds-services/theragraph-order-sign", to_hook(bundles[1]))),
        ("order-sign", post("/cds-services/theragraph-order-sign", to_hook(bundles[2]))),
        ("search", to_raw("GET", "/v1/search?q=penicillin", b"")),
        ("page", to_raw("POST", "/", page, "application/x-www-form-urlencoded")),
        ("feedback", post("/v1/feedback", feedback)),
    ]


def to_hook(bundle: dict[str, Any]) -> dict[str, Any]:
    """An order of amoxicillin for an example's patient."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    patient = next(r for r in resources if r["resourceType"] == "Patient")
    order = {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "amoxicillin"},
        "subject": {"reference": f"Patient/{patient['id']}"},
    }
    kinds = {"conditions": "Condition", "medications": "MedicationRequest", "allergies": "AllergyIntolerance"}
    prefetch = {key: to_bundle([r for r in resources if r["resourceType"] == kind]) for key, kind in kinds.items()}
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": patient["id"], "draftOrders": to_bundle([order])},
        "prefetch": {"patient": patient, **prefetch, "statements": to_bundle([]), "observations": to_bundle([])},
    }


def to_bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """A Bundle of resources."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]}


def post(path: str, body: dict[str, Any]) -> bytes:
    """A POST of JSON."""
    return to_raw("POST", path, json.dumps(body).encode(), "application/json")


def to_raw(method: str, path: str, body: bytes, kind: str = "text/plain") -> bytes:
    """A request as bytes."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def wait_for_plan() -> float:
    """The moment at which a plan has been answered within a second; asked ten times a second."""
    raw = requests()[1][1]
    for _ in range(3000):
        began = time.perf_counter()
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            status, _ = await asyncio.wait_for((await Connection.open()).ask(raw), 1.0)
            if status == 200:
                return time.perf_counter()
        await asyncio.sleep(max(0.0, began + 0.1 - time.perf_counter()))
    raise TimeoutError("no plan was answered within five minutes")


async def wait_for_status(wanted: int) -> float:
    """The moment at which a plan was first answered with a status."""
    raw = requests()[1][1]
    for _ in range(600):
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            status, _ = await asyncio.wait_for((await Connection.open()).ask(raw), 15.0)
            if status == wanted:
                return time.perf_counter()
        await asyncio.sleep(0.02)
    raise TimeoutError(f"{wanted} never came")


def family_of(service: psutil.Process) -> list[psutil.Process]:
    """The service and the processes that it forked, without the graph server."""
    return [service, *(p for p in service.children() if "supervis" not in " ".join(p.cmdline()))]


def cpu_seconds(service: psutil.Process) -> float:
    """What they have computed so far."""
    return float(sum(sum(p.cpu_times()[:2]) for p in family_of(service)))


async def wait_for_notes() -> None:
    """Wait until the process that reads notes has loaded its model: it grows and computes until then."""
    raw = to_raw("GET", "/health/ready", b"")
    for _ in range(600):
        _, body = await (await Connection.open()).ask(raw)
        if json.loads(body).get("notes") != "loading":
            return
        await asyncio.sleep(0.5)
    raise TimeoutError("the model that reads notes was not loaded within five minutes")


async def watch_memory(service: psutil.Process, seconds: float) -> list[list[float]]:
    """The memory (MB) of each of the service's processes, once a second; what forks share counts for each.

    So that pages which forks stop sharing, as they write to them, are not taken for growth.
    """
    sizes, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        sizes.append([p.memory_info().rss / 2**20 for p in family_of(service)])
        await asyncio.sleep(1)
    return sizes


def kill_graph_server(folder: Path) -> int:
    """Kill the process that listens on the embedded graph's Bolt port; returns its id."""
    port = read_address(folder).bolt_port
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            listening = [c.laddr.port for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
            if port in listening:
                os.kill(process.pid, signal.SIGKILL)
                return int(process.pid)
    raise LookupError(f"no process listens on {port}")


@contextlib.contextmanager
def open_service(selector: str, state: Path) -> Iterator[psutil.Process]:
    """Run `theragraph serve` until it is ready, and end it."""
    command = [sys.executable, "-c", "from cli import app; app()", "--graph", selector, "serve", "--port", str(PORT)]
    state.mkdir(parents=True)
    with (state / "output").open("wb") as output:
        process = subprocess.Popen([*command, "--state", str(state)], stdout=output, stderr=output)
    try:
        asyncio.run(wait_until_ready(process))
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


async def wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """Wait for /health/ready."""
    for _ in range(600):
        if process.poll() is not None:
            raise ChildProcessError("the service ended; see its output")
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            status, _ = await asyncio.wait_for((await Connection.open()).ask(to_raw("GET", "/health/ready", b"")), 2)
            if status == 200:
                return
        await asyncio.sleep(0.5)
    raise TimeoutError("the service was not ready within five minutes")


def build_starter(folder: Path) -> str:
    """Build the starter knowledge; returns its selector."""
    selector = f"embedded:{folder / 'graph'}"
    subprocess.run(
        [sys.executable, "-c", "from cli import app; app()", "--graph", selector, "build", "starter"], check=True
    )
    return selector


def measure_reference() -> float:
    """Seconds of an operation that everybody knows."""
    choice = random.Random(1)
    numbers = [choice.random() for _ in range(100_000)]
    times = []
    for _ in range(5):
        began = time.perf_counter()
        sorted(numbers)
        times.append(time.perf_counter() - began)
    return min(times)


def print_seen(title: str, seen: Seen) -> None:
    """Print times and statuses."""
    everything = sorted(s for times in seen.seconds.values() for s in times)
    span = statistics.quantiles(everything, n=1000) if len(everything) > 1 else [0.0] * 999
    show(title, f"{len(everything)} answered; p50 {span[499]:.3f} s, p95 {span[949]:.3f} s, p99 {span[989]:.3f} s")
    for kind, times in sorted(seen.seconds.items()):
        show(f"  {kind}", f"{len(times)}; p99 {statistics.quantiles(times, n=100)[98] if len(times) > 1 else 0:.3f} s")
    refused = {f"{kind} {status}": n for (kind, status), n in sorted(seen.statuses.items()) if status >= 400}
    show("  refused", ", ".join(f"{what}: {n}" for what, n in refused.items()) or "none")
    show("  no answer", ", ".join(f"{what}: {n}" for what, n in seen.failures.items()) or "none")


def print_logs(state: Path, *seen: Seen) -> None:
    """Count the lines of the logs against what clients were told; a line may be there whose answer was cut off."""
    lines = [json.loads(line) for line in (state / "feedback.jsonl").read_text(encoding="utf-8").splitlines()]
    kept, told = sum(entry["kind"] == "page" for entry in lines), sum(s.statuses["feedback", 201] for s in seen)
    audit = [json.loads(line) for line in (state / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    planned = sum(entry["action"] == "plan" for entry in audit)
    answered = sum(s.statuses["plan", 200] + s.statuses["page", 200] for s in seen)
    show("feedback told as kept, in the log", f"{told}, {kept}")
    show("plans answered, in the audit log", f"{answered}, {planned}")
    for name in ("audit.jsonl", "feedback.jsonl"):
        show(f"{name} whole", str(verify_log(state / name).broken_line is None))


def show(what: str, value: str) -> None:
    """Print one row."""
    print(f"{what:<44} {value}", flush=True)


if __name__ == "__main__":
    main()
