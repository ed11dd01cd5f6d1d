"""The verbs that learn links and judge what was learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_output import Json, open_store, print_json, print_table, shown_progress

if TYPE_CHECKING:
    from gnn.triples import Triples
    from kg.progress import Progress

app = typer.Typer(rich_markup_mode=None)

Folder = Annotated[Path, typer.Option("--model", help="A model's folder.")]


@app.command(epilog="Example: theragraph train --relation TREATS --out runs/treats")
def train(
    ctx: typer.Context,
    relation: Annotated[str | None, typer.Option(help="The relation to learn.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to put the model's folder.")] = None,
    triples: Annotated[
        list[Path] | None, typer.Option(help="Files of head, relation, tail; without them the graph is used.")
    ] = None,
    dev: Annotated[Path | None, typer.Option(help="Pairs to select and calibrate on.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="tsv, or hetionet for Hetionet's own files.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of everything random.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="ensemble, complex, rotate or rgcn.")] = None,
    config: Annotated[Path | None, typer.Option(help="A YAML file of all this; options given here win.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint of a stopped run.")] = False,
    as_json: Json = False,
) -> None:
    """Learn which links of a relation the graph implies."""
    from gnn.run import train_run
    from gnn.settings import TrainSettings, read_settings

    given: dict[str, Any] = {
        "relation": relation,
        "out": out,
        "dev": dev,
        "format": form,
        "seed": seed,
        "device": device,
    }
    given |= {"model": model, "triples": tuple(triples) if triples else None}
    settings = replace(
        read_settings(config) if config else TrainSettings(), **{k: v for k, v in given.items() if v is not None}
    )
    with shown_progress() as progress:
        report = train_run(settings, _graph_reader(ctx, settings.relation, progress), resume=resume, progress=progress)
    if report is None:
        return
    if as_json:
        return print_json(report.to_json())
    typer.echo(
        f"Run {report.run}: {report.num_pairs} pairs of {report.relation}, "
        f"{report.seconds:.0f} s, kept in {report.out}."
    )
    print_ranking(report.to_json()["test"] or report.to_json()["dev"])


def _graph_reader(ctx: typer.Context, relation: str, progress: Progress) -> Callable[[], Triples]:
    """Return a function that reads the triples out of the graph store, opened only when it is called."""

    def read() -> Triples:
        from gnn.graph import read_task_triples

        with open_store(ctx) as store:
            return read_task_triples(store, relation, progress)

    return read


@app.command(epilog="Example: theragraph predict --model runs/treats --relation TREATS --out scores.parquet")
def predict(
    model: Folder,
    relation: Annotated[str, typer.Option(help="The relation that was learnt.")],
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    heads: Annotated[Path | None, typer.Option(help="A file of heads, one a line; all when absent.")] = None,
    tails: Annotated[Path | None, typer.Option(help="A file of tails, one a line; all when absent.")] = None,
) -> None:
    """Score every head with every tail."""
    from gnn.predict import predict_files

    with shown_progress() as progress:
        num = predict_files(model, relation, out=out, heads=heads, tails=tails, progress=progress)
    typer.echo(f"{num} pairs scored into {out}.")


@app.command(epilog="Example: theragraph evaluate --model runs/treats --test test.tsv --json")
def evaluate(
    model: Folder,
    test: Annotated[Path, typer.Option(help="Pairs to rank.")],
    known: Annotated[list[Path] | None, typer.Option(help="Further true pairs, filtered out of the ranking.")] = None,
    as_json: Json = False,
) -> None:
    """Rank the tails of test pairs, filtered and with realistic ranks, beside the floors."""
    from gnn.evaluate import evaluate_files

    measured = evaluate_files(model, test, known or []).to_json()
    if as_json:
        return print_json(measured)
    print_ranking(measured)


def print_ranking(measured: Mapping[str, Any]) -> None:
    """Print the model's ranking beside the floors'."""
    names = ("mrr", "hits@1", "hits@3", "hits@10")
    rows = [["model", *(measured[name] for name in names)]]
    rows += [[f"floor: {floor}", *(values[name] for name in names)] for floor, values in measured["floors"].items()]
    title = f"{measured['side']} side, filtered, {measured['rank_type']} ranks, n = {measured['n']}"
    print_table([title, *names], rows)


@app.command(epilog="Example: theragraph explain --model runs/treats DRUGBANK:DB00331 TREATS DOID:9352")
def explain(
    model: Folder,
    head: Annotated[str, typer.Argument(help="The head, such as a drug's CURIE.")],
    relation: Annotated[str, typer.Argument(help="The relation that was learnt.")],
    tail: Annotated[str, typer.Argument(help="The tail, such as a disease's CURIE.")],
    as_json: Json = False,
) -> None:
    """Show the paths that speak for one pair, with their share of the score."""
    from gnn.explain import explain_files

    answer = explain_files(model, head, relation, tail)
    if as_json:
        return print_json(answer)
    typer.echo(f"score {answer['score']:.4g}, probability {answer['probability']:.4g}")
    rows = [[f"{path['share']:.1%}", _path_text(path)] for path in answer["paths"]]
    print_table(["share", "path"], rows)


def _path_text(path: Mapping[str, Any]) -> str:
    steps = zip(path["edges"], path["nodes"][1:], strict=True)
    return str(path["nodes"][0]) + "".join(f" -[{edge}]- {node}" for edge, node in steps)
