"""What every route works with, made once for a service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from kg import queries
from kg.errors import GraphUnavailableError
from recommender.map_patient import Annotate
from recommender.policy.served import SlateLog
from recommender.recommend import Recommender
from recommender.service.accounts import Account, read_accounts
from recommender.service.cds_jwt import TokenChecker, read_clients
from recommender.service.chained_log import ChainedLog
from recommender.service.config import ServiceConfig
from recommender.service.consent import TREATMENT
from recommender.service.differential_privacy import BudgetLedger
from recommender.service.drift import DriftMonitor
from recommender.service.live_graph import LiveGraph
from recommender.service.metrics import Metrics
from recommender.service.monitoring import find_alarms, find_releases, find_stale
from recommender.service.notes import NoteReader
from recommender.service.oidc import OidcChecker, read_settings
from recommender.service.patient_store import PatientStore
from recommender.service.planners import Planners, ThreadPlanners
from recommender.service.pseudonyms import Pseudonyms
from recommender.service.roles import ACCOUNT_ROLES, Roles
from recommender.service.search import ConceptIndex
from recommender.service.sessions import RateLimit, Sessions
from recommender.service.smart import SmartLaunches, read_servers
from recommender.service.work import Worker

MAX_FEEDBACK: Final = 120
FEEDBACK_WINDOW_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and why. `csrf` is the session's, "" where no cookie is involved; `reason` is given in emergencies."""

    name: str
    roles: Roles
    purpose: str = TREATMENT
    reason: str = ""
    csrf: str = ""


LOCAL = Principal("local", ACCOUNT_ROLES)


@dataclass(frozen=True)
class Parts:
    """Everything behind the routes."""

    config: ServiceConfig
    graph: LiveGraph
    recommender: Recommender
    worker: Worker
    audit: ChainedLog
    feedback: ChainedLog
    metrics: Metrics
    sessions: Sessions
    failures: RateLimit
    feedback_rate: RateLimit
    tokens: TokenChecker
    oidc: OidcChecker | None
    smart: SmartLaunches
    pseudonyms: Pseudonyms
    drift: DriftMonitor
    is_open: bool
    patients: PatientStore | None
    ledger: BudgetLedger | None
    notes: NoteReader | None
    releases: dict[str, str]
    concepts: ConceptIndex

    @classmethod
    def create(
        cls,
        config: ServiceConfig,
        graph: LiveGraph,
        recommender: Recommender,
        planners: Planners | None = None,
        notes: NoteReader | None = None,
    ) -> Parts:
        """Open the logs and read the accounts and keys; errors of `kg.errors` when a file is damaged or in use.

        Plans are computed, and notes read, in threads of this process unless `planners` and `notes` are given.
        """
        planners = planners or ThreadPlanners(recommender, config.num_workers)
        accounts, clients = read_accounts(config.accounts_file), read_clients(config.cds_clients_file)
        provider = read_settings(config.oidc_file)
        return cls(
            config=config,
            graph=graph,
            recommender=recommender,
            worker=Worker(config.num_workers, config.max_pending, config.timeout_s, planners),
            audit=ChainedLog(config.audit_file),
            feedback=ChainedLog(config.feedback_file),
            metrics=Metrics(),
            sessions=Sessions(config.session_s, config.session_idle_s),
            failures=RateLimit(),
            feedback_rate=RateLimit(MAX_FEEDBACK, FEEDBACK_WINDOW_S),
            tokens=TokenChecker(clients),
            oidc=OidcChecker(provider) if provider else None,
            smart=SmartLaunches(read_servers(config.smart_file), f"{config.public_url.rstrip('/')}/smart/callback"),
            pseudonyms=Pseudonyms.open(config.state_dir),
            drift=DriftMonitor(config.drift_file),
            is_open=not accounts and provider is None,
            patients=config.open_patients() if config.store_patients else None,
            ledger=BudgetLedger(config.ledger_file, config.budget_thousandths) if config.store_patients else None,
            notes=notes,
            releases=find_releases(recommender.rows, _read_sources(graph)),
            concepts=ConceptIndex(recommender.knowledge.concepts.values()),
        )

    @property
    def slates(self) -> SlateLog:
        """The slates that were served, and the feedback that a ranking policy learns from."""
        return SlateLog(self.config.state_dir.parent, self.pseudonyms.of)

    @property
    def read_note(self) -> Annotate:
        """What reads the text of a note."""
        return self.notes or self.recommender.annotate

    @property
    def alarms(self) -> tuple[str, ...]:
        """What safety rests on and the graph lacks or holds from long ago, in words for every plan and card."""
        return self._missing + find_stale(self.releases, datetime.now(UTC).date(), self.config.stale_days)

    @cached_property
    def _missing(self) -> tuple[str, ...]:
        return find_alarms(self.recommender.rows)

    def accounts(self) -> dict[str, Account]:
        """The accounts as the file has them now."""
        return read_accounts(self.config.accounts_file)

    def keep_access(self, who: Principal, action: str, result: str, *, patient: str = "", what: str = "") -> None:
        """Write one line of the audit log; a patient stands in it by pseudonym only."""
        entry: dict[str, Any] = {"who": who.name, "why": who.purpose, "action": action, "result": result}
        if who.reason:
            entry["break_glass"] = who.reason
        if patient:
            entry["patient"] = self.pseudonyms.of(patient)
        if what:
            entry["what"] = what
        self.audit.append(entry)

    def keep_feedback(self, entries: Sequence[dict[str, Any]]) -> None:
        """Write lines of the feedback log."""
        if entries:
            self.feedback.append(*entries)

    def close(self) -> None:
        """Finish the work that has begun and let go of files and graph."""
        self.worker.close()
        self.audit.close()
        self.feedback.close()
        for kept in (self.patients, self.ledger, self.notes):
            if kept is not None:
                kept.close()
        self.graph.close()


def _read_sources(graph: LiveGraph) -> list[dict[str, Any]]:
    try:
        return [row["properties"] for row in graph.run(queries.SOURCES)]
    except GraphUnavailableError:
        return []


def read_parts(request: Request) -> Parts:
    """The parts of the service that got this request."""
    parts: Parts = request.app.state.parts
    return parts


def read_principal(request: Request) -> Principal:
    """Who asks; access was checked before any route runs."""
    principal: Principal = request.state.principal
    return principal


Here = Annotated[Parts, Depends(read_parts)]
Caller = Annotated[Principal, Depends(read_principal)]
