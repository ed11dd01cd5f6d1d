"""The command line: one function a verb, which parses, calls a room and prints.

Answers go to standard output, everything else to standard error. Exit codes: 0 done, 1 some input was skipped (and
listed), 2 bad usage or input, 3 the graph cannot be reached. Heavy libraries are imported inside the commands.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from kg.build_report import SourceReport
    from kg.progress import Progress
    from kg.store import GraphStore

DEFAULT_GRAPH = "embedded:.theragraph/graph"


class _Commands(TyperGroup):
    """Turns errors into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; `--debug` lets a traceback through."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if ctx.params.get("debug") or _is_usage(error):
                raise
            raise typer.Exit(_report_error(error)) from None


def _is_usage(error: Exception) -> bool:
    """Whether the command-line library itself raised it: those carry their exit code and print themselves."""
    return isinstance(error, typer.Exit | typer.Abort | typer.BadParameter) or hasattr(error, "format_message")


def _report_error(error: Exception) -> int:
    from kg.errors import TheraGraphError

    if isinstance(error, TheraGraphError):
        _say(f"theragraph: {error}")
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        name = f" {error.filename}" if error.filename else ""
        _say(f"theragraph: The file{name} could not be used: {error.strerror}; correct that and run it again.")
        return 2
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    _say(f"theragraph: Something went wrong that should not ({what}); run it with --debug and report what it prints.")
    return 2


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Text and ontologies in; graph, learned links and safe, ranked treatment plans out. It advises clinicians "
    "and never replaces them.",
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


@app.callback()
def _main(
    ctx: typer.Context,
    graph: Annotated[
        str,
        typer.Option(
            help="The graph: embedded:PATH, neo4j://[USER:PASSWORD@]HOST:PORT[/DATABASE] or bolt://…",
            envvar="THERAGRAPH_GRAPH",
        ),
    ] = DEFAULT_GRAPH,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    ctx.obj = graph


# ------------------------------------------------------------------------------------------------ the graph server


@app.command(epilog="Example: theragraph up")
def up(ctx: typer.Context) -> None:
    """Start the embedded graph server and leave it running until `down`."""
    from kg.store import open_graph

    with open_graph(ctx.obj, keep=True) as store:
        store.create_constraints()
        if store.embedded is None:
            typer.echo(f"{store.where} answers; a server elsewhere is not started or stopped from here.")
            return
        typer.echo(
            f"The graph server of {store.where} listens on {store.bolt_address}; stop it with `theragraph down`."
        )


@app.command(epilog="Example: theragraph down")
def down(ctx: typer.Context) -> None:
    """Stop the embedded graph server, whoever started it."""
    from kg.embedded import stop_server

    stopped = stop_server(_embedded_folder(ctx.obj))
    typer.echo("The graph server has stopped." if stopped else "No graph server was running.")


@app.command(epilog="Example: theragraph status --json")
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Say where the graph is, whether it answers, and what stands in it."""
    from kg.status import read_status

    with _open(ctx) as store:
        answer = read_status(store)
    if as_json:
        return _print_json(answer)
    typer.echo(f"{answer['graph']} answers.")
    _print_table(["label", "nodes"], [[k, v] for k, v in answer["nodes"].items()])
    _print_table(["type", "edges"], [[k, v] for k, v in answer["edges"].items()])
    _print_table(["source", "release", "nodes", "edges"], [_source_row(s) for s in answer["sources"]])


def _source_row(source: Mapping[str, Any]) -> list[Any]:
    return [source.get(name, "") for name in ("name", "release", "nodes", "edges")]


@app.command(epilog="Example: theragraph doctor")
def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Say what is installed, which graph and GPU are there, what is missing and how to get it."""
    from kg.doctor import examine

    findings = examine(ctx.obj)
    if as_json:
        return _print_json(findings)
    _print_table(["what", "state", "next step"], [[f["what"], f["state"], f["next_step"]] for f in findings])


# ---------------------------------------------------------------------------------------------------- the graph


@app.command(epilog="Example: theragraph build starter hpo")
def build(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Names of sources, such as starter, hpo or hetionet.")],
    path: Annotated[Path | None, typer.Option("--from", help="The file or folder of sources that need one.")] = None,
    as_json: Json = False,
) -> None:
    """Read sources into the graph; only what changed since the last build is written."""
    from kg.build import build_graph

    with _open(ctx) as store, store.first_load() as writer, _shown_progress() as progress:
        report = build_graph(writer, sources, path=path, progress=progress)
    if as_json:
        _print_json(report.to_json())
    else:
        _print_table(["source", "nodes", "edges", "skipped", "state"], [_built_row(s) for s in report.sources])
        reasons = [[s.name, reason, num] for s in report.sources for reason, num in s.reasons.items()]
        _print_table(["source", "skipped because", "rows"], reasons)
    _exit_if_skipped(sum(source.skipped for source in report.sources))


def _built_row(report: SourceReport) -> list[Any]:
    return [report.name, report.nodes, report.edges, report.skipped, "unchanged" if report.unchanged else "written"]


@app.command(epilog="Example: theragraph retract --document PMID:1")
def retract(
    ctx: typer.Context,
    source: Annotated[str, typer.Option(help="A source's infores CURIE.")] = "",
    document: Annotated[str, typer.Option(help="A document's id.")] = "",
    run: Annotated[str, typer.Option(help="A model run's id.")] = "",
) -> None:
    """Take back what one source, one document or one model run said."""
    with _open(ctx) as store:
        num = store.retract(source=source, document=document, run=run)
    typer.echo(f"{num} {'document' if document else 'edges'} retracted.")


class TableFormat(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


@app.command(epilog="Example: theragraph cypher 'MATCH (d:Drug)-[r:TREATS]->(x:Disease) RETURN d.name, x.name LIMIT 5'")
def cypher(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="The query.")],
    param: Annotated[list[str] | None, typer.Option(help="A parameter, as name=value; JSON values are read.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Let the query write.")] = False,
    limit: Annotated[int, typer.Option(help="The most rows to fetch.", min=1)] = 1000,
    form: Annotated[TableFormat, typer.Option("--format", help="How to print the rows.")] = TableFormat.TABLE,
    out: Annotated[Path | None, typer.Option(help="Where to write (needed for parquet).")] = None,
    as_json: Json = False,
) -> None:
    """Run a Cypher query; it may only read, unless --write is given."""
    with _open(ctx) as store:
        rows = store.cypher(query, _read_parameters(param or []), write=write, limit=limit)
    _write_rows(rows, TableFormat.JSON if as_json else form, out)
    if len(rows) == limit:
        _say(f"Only the first {limit} rows are shown; --limit N fetches more.")


def _read_parameters(pairs: Sequence[str]) -> dict[str, Any]:
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


# -------------------------------------------------------------------------------------------- what a verb prints with


def _open(ctx: typer.Context) -> GraphStore:
    from kg.store import open_graph

    store: GraphStore = open_graph(ctx.obj)
    return store


def _embedded_folder(selector: str) -> Path:
    from kg.errors import InputError
    from kg.selector import EmbeddedSelector, read_selector

    chosen = read_selector(selector)
    if isinstance(chosen, EmbeddedSelector):
        return chosen.folder
    raise InputError(f"{chosen.uri} is a server elsewhere; only an embedded graph is started and stopped from here.")


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print an aligned table; nothing when there are no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(_to_cell(value) for value in row))
    if table.row_count:
        Console(width=None if sys.stdout.isatty() else 160).print(table, markup=False)


def _to_cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _write_rows(rows: list[dict[str, Any]], form: TableFormat, out: Path | None) -> None:
    if form is TableFormat.PARQUET:
        return _write_parquet(rows, out)
    with _output(out) as file:
        if form is TableFormat.JSON:
            file.write(json.dumps(rows, ensure_ascii=False) + "\n")
        elif form is TableFormat.CSV:
            _write_csv(rows, file)
        elif rows:
            _print_table(list(rows[0]), [list(row.values()) for row in rows])
        else:
            _say("No rows.")


def _write_csv(rows: list[dict[str, Any]], file: Any) -> None:
    if rows:
        writer = csv.writer(file)
        writer.writerow(rows[0])
        writer.writerows([_to_cell(value) for value in row.values()] for row in rows)


def _write_parquet(rows: list[dict[str, Any]], out: Path | None) -> None:
    import polars

    from kg.errors import InputError

    if out is None:
        raise InputError("Parquet is not text; say where to write it with --out FILE.parquet.")
    polars.DataFrame(rows, infer_schema_length=None).write_parquet(out)


@contextmanager
def _output(out: Path | None) -> Iterator[Any]:
    if out is None:
        yield sys.stdout
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        yield file


def _exit_if_skipped(num: int) -> None:
    if num:
        raise typer.Exit(1)


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    """Yield a callback that draws progress bars on standard error, one a label."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(label: str, done: int, total: int | None) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total)
            bars.update(tasks[label], completed=done, total=total)

        yield show
