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
    from recommender.patient import Patient
    from recommender.policy.registry import Promotion
    from recommender.recommend import Recommender

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
        recommender = _recommend(store, out / "report.html")
        _title(6, "A ranking policy from simulated care")
        _rank(recommender, out / "policy")
    say(f"The report is {out / 'report.html'}; ask the graph with `theragraph cypher`, see `theragraph --help`.")


def _check_examples() -> None:
    from kg.errors import InputError

    if not EXAMPLES.is_dir():
        raise InputError(f"{EXAMPLES} is not there; run the demo from a checkout of the project.")


def _title(number: int, text: str) -> None:
    typer.echo(f"\n{number}/6  {text}")


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


def _recommend(store: GraphStore, page: Path) -> Recommender:
    from rich.console import Console

    from recommender.patient_text import open_recommender
    from recommender.to_html import to_html
    from recommender.to_text import to_text

    with shown_progress() as progress:
        progress("reading what the graph knows", 0, None)
        recommender = open_recommender(store).warm()
    plans = tuple(recommender.recommend(patient) for patient in _read_patients())
    console = Console(width=None if sys.stdout.isatty() else 140)
    for plan in plans:
        console.print(to_text(plan))
    page.write_text(to_html(plans, title="Treatment plans of the demonstration"), encoding="utf-8")
    return recommender


def _read_patients() -> tuple[Patient, ...]:
    from recommender.read_patient import find_patient_files, read_patient

    return tuple(read_patient(path) for path in find_patient_files(EXAMPLES / "patients"))


def _rank(recommender: Recommender, folder: Path) -> None:
    """Learn from simulated care, promote into the demonstration's own registry, and show one line that moved."""
    from recommender.policy.demonstrate import demonstrate_policy

    with shown_progress() as progress:
        found = demonstrate_policy(recommender, _read_patients(), folder, progress)
    typer.echo(f"Policy {found.promotion.version} learnt from {found.num_episodes} simulated episodes; no evidence.")
    typer.echo(_say_promotion(found.promotion))
    if not found.promotion.promoted:
        return
    for move in sorted(found.moves, key=lambda move: not move.is_past_another)[:1]:
        typer.echo(f"{move.patient_id}, {move.condition}: {move.regimen} – {move.because}.")
    if not found.moves:
        typer.echo("It gives no line of these plans points: no gain in them is surer than its doubt.")


def _say_promotion(promotion: Promotion) -> str:
    if promotion.interval is None or not promotion.promoted:
        return f"It stays in shadow: {promotion.reason}."
    low, high = promotion.interval
    return (
        f"Worth {promotion.value:.3f} [{low:.3f}, {high:.3f}] on other simulated care, the base ranking "
        f"{promotion.base_value:.3f}: it serves in the demonstration's own registry."
    )
