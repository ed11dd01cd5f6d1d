"""One condition's candidates: the gate blocks, substitutes step in, what passes is scored and ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from recommender.candidates import Candidate, Unsuited, find_candidates
from recommender.counterfactual import explain_exclusion
from recommender.knowledge import Knowledge
from recommender.naming import name, name_all
from recommender.plan import Excluded, LeftOut
from recommender.regimens import find_substitutes
from recommender.safety.gate import check_knowledge, check_regimen, is_blocked
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.score import Ranked, rank, score_candidate
from recommender.situation import Situation

MAX_COUNTERFACTUALS: Final = 3


@dataclass(frozen=True, slots=True)
class Considered:
    """What became of one condition's candidates."""

    ranked: Ranked
    excluded: tuple[Excluded, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Checked:
    """A candidate with what the gate says of it."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...]
    passes: bool


def consider(condition: str, situation: Situation, knowledge: Knowledge, formulary: frozenset[str]) -> Considered:
    """Return a condition's options in order, the excluded ones and those that do not suit this patient."""
    candidates, unsuited = find_candidates(condition, situation, knowledge)
    passed: dict[frozenset[str], _Checked] = {}
    blocked: list[_Checked] = []
    for candidate in candidates:
        checked = _check(candidate, situation, knowledge)
        if not checked.passes:
            blocked.append(checked)
            others = (_check(c, situation, knowledge) for c in find_substitutes(candidate, checked.verdicts, knowledge))
            checked = next((c for c in others if c.passes), checked)
        if checked.passes:
            passed.setdefault(frozenset(checked.candidate.drugs), checked)
    scored = [score_candidate(c.candidate, c.verdicts, situation, knowledge, formulary) for c in passed.values()]
    ranked = rank(condition, scored)
    excluded = _to_excluded(blocked, ranked, situation, knowledge, formulary)
    return Considered(ranked, excluded, tuple(_to_left_out(u, knowledge) for u in unsuited))


def _check(candidate: Candidate, situation: Situation, knowledge: Knowledge) -> _Checked:
    unknown = tuple(v for drug in candidate.drugs for v in check_knowledge(drug, knowledge))
    verdicts = check_regimen(candidate.drugs, situation, knowledge)
    return _Checked(candidate, (*unknown, *verdicts), passes=not unknown and not is_blocked(verdicts))


def _to_excluded(
    blocked: list[_Checked],
    ranked: Ranked,
    situation: Situation,
    knowledge: Knowledge,
    formulary: frozenset[str],
) -> tuple[Excluded, ...]:
    """The excluded ones, the strongest evidence first, the first few with what would have to change."""
    best = ranked.scored[0].score if ranked.scored else None
    found: list[Excluded] = []
    for checked in sorted(blocked, key=lambda c: (c.candidate.level, c.candidate.line or 9, c.candidate.drugs)):
        candidate, verdicts = checked.candidate, checked.verdicts
        is_explained = len(found) < MAX_COUNTERFACTUALS
        why = explain_exclusion(candidate, verdicts, best, situation, knowledge, formulary) if is_explained else ""
        telling = tuple(v for v in verdicts if v.outcome in (Outcome.BLOCKED, Outcome.CAUTION) or _is_unknown(v))
        found.append(Excluded(name_all(candidate.drugs, knowledge), name(candidate.condition, knowledge), telling, why))
    return tuple(found)


def _is_unknown(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.NOT_ASSESSED and verdict.check in (Check.CONTRAINDICATION, Check.INTERACTION)


def _to_left_out(unsuited: Unsuited, knowledge: Knowledge) -> LeftOut:
    return LeftOut((name(unsuited.drug, knowledge),), name(unsuited.condition, knowledge), unsuited.reason)
