"""Edges on their way into a bulk load: a million of them in seconds, and each key once, in little memory.

Most edges of a source differ in their ends alone. What the rest of an edge comes to (the rule check, the middle of its
hashes, its properties as text) is worked out once per different rest and kept, so an edge costs two hashes and one
line of text. The results are those of `kg.rows.to_edge_row`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress, islice
from typing import Any, Final, Generic, NamedTuple, TypeVar

from kg.key_set import KeySet
from kg.model import Edge
from kg.rows import Row, to_edge_row
from kg.rules import check_edge
from ontologies.biolink import Predicate

_BATCH: Final = 16_384
_MAX_TEMPLATES: Final = 50_000
_UNIT: Final = "\x1f"
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class EdgeTemplate(Generic[F]):
    """What all edges with the same predicate and properties share; `form` is made of it by the user of the batch."""

    key_end: str
    hash_start: str
    hash_end: str
    form: F


class EdgeLine(NamedTuple, Generic[F]):
    """One edge ready to be written: its ends as the load names them, its key, its content hash, its shared form."""

    subject: str
    object: str
    edge_key: str
    content_hash: str
    form: F


class EdgeBatches(Generic[F]):
    """Turns edges into batches of lines: edges without both ends and repeated keys are counted and left out.

    `ends` gives the name of every node that was written. `make_form` gets an edge's predicate and the properties that
    edges may share (all but `edge_key` and `content_hash`); it is called about once per different set of them.
    """

    def __init__(self, ends: Mapping[str, str], make_form: Callable[[Predicate, Row], F]) -> None:
        self.num, self.num_missing, self.num_repeated = 0, 0, 0
        self._ends, self._make_form = ends, make_form
        self._templates: dict[tuple[Any, ...], EdgeTemplate[F]] = {}
        self._keys = KeySet()

    def read(self, edges: Iterable[Edge]) -> Iterator[list[EdgeLine[F]]]:
        """Yield lines in batches, in the order of the edges; the first of several with one key stays."""
        iterator = iter(edges)
        while batch := list(islice(iterator, _BATCH)):
            yield self._read_batch(batch)

    def _read_batch(self, batch: list[Edge]) -> list[EdgeLine[F]]:
        lines, keys = [], []
        for edge in batch:
            subject, object_ = self._ends.get(edge.subject), self._ends.get(edge.object)
            if subject is None or object_ is None:
                check_edge(edge)
                self.num_missing += 1
                continue
            template = self._template(edge)
            start = f"{edge.subject}{_UNIT}{edge.predicate.value}{_UNIT}{edge.object}{_UNIT}"
            key = blake2b((start + template.key_end).encode(), digest_size=16)
            shown = key.hexdigest()
            content = f"{template.hash_start}{shown}{template.hash_end}".encode()
            content_hash = blake2b(content, digest_size=16).hexdigest()
            lines.append(EdgeLine(subject, object_, shown, content_hash, template.form))
            keys.append(key.digest())
        kept = list(compress(lines, self._keys.add(keys)))
        self.num += len(kept)
        self.num_repeated += len(lines) - len(kept)
        return kept

    def _template(self, edge: Edge) -> EdgeTemplate[F]:
        # By text, because 1, 1.0 and True are one key of a dictionary and three contents.
        values = repr((edge.negated, edge.publications, edge.confidence, edge.properties))
        rest = (edge.predicate, edge.primary_knowledge_source, edge.knowledge_level, edge.agent_type)
        name = (*rest, edge.release, edge.run, values)
        found = self._templates.get(name)
        if found is None:
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            found = self._templates[name] = _make_template(edge, self._make_form)
        return found


def _make_template(edge: Edge, make_form: Callable[[Predicate, Row], F]) -> EdgeTemplate[F]:
    properties = to_edge_row(check_edge(edge))["properties"]
    del properties["content_hash"]
    shown = {name: f"{name}={value!r}" for name, value in sorted(properties.items())}
    before = [text for name, text in shown.items() if name < "edge_key"]
    after = [text for name, text in shown.items() if name > "edge_key"]
    del properties["edge_key"]
    return EdgeTemplate(
        key_end=_UNIT.join(edge.key_parts[3:]),
        hash_start=_UNIT.join([*before, "edge_key='"]),
        hash_end=_UNIT.join(["'", *after]),
        form=make_form(edge.predicate, properties),
    )
