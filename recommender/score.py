"""The base score of a candidate: a sum of whole points, so that the table of contributions adds up exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from recommender.candidates import Candidate
from recommender.knowledge import Knowledge
from recommender.paths import find_paths
from recommender.safety.duplicate_therapy import SAME_DRUG
from recommender.safety.verdict import WOULD_BLOCK, Check, Outcome, Verdict
from recommender.situation import Situation

LEVEL_POINTS: Final = {"L1": 600, "L2": 450, "L3": 300, "L4": 150, "L5": 50}
LINE_POINTS: Final = {1: 150, 2: 75}
PATH_POINTS: Final = 10
MAX_PATHS: Final = 5
SEVERITY_POINTS: Final = {"major": -200, "relative": -150, "moderate": -60, "minor": -15}
CHECK_POINTS: Final = {Check.FOOD_LIFESTYLE: -20, Check.AGE: -50, Check.LACTATION: -60, Check.RENAL: -60}
DEFAULT_CAUTION: Final = -100
BLOCKED_POINTS: Final = -1000
MIN_SCORE: Final = 0  # so much speaks against what lies below that it is left out, though nothing blocks it
NOT_ASSESSED_POINTS: Final = -5
WOULD_BLOCK_POINTS: Final = -60
FREQUENCY_POINTS: Final = {"very_common": -8, "common": -4, "uncommon": -1}
MAX_BURDEN: Final = -80
UNKNOWN_BURDEN: Final = -40
SIDE_EFFECTS: Final = "side_effects"  # the check's name in the tables of coverage
COST_POINTS: Final = {"low": 20, "high": -20}
FORMULARY_POINTS: Final = (30, -30)
CONTINUED_POINTS: Final = 60
ALSO_TREATS_POINTS: Final = 30
MAX_ALSO_TREATS: Final = 2
BIOMARKER_POINTS: Final = 60
UNKNOWN_POPULATION_POINTS: Final = -20
BROADER_POINTS: Final = -40
ADJUNCT_POINTS: Final = -300
REPLACED_POINTS: Final = -30


@dataclass(frozen=True, slots=True)
class Contribution:
    """One line of the table, in whole points."""

    name: str
    value: int
    because: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate that passed the gate, with its verdicts and the table that its score is the sum of."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...]
    contributions: tuple[Contribution, ...]

    @property
    def score(self) -> int:
        """The sum of the contributions."""
        return sum(c.value for c in self.contributions)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The gate-passing candidates of one condition, best first: what a ranking policy may reorder."""

    condition: str
    scored: tuple[Scored, ...]


def score_candidate(
    candidate: Candidate,
    verdicts: tuple[Verdict, ...],
    situation: Situation,
    knowledge: Knowledge,
    formulary: frozenset[str] = frozenset(),
) -> Scored:
    """Return the candidate with its table; lines that contribute nothing are left out."""
    table = (
        Contribution("evidence_grade", LEVEL_POINTS.get(candidate.level, 0), candidate.level),
        _line_of_therapy(candidate),
        _graph_probability(candidate),
        _path_support(candidate, knowledge),
        *_patient_fit(candidate, verdicts, situation, knowledge),
        _side_effect_burden(candidate, situation, knowledge),
        _cost(candidate, knowledge),
        *_formulary(candidate, formulary),
        *_safety(verdicts),
    )
    return Scored(candidate, verdicts, tuple(c for c in table if c.value))


def verdict_points(verdict: Verdict) -> int:
    """What one verdict against the drug costs: a caution by its severity, else by its check."""
    if verdict.outcome is Outcome.BLOCKED:
        return BLOCKED_POINTS
    by_check = CHECK_POINTS.get(verdict.check, DEFAULT_CAUTION)
    return SEVERITY_POINTS.get(verdict.severity, by_check)


def rank(condition: str, scored: list[Scored]) -> Ranked:
    """Order by score, ties by the drugs' CURIEs."""
    return Ranked(condition, tuple(sorted(scored, key=lambda s: (-s.score, s.candidate.drugs))))


def order_by_class(ordered: list[Scored], knowledge: Knowledge) -> list[Scored]:
    """The best of each therapeutic class first, in the given order, then the others: real alternatives come early.

    Only regimens of one drug are held back, and only behind regimens of the same evidence level.
    """
    seen: set[tuple[str, str]] = set()
    leading: list[Scored] = []
    held: list[Scored] = []
    for scored in ordered:
        candidate = scored.candidate
        classes = knowledge.classes_of_kind(candidate.lead, "therapeutic") if len(candidate.drugs) == 1 else ()
        keys = {(candidate.level, c) for c in classes}
        (held if keys & seen else leading).append(scored)
        seen |= keys
    return [*leading, *held]


def _line_of_therapy(candidate: Candidate) -> Contribution:
    """The earlier line counts more; after the failure of a line the next one counts as first."""
    words = f"line {candidate.line or 'not stated'}"
    if not candidate.line or not candidate.failed_lines:
        return Contribution("line_of_therapy", LINE_POINTS.get(candidate.line, 0), words)
    remaining = max(candidate.line - candidate.failed_lines, 1)
    return Contribution(
        "line_of_therapy", LINE_POINTS.get(remaining, 0), f"{words}, line {candidate.failed_lines} failed"
    )


def _graph_probability(candidate: Candidate) -> Contribution:
    known = [row.probability for row in candidate.basis if row.probability is not None]
    return Contribution("graph_probability", round(100 * max(known, default=0.0)), "model" if known else "")


def _path_support(candidate: Candidate, knowledge: Knowledge) -> Contribution:
    paths = find_paths(candidate.lead, candidate.condition, knowledge, MAX_PATHS)
    return Contribution("path_support", PATH_POINTS * len(paths), f"{len(paths)} paths")


def _patient_fit(
    candidate: Candidate, verdicts: tuple[Verdict, ...], situation: Situation, knowledge: Knowledge
) -> list[Contribution]:
    lines = []
    if any(v.severity == SAME_DRUG for v in verdicts):
        lines.append(Contribution("continuity", CONTINUED_POINTS, "already taken"))
    also = _also_treats(candidate, verdicts, situation, knowledge)
    lines.append(Contribution("also_treats", ALSO_TREATS_POINTS * min(len(also), MAX_ALSO_TREATS), ", ".join(also)))
    if candidate.biomarker:
        lines.append(Contribution("biomarker", BIOMARKER_POINTS, candidate.biomarker))
    if candidate.population_fits is None:
        words = candidate.basis[0].population
        lines.append(Contribution("population_not_assessed", UNKNOWN_POPULATION_POINTS, words))
    if candidate.added_to:
        lines.append(Contribution("adjunct", ADJUNCT_POINTS, f"only in addition to {candidate.added_to}"))
    for old, new in candidate.replaced:
        words = f"{knowledge.name(new)} in place of {knowledge.name(old)}"
        lines.append(Contribution("replaced_partner", REPLACED_POINTS, words))
    if candidate.via and candidate.level != "L4":
        lines.append(Contribution("broader_condition", BROADER_POINTS, knowledge.name(candidate.via)))
    return lines


def _also_treats(
    candidate: Candidate, verdicts: tuple[Verdict, ...], situation: Situation, knowledge: Knowledge
) -> list[str]:
    """Other current conditions that the lead drug is stated to treat and that speak against it in no way."""
    against = {v.other for v in verdicts if v.outcome in (Outcome.BLOCKED, Outcome.CAUTION)}
    ours = knowledge.closure(candidate.condition)
    treated = {
        row.condition
        for row in knowledge.conditions_of.get(candidate.lead, ())
        if row.level <= "L2" and row.condition not in ours and row.condition not in against and not row.biomarkers
    }
    current = {c for p in situation.patient.conditions if not p.is_past and not p.refuted for c in p.concept.curies}
    return sorted(knowledge.name(c) for c in treated & current)


def _side_effect_burden(candidate: Candidate, situation: Situation, knowledge: Knowledge) -> Contribution:
    """Frequency points over the regimen's side effects, doubled for what the patient already has.

    A drug whose side effects no source covers has the points of an unknown burden beside those of any row on it.
    """
    num_unknown = sum(not knowledge.knows(drug, SIDE_EFFECTS) for drug in candidate.drugs)
    points, had = 0, []
    for effect in (e for drug in candidate.drugs for e in knowledge.side_effects_of.get(drug, ())):
        weight = FREQUENCY_POINTS.get(effect.frequency, 0)
        is_had = effect.finding in situation.findings
        points += weight * (2 if is_had else 1)
        had += [knowledge.name(effect.finding)] if is_had and weight else []
    points = max(points, MAX_BURDEN) + UNKNOWN_BURDEN * num_unknown
    return Contribution("side_effect_burden", points, f"patient already has {', '.join(had)}" if had else "")


def _cost(candidate: Candidate, knowledge: Knowledge) -> Contribution:
    classes = [knowledge.concepts[d].cost_class for d in candidate.drugs if d in knowledge.concepts]
    worst = next((c for c in ("high", "medium", "low") if c in classes), "")
    return Contribution("cost", COST_POINTS.get(worst, 0), worst)


def _formulary(candidate: Candidate, formulary: frozenset[str]) -> list[Contribution]:
    if not formulary:
        return []
    listed = all(drug in formulary for drug in candidate.drugs)
    return [Contribution("formulary", FORMULARY_POINTS[0 if listed else 1], "listed" if listed else "not listed")]


def _safety(verdicts: tuple[Verdict, ...]) -> list[Contribution]:
    """A caution costs by its severity; a check that could not be made costs little, but never nothing.

    It costs more where a drug must not be given if the patient is pregnant, and nobody recorded whether she is.
    """
    lines = [
        Contribution(f"{v.outcome}: {v.check}", verdict_points(v), v.rule)
        for v in verdicts
        if v.outcome in (Outcome.CAUTION, Outcome.BLOCKED)
    ]
    lines += [
        Contribution(f"not_assessed: {v.check}", WOULD_BLOCK_POINTS, v.rule)
        for v in verdicts
        if v.outcome is Outcome.NOT_ASSESSED and v.severity == WOULD_BLOCK
    ]
    silent = sorted({(v.drug, v.check) for v in verdicts if v.outcome is Outcome.NOT_ASSESSED})
    names = ", ".join(dict.fromkeys(check for _, check in silent))
    return [*lines, Contribution("not_assessed", NOT_ASSESSED_POINTS * len(silent), names)]
