"""Whether a patient's record may be used for a purpose: the FHIR Consents that come with it, asked on each access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from kg.errors import TheraGraphError
from recommender.service.cds_request import entries_of

TREATMENT: Final = "TREAT"
EMERGENCY: Final = "ETREAT"
OPERATIONS: Final = "HOPERAT"
RESEARCH: Final = "HRESCH"
PURPOSES: Final = frozenset({TREATMENT, EMERGENCY, OPERATIONS, RESEARCH})
COLLECT: Final = "collect"
BREAK_GLASS_REASONS: Final = frozenset({"life-threatening", "patient-cannot-be-asked", "public-health"})


class ConsentError(TheraGraphError):
    """The patient's consent does not allow this use."""


def check_consent(document: Any, purpose: str) -> None:
    """ConsentError when an active Consent of the Bundle denies the purpose, or research was not permitted by one.

    An emergency (ETREAT, whose reason was checked before and stands in the audit log) overrides a denial: that is
    breaking the glass. Care without any Consent in the record is allowed; research is not.
    """
    provisions = list(_active_provisions(entries_of(document)))
    if purpose == EMERGENCY:
        return
    if any(p.get("type") == "deny" and _covers(p, purpose) for p in provisions):
        raise ConsentError(
            f"The patient's consent denies the purpose {purpose}. In an emergency send X-Purpose-Of-Use: {EMERGENCY} "
            f"with X-Break-Glass-Reason: {' | '.join(sorted(BREAK_GLASS_REASONS))}; it is audited."
        )
    if purpose == RESEARCH and not any(p.get("type") == "permit" and _names(p, RESEARCH) for p in provisions):
        raise ConsentError("Research needs an active Consent of the patient that permits HRESCH.")


def check_storage_consent(document: Any) -> None:
    """ConsentError unless an active Consent permits the action `collect` (FHIR consentaction) and none denies it."""
    told = [p for p in _active_provisions(entries_of(document)) if _has_action(p, COLLECT)]
    if not any(p.get("type") == "permit" for p in told) or any(p.get("type") == "deny" for p in told):
        raise ConsentError(
            f"Storing needs an active Consent of the patient in the Bundle that permits the action {COLLECT}; "
            "without it, ask for a plan (POST /v1/plans), which stores nothing."
        )


def _has_action(provision: dict[str, Any], code: str) -> bool:
    actions = provision.get("action")
    codings = (
        [c for a in actions if isinstance(a, dict) for c in a.get("coding") or ()] if isinstance(actions, list) else []
    )
    return any(isinstance(c, dict) and c.get("code") == code for c in codings)


def _active_provisions(resources: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for resource in resources:
        provision = resource.get("provision")
        is_active = resource.get("resourceType") == "Consent" and resource.get("status") == "active"
        if is_active and isinstance(provision, dict):
            yield provision


def _covers(provision: dict[str, Any], purpose: str) -> bool:
    """A provision that names no purpose speaks of every one."""
    return not provision.get("purpose") or _names(provision, purpose)


def _names(provision: dict[str, Any], purpose: str) -> bool:
    purposes = provision.get("purpose")
    return isinstance(purposes, list) and any(isinstance(c, dict) and c.get("code") == purpose for c in purposes)
