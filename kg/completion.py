"""Which words may stand next in a Cypher text: labels, relationship types, properties, parameters, keywords."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg import queries
from kg.status import count_edges, count_nodes
from kg.store import GraphStore

_SAMPLE: Final = 200
READING: Final = (
    "MATCH", "OPTIONAL MATCH", "WHERE", "RETURN", "WITH", "UNWIND", "ORDER BY", "SKIP", "LIMIT", "DISTINCT", "AS",
    "AND", "OR", "XOR", "NOT", "IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "IS NULL", "IS NOT NULL", "CASE", "WHEN",
    "THEN", "ELSE", "END", "UNION", "UNION ALL", "CALL", "YIELD", "EXISTS", "ASC", "DESC", "EXPLAIN", "PROFILE",
    "true", "false", "null",
)  # fmt: skip
WRITING: Final = ("CREATE", "MERGE", "SET", "DELETE", "DETACH DELETE", "REMOVE", "ON CREATE SET", "ON MATCH SET")
FUNCTIONS: Final = (
    "abs(", "avg(", "coalesce(", "collect(", "count(", "elementId(", "head(", "id(", "keys(", "labels(", "last(",
    "length(", "max(", "min(", "nodes(", "properties(", "range(", "relationships(", "replace(", "round(", "size(",
    "split(", "startNode(", "endNode(", "sum(", "tail(", "toFloat(", "toInteger(", "toLower(", "toString(",
    "toUpper(", "trim(", "type(", "any(", "all(", "none(", "single(", "shortestPath(", "allShortestPaths(",
)  # fmt: skip
_HIDDEN: Final = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|//[^\n]*\n|/\*.*?\*/""", re.DOTALL)
_OPEN: Final = re.compile(r"""['"`]|//|/\*""")
_STARTED: Final = re.compile(r"\w*\Z")
_OF_TYPE: Final = re.compile(r":\s*(?:!?\w+\s*[|&]\s*:?)*!?\Z")
_VARIABLE: Final = re.compile(r"[(\[]\s*([A-Za-z_]\w*)|\bAS\s+([A-Za-z_]\w*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """The names that stand in a graph, each list sorted."""

    labels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


def read_words(store: GraphStore) -> Words:
    """Return the labels and types that the graph holds, and the properties of some nodes and edges of each."""
    labels, types = ("Entity", *count_nodes(store)), tuple(count_edges(store))
    samples = [queries.node_properties(label) for label in labels]
    samples += [queries.edge_properties(kind) for kind in types]
    names = {name for query in samples for row in store.run(query, limit=_SAMPLE) for name in row["names"]}
    return Words(tuple(sorted(set(labels))), types, tuple(sorted(names)))


def find_completions(
    text: str, words: Words, parameters: Iterable[str] = (), *, write: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Return the started word at the end of `text` and what may stand in its place.

    >>> find_completions("MATCH (d:Dr", Words(labels=("Disease", "Drug")))
    ('Dr', ('Drug',))
    """
    shown = _HIDDEN.sub(lambda match: " " * len(match.group()), text)
    if _OPEN.search(shown):
        return "", ()
    started = _STARTED.search(shown)
    word = started.group() if started else ""
    before = shown[: len(shown) - len(word)]
    candidates = _find_candidates(before, word, words, parameters, write)
    return word, tuple(c for c in candidates if c.lower().startswith(word.lower()) and c != word)


def _find_candidates(before: str, word: str, words: Words, parameters: Iterable[str], write: bool) -> Iterable[str]:
    bracket = _find_open_bracket(before)
    if before.endswith("$"):
        return sorted(parameters)
    if before.endswith("."):
        return words.properties
    if bracket == "{":
        return words.properties if before.rstrip().endswith(("{", ",")) else _free_words(before, write)
    if _OF_TYPE.search(before):
        return words.types if bracket == "[" else words.labels
    return _free_words(before, write) if word else ()


def _free_words(before: str, write: bool) -> list[str]:
    """The variables of the text so far, then keywords, then functions."""
    variables = {name for pair in _VARIABLE.findall(before) for name in pair if name}
    return [*sorted(variables), *READING, *(WRITING if write else ()), *FUNCTIONS]


def _find_open_bracket(text: str) -> str:
    """The innermost bracket that is still open, or an empty text."""
    pairs = {")": "(", "]": "[", "}": "{"}
    stack: list[str] = []
    for character in text:
        if character in "([{":
            stack.append(character)
        elif stack and pairs.get(character) == stack[-1]:
            stack.pop()
    return stack[-1] if stack else ""
