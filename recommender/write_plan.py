"""The plan in its final shape: lines with evidence, what was excluded or left out and why, or why it abstains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from recommender.alerts import check_current_medications
from recommender.compose import Composition
from recommender.consider import Considered
from recommender.counterfactual import explain_lead, explain_rank
from recommender.evidence import SentenceFinder, find_evidence
from recommender.hypotheses import HypothesisFinder
from recommender.knowledge import Knowledge
from recommender.naming import join_names, name, name_all
from recommender.pairs import check_pair, find_shared_class
from recommender.patient import Patient
from recommender.plan import ALTERNATIVE, RANKED_LOWER, RECOMMENDED, ConditionPlan, Excluded, LeftOut, Line, Plan
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.score import MIN_SCORE, Ranked, Scored, order_by_class
from recommender.situation import Situation
from recommender.summary import summarise


@dataclass(frozen=True, slots=True)
class PlanConfig:
    """How much a plan shows. `formulary` holds drug CURIEs; empty means that no list was given."""

    max_lines: int = 5
    formulary: frozenset[str] = frozenset()


DEFAULT_CONFIG: Final = PlanConfig()


@dataclass(frozen=True, slots=True)
class PlanWriter:
    """Puts the plan into its final shape."""

    patient: Patient
    situation: Situation
    knowledge: Knowledge
    config: PlanConfig
    find_sentences: SentenceFinder
    find_hypotheses: HypothesisFinder

    def write(self, ranked: tuple[Ranked, ...], considered: list[Considered], composition: Composition) -> Plan:
        """Return the plan for what was considered, ranked and composed."""
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

    def _named(self, lines: tuple[Line, ...], considered: list[Considered]) -> dict[str, str]:
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
                        name_all(option.candidate.drugs, self.knowledge),
                        name(options.condition, self.knowledge),
                        verdicts,
                    )
        return found

    def _conflicts(self, option: Scored, others: Iterable[Scored]) -> tuple[Verdict, ...]:
        for other in others:
            verdicts = tuple(
                v for v in check_pair(option, other, self.situation, self.knowledge) if v.outcome is Outcome.BLOCKED
            )
            shared = find_shared_class(option, other, self.knowledge)
            if shared:
                rule = f"another {self.knowledge.name(shared)} is in the plan: {join_names(other, self.knowledge)}"
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
                lines.append(self._line(scored, RECOMMENDED, explain_lead(scored, others, self.knowledge)))
            else:
                changes = explain_rank(scored, ordered[0], self.situation, self.knowledge, self.config.formulary)
                lines.append(self._line(scored, ALTERNATIVE, changes))
        return lines

    def _line(self, scored: Scored, role: str, counterfactuals: tuple[str, ...]) -> Line:
        candidate, knowledge = scored.candidate, self.knowledge
        first = candidate.basis[0]
        is_stated = candidate.level != "L4" or not candidate.via
        return Line(
            condition=name(candidate.condition, knowledge),
            drugs=name_all(candidate.drugs, knowledge),
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
                name_all(s.candidate.drugs, self.knowledge),
                name(r.condition, self.knowledge),
                f"{RANKED_LOWER} (score {s.score}, evidence {s.candidate.level})",
            )
            for r in ranked
            for s in r.scored
            if (r.condition, s.candidate.drugs) not in shown and id(s) not in conflicting
        )

    def _condition(self, condition: str, is_treated: bool, considered: Considered) -> ConditionPlan:
        reason = ""
        if not is_treated and (considered.excluded or considered.ranked.scored):
            reason = "nothing adequate is left: every known option is excluded; refer"
        elif not is_treated:
            reason = "no treatment of this condition is known to the graph; refer"
        measures = self.knowledge.non_drug_measures_of.get(condition, ())
        return ConditionPlan(name(condition, self.knowledge), is_treated, reason, measures)

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
            greedy = ", ".join(join_names(s, self.knowledge) for s in composition.greedy if s is not None)
            notes.append(f"Taken one by one, the best options would have been {greedy}; together this set is better.")
        if not composition.is_exhaustive:
            notes.append("The search over combinations was cut short; a better set may exist.")
        return tuple(notes)
