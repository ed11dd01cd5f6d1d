"""The plan as JSON: the keys that DESIGN.md §6 fixes, and more beside them. The schema is `plan.schema.json`."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from recommender.candidate_queries import AskedQuery
from recommender.difference import Difference
from recommender.paths import Path
from recommender.plan import DISCLAIMER, Evidence, Excluded, LeftOut, Line, Named, Plan
from recommender.safety.verdict import Outcome, Verdict

Json = dict[str, Any]


def to_json(plan: Plan) -> Json:
    """Return the plan as JSON values; scores and contributions are whole points, so they add up exactly."""
    return {
        "patient": plan.patient_id,
        "as_of": plan.as_of.isoformat(),
        "abstained": plan.abstained,
        "reason": plan.reason,
        "lines": [_line(line, plan) for line in plan.lines],
        "excluded": [_excluded(e, plan) for e in plan.excluded],
        "not_assessed": to_not_assessed(plan),
        "unmapped": [{"kind": u.kind, "text": u.text, "codes": list(u.codes), "where": u.where} for u in plan.unmapped],
        "alerts": [{"drug": _named(_of(v.drug, plan)), **_verdict(v)} for v in plan.alerts],
        "hypotheses": [
            {"curie": h.disease.curie, "name": h.disease.name, "score": h.score, "phenotypes": list(h.phenotypes)}
            for h in plan.hypotheses
        ],
        "known": [{"what": k.what, "said": list(k.said), "missing": k.is_missing} for k in plan.known],
        "conditions": [
            {
                **_named(c.condition),
                "treated": c.is_treated,
                "reason": c.reason,
                "non_drug_measures": [{"text": m.text, "source": m.citation.label} for m in c.non_drug_measures],
            }
            for c in plan.conditions
        ],
        "left_out": [_left_out(x) for x in plan.left_out],
        "issues": [{"path": i.path, "problem": i.problem} for i in plan.issues],
        "notes": list(plan.notes),
        "versions": dict(plan.versions),
        "disclaimer": DISCLAIMER,
    }


def to_not_assessed(plan: Plan) -> list[Json]:
    """What could not be checked, once for each check and reason, with the drugs that it concerns."""
    drugs: dict[tuple[str, str], dict[str, None]] = {}
    for line in plan.lines:
        for verdict in line.verdicts:
            if verdict.outcome is Outcome.NOT_ASSESSED:
                drugs.setdefault((verdict.check.value, verdict.rule), {})[plan.name(verdict.drug)] = None
    return [{"check": check, "reason": rule, "drugs": list(names)} for (check, rule), names in drugs.items()]


def to_json_difference(difference: Difference) -> Json:
    """Return what differs between two plans as JSON values, for `what_if` beside the plan's own keys."""
    return {
        "moves": [
            {
                "condition": m.condition,
                "regimen": m.regimen,
                "place": [m.place_before, m.place_after],
                "score": [m.score_before, m.score_after],
                "because": list(m.because),
            }
            for m in difference.moves
        ],
        "newly_excluded": list(difference.newly_excluded),
        "no_longer_excluded": list(difference.no_longer_excluded),
        "due": list(difference.due),
    }


def to_json_query(asked: AskedQuery) -> Json:
    """Return a query that found candidates, as it can be repeated."""
    return {"purpose": asked.purpose, "cypher": asked.query.text, "parameters": asked.parameters}


@cache
def read_schema() -> Json:
    """Return the published JSON Schema of `to_json`'s document."""
    text = resources.files("recommender").joinpath("plan.schema.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


def _line(line: Line, plan: Plan) -> Json:
    return {
        "condition": _named(line.condition),
        "drugs": [_named(d) for d in line.drugs],
        "role": line.role,
        "already_taken": line.is_taken,
        "line_of_therapy": line.line_of_therapy or None,
        "evidence_level": line.level,
        "score": line.score,
        "contributions": [{"name": c.name, "value": c.value, "because": c.because} for c in line.contributions],
        "verdicts": [{"drug": plan.name(v.drug), **_verdict(v)} for v in line.verdicts],
        "evidence": _evidence(line.evidence, plan),
        "model_only": line.evidence.is_model_only,
        "dose": line.dose,
        "dose_source": line.dose_source,
        "population": line.population,
        "population_assessed": line.is_for_all,
        "only_in_addition_to": line.added_to,
        "monitoring": [
            {"measure": m.measure, "loinc": m.loinc, "when": m.when, "source": m.citation.label}
            for m in line.monitoring
        ],
        "stop_rules": [{"text": s.text, "source": s.citation.label} for s in line.stop_rules],
        "counterfactuals": list(line.counterfactuals),
    }


def _verdict(verdict: Verdict) -> Json:
    return {
        "check": verdict.check.value,
        "verdict": verdict.outcome.value,
        "rule": verdict.rule,
        "facts": list(verdict.facts),
        "source": verdict.citation.label,
        "advice": verdict.advice,
        "checked": verdict.citation.checked,
        "version": verdict.citation.release,
    }


def _evidence(evidence: Evidence, plan: Plan) -> list[Json]:
    reasons = [{"sentence": r.text, "source": r.citation, "level": r.level, "kind": "fact"} for r in evidence.reasons]
    paths = [
        {"path": to_path_text(p, plan), "nodes": list(p.nodes), "source": _path_source(p), "kind": "path"}
        for p in evidence.paths
    ]
    sentences = [
        {
            "sentence": s.text,
            "source": s.document_id,
            "start": s.start,
            "end": s.end,
            "confidence": s.confidence,
            "assertion": s.assertion,
            "kind": "text",
        }
        for s in evidence.sentences
    ]
    return [*reasons, *paths, *sentences]


def to_path_text(path: Path, plan: Plan) -> str:
    """A path in one line: names joined by their predicates."""
    steps = [plan.name(path.nodes[0])]
    for (predicate, _), node in zip(path.edges, path.nodes[1:], strict=True):
        steps += [f"–[{predicate.replace('_', ' ')}]–", plan.name(node)]
    return " ".join(steps)


def _path_source(path: Path) -> str:
    return ", ".join(dict.fromkeys(source for _, source in path.edges if source))


def _excluded(excluded: Excluded, plan: Plan) -> Json:
    return {
        "drug": _named(excluded.drugs[0]),
        "drugs": [_named(d) for d in excluded.drugs],
        "condition": _named(excluded.condition),
        "verdicts": [{"drug": plan.name(v.drug), **_verdict(v)} for v in excluded.verdicts],
        "counterfactual": excluded.counterfactual,
    }


def _left_out(left_out: LeftOut) -> Json:
    return {
        "drugs": [_named(d) for d in left_out.drugs],
        "condition": _named(left_out.condition),
        "reason": left_out.reason,
    }


def _of(curie: str, plan: Plan) -> Named:
    return Named(curie, plan.name(curie))


def _named(named: Named) -> Json:
    return {"curie": named.curie, "name": named.name}
