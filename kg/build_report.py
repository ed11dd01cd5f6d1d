"""What a build did, source by source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.cliques import Ambiguity
from kg.names import NameReport


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source. `nodes` and `edges` were read and mapped; `reasons` counts what was skipped and why.

    `lost` is how many of the skipped are no mere repetition or obsolete term, `examples` say where the first record
    of each reason stands. `unchanged` says that nothing was written because files and identities are those of the
    last build.
    """

    name: str
    nodes: int
    edges: int
    skipped: int
    reasons: Mapping[str, int]
    lost: int = 0
    examples: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return {
            "name": self.name,
            "nodes": self.nodes,
            "edges": self.edges,
            "skipped": self.skipped,
            "reasons": dict(self.reasons),
            "lost": self.lost,
            "examples": dict(self.examples),
            "unchanged": self.unchanged,
        }

    def to_kept(self) -> dict[str, Any]:
        """Return what the graph remembers of it."""
        reasons, examples = (json.dumps(dict(m), sort_keys=True) for m in (self.reasons, self.examples))
        counts = {"nodes": self.nodes, "edges": self.edges, "skipped": self.skipped, "lost": self.lost}
        return counts | {"reasons": reasons, "examples": examples}

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> SourceReport:
        """Return the report of a source that did not change, from what the graph remembers."""
        counts = (kept["nodes"], kept["edges"], kept["skipped"], json.loads(kept["reasons"]), kept["lost"])
        return cls(kept["source"], *counts, examples=json.loads(kept["examples"]), unchanged=True)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What became of every source, how many nodes were joined into others, which identifiers and names were ambiguous.

    `unmapped` are identifiers that edges name and no source describes, with the number of such edges. `left_out` are
    earlier builds whose files were damaged since, with what is wrong; what they had brought stands as it was.
    """

    sources: tuple[SourceReport, ...]
    merged: int = 0
    ambiguities: tuple[Ambiguity, ...] = ()
    names: NameReport = field(default_factory=NameReport)
    unmapped: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return `{"sources": [{"name", "nodes", "edges", "skipped", "reasons", …}], "merged", "ambiguities",
        "ambiguous_names", "unnamed", "unmapped", "left_out"}`.
        """
        return {
            "sources": [source.to_json() for source in self.sources],
            "merged": self.merged,
            "ambiguities": [
                {"reason": a.reason, "curie": a.curie, "concepts": list(a.concepts)} for a in self.ambiguities
            ],
            "ambiguous_names": [
                {"name": a.name, "category": a.category, "curies": list(a.curies)} for a in self.names.ambiguous
            ],
            "unnamed": list(self.names.unnamed),
            "unmapped": dict(self.unmapped),
            "left_out": dict(self.left_out),
        }
