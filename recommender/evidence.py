"""What speaks for a candidate: stated facts, paths of the graph, sentences of documents."""

from __future__ import annotations

from collections.abc import Callable

from recommender.candidates import Candidate
from recommender.facts import Indication
from recommender.knowledge import Knowledge
from recommender.paths import find_paths
from recommender.plan import Evidence, Reason, Sentence

SentenceFinder = Callable[[str, str], tuple[Sentence, ...]]

MAX_PATHS = 3


def no_sentences(drug: str, condition: str) -> tuple[Sentence, ...]:
    """The finder of a graph without text."""
    return ()


def find_evidence(candidate: Candidate, knowledge: Knowledge, find_sentences: SentenceFinder) -> Evidence:
    """Collect the reasons of every fact that proposes the candidate, the paths of its lead drug and its sentences."""
    return Evidence(
        reasons=tuple(_to_reason(row, candidate, knowledge) for row in candidate.basis),
        paths=find_paths(candidate.lead, candidate.condition, knowledge, MAX_PATHS),
        sentences=find_sentences(candidate.lead, candidate.condition),
    )


def _to_reason(row: Indication, candidate: Candidate, knowledge: Knowledge) -> Reason:
    said = f"{knowledge.name(row.drug)} treats {knowledge.name(row.condition)}"
    if row.drug not in candidate.drugs:
        shared = knowledge.name(candidate.via)
        said = f"{knowledge.name(candidate.lead)} is one of the {shared}, as is {knowledge.name(row.drug)}: {said}"
        return Reason(said, row.citation.source, row.citation.label, "L4")
    details = [f"line {row.line}"] if row.line else []
    details += [row.population] if row.population else []
    details += [f"model probability {row.probability:.2f}"] if row.probability is not None and row.level == "L5" else []
    return Reason(
        f"{said} ({', '.join(details)})" if details else said, row.citation.source, row.citation.label, row.level
    )
