"""What a service is set up with, and where it keeps its few files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recommender.service.field_cipher import KeySource
from recommender.service.patient_store import PatientStore

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_STATE: Final = Path(".theragraph/service")


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Times are seconds. `state_dir` holds accounts, keys of CDS clients, the audit log and the feedback log.

    Decision: a service without a single account is open to whoever reaches it, so it is reached from this machine
    only: `serve` refuses any address but loopback, and requests must name a loopback host (which stops a web page
    elsewhere from talking to it through a name that it controls).

    Patients are stored only when `store_patients` says so; `field_key` names the place of their keys (`KeySource`,
    the state folder's `field.keys` when empty) and `budget_thousandths` is each analyst's epsilon for cohort counts.
    """

    state_dir: Path = DEFAULT_STATE
    public_url: str = "http://127.0.0.1:8000"
    max_body_bytes: int = 5 * 2**20
    num_workers: int = 2
    num_processes: int = 0
    max_pending: int = 64
    timeout_s: float = 10.0
    max_rows: int = 1000
    cors_origins: tuple[str, ...] = ()
    store_patients: bool = False
    field_key: str = ""
    retention_days: int = 30
    budget_thousandths: int = 1000
    stale_days: int = 730
    session_s: float = 8 * 3600.0
    session_idle_s: float = 1800.0

    @property
    def accounts_file(self) -> Path:
        """Names, password hashes and roles."""
        return self.state_dir / "accounts.json"

    @property
    def cds_clients_file(self) -> Path:
        """The issuers that may call CDS services, each with its public keys."""
        return self.state_dir / "cds_clients.json"

    @property
    def audit_file(self) -> Path:
        """The hash-chained log."""
        return self.state_dir / "audit.jsonl"

    @property
    def feedback_file(self) -> Path:
        """What was shown and what became of it."""
        return self.state_dir / "feedback.jsonl"

    @property
    def oidc_file(self) -> Path:
        """The OpenID provider whose access tokens are accepted; absent for none."""
        return self.state_dir / "oidc.json"

    @property
    def smart_file(self) -> Path:
        """The FHIR servers that patients may be opened from; absent for none."""
        return self.state_dir / "smart.json"

    @property
    def drift_file(self) -> Path:
        """Histograms of the first plans' features, without patients."""
        return self.state_dir / "drift.json"

    @property
    def ledger_file(self) -> Path:
        """What analysts spent on cohort counts."""
        return self.state_dir / "privacy.jsonl"

    @property
    def patients_dir(self) -> Path:
        """The stored patients, encrypted."""
        return self.state_dir / "patients"

    @property
    def key_source(self) -> KeySource:
        """Where the keys of stored patients are; InputError for a text that names no place."""
        return KeySource.parse(self.field_key or f"file:{self.state_dir / 'field.keys'}")

    def open_patients(self) -> PatientStore:
        """Open the stored patients with their keys; errors of `kg.errors`."""
        return PatientStore(self.patients_dir, self.key_source.open(), self.retention_days)
