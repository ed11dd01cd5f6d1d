"""The plan as a FHIR R4 Bundle: proposals that a clinician may take over, the issues found, and where it comes from.

R4's resources used here are the same in R4B, which `fhir.resources` validates; nothing here is an order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fhir.resources.R4B.bundle import Bundle

from recommender.plan import DISCLAIMER, RECOMMENDED, Line, Named, Plan
from recommender.safety.verdict import Check, Outcome, Verdict

Json = dict[str, Any]

_SYSTEMS: Final = {
    "DRUGBANK": "http://go.drugbank.com",
    "DOID": "http://purl.obolibrary.org/obo/doid.owl",
    "HP": "http://human-phenotype-ontology.org",
    "MESH": "http://id.nlm.nih.gov/mesh",
    "RXCUI": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "ATC": "http://www.whocc.no/atc",
    "MONDO": "http://purl.obolibrary.org/obo/mondo.owl",
}
_ISSUE_CODES: Final = {
    Check.INTERACTION: "DRG",
    Check.DUPLICATE_THERAPY: "DUPTHPY",
    Check.ALLERGY: "ALGY",
    Check.AGE: "AGE",
    Check.CONTRAINDICATION: "COND",
    Check.RENAL: "COND",
    Check.HEPATIC: "COND",
    Check.PREGNANCY: "PREG",
    Check.LACTATION: "LACT",
    Check.PHARMACOGENOMICS: "GEN",
    Check.FOOD_LIFESTYLE: "FOOD",
    Check.QT: "COND",
}
_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_SEVERITIES: Final = {Outcome.BLOCKED: "high", Outcome.CAUTION: "moderate"}
_SERVICE: Final = "https://w3id.org/theragraph/recommend"
_WHO: Final = {"display": "TheraGraph"}


def to_fhir(plan: Plan) -> Json:
    """Return a collection Bundle of GuidanceResponse, CarePlan, MedicationRequests, DetectedIssues and Provenance.

    The Bundle is validated by `fhir.resources`; a violation would be an error of ours and is raised as it is.
    """
    subject = {"reference": f"Patient/{_to_id(plan.patient_id)}"}
    requests = [r for i, line in enumerate(_chosen(plan), start=1) for r in _requests(line, i, plan, subject)]
    issues = list(_issues(plan, subject))
    resources = [_guidance(plan, subject, issues), *_care_plans(plan, subject, requests), *requests, *issues]
    resources.append(_provenance(plan, resources))
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _instant(plan),
        "entry": [{"fullUrl": f"{_SERVICE}/{r['resourceType']}/{r['id']}", "resource": r} for r in resources],
    }
    Bundle.model_validate(bundle)
    return bundle


def _chosen(plan: Plan) -> list[Line]:
    return [line for line in plan.lines if line.role == RECOMMENDED]


def _requests(line: Line, number: int, plan: Plan, subject: Json) -> list[Json]:
    """One MedicationRequest a drug of the regimen, as a draft proposal."""
    return [
        {
            "resourceType": "MedicationRequest",
            "id": f"proposal-{number}-{i}",
            "status": "draft",
            "intent": "proposal",
            "medicationCodeableConcept": _concept(drug),
            "subject": subject,
            "authoredOn": plan.as_of.isoformat(),
            "reasonCode": [_concept(line.condition)],
            "note": [{"text": text} for text in _remarks(line)],
            **({"dosageInstruction": [{"text": f"{line.dose} ({line.dose_source})"}]} if line.dose and i == 1 else {}),
        }
        for i, drug in enumerate(line.drugs, start=1)
    ]


def _remarks(line: Line) -> list[str]:
    gaps = dict.fromkeys(v.check.value for v in line.verdicts if v.outcome is Outcome.NOT_ASSESSED)
    remarks = [f"Score {line.score}, evidence {line.level}."]
    remarks += [f"Not assessed: {', '.join(gaps)}."] if gaps else []
    remarks += ["Model only."] if line.evidence.is_model_only else []
    remarks += [f"Only in addition to {line.added_to}."] if line.added_to else []
    remarks += [f"Only if this fits: {line.condition_of_use}."] if line.condition_of_use else []
    return [*remarks, DISCLAIMER]


def _care_plans(plan: Plan, subject: Json, requests: list[Json]) -> list[Json]:
    """The CarePlan, when there is anything to do."""
    if plan.abstained:
        return []
    monitoring = [
        {"detail": {"kind": "ServiceRequest", "status": "not-started", "description": f"{m.measure}: {m.when}"}}
        for line in _chosen(plan)
        for m in line.monitoring
    ]
    measures = [
        {"detail": {"status": "not-started", "description": f"{c.condition.name}: {m.text}"}}
        for c in plan.conditions
        for m in c.non_drug_measures
    ]
    care_plan = {
        "resourceType": "CarePlan",
        "id": "plan",
        "status": "draft",
        "intent": "proposal",
        "title": "Treatment plan",
        "subject": subject,
        "created": plan.as_of.isoformat(),
        "activity": [*({"reference": _reference(r)} for r in requests), *monitoring, *measures],
        "note": [{"text": text} for text in (*plan.notes, DISCLAIMER)],
    }
    return [care_plan]


def _issues(plan: Plan, subject: Json) -> Iterable[Json]:
    """One DetectedIssue for every alert, every caution of a recommended line, and every exclusion."""
    found: list[tuple[Verdict, tuple[Named, ...]]] = [(v, ()) for v in plan.alerts]
    found += [(v, ()) for line in _chosen(plan) for v in line.verdicts if v.outcome is Outcome.CAUTION]
    found += [(e.reason, e.drugs) for e in plan.excluded]
    for number, (verdict, drugs) in enumerate(found, start=1):
        yield _issue(verdict, drugs or (Named(verdict.drug, plan.name(verdict.drug)),), number, plan, subject)


def _issue(verdict: Verdict, drugs: Iterable[Named], number: int, plan: Plan, subject: Json) -> Json:
    facts = f" Facts: {'; '.join(verdict.facts)}." if verdict.facts else ""
    source = f" Source: {verdict.citation.label}." if verdict.citation.label else ""
    issue: Json = {
        "resourceType": "DetectedIssue",
        "id": f"issue-{number}",
        "status": "preliminary",
        "code": {
            "coding": [{"system": _ACT_CODE, "code": _ISSUE_CODES[verdict.check]}],
            "text": verdict.check.value.replace("_", " "),
        },
        "patient": subject,
        "identifiedDateTime": plan.as_of.isoformat(),
        "implicated": [{"display": drug.name} for drug in drugs],
        "detail": f"{verdict.outcome.value.replace('_', ' ')}: {verdict.rule}.{facts}{source}",
    }
    if verdict.outcome in _SEVERITIES:
        issue["severity"] = _SEVERITIES[verdict.outcome]
    if verdict.advice:
        issue["mitigation"] = [{"action": {"text": verdict.advice}}]
    return issue


def _guidance(plan: Plan, subject: Json, issues: list[Json]) -> Json:
    """The answer as a whole: success, or data-required when it abstains."""
    said = plan.reason if plan.abstained else f"{len(_chosen(plan))} regimens are recommended."
    guidance: Json = {
        "resourceType": "GuidanceResponse",
        "id": "guidance",
        "moduleUri": _SERVICE,
        "status": "data-required" if plan.abstained else "success",
        "subject": subject,
        "occurrenceDateTime": plan.as_of.isoformat(),
        "note": [{"text": said}, {"text": DISCLAIMER}],
    }
    if issues:
        guidance["note"].append({"text": f"{len(issues)} issues were detected."})
    if not plan.abstained:
        guidance["result"] = {"reference": "CarePlan/plan"}
    return guidance


def _provenance(plan: Plan, resources: list[Json]) -> Json:
    sources = dict.fromkeys(
        label
        for line in _chosen(plan)
        for label in (*(r.citation for r in line.evidence.reasons), *(v.citation.label for v in line.verdicts))
        if label
    )
    return {
        "resourceType": "Provenance",
        "id": "provenance",
        "target": [_reference(r) for r in resources],
        "recorded": _instant(plan),
        "agent": [{"who": _WHO}],
        "entity": [{"role": "source", "what": {"display": label}} for label in sources],
    }


def _reference(resource: Json) -> Json:
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def _concept(named: Named) -> Json:
    prefix, _, code = named.curie.partition(":")
    system = _SYSTEMS.get(prefix)
    coding = [{"system": system, "code": code, "display": named.name}] if system else []
    return {"coding": coding, "text": named.name} if coding else {"text": named.name}


def _instant(plan: Plan) -> str:
    return f"{plan.as_of.isoformat()}T00:00:00+00:00"


def _to_id(text: str) -> str:
    """A FHIR id: letters, digits, `-` and `.`, at most 64."""
    kept = "".join(c if (c.isascii() and c.isalnum()) or c in "-." else "-" for c in text)[:64]
    return kept or "unknown"
