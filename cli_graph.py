"""The verbs that build, change and ask the graph."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_output import (
    Json,
    TableFormat,
    exit_if_skipped,
    open_store,
    print_json,
    print_table,
    say,
    shown_progress,
    write_rows,
)

if TYPE_CHECKING:
    from kg.build_report import BuildReport, SourceReport

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph build starter hpo")
def build(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Names of sources, such as starter, hpo or hetionet.")],
    path: Annotated[Path | None, typer.Option("--from", help="The file or folder of sources that need one.")] = None,
    as_json: Json = False,
) -> None:
    """Read sources into the graph; only what changed since the last build is written."""
    from kg.build import build_graph

    with open_store(ctx) as store, store.first_load() as writer, shown_progress() as progress:
        report = build_graph(writer, sources, path=path, progress=progress)
    if as_json:
        print_json(report.to_json())
    else:
        print_built(report)
    exit_if_skipped(sum(source.lost for source in report.sources))


def print_built(report: BuildReport) -> None:
    """Print what became of every source, and why what was skipped was."""
    print_table(["source", "nodes", "edges", "skipped", "state"], [_built_row(s) for s in report.sources])
    reasons = [[s.name, reason, num] for s in report.sources for reason, num in s.reasons.items()]
    print_table(["source", "skipped because", "rows"], reasons)


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
    with open_store(ctx) as store:
        num = store.retract(source=source, document=document, run=run)
    typer.echo(f"{num} {'document' if document else 'edges'} retracted.")


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
    with open_store(ctx) as store:
        rows = store.cypher(query, _read_parameters(param or []), write=write, limit=limit)
    write_rows(rows, TableFormat.JSON if as_json else form, out)
    if len(rows) == limit:
        say(f"Only the first {limit} rows are shown; --limit N fetches more.")


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
