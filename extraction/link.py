"""Linking: each span gets the concept that its name, its document and the annotators' habits make most probable."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice, pairwise
from pathlib import Path

import numpy as np

from extraction.candidates import FEATURES, CandidateFinder, Name
from extraction.concepts import CONCEPT_TYPE, read_concepts
from extraction.document import Link, LinkRequest, Span
from extraction.meaning import LIKENESSES, Meaning
from extraction.memory import read_memory
from extraction.ranker import Candidates, Chances, Ranker
from extraction.words import to_phrase_key
from kg.errors import ModelError

FOLDER = Path(__file__).parent / "models" / "linker"
MESH = "MESH"
NIL_LINK = Link("", 0.0)
_BATCH = 32
_AROUND = 30
_OPENED = re.compile(r"\s?\(\s?")


@dataclass(frozen=True, slots=True)
class ConceptLinker:
    """A linker over the concept table. `ids` is MESH or "" for the graph's preferred CURIEs.

    With `meaning`, doubtful links are thought over by what names and their surroundings mean.
    """

    finder: CandidateFinder
    ranker: Ranker
    ids: str = ""
    meaning: Meaning | None = None

    def link(self, requests: Iterable[LinkRequest]) -> Iterator[list[Link]]:
        """Yield one link per span of each request, in order; a span that a recognizer has linked keeps its CURIE."""
        stream, prefix = iter(requests), f"{MESH}:" if self.ids == MESH else ""
        while batch := list(islice(stream, _BATCH)):
            names = [find_names(request) for request in batch]
            unknown = [[self._known(span) is None for span in request.spans] for request in batch]
            self.finder.prepare(group for parts in zip(names, unknown, strict=True) for group in compress(*parts))
            asked = [gather(self.finder, *parts, prefix) for parts in zip(batch, names, unknown, strict=True)]
            chosen = iter(self._choose([one for document in asked for one in document]))
            for request, groups, document in zip(batch, names, asked, strict=True):
                links = {one.names: next(chosen) for one in document}
                yield [self._known(s) or links[group] for s, group in zip(request.spans, groups, strict=True)]

    def _known(self, span: Span) -> Link | None:
        known = span.curie and (self.ids != MESH or span.curie.startswith(f"{MESH}:"))
        return Link(span.curie, 1.0) if known else None

    def _choose(self, asked: Sequence[Candidates]) -> list[Link]:
        chances = [self.ranker.score(one.evidence) for one in asked]
        if self.meaning is not None:
            for place, anew in self.meaning.rerank(asked, chances, self.finder.table):
                chances[place] = anew
        return [self._to_link(one, own) for one, own in zip(asked, chances, strict=True)]

    def _to_link(self, one: Candidates, chances: Chances) -> Link:
        if not len(chances) or chances.max() < self.ranker.lowest:
            return NIL_LINK
        best = int(chances.argmax())
        curie = one.curies[best] if self.ids == MESH else self.finder.table.to_graph(one.curies[best])
        return Link(curie, float(chances[best]))


def gather(
    finder: CandidateFinder,
    request: LinkRequest,
    names: Sequence[tuple[Name, ...]],
    wanted: Sequence[bool],
    prefix: str = "",
) -> list[Candidates]:
    """Return the candidates of each name of a document that a wanted span has, those of one prefix, sorted.

    `names` are those of each span (`find_names`); a name's surroundings are those of its first wanted span.
    """
    certain = {group: finder.certain(group[0]) if group else set() for group in names}
    named = Counter(curie for curies in certain.values() for curie in curies)
    first: dict[tuple[Name, ...], Span] = {}
    for group, span in compress(zip(names, request.spans, strict=True), wanted):
        first.setdefault(group, span)
    asked = []
    for group, span in first.items():
        nearby = {curie for curie, num in named.items() if num > (curie in certain[group])}
        found = finder.find(group, nearby)
        curies = tuple(sorted(curie for curie in found if curie.startswith(prefix)))
        evidence = np.array([found[curie] for curie in curies], np.float32).reshape(-1, len(FEATURES))
        asked.append(Candidates(group, words_around(request.text, span), curies, evidence))
    return asked


def words_around(text: str, span: Span) -> str:
    """Return a span with the whole words within `_AROUND` characters of it that stand in its line.

    >>> from extraction.document import EntityType
    >>> words_around("a patient with an old history of gout", Span(33, 37, EntityType.DISEASE))
    'with an old history of gout'
    """
    start, end = max(span.start - _AROUND, 0), span.end + _AROUND
    before = text[start : span.start].rpartition("\n")[2]
    if start and len(before) == span.start - start:
        before = before.partition(" ")[2]
    after = text[span.end : end].partition("\n")[0]
    if end < len(text) and len(after) == _AROUND:
        after = after.rpartition(" ")[0]
    return before + text[span.start : span.end] + after


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
    ranker, meaning = read_rankers(folder / "ranker.json")
    return ConceptLinker(CandidateFinder(read_concepts(), memory), ranker, ids, meaning)


def read_rankers(path: Path) -> tuple[Ranker, Meaning | None]:
    """Read the weights of both models; ModelError when they are missing or of other features.

    There is no second model where training met no doubtful name.
    """
    if not path.is_file():
        raise ModelError(f"{path}: the linker's weights are missing; install the package again.")
    values = json.loads(path.read_text("utf-8"))
    meaning = values.pop("meaning", None)
    if set(values["weights"]) != set(FEATURES) or (meaning and set(meaning) != {*LIKENESSES, "nil"}):
        features = ", ".join((*FEATURES, *LIKENESSES))
        raise ModelError(f"{path}: weights of other features than {features}; train the linker again.")
    return Ranker(**values), Meaning(**meaning) if meaning else None
