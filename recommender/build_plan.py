"""From a patient's situation and the knowledge to the plan: candidates, gate, score, rank, compose, explain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from recommender.alerts import check_current_medications
from recommender.candidates import Candidate, Unsuited, find_candidates
from recommender.compose import Composition, compose
from recommender.counterfactual import explain_exclusion, explain_lead, explain_rank
from recommender.evidence import SentenceFinder, find_evidence, no_sentences
from recommender.hypotheses import HypothesisFinder, no_hypotheses
from recommender.knowledge import Knowledge
from recommender.patient import Patient
from recommender.plan import (
    ALTERNATIVE,
    RANKED_LOWER,
    RECOMMENDED,
    ConditionPlan,
    Excluded,
    LeftOut,
    Line,
    Named,
    Plan,
)
from recommender.problems import find_problems
from recommender.regimens import find_substitutes
from recommender.safety.duplicate_therapy import share_class
from recommender.safety.gate import check_between, check_knowledge, check_regimen, is_blocked
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.score import MIN_SCORE, Ranked, Scored, order_by_class, rank, score_candidate, verdict_points
from recommender.situation import Situation, build_situation
from recommender.summary import summarise

Reorder = Callable[[Situation, Ranked], Ranked]

MAX_COUNTERFACTUALS: Final = 3


@dataclass(frozen=True, slots=True)
class PlanConfig:
    """How much a plan shows. `formulary` holds drug CURIEs; empty means that no list was given."""

    max_lines: int = 5
    formulary: frozenset[str] = frozenset()


DEFAULT_CONFIG: Final = PlanConfig()


@dataclass(frozen=True, slots=True)
class _Checked:
    """A candidate with what the gate says of it."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...]
    passes: bool


@dataclass(frozen=True, slots=True)
class _Considered:
    """What became of one condition's candidates."""

    ranked: Ranked
    excluded: tuple[Excluded, ...]
    left_out: tuple[LeftOut, ...]


def keep_order(situation: Situation, ranked: Ranked) -> Ranked:
    """The reordering that changes nothing: the base ranking."""
    return ranked


def build_plan(
    patient: Patient,
    knowledge: Knowledge,
    config: PlanConfig = DEFAULT_CONFIG,
    *,
    find_sentences: SentenceFinder = no_sentences,
    find_hypotheses: HypothesisFinder = no_hypotheses,
    reorder: Reorder = keep_order,
) -> Plan:
    """Return the plan for a mapped patient. `reorder` may move candidates that passed the gate and nothing else."""
    situation = build_situation(patient, knowledge)
    problems = () if patient.deceased else find_problems(patient, knowledge)
    considered = [_consider(problem, situation, knowledge, config) for problem in problems]
    ranked = tuple(_keep_passing(reorder(situation, c.ranked), c.ranked) for c in considered)
    composition = compose(tuple(map(_only_main, ranked)), lambda a, b: _pair_cost(a, b, situation, knowledge))
    return _Writer(patient, situation, knowledge, config, find_sentences, find_hypotheses).write(
        ranked, considered, composition
    )


def _consider(condition: str, situation: Situation, knowledge: Knowledge, config: PlanConfig) -> _Considered:
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
    scored = [score_candidate(c.candidate, c.verdicts, situation, knowledge, config.formulary) for c in passed.values()]
    ranked = rank(condition, scored)
    excluded = _to_excluded(blocked, ranked, situation, knowledge, config)
    return _Considered(ranked, excluded, tuple(_to_left_out(u, knowledge) for u in unsuited))


def _check(candidate: Candidate, situation: Situation, knowledge: Knowledge) -> _Checked:
    unknown = tuple(v for drug in candidate.drugs for v in check_knowledge(drug, knowledge))
    verdicts = check_regimen(candidate.drugs, situation, knowledge)
    return _Checked(candidate, (*unknown, *verdicts), passes=not unknown and not is_blocked(verdicts))


def _to_excluded(
    blocked: list[_Checked],
    ranked: Ranked,
    situation: Situation,
    knowledge: Knowledge,
    config: PlanConfig,
) -> tuple[Excluded, ...]:
    """The excluded ones, the strongest evidence first, the first few with what would have to change."""
    best = ranked.scored[0].score if ranked.scored else None
    found: list[Excluded] = []
    for checked in sorted(blocked, key=lambda c: (c.candidate.level, c.candidate.line or 9, c.candidate.drugs)):
        candidate, verdicts = checked.candidate, checked.verdicts
        is_explained = len(found) < MAX_COUNTERFACTUALS
        why = (
            explain_exclusion(candidate, verdicts, best, situation, knowledge, config.formulary) if is_explained else ""
        )
        telling = tuple(v for v in verdicts if v.outcome in (Outcome.BLOCKED, Outcome.CAUTION) or _is_unknown(v))
        found.append(
            Excluded(_name_all(candidate.drugs, knowledge), _name(candidate.condition, knowledge), telling, why)
        )
    return tuple(found)


def _is_unknown(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.NOT_ASSESSED and verdict.check in (Check.CONTRAINDICATION, Check.INTERACTION)


def _keep_passing(reordered: Ranked, base: Ranked) -> Ranked:
    """The gate again, after ranking: only what passed it before, with its own verdicts, and nothing blocked.

    Contributions may differ: a ranking policy writes its moves into them.
    """
    passing = {id(s.candidate): s.verdicts for s in base.scored}
    kept = tuple(
        s for s in reordered.scored if passing.get(id(s.candidate)) is s.verdicts and not is_blocked(s.verdicts)
    )
    return Ranked(base.condition, kept)


def _only_main(ranked: Ranked) -> Ranked:
    """What may be chosen: no adjunct to something that the patient does not take."""
    return Ranked(ranked.condition, tuple(s for s in ranked.scored if not s.candidate.added_to))


def _pair_cost(first: Scored, second: Scored, situation: Situation, knowledge: Knowledge) -> int | None:
    """Points for two regimens in one plan, None when they exclude each other; a drug that both share is free."""
    verdicts = _between(first, second, situation, knowledge)
    if is_blocked(verdicts) or _duplicates(first, second, knowledge):
        return None
    return sum(verdict_points(v) for v in verdicts)


def _between(first: Scored, second: Scored, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    pairs = [(a, b) for a in first.candidate.drugs for b in second.candidate.drugs if a != b]
    return tuple(v for a, b in pairs for v in check_between(a, b, situation, knowledge))


def _duplicates(first: Scored, second: Scored, knowledge: Knowledge) -> str:
    pairs = ((a, b) for a in first.candidate.drugs for b in second.candidate.drugs if a != b)
    return next((shared for a, b in pairs if (shared := share_class(a, b, knowledge))), "")


@dataclass(frozen=True, slots=True)
class _Writer:
    """Puts the plan into its final shape."""

    patient: Patient
    situation: Situation
    knowledge: Knowledge
    config: PlanConfig
    find_sentences: SentenceFinder
    find_hypotheses: HypothesisFinder

    def write(self, ranked: tuple[Ranked, ...], considered: list[_Considered], composition: Composition) -> Plan:
        conflicting = self._conflicting(ranked, composition)
        shown = [self._shown(r, chosen, conflicting) for r, chosen in zip(ranked, composition.chosen, strict=True)]
        lines = tuple(line for group in shown for line in group)
        conditions = tuple(
            self._condition(r.condition, bool(group), c) for r, group, c in zip(ranked, shown, considered, strict=True)
        )
        return Plan(
            patient_id=self.patient.patient_id,
            as_of=self.patient.as_of,
            abstained=not lines,
            reason="" if lines else self._abstention(conditions),
            lines=lines,
            excluded=tuple(e for c in considered for e in c.excluded) + tuple(conflicting.values()),
            left_out=tuple(x for c in considered for x in c.left_out) + self._ranked_lower(ranked, lines, conflicting),
            conditions=conditions,
            alerts=check_current_medications(self.situation, self.knowledge),
            unmapped=self.patient.unmapped,
            hypotheses=self.find_hypotheses(self.patient),
            issues=self.patient.issues,
            notes=self._notes(composition),
            versions=self.knowledge.versions,
            names=tuple(self._named(lines, considered).items()),
            known=summarise(self.situation, self.knowledge),
        )

    def _named(self, lines: tuple[Line, ...], considered: list[_Considered]) -> dict[str, str]:
        """The names of every concept that a face may have to show."""
        verdicts = [v for line in lines for v in line.verdicts]
        verdicts += [v for c in considered for e in c.excluded for v in e.verdicts]
        curies = {v.drug for v in verdicts} | {t.drug for t in self.situation.taken}
        curies |= {node for line in lines for path in line.evidence.paths for node in path.nodes}
        return {curie: self.knowledge.name(curie) for curie in sorted(curies)}

    def _conflicting(self, ranked: tuple[Ranked, ...], composition: Composition) -> dict[int, Excluded]:
        """Options that the chosen regimens of the other conditions rule out."""
        found: dict[int, Excluded] = {}
        for i, options in enumerate(ranked):
            others = [c for j, c in enumerate(composition.chosen) if c is not None and j != i]
            for option in options.scored:
                verdicts = self._conflicts(option, others)
                if verdicts and option is not composition.chosen[i]:
                    found[id(option)] = Excluded(
                        _name_all(option.candidate.drugs, self.knowledge),
                        _name(options.condition, self.knowledge),
                        verdicts,
                    )
        return found

    def _conflicts(self, option: Scored, others: Iterable[Scored]) -> tuple[Verdict, ...]:
        for other in others:
            verdicts = tuple(
                v for v in _between(option, other, self.situation, self.knowledge) if v.outcome is Outcome.BLOCKED
            )
            shared = _duplicates(option, other, self.knowledge)
            if shared:
                rule = f"another {self.knowledge.name(shared)} is in the plan: {_join(other, self.knowledge)}"
                verdicts += (Verdict(option.candidate.lead, Check.DUPLICATE_THERAPY, Outcome.BLOCKED, rule),)
            if verdicts:
                return verdicts
        return ()

    def _shown(self, ranked: Ranked, chosen: Scored | None, conflicting: dict[int, Excluded]) -> list[Line]:
        options = [s for s in ranked.scored if id(s) not in conflicting and s.score >= MIN_SCORE]
        ordered = order_by_class(([chosen] if chosen else []) + [s for s in options if s is not chosen], self.knowledge)
        lines = []
        for scored in ordered[: self.config.max_lines]:
            others = [s for s in options if s is not scored]
            if scored is chosen:
                lines.append(self._line(scored, RECOMMENDED, explain_lead(scored, others, self.knowledge.name)))
            else:
                changes = explain_rank(scored, ordered[0], self.situation, self.knowledge, self.config.formulary)
                lines.append(self._line(scored, ALTERNATIVE, changes))
        return lines

    def _line(self, scored: Scored, role: str, counterfactuals: tuple[str, ...]) -> Line:
        candidate, knowledge = scored.candidate, self.knowledge
        first = candidate.basis[0]
        is_stated = candidate.level != "L4" or not candidate.via
        return Line(
            condition=_name(candidate.condition, knowledge),
            drugs=_name_all(candidate.drugs, knowledge),
            role=role,
            line_of_therapy=candidate.line,
            level=candidate.level,
            score=scored.score,
            contributions=scored.contributions,
            verdicts=scored.verdicts,
            evidence=find_evidence(candidate, knowledge, self.find_sentences),
            dose=first.dose if is_stated else "",
            dose_source=first.citation.label if first.dose and is_stated else "",
            population=first.population,
            is_for_all=candidate.population_fits is not None,
            added_to=candidate.added_to,
            via=knowledge.name(candidate.via) if candidate.via else "",
            monitoring=tuple(m for d in candidate.drugs for m in knowledge.monitoring_of.get(d, ())),
            stop_rules=tuple(s for d in candidate.drugs for s in knowledge.stop_rules_of.get(d, ())),
            counterfactuals=counterfactuals,
        )

    def _ranked_lower(
        self, ranked: tuple[Ranked, ...], lines: tuple[Line, ...], conflicting: dict[int, Excluded]
    ) -> tuple[LeftOut, ...]:
        shown = {(line.condition.curie, tuple(d.curie for d in line.drugs)) for line in lines}
        return tuple(
            LeftOut(
                _name_all(s.candidate.drugs, self.knowledge),
                _name(r.condition, self.knowledge),
                f"{RANKED_LOWER} (score {s.score}, evidence {s.candidate.level})",
            )
            for r in ranked
            for s in r.scored
            if (r.condition, s.candidate.drugs) not in shown and id(s) not in conflicting
        )

    def _condition(self, condition: str, is_treated: bool, considered: _Considered) -> ConditionPlan:
        reason = ""
        if not is_treated and (considered.excluded or considered.ranked.scored):
            reason = "nothing adequate is left: every known option is excluded; refer"
        elif not is_treated:
            reason = "no treatment of this condition is known to the graph; refer"
        measures = self.knowledge.non_drug_measures_of.get(condition, ())
        return ConditionPlan(_name(condition, self.knowledge), is_treated, reason, measures)

    def _abstention(self, conditions: tuple[ConditionPlan, ...]) -> str:
        if self.patient.deceased:
            return "the record says that the patient has died"
        if not conditions:
            suspected = [c.concept.text for c in self.patient.conditions if c.is_suspected and not c.refuted]
            if suspected:
                return f"nothing is more than suspected ({', '.join(suspected)}); find out before it is treated"
            return "no active condition or finding could be mapped to the graph; refer"
        return "; ".join(f"{c.condition.name}: {c.reason}" for c in conditions)

    def _notes(self, composition: Composition) -> tuple[str, ...]:
        notes = []
        if composition.beats_greedy:
            greedy = ", ".join(_join(s, self.knowledge) for s in composition.greedy if s is not None)
            notes.append(f"Taken one by one, the best options would have been {greedy}; together this set is better.")
        if not composition.is_exhaustive:
            notes.append("The search over combinations was cut short; a better set may exist.")
        return tuple(notes)


def _name(curie: str, knowledge: Knowledge) -> Named:
    return Named(curie, knowledge.name(curie))


def _name_all(curies: Iterable[str], knowledge: Knowledge) -> tuple[Named, ...]:
    return tuple(_name(curie, knowledge) for curie in curies)


def _join(scored: Scored, knowledge: Knowledge) -> str:
    return " + ".join(knowledge.name(d) for d in scored.candidate.drugs)


def _to_left_out(unsuited: Unsuited, knowledge: Knowledge) -> LeftOut:
    return LeftOut((_name(unsuited.drug, knowledge),), _name(unsuited.condition, knowledge), unsuited.reason)
