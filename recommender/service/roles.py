"""Who may do what: one row for every route. A route without a row is open to nobody."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an account may be; `cds_client` is an EHR that signed its request."""

    CLINICIAN = "clinician"
    ENGINEER = "engineer"
    ANALYST = "analyst"
    ADMIN = "admin"
    AUDITOR = "auditor"
    CDS_CLIENT = "cds_client"


Roles = frozenset[Role]
ACCOUNT_ROLES: Final[Roles] = frozenset(Role) - {Role.CDS_CLIENT}

_CLINICIAN: Final = frozenset({Role.CLINICIAN})
_READERS: Final = frozenset({Role.CLINICIAN, Role.ENGINEER, Role.ANALYST})
_ENGINES: Final = frozenset({Role.ENGINEER, Role.ADMIN})
_QUERIES: Final = frozenset({Role.ENGINEER, Role.ANALYST})
_CDS: Final = frozenset({Role.CLINICIAN, Role.CDS_CLIENT})
_ANALYST: Final = frozenset({Role.ANALYST})
_AUDITOR: Final = frozenset({Role.AUDITOR})

PUBLIC: Final = frozenset(
    {
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/openapi.json"),
        ("GET", "/static/{name}"),
        ("GET", "/login"),
        ("POST", "/login"),
        ("POST", "/v1/sessions"),
        ("GET", "/cds-services"),
        ("GET", "/smart/callback"),
    }
)
ACCESS: Final[dict[tuple[str, str], Roles]] = {
    ("GET", "/"): _CLINICIAN,
    ("POST", "/"): _CLINICIAN,
    ("GET", "/smart/launch"): _CLINICIAN,
    ("GET", "/smart/patient"): _CLINICIAN,
    ("POST", "/logout"): ACCOUNT_ROLES,
    ("DELETE", "/v1/sessions"): ACCOUNT_ROLES,
    ("GET", "/console"): ACCOUNT_ROLES,
    ("POST", "/v1/plans"): _CLINICIAN,
    ("GET", "/v1/plans/schema"): ACCOUNT_ROLES,
    ("GET", "/v1/examples"): _CLINICIAN,
    ("GET", "/v1/examples/{name}"): _CLINICIAN,
    ("POST", "/v1/feedback"): _CLINICIAN,
    ("GET", "/v1/search"): _READERS,
    ("GET", "/v1/nodes/{curie}"): _READERS,
    ("POST", "/v1/cypher"): _QUERIES,
    ("GET", "/v1/sources"): _QUERIES | {Role.ADMIN},
    ("GET", "/metrics"): _ENGINES,
    ("GET", "/v1/monitoring"): _ENGINES,
    ("GET", "/v1/audit"): _AUDITOR,
    ("GET", "/v1/audit/check"): _AUDITOR,
    ("POST", "/v1/patients"): _CLINICIAN,
    ("GET", "/v1/patients"): _CLINICIAN,
    ("GET", "/v1/patients/{record}"): _CLINICIAN,
    ("DELETE", "/v1/patients/{record}"): _CLINICIAN,
    ("POST", "/v1/patients/{record}/plans"): _CLINICIAN,
    ("POST", "/v1/cohorts"): _ANALYST,
    ("GET", "/v1/cohorts/budget"): _ANALYST,
    ("POST", "/cds-services/{service_id}"): _CDS,
    ("POST", "/cds-services/{service_id}/feedback"): _CDS,
}


def is_allowed(method: str, route: str, roles: Roles) -> bool:
    """Whether somebody with these roles may use a route; unknown routes are refused."""
    key = ("GET" if method == "HEAD" else method, route)
    return key in PUBLIC or bool(ACCESS.get(key, frozenset()) & roles)
