"""The verbs that build, change and ask the graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_output import (
    Json,
    exit_if_skipped,
    open_store,
    print_json,
    print_table,
    say,
    shown_progress,
)

if TYPE_CHECKING:
    from kg.build import GraphWriter
    from kg.build_report import BuildReport, SourceReport
    from kg.sources import SourceInfo

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph build starter hpo")
def build(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Names of sources, such as starter, hpo or hetionet.")],
    path: Annotated[Path | None, typer.Option("--from", help="The file or folder of sources that need one.")] = None,
    import_files: Annotated[
        Path | None, typer.Option(help="Write files for Neo4j's import tool into this new folder, and no graph.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read sources into the graph; only what changed since the last build is written."""
    from kg.build import build_graph

    with _open_writer(ctx, import_files) as writer, shown_progress() as progress:
        report = build_graph(writer, sources, path=path, progress=progress)
    if as_json:
        print_json(report.to_json())
    else:
        print_built(report)
    exit_if_skipped(sum(source.lost for source in report.sources) + len(report.left_out))


@contextmanager
def _open_writer(ctx: typer.Context, import_files: Path | None) -> Iterator[GraphWriter]:
    """What a build writes to: the graph, or files and then how to import them."""
    from kg.import_files import ImportFiles

    if import_files is None:
        with open_store(ctx) as store, store.first_load() as writer:
            yield writer
        return
    with ImportFiles(import_files) as files:
        yield files
    say(f"Stop Neo4j, then run: {files.command}")
    say("Start it and build the same once more with --graph neo4j://…: that makes the constraints and changes nothing.")


def print_built(report: BuildReport) -> None:
    """Print what became of every source, and why what was skipped was."""
    print_table(["source", "nodes", "edges", "skipped", "state"], [_built_row(s) for s in report.sources])
    reasons = [[s.name, why, num, s.examples.get(why, "")] for s in report.sources for why, num in s.reasons.items()]
    print_table(["source", "skipped because", "rows", "the first of them"], reasons)
    for name, why in report.left_out.items():
        say(f"{name} was left out and stands as it was built before: {why}")
    for words in _open_questions(report):
        say(f"{words}; --json lists them.")


def _open_questions(report: BuildReport) -> Iterator[str]:
    """What a curator may want to look into, each with its first example."""
    names = report.names
    listed = (
        ("identifiers are ambiguous and joined nothing", [ambiguity.curie for ambiguity in report.ambiguities]),
        ("names mean several concepts", [name.name for name in names.ambiguous]),
        ("concepts have no name", names.unnamed),
        ("identifiers in edges are described by no source", list(report.unmapped)),
    )
    return (f'{len(items)} {words}, as "{items[0]}"' for words, items in listed if items)


def _built_row(report: SourceReport) -> list[Any]:
    return [report.name, report.nodes, report.edges, report.skipped, "unchanged" if report.unchanged else "written"]


@app.command(epilog="Example: theragraph retract --source starter")
def retract(
    ctx: typer.Context,
    source: Annotated[str, typer.Option(help="A name that `build` takes, or an infores CURIE.")] = "",
    document: Annotated[str, typer.Option(help="A document's id.")] = "",
    run: Annotated[str, typer.Option(help="A model run's id.")] = "",
) -> None:
    """Take back what one source, one document or one model run said."""
    with open_store(ctx) as store:
        num = store.retract(source=source, document=document, run=run)
    typer.echo(f"{num} {'document' if document else 'edges'} retracted.")


@app.command(epilog="Example: theragraph sources")
def sources(as_json: Json = False) -> None:
    """List the sources that `build` and `fetch` know, with licence and version."""
    from kg.sources import SOURCE_NAMES, open_source

    rows = [open_source(name).info for name in SOURCE_NAMES]
    if as_json:
        return print_json(
            [{"name": i.name, "title": i.title, "licence": i.licence, "version": i.version} for i in rows]
        )
    columns = ["source", "title", "licence", "version", "run on the real file"]
    print_table(columns, [[i.name, i.title, i.licence, i.version, "yes" if i.tried else "never"] for i in rows])


@app.command(epilog="Example: theragraph fetch hpo")
def fetch(
    name: Annotated[str, typer.Argument(help="The source to download.")],
    out: Annotated[Path | None, typer.Option(help="The folder to keep its files in.")] = None,
) -> None:
    """Download a source's files: resumed where they broke off, checked, the licence shown first."""
    from kg.fetch import fetch_source

    with shown_progress() as progress:
        files = fetch_source(name, out, progress=progress, announce=_announce)
    print_table(["file", "sha256", "check"], [[str(f.path), f.sha256, f.check] for f in files])


def _announce(info: SourceInfo) -> None:
    say(f"{info.title} ({info.url}), licence: {info.licence}")


neo4j = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="A real Neo4j Community server without Docker.")
app.add_typer(neo4j, name="neo4j")
ROOT = Path(".neo4j")


@neo4j.command("install", epilog="Example: theragraph neo4j install 5.26.30")
def neo4j_install(
    version: Annotated[str, typer.Argument(help="5.26.30 or 2026.08.1.")],
    root: Annotated[Path, typer.Option(help="Where to keep it.")] = ROOT,
) -> None:
    """Bring the server's jars with Maven and compare them with the pinned checksums."""
    from kg.neo4j_server import choose_version, install

    typer.echo(f"Neo4j {version} is in {install(choose_version(version), root)}.")


@neo4j.command("run", epilog="Example: theragraph neo4j run 5.26.30")
def neo4j_run(
    version: Annotated[str, typer.Argument(help="5.26.30 or 2026.08.1.")],
    root: Annotated[Path, typer.Option(help="Where `install` kept it.")] = ROOT,
) -> None:
    """Run the server on a free port of this machine until return is pressed; prints what --graph takes."""
    from kg.neo4j_server import Neo4jServer, choose_version, install

    chosen = choose_version(version)
    with Neo4jServer(chosen, install(chosen, root).absolute(), (root / version / "home").absolute()) as server:
        typer.echo(f"--graph {server.selector}")
        typer.prompt("Press return to stop it", default="", show_default=False)
