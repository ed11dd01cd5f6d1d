"""A graph writer that keeps everything in dictionaries, for tests of what is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.model import Edge, Node


@dataclass
class MemoryStore:
    """What `kg.build` needs of a store."""

    all_or_nothing = False

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    num_edge_writes: int = 0

    def create_constraints(self) -> None:
        """Nothing to do."""

    def write_nodes(self, nodes: Iterable[Node]) -> None:
        self.nodes.update((node.curie, node) for node in nodes)

    def write_edges(self, edges: Iterable[Edge]) -> Any:
        @dataclass
        class Count:
            missing: int = 0

        count = Count()
        for edge in edges:
            self.num_edge_writes += 1
            if edge.subject in self.nodes and edge.object in self.nodes:
                self.edges[edge.edge_key] = edge
            else:
                count.missing += 1
        return count

    def read_sources(self) -> list[dict[str, Any]]:
        return list(self.sources.values())

    def keep_source(self, name: str, properties: dict[str, Any]) -> None:
        self.sources[name] = {"name": name, **properties}

    def retract_build(self, built: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
        own = set(built["all_infores"]).difference(*(row["all_infores"] for row in others))
        gone = [key for key, edge in self.edges.items() if edge.primary_knowledge_source in own]
        for key in gone:
            del self.edges[key]
        used = {end for edge in self.edges.values() for end in (edge.subject, edge.object)}
        self.nodes = {c: n for c, n in self.nodes.items() if n.source not in own or c in used}
        return len(gone)
