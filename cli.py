"""The command line: one function a verb, which parses, calls a room and prints.

Answers go to standard output, everything else to standard error. Exit codes: 0 done, 1 some input was skipped (and
listed), 2 bad usage or input, 3 the graph cannot be reached. Heavy libraries are imported inside the commands.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import cli_ask
import cli_demo
import cli_extract
import cli_graph
import cli_learn
import cli_policy
import cli_recommend
import cli_release
import cli_service
from cli_output import Json, embedded_folder, open_store, print_json, print_table, say

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

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
        say(f"theragraph: {error}")
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        name = f" {error.filename}" if error.filename else ""
        say(f"theragraph: The file{name} could not be used: {error.strerror}; correct that and run it again.")
        return 2
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    say(f"theragraph: Something went wrong that should not ({what}); run it with --debug and report what it prints.")
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

    stopped = stop_server(embedded_folder(ctx.obj))
    typer.echo("The graph server has stopped." if stopped else "No graph server was running.")


@app.command(epilog="Example: theragraph status --json")
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Say where the graph is, whether it answers, and what stands in it."""
    from kg.status import read_status

    with open_store(ctx) as store:
        answer = read_status(store)
    if as_json:
        return print_json(answer)
    typer.echo(f"{answer['graph']} answers.")
    print_table(["label", "nodes"], [[k, v] for k, v in answer["nodes"].items()])
    print_table(["type", "edges"], [[k, v] for k, v in answer["edges"].items()])
    print_table(["source", "release", "nodes", "edges"], [_source_row(s) for s in answer["sources"]])


def _source_row(source: Mapping[str, Any]) -> list[Any]:
    return [source.get(name, "") for name in ("name", "release", "nodes", "edges")]


@app.command(epilog="Example: theragraph doctor")
def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Say what is installed, which graph and GPU are there, what is missing and how to get it."""
    from kg.doctor import examine

    findings = examine(ctx.obj)
    if as_json:
        return print_json(findings)
    print_table(["what", "state", "next step"], [[f["what"], f["state"], f["next_step"]] for f in findings])


for _verbs in (
    cli_ask.app,
    cli_demo.app,
    cli_graph.app,
    cli_learn.app,
    cli_recommend.app,
    cli_release.app,
    cli_service.app,
):
    app.add_typer(_verbs)
app.add_typer(cli_extract.app, name="extract")
app.add_typer(cli_service.account, name="account")
app.add_typer(cli_service.audit, name="audit")
app.add_typer(cli_service.patients, name="patients")
app.add_typer(cli_service.keys, name="keys")
app.add_typer(cli_policy.app, name="policy")
app.add_typer(cli_policy.feedback, name="feedback")
