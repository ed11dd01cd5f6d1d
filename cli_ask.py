"""The verbs that ask the graph: Cypher, once or in a shell, and the schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli_output import (
    Json,
    TableFormat,
    check_output,
    open_store,
    print_json,
    print_table,
    read_parameters,
    say,
    write_answer,
)

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph cypher 'MATCH (d:Drug)-[r:TREATS]->(x:Disease) RETURN d.name, x.name LIMIT 5'")
def cypher(
    ctx: typer.Context,
    query: Annotated[
        str | None, typer.Argument(help="The query; without it an interactive shell opens, or a pipe is read.")
    ] = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter, as name=value; JSON values are read.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Let the query write.")] = False,
    limit: Annotated[int, typer.Option(help="The most rows to fetch.", min=1)] = 1000,
    form: Annotated[TableFormat, typer.Option("--format", help="How to print the rows.")] = TableFormat.TABLE,
    out: Annotated[Path | None, typer.Option(help="Where to write (needed for parquet).")] = None,
    as_json: Json = False,
) -> None:
    """Run a Cypher query, or open a shell for many; they may only read, unless --write is given."""
    form = TableFormat.JSON if as_json else form
    check_output(form, out)
    parameters = read_parameters(param or [])
    if query is None and sys.stdin.isatty():
        return _open_shell(ctx, parameters, write=write, limit=limit, form=form)
    text = query if query is not None else _read_piped()
    with open_store(ctx) as store:
        answer = store.ask(text, parameters, write=write, limit=limit)
    write_answer(answer, form, out)
    if len(answer.rows) == limit:
        say(f"Only the first {limit} rows are shown; --limit N fetches more.")


def _read_piped() -> str:
    from kg.errors import InputError

    text = sys.stdin.read().strip().rstrip(";")
    if not text:
        raise InputError("No query was given; write it as an argument, pipe it in, or run `theragraph cypher` alone.")
    return text


def _open_shell(ctx: typer.Context, parameters: dict[str, Any], *, write: bool, limit: int, form: TableFormat) -> None:
    from cli_shell import Shell, open_session

    with open_store(ctx) as store:
        shell = Shell(store, write=write, limit=limit, form=form, parameters=parameters)
        say(f"{store.where} answers; queries may {'write' if write else 'only read'}. :help tells more, Ctrl-D leaves.")
        shell.run(open_session(shell))


@app.command(epilog="Example: theragraph schema --out schema.svg")
def schema(
    ctx: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Draw it into this file, too: .svg, or .html with all properties.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which labels are joined by which relationship types, with their properties and counts."""
    from kg.schema import read_schema
    from kg.schema_picture import check_picture_name, write_picture

    if out is not None:
        check_picture_name(out)
    with open_store(ctx) as store:
        answer = read_schema(store)
    if out is not None:
        write_picture(answer, out)
    if as_json:
        return print_json(answer)
    nodes = [[n["label"], n["num"], ", ".join(n["properties"])] for n in answer["nodes"]]
    print_table(["label", "nodes", "properties"], nodes)
    edges = [[e["subject"], e["type"], e["object"], e["num"], ", ".join(e["properties"])] for e in answer["edges"]]
    print_table(["subject", "type", "object", "edges", "properties"], edges)
