"""YAML files of sources: whole, or a long list item by item. A plain scalar is text and an absent one null.

YAML 1.1 would take `NO` (nitric oxide) for false, `1:30` for a number and `2026-01-02` for a date.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

import yaml
from yaml.composer import Composer
from yaml.reader import Reader, ReaderError

from kg.errors import FormatError
from kg.sources.files import open_text, read_lines


class _TextLoader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's name for it)
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith(":null")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


class _ItemLoader(Composer, _TextLoader):
    """Composes node by node what libyaml parses, where the loader of PyYAML composes a document whole."""

    def __init__(self, stream: TextIO) -> None:
        _TextLoader.__init__(self, stream)
        Composer.__init__(self)

    def is_list(self) -> bool:
        """Go into the document; False where it is no list."""
        while self.check_event(yaml.StreamStartEvent, yaml.DocumentStartEvent):
            self.get_event()
        return bool(self.check_event(yaml.SequenceStartEvent)) and self.get_event() is not None

    def read_items(self) -> Iterator[tuple[int, Any]]:
        """Yield the items of the list with the line that each begins in."""
        while not self.check_event(yaml.SequenceEndEvent):
            node = cast(yaml.Node, self.compose_node(None, 0))
            yield node.start_mark.line + 1, self.construct_document(node)
        while self.check_event(yaml.SequenceEndEvent, yaml.DocumentEndEvent):
            self.get_event()

    def is_at_end(self) -> bool:
        """Whether nothing follows the list."""
        return bool(self.check_event(yaml.StreamEndEvent))


def read_yaml(path: Path) -> Any:
    """Return what a small file holds; FormatError with the line where it is not YAML."""
    with open_text(path) as handle, _mapped_errors(path):
        return _TextLoader(handle).get_single_data()


def read_yaml_items(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the items of a list with their lines; FormatError where the file is none, or is not YAML."""
    with open_text(path) as handle, _mapped_errors(path):
        loader = _ItemLoader(handle)
        if not loader.is_list():
            raise FormatError(path, "is no list", "check that it is the file that the source names")
        yield from loader.read_items()
        if not loader.is_at_end():
            raise FormatError(path, "goes on after its list", "keep one list alone")


@contextmanager
def _mapped_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = _to_line(path, error.problem_mark.line) if error.problem_mark else None
        raise FormatError(path, f"is not YAML ({error.problem})", "repair it", line=line) from error
    except ReaderError as error:
        raise FormatError(path, "holds a control character", "remove it", line=_find_unprintable(path)) from error
    except UnicodeDecodeError:
        raise
    except (KeyError, ValueError) as error:
        # A tag of the file's own (`!!int x`) that its value does not fit.
        raise FormatError(path, f"is not YAML ({error})", "repair it") from error
    except RecursionError as error:
        raise FormatError(path, "nests too deep", "repair it") from error


def _to_line(path: Path, mark: int) -> int:
    """The line's number from 1; the parser puts the end of a file after its last line."""
    return max(1, min(mark + 1, sum(1 for _ in read_lines(path))))


def _find_unprintable(path: Path) -> int | None:
    return next((number for number, line in read_lines(path) if Reader.NON_PRINTABLE.search(line)), None)
