"""The recommender: opened once on a graph, then asked for any number of patients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from kg import queries_recommender as queries
from kg.errors import TheraGraphError
from kg.model import TEXT_SOURCE, Edge
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from recommender.build_plan import Reorder, build_plan, keep_order
from recommender.codes import CodeIndex
from recommender.collector import collector_paused
from recommender.difference import Difference, Standings, find_difference, find_due
from recommender.facts import Indication, Rows
from recommender.hypotheses import PhenotypeIndex, rank_hypotheses
from recommender.knowledge import Knowledge
from recommender.map_patient import Annotate, map_patient, read_nothing
from recommender.patient import Patient
from recommender.plan import Hypothesis, Plan, Sentence
from recommender.read_knowledge import Reader, read_annotations, read_rows, without_source
from recommender.read_patient import read_patient
from recommender.what_if import Change, change_patient, find_removed_sources
from recommender.write_plan import DEFAULT_CONFIG, PlanConfig

MAX_SENTENCES: Final = 3
MAX_HYPOTHESES: Final = 10
_INDEXES: Final = ("knowledge", "codes", "phenotypes", "_text_pairs")


@dataclass(frozen=True, slots=True)
class Failure:
    """A patient of a batch that could not be read, and why."""

    patient: str
    error: str


@dataclass(frozen=True)
class Recommender:
    """Plans over one graph. Building it reads the graph once; a plan afterwards reads at most some sentences.

    `model_predictions` adds scores of a link predictor: (drug, condition) CURIEs to a probability.
    """

    graph: Reader
    rows: Rows
    config: PlanConfig = DEFAULT_CONFIG
    annotate: Annotate = read_nothing
    reorder: Reorder = keep_order
    _sentences: dict[tuple[str, str], tuple[Sentence, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def open(
        cls,
        graph: Reader,
        *,
        model_predictions: Mapping[tuple[str, str], float] | None = None,
        config: PlanConfig = DEFAULT_CONFIG,
        annotate: Annotate = read_nothing,
        reorder: Reorder = keep_order,
    ) -> Recommender:
        """Read the graph's knowledge and return a recommender for it."""
        rows = read_rows(graph)
        predicted = tuple(
            Indication(drug, condition, "L5", probability=probability)
            for (drug, condition), probability in (model_predictions or {}).items()
        )
        return cls(graph, replace(rows, indications=rows.indications + predicted), config, annotate, reorder)

    @cached_property
    def knowledge(self) -> Knowledge:
        """The indexed rows."""
        return Knowledge.from_rows(self.rows)

    @cached_property
    def codes(self) -> CodeIndex:
        """The look-up tables from codes and names to CURIEs."""
        return CodeIndex.from_knowledge(self.knowledge)

    @cached_property
    def phenotypes(self) -> PhenotypeIndex:
        """The index behind diagnosis hypotheses, read when it is first needed."""
        return PhenotypeIndex.from_rows(read_annotations(self.graph), self.knowledge.parents_of)

    def prefer(self, formulary: frozenset[str]) -> Recommender:
        """The same recommender with a formulary: its drugs score higher, the others lower."""
        return replace(self, config=replace(self.config, formulary=formulary))

    def reordered(self, reorder: Reorder) -> Recommender:
        """The same recommender, its indexes kept, with another rule for the order of what passed the gate."""
        made = replace(self, reorder=reorder)
        made.__dict__.update({name: self.__dict__[name] for name in _INDEXES if name in self.__dict__})
        return made

    def warm(self) -> Recommender:
        """Build every index now, so that the first plan is as fast as the others."""
        with collector_paused():
            _ = (self.knowledge, self.codes, self._text_pairs)
        return self

    def map(self, patient: Patient) -> Patient:
        """The patient with its concepts mapped to the graph."""
        return map_patient(patient, self.codes, self.annotate)

    def recommend(self, patient: Patient) -> Plan:
        """Return the plan for a patient as read."""
        return self.recommend_mapped(self.map(patient))

    def recommend_mapped(self, patient: Patient) -> Plan:
        """Return the plan for a patient whose concepts are mapped."""
        return build_plan(
            patient,
            self.knowledge,
            self.config,
            find_sentences=self.find_sentences,
            find_hypotheses=self.find_hypotheses,
            reorder=self.reorder,
        )

    def what_if(self, patient: Patient, changes: Iterable[Change]) -> tuple[Plan, Difference]:
        """Return the plan after the changes and how it differs from the plan before; InputError as `change_patient`."""
        wanted = tuple(changes)
        mapped = self.map(patient)
        changed, other = change_patient(mapped, wanted, self.codes), self
        for source in find_removed_sources(wanted):
            other = other.without(source)
        after = other.recommend_mapped(changed)
        return after, find_difference(self.recommend_mapped(mapped), after)

    def follow_up(self, patient: Patient, previous: Standings) -> tuple[Plan, Difference]:
        """Return the plan for the patient with the new observations, and how it differs from the previous one."""
        mapped = self.map(patient)
        plan = self.recommend_mapped(mapped)
        return plan, find_difference(previous, plan, find_due(previous, mapped))

    def recommend_batch(self, patients: Iterable[Path | Patient]) -> Iterator[tuple[str, Plan] | Failure]:
        """Yield (file or patient's id, plan) for every patient, or the Failure of a file that could not be read."""
        for item in patients:
            name = item.patient_id if isinstance(item, Patient) else str(item)
            try:
                yield name, self.recommend(item if isinstance(item, Patient) else read_patient(item))
            except TheraGraphError as error:
                yield Failure(name, str(error))

    def without(self, source: str) -> Recommender:
        """The same recommender as if one source had never been built into the graph."""
        return replace(self, rows=without_source(self.rows, source), _sentences={})

    def find_hypotheses(self, patient: Patient) -> tuple[Hypothesis, ...]:
        """Diagnoses that the patient's findings suggest; the index is read only for a patient who has findings."""
        if not _has_findings(patient, self.knowledge):
            return ()
        return rank_hypotheses(patient, self.phenotypes, MAX_HYPOTHESES, self.knowledge.name)

    def find_sentences(self, drug: str, condition: str) -> tuple[Sentence, ...]:
        """The sentences that state the treatment; asked of the graph only for pairs that a text edge joins."""
        key = (drug, condition)
        if key not in self._text_pairs:
            return ()
        if key not in self._sentences:
            rows = self.graph.run(queries.SENTENCES, keys=[_text_edge_key(drug, condition)])
            affirmed = [row for row in rows if not row["negated"]]
            self._sentences[key] = tuple(map(_to_sentence, affirmed[:MAX_SENTENCES]))
        return self._sentences[key]

    @cached_property
    def _text_pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset((i.drug, i.condition) for i in self.rows.indications if i.citation.source == TEXT_SOURCE)


def _to_sentence(row: Mapping[str, Any]) -> Sentence:
    where = (row["document_id"], row["sentence"], row["start"], row["end"])
    return Sentence(*where, row["confidence"], row["section"] or "", bool(row["uncertain"]))


def _has_findings(patient: Patient, knowledge: Knowledge) -> bool:
    """True when signs or symptoms are on record, as such, in a note, or as the only current conditions."""
    if patient.phenotypes or any(m.type == "symptom" and m.is_affirmed for m in patient.mentions):
        return True
    current = [c for p in patient.conditions if not p.is_past and not p.refuted for c in p.concept.curies]
    return bool(current) and all(_is_sign(curie, knowledge) for curie in current)


def _is_sign(curie: str, knowledge: Knowledge) -> bool:
    """True for a sign or symptom, also for one that drugs are known for and that counts as a condition for that."""
    concept = knowledge.concepts.get(curie)
    return curie.startswith("HP:") or (concept is not None and concept.category == Category.PHENOTYPIC_FEATURE.value)


def _text_edge_key(drug: str, condition: str) -> str:
    return Edge(
        drug,
        Predicate.TREATS,
        condition,
        TEXT_SOURCE,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.TEXT_MINING_AGENT,
    ).edge_key
