"""The demonstration: the whole chain on the embedded default, from texts and ontologies to plans."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_learn import print_ranking
from cli_output import open_store, print_table, say, shown_progress

if TYPE_CHECKING:
    from gnn.train import TrainReport
    from kg.store import GraphStore

SOURCES = ("starter", "do", "hpo")
RELATION = "TREATS"
MIN_PROBABILITY = 0.2
EXAMPLES = Path(__file__).parent / "examples"

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph demo")
def demo(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the model and the report go.")] = Path(".theragraph/demo"),
) -> None:
    """Build, read, learn and recommend on the examples; running it again changes nothing in the graph."""
    _check_examples()
    out.mkdir(parents=True, exist_ok=True)
    _title(1, "The graph server")
    with open_store(ctx) as store:
        store.create_constraints()
        typer.echo(f"{store.where} answers.")
        _title(2, "Starter knowledge, Disease Ontology, Human Phenotype Ontology")
        _build(store)
        _title(3, "Example documents")
        _read(store)
        _title(4, f"Learning which {RELATION} links the graph implies")
        _learn(store, out / "model")
        _title(5, "Plans for three synthetic patients")
        _recommend(store, out / "report.html")
    say(f"The report is {out / 'report.html'}; ask the graph with `theragraph cypher`, see `theragraph --help`.")


def _check_examples() -> None:
    from kg.errors import InputError

    if not EXAMPLES.is_dir():
        raise InputError(f"{EXAMPLES} is not there; run the demo from a checkout of the project.")


def _title(number: int, text: str) -> None:
    typer.echo(f"\n{number}/5  {text}")


def _build(store: GraphStore) -> None:
    from cli_graph import print_built
    from kg.build import build_graph

    with store.first_load() as writer, shown_progress() as progress:
        report = build_graph(writer, SOURCES, progress=progress)
    print_built(report)


def _read(store: GraphStore) -> None:
    from extraction.jobs import read_into_graph

    with shown_progress() as progress:
        report = read_into_graph(store, [EXAMPLES / "documents"], progress=progress)
    print_table(["documents", "number"], [[k, v] for k, v in report.to_json().items() if isinstance(v, int)])


def _learn(store: GraphStore, folder: Path) -> None:
    from gnn.graph import predict_to_graph, train_graph

    with shown_progress() as progress:
        report = train_graph(store, RELATION, out=folder, progress=progress)
        for run in _earlier_runs(store, report):
            store.retract(run=run)
        predictions = predict_to_graph(store, folder, min_probability=MIN_PROBABILITY, progress=progress)
    typer.echo(f"Run {report.run}: {report.num_pairs} pairs to learn from, {report.seconds:.0f} s.")
    print_ranking(report.to_json()["test"])
    typer.echo(
        f"{predictions.num_predictions} links of probability {MIN_PROBABILITY} or more are written as predictions."
    )


def _earlier_runs(store: GraphStore, report: TrainReport) -> list[str]:
    from kg.queries import runs

    return [row["run"] for row in store.run(runs(RELATION)) if row["run"] != report.run]


def _recommend(store: GraphStore, page: Path) -> None:
    from rich.console import Console

    from recommender.patient_text import open_recommender
    from recommender.read_patient import find_patient_files, read_patient
    from recommender.to_html import to_html
    from recommender.to_text import to_text

    with shown_progress() as progress:
        progress("reading what the graph knows", 0, None)
        recommender = open_recommender(store).warm()
    plans = tuple(recommender.recommend(read_patient(path)) for path in find_patient_files(EXAMPLES / "patients"))
    console = Console(width=None if sys.stdout.isatty() else 140)
    for plan in plans:
        console.print(to_text(plan))
    page.write_text(to_html(plans, title="Treatment plans of the demonstration"), encoding="utf-8")
