"""What a source is: a place that nodes and edges are read from, one item at a time.

Both `read_` methods stream and may be called more than once: the build reads every node first (identities are
resolved over all of them), then the edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kg.model import Edge, Node


@dataclass(frozen=True, slots=True)
class Skip:
    """One record that was left out. `reason` is a short phrase that is counted; `where` names file and line.

    `expected` says that nothing is lost by it: an obsolete term, the same statement again.
    """

    reason: str
    where: str = ""
    expected: bool = False


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a publisher. `sha256` is set where that version was once read, and empty where it never was.

    `member` is the one file to unpack where it is a tar archive.
    """

    url: str
    name: str
    sha256: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Who publishes a source and on what terms.

    `also_infores` are further primary knowledge sources of its edges; `tried` says whether the reader was run on
    the publisher's real file; `needs_path` whether it reads nothing without a file of the user's,
    `repeatable` whether several of such files can stand in one graph, `repeats` whether several rows may make one
    statement, each with evidence of its own.
    """

    name: str
    title: str
    infores: str
    licence: str
    version: str
    url: str
    files: tuple[RemoteFile, ...] = ()
    needs_path: bool = True
    tried: bool = False
    also_infores: tuple[str, ...] = ()
    repeatable: bool = False
    repeats: bool = False

    @property
    def all_infores(self) -> tuple[str, ...]:
        """Every primary knowledge source that the edges may carry."""
        return (self.infores, *self.also_infores)


class Source(Protocol):
    """Something that yields nodes and edges; implementations derive from it."""

    info: SourceInfo

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the files that reading would open; InputError when one is missing."""
        ...

    def read_version(self, path: Path | None) -> str:
        """Return the version of the files at hand; where they do not say, the version the reader was written for."""
        return self.info.version

    def read_infores(self, path: Path | None) -> tuple[str, ...]:
        """Return the primary knowledge sources of the edges that the files at hand hold."""
        return self.info.all_infores

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield every node; FormatError names file and line where a file is not what it promises."""
        ...

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield every edge, whose ends are CURIEs that `read_nodes` yielded or that other sources know."""
        ...
