"""Linking: each span gets the concept that its name, its document and the annotators' habits make most probable."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extraction.candidates import FEATURES, CandidateFinder, Name
from extraction.concepts import CONCEPT_TYPE, read_concepts
from extraction.document import Link, LinkRequest, Span
from extraction.memory import read_memory
from extraction.words import to_phrase_key
from kg.errors import ModelError

FOLDER = Path(__file__).parent / "models" / "linker"
MESH = "MESH"
NIL_LINK = Link("", 0.0)
_BATCH = 32
_OPENED = re.compile(r"\s?\(\s?")


@dataclass(frozen=True, slots=True)
class Ranker:
    """A multinomial logistic model over a mention's candidates and NIL, whose score is `nil`.

    A mention is NIL when the best candidate's probability is below `lowest`.
    """

    weights: Mapping[str, float]
    nil: float
    lowest: float = 0.15

    def score(self, evidence: NDArray[np.float32]) -> NDArray[np.float64]:
        """[N, len(FEATURES)] of one mention → [N] probabilities that, with NIL's, add up to 1."""
        weights = np.array([self.weights[name] for name in FEATURES])
        scores = np.append(evidence @ weights, self.nil)
        odds = np.exp(scores - scores.max())
        return np.asarray(odds[:-1] / odds.sum())


@dataclass(frozen=True, slots=True)
class ConceptLinker:
    """A linker over the concept table. `ids` is MESH or "" for the graph's preferred CURIEs."""

    finder: CandidateFinder
    ranker: Ranker
    ids: str = ""

    def link(self, requests: Iterable[LinkRequest]) -> Iterator[list[Link]]:
        """Yield one link per span of each request, in order; a span that a recognizer has linked keeps its CURIE."""
        stream = iter(requests)
        while batch := list(islice(stream, _BATCH)):
            names = [find_names(request) for request in batch]
            self.finder.prepare(group for groups in names for group in groups)
            yield from map(self._link_document, batch, names)

    def _link_document(self, request: LinkRequest, names: Sequence[tuple[Name, ...]]) -> list[Link]:
        certain = {group: self.finder.certain(group[0]) if group else set() for group in names}
        named = Counter(curie for curies in certain.values() for curie in curies)
        links: dict[tuple[Name, ...], Link] = {}
        for group, own in certain.items():
            links[group] = self._choose(group, {curie for curie, num in named.items() if num > (curie in own)})
        return [self._known(span) or links[group] for span, group in zip(request.spans, names, strict=True)]

    def _known(self, span: Span) -> Link | None:
        known = span.curie and (self.ids != MESH or span.curie.startswith(f"{MESH}:"))
        return Link(span.curie, 1.0) if known else None

    def _choose(self, names: Sequence[Name], nearby: set[str]) -> Link:
        found = self.finder.find(names, nearby)
        if self.ids == MESH:
            found = {curie: values for curie, values in found.items() if curie.startswith(f"{MESH}:")}
        if not found:
            return NIL_LINK
        curies = sorted(found)
        scores = self.ranker.score(np.stack([found[curie] for curie in curies]))
        best = int(scores.argmax())
        if scores[best] < self.ranker.lowest:
            return NIL_LINK
        curie = curies[best] if self.ids == MESH else self.finder.table.to_graph(curies[best])
        return Link(curie, float(scores[best]))


def find_names(request: LinkRequest) -> list[tuple[Name, ...]]:
    """Return per span the names under which to look it up: as written, and its long form where the document gives one.

    A span in brackets right after another of its type is taken as that one's abbreviation.
    """
    long_forms = dict(request.long_forms)
    spans = request.spans
    for before, span in pairwise(spans):
        short = request.text[span.start : span.end]
        opened = _OPENED.fullmatch(request.text[before.end : span.start])
        if opened and before.type == span.type and request.text[span.end : span.end + 1] in (")", ",", ";"):
            long_forms.setdefault(short, request.text[before.start : before.end])
    return [_names_of(span, request.text[span.start : span.end], long_forms) for span in spans]


def _names_of(span: Span, text: str, long_forms: Mapping[str, str]) -> tuple[Name, ...]:
    kind = CONCEPT_TYPE.get(span.type)
    if kind is None:
        return ()
    names = [Name(kind, to_phrase_key(text))]
    if text in long_forms:
        names.append(Name(kind, to_phrase_key(long_forms[text]), expanded=True))
    return tuple(name for name in names if name.key)


def load_linker(ids: str = "", folder: Path = FOLDER) -> ConceptLinker:
    """Return the linker of a folder (the shipped one) into an id space: MESH, or "" for the graph's CURIEs."""
    memory = read_memory(folder / "memory.tsv.gz")
    return ConceptLinker(CandidateFinder(read_concepts(), memory), read_ranker(folder / "ranker.json"), ids)


def read_ranker(path: Path) -> Ranker:
    """Read a ranker's weights; ModelError when they are missing or of other features."""
    if not path.is_file():
        raise ModelError(f"{path}: the linker's weights are missing; install the package again.")
    values = json.loads(path.read_text("utf-8"))
    if set(values["weights"]) != set(FEATURES):
        raise ModelError(f"{path}: weights of other features than {', '.join(FEATURES)}; train the linker again.")
    return Ranker(values["weights"], values["nil"], values["lowest"])
