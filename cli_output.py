"""What every verb prints with: answers on standard output, everything else on standard error."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

if TYPE_CHECKING:
    from kg.progress import Progress
    from kg.store import GraphStore
    from kg.values import Answer

_FILE_WIDTH: Final = 10_000

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


class TableFormat(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def open_store(ctx: typer.Context) -> GraphStore:
    """Open the graph that --graph selects; use it as a context manager."""
    from kg.store import open_graph

    store: GraphStore = open_graph(ctx.obj)
    return store


def embedded_folder(selector: str) -> Path:
    """Return the embedded graph's folder; InputError when the selector is a server elsewhere."""
    from kg.errors import InputError
    from kg.selector import EmbeddedSelector, read_selector

    chosen = read_selector(selector)
    if isinstance(chosen, EmbeddedSelector):
        return chosen.folder
    raise InputError(f"{chosen.uri} is a server elsewhere; only an embedded graph is started and stopped from here.")


def say(text: str) -> None:
    """Print a remark on standard error."""
    typer.echo(text, err=True)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output, indented for a terminal."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], file: TextIO | None = None) -> None:
    """Print an aligned table, into a file as wide as it needs; nothing when there are no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(_to_cell(value) for value in row))
    width = _FILE_WIDTH if file is not None else None if sys.stdout.isatty() else 160
    if table.row_count:
        Console(file=file, width=width).print(table, markup=False)


def _to_cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(_to_whole(value))


def _to_whole(value: Any) -> Any:
    """The value with all its digits, as `csv` writes it; lists and objects as JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def check_output(form: TableFormat, out: Path | None) -> None:
    """InputError where rows of that format cannot go there, which is said before a query runs."""
    from kg.errors import InputError

    if out is None and form is TableFormat.PARQUET:
        raise InputError("Parquet is not text; say where to write it with --out FILE.parquet.")
    if out is not None and not out.parent.is_dir():
        raise InputError(f'"{out.parent}" is no folder; make it, or name another with --out.')


def write_answer(answer: Answer, form: TableFormat, out: Path | None) -> None:
    """Print an answer in a format, or write it to a file, whole or not at all."""
    if form is TableFormat.TABLE and not answer.rows:
        say("No rows.")
    if out is None:
        return _write_text(answer, form, None)
    if form is TableFormat.PARQUET:
        return write_whole(out, _to_parquet(answer))
    text = io.StringIO(newline="")
    _write_text(answer, form, text)
    write_whole(out, text.getvalue())


def _write_text(answer: Answer, form: TableFormat, file: TextIO | None) -> None:
    if form is TableFormat.TABLE:
        return print_table(answer.columns, [list(row.values()) for row in answer.rows], file)
    target = file or sys.stdout
    if form is TableFormat.JSON:
        target.write(json.dumps(answer.rows, ensure_ascii=False) + "\n")
    elif answer.columns:
        writer = csv.writer(target)
        writer.writerow(answer.columns)
        writer.writerows([_to_whole(value) for value in row.values()] for row in answer.rows)


def _to_parquet(answer: Answer) -> bytes:
    import polars

    from kg.errors import InputError

    schema = None if answer.rows else list(answer.columns)
    packed = io.BytesIO()
    try:
        polars.DataFrame(answer.rows, schema=schema, infer_schema_length=None).write_parquet(packed)
    except (TypeError, polars.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"A column of Parquet has one type of value ({reason}); use --format json.") from error
    return packed.getvalue()


def read_parameters(pairs: Sequence[str]) -> dict[str, Any]:
    """Return query parameters from texts `name=value`; a value that is JSON is read as such."""
    from kg.errors import InputError

    parameters: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f'"{pair}" is not a parameter; write --param name=value.')
        try:
            parameters[name] = json.loads(value)
        except ValueError:
            parameters[name] = value
    return parameters


def exit_if_skipped(num: int) -> None:
    """End with exit code 1 when some input was skipped."""
    if num:
        raise typer.Exit(1)


@contextmanager
def shown_progress(*, beside_output: bool = False) -> Iterator[Progress]:
    """Yield a callback that draws progress bars on standard error, one a label.

    `beside_output`: standard output is written meanwhile, so that nothing is drawn when that is the same terminal.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars
    from rich.text import Text

    class SpeedColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "")

    place = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    pace = (SpeedColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    hidden = beside_output and sys.stdout.isatty()
    # Redirected, what is meant for standard output would go where the bars are drawn.
    with Bars(*place, *pace, console=Console(stderr=True), redirect_stdout=False, disable=hidden) as bars:
        tasks: dict[str, Any] = {}

        def show(label: str, done: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total)
            bars.update(tasks[label], completed=done, total=total)

        yield show


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; InputError when its folder does not take it."""
    from kg.errors import InputError

    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    except OSError as error:
        raise InputError(f'"{path}" cannot be written ({error.strerror or error}); choose another place.') from error
