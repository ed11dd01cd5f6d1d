"""Running the service: what `theragraph serve` calls."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from kg.errors import InputError, ResourceError
from kg.store import open_graph
from recommender.patient_text import TextReader
from recommender.recommend import Recommender
from recommender.service.accounts import read_accounts
from recommender.service.app import create_app
from recommender.service.config import DEFAULT_STATE, LOOPBACK, ServiceConfig
from recommender.service.live_graph import LiveGraph
from recommender.service.notes import NoteReader
from recommender.service.oidc import read_settings
from recommender.service.planners import ProcessPlanners

GRACE_S: Final = 15
SWITCH_S: Final = 0.0005  # how long a plan's thread may keep the event loop waiting; Python's own 5 ms starves it

Say = Callable[[str], None]


def _say_nothing(_text: str) -> None:
    """Keep quiet."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the service listens, and how the world calls it: `public_url` is what CDS tokens are made out for."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    certificate: Path | None = None
    private_key: Path | None = None
    cors_origins: tuple[str, ...] = field(default=())

    @property
    def url(self) -> str:
        """The base of every address of the service, without a slash at its end."""
        scheme = "https" if self.certificate else "http"
        name = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"{scheme}://{name}:{self.port}").rstrip("/")


def serve(
    selector: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    public_url: str = "",
    state_dir: Path = DEFAULT_STATE,
    certificate: Path | None = None,
    private_key: Path | None = None,
    cors_origins: tuple[str, ...] = (),
    num_processes: int = 0,
    store_patients: bool = False,
    field_key: str = "",
    retention_days: int = 30,
    budget: float = 1.0,
    open_recommender: Callable[[LiveGraph], Recommender] = Recommender.open,
    say: Say = _say_nothing,
) -> None:
    """Serve a graph until it is told to stop (SIGINT, SIGTERM), then finish what runs.

    InputError for an address that is not loopback while there are no accounts, GraphUnavailableError when the graph
    cannot be opened at the start; a graph that goes away later is tried again. `open_recommender` builds the
    recommender on the graph (with a model's predictions, a ranking policy). `num_processes` is how many processes make
    plans: 0 for one a core. The other words are those of `ServiceConfig`.
    """
    check_port(host, port)
    listening = Listening(host, port, public_url, certificate, private_key, cors_origins)
    config = ServiceConfig(
        state_dir=state_dir,
        public_url=listening.url,
        cors_origins=cors_origins,
        num_processes=num_processes or os.cpu_count() or 1,
        store_patients=store_patients,
        field_key=field_key,
        retention_days=retention_days,
        budget_thousandths=round(1000 * budget),
    )
    is_open = check_address(host, config)
    say(f"Reading the graph {selector} …")
    app = open_app(selector, config, open_recommender)
    if is_open:
        say("There are no accounts, so only this machine is answered and everybody on it may do everything.")
    say(f"TheraGraph serves {listening.url}/ (CDS Hooks: {listening.url}/cds-services); stop it with Ctrl-C.")
    _write_log()
    sys.setswitchinterval(SWITCH_S)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )


def open_app(
    selector: str,
    config: ServiceConfig,
    open_recommender: Callable[[LiveGraph], Recommender] = Recommender.open,
) -> FastAPI:
    """Open the graph, read its knowledge and return the application, ready for the first plan.

    The other processes are forked once the knowledge is in memory and before the first thread is started.
    """
    graph = LiveGraph(lambda: open_graph(selector))
    graph.check_reachable()
    recommender = open_recommender(graph).warm()
    notes = NoteReader(TextReader(graph), graph)
    planners = ProcessPlanners(recommender, config.num_processes) if config.num_processes else None
    notes.start_warming()
    return create_app(config, graph, recommender, planners, notes)


def _write_log() -> None:
    """One JSON line a request on standard error; no line holds a path, a query or a patient's data."""
    log, handler = logging.getLogger("theragraph.service"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)


def check_port(host: str, port: int) -> None:
    """ResourceError unless the service can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"The service cannot listen on {host}, port {port} ({error.strerror}); choose another --port."
            raise ResourceError(message) from error


def check_address(host: str, config: ServiceConfig) -> bool:
    """Return whether the service is open, that is, without accounts; InputError when it then names a wider address."""
    is_open = not read_accounts(config.accounts_file) and read_settings(config.oidc_file) is None
    if is_open and host not in LOOPBACK:
        raise InputError(
            f'There are no accounts in {config.accounts_file}, so the service cannot listen on "{host}"; '
            "add an account first, or use --host 127.0.0.1."
        )
    return is_open
