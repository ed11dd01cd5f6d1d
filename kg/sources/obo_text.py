"""Terms of an OBO flat file, streamed frame by frame through fastobo's parser."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import fastobo

from kg.errors import FormatError, InputError
from ontologies.prefixes import normalise_curie


@dataclass(slots=True)
class OboTerm:
    """One `[Term]` frame: what a graph needs of it. `relations` are (relation, target) pairs."""

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


def read_obo_terms(path: Path) -> Iterator[OboTerm]:
    """Yield the terms of an OBO file (gzipped or not), obsolete ones too; FormatError where it is not OBO."""
    with _open_obo(path) as handle:
        for frame in fastobo.iter(handle):
            if isinstance(frame, fastobo.term.TermFrame):
                yield _to_term(frame)


def read_obo_version(path: Path) -> str:
    """Return the `data-version` of an OBO file's header, or an empty string."""
    with _open_obo(path) as handle:
        clauses = fastobo.iter(handle).header()
        versions = (str(c.version) for c in clauses if isinstance(c, fastobo.header.DataVersionClause))
        return next(versions, "")


@contextmanager
def _open_obo(path: Path) -> Iterator[BinaryIO]:
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(f'"{path}" cannot be read ({error.strerror}); check the path.') from error
    gzipped = raw.peek(2)[:2] == b"\x1f\x8b"
    try:
        with raw:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if gzipped else raw
    except SyntaxError as error:
        raise FormatError(
            path,
            f"is not OBO ({error.msg})",
            "repair or fetch it again",
            line=error.lineno,
        ) from error
    except (EOFError, gzip.BadGzipFile) as error:
        raise FormatError(path, "ends in the middle of its gzip stream", "fetch it again") from error


def _to_term(frame: Any) -> OboTerm:
    term = OboTerm(normalise_curie(str(frame.id)))
    for clause in frame:
        add = _CLAUSES.get(clause.raw_tag())
        if add is not None:
            add(term, clause)
    return term


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
    """Leave out what MONDO marks as something else than an equivalent."""
    sources = [str(q.value).strip('"') for q in clause.qualifiers or () if str(q.key) == "source"]
    is_marked = any(source.startswith("MONDO:") for source in sources)
    if not is_marked or "MONDO:equivalentTo" in sources:
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
