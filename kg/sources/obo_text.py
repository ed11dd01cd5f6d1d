"""Terms of an OBO flat file, streamed frame by frame.

Only the clauses that a graph needs are parsed, by fastobo, one frame at a time: released files hold definitions and
references that break the grammar, and none of them may cost the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import fastobo

from kg.errors import FormatError
from kg.sources.files import read_lines
from ontologies.prefixes import normalise_curie

EQUIVALENT: Final = "MONDO:equivalentTo"
Frame = list[tuple[int, str]]


@dataclass(slots=True)
class OboTerm:
    """One `[Term]` frame: what a graph needs of it.

    `relations` are (relation, target) pairs; `damaged` says which clauses could not be read.
    """

    curie: str
    name: str = ""
    namespace: str = ""
    replaced_by: str = ""
    obsolete: bool = False
    alt_ids: list[str] = field(default_factory=list)
    synonyms: list[str] = field(default_factory=list)
    close_synonyms: list[str] = field(default_factory=list)
    xrefs: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    relations: list[tuple[str, str]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def read_obo_terms(path: Path, tags: Collection[str] | None = None) -> Iterator[OboTerm]:
    """Yield the terms of an OBO file (plain or compressed), obsolete ones too; FormatError where it is not OBO.

    Only what stands under `tags`, where they are given. A clause that breaks the grammar is left out and noted in its
    term's `damaged`.
    """
    for frame in _read_frames(path, _CLAUSES.keys() if tags is None else tags):
        yield _to_term(path, frame)


def read_obo_version(path: Path) -> str:
    """Return the `data-version` of an OBO file's header, or an empty string."""
    for _, line in read_lines(path):
        if line.startswith("["):
            break
        if line.startswith("data-version:"):
            return line.partition(":")[2].strip()
    return ""


def is_equivalent(sources: Iterable[str]) -> bool:
    """Whether a cross-reference with these sources may be an equivalent: False where MONDO marks it as something else.

    >>> is_equivalent(["DOID:1"]), is_equivalent(["MONDO:equivalentTo"]), is_equivalent(["MONDO:relatedTo"])
    (True, True, False)
    """
    marks = [source for source in sources if source.startswith("MONDO:")]
    return not marks or EQUIVALENT in marks


def _read_frames(path: Path, tags: Collection[str]) -> Iterator[Frame]:
    """Yield, of every `[Term]`, its id and the clauses of some tags."""
    frame: Frame | None = None
    is_obo = False
    for number, line in read_lines(path):
        text = line.strip()
        if text.startswith("["):
            is_obo = True
            if frame:
                yield frame
            frame = [] if text == "[Term]" else None
        elif text and not text.startswith("!"):
            tag, colon, _ = text.partition(":")
            if not colon:
                raise _not_obo(path, number, "a clause without a tag")
            if frame is not None and (tag in tags or tag == "id"):
                frame.append((number, text))
    if frame:
        yield frame
    if not is_obo:
        raise _not_obo(path, 1, "it holds no frame")


def _to_term(path: Path, frame: Frame) -> OboTerm:
    number, first = frame[0]
    if not first.startswith("id:"):
        raise _not_obo(path, number, "a term that does not begin with its id")
    damaged: list[str] = []
    while True:
        try:
            (parsed,) = fastobo.loads("\n".join(["[Term]", *(text for _, text in frame), ""]))
        except SyntaxError as error:
            number, text = frame.pop(max((error.lineno or 2) - 2, 0))
            if text.startswith("id:"):
                raise _not_obo(path, number, error.msg) from error
            damaged.append(f"line {number}: {text[:60]}")
        else:
            return _read_clauses(parsed, damaged)


def _read_clauses(frame: Any, damaged: list[str]) -> OboTerm:
    term = OboTerm(normalise_curie(str(frame.id)), damaged=damaged)
    for clause in frame:
        add = _CLAUSES.get(clause.raw_tag())
        if add is not None:
            add(term, clause)
    return term


def _not_obo(path: Path, line: int, why: str) -> FormatError:
    return FormatError(path, f"is not OBO ({why})", "repair or fetch it again", line=line)


def _add_synonym(term: OboTerm, clause: Any) -> None:
    exact = clause.synonym.scope == "EXACT"
    (term.synonyms if exact else term.close_synonyms).append(str(clause.synonym.desc))


def _set_name(term: OboTerm, clause: Any) -> None:
    term.name = str(clause.name)


def _set_namespace(term: OboTerm, clause: Any) -> None:
    term.namespace = str(clause.namespace)


def _set_obsolete(term: OboTerm, clause: Any) -> None:
    term.obsolete = bool(clause.obsolete)


def _set_replaced_by(term: OboTerm, clause: Any) -> None:
    term.replaced_by = normalise_curie(str(clause.term))


def _add_xref(term: OboTerm, clause: Any) -> None:
    sources = [str(q.value).strip('"') for q in clause.qualifiers or () if str(q.key) == "source"]
    if is_equivalent(sources):
        term.xrefs.append(normalise_curie(str(clause.xref.id)))


_CLAUSES: Final[dict[str, Callable[[OboTerm, Any], None]]] = {
    "name": _set_name,
    "namespace": _set_namespace,
    "is_obsolete": _set_obsolete,
    "replaced_by": _set_replaced_by,
    "synonym": _add_synonym,
    "alt_id": lambda term, clause: term.alt_ids.append(normalise_curie(str(clause.alt_id))),
    "xref": _add_xref,
    "is_a": lambda term, clause: term.parents.append(normalise_curie(str(clause.term))),
    "relationship": lambda term, clause: term.relations.append(
        (str(clause.typedef), normalise_curie(str(clause.term)))
    ),
}
