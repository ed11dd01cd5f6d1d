"""The verbs about whole graphs as files: exporting one, and comparing two."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_output import Json, exit_if_skipped, open_store, print_json, print_table, say

if TYPE_CHECKING:
    from kg.diff import GraphDiff
    from recommender.compare import PlanChange
    from recommender.plan import Plan
    from recommender.recommend import Failure

_EDGES_SHOWN = 20
EXAMPLES = Path(__file__).parent / "examples" / "patients"

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph export parquet --out release-1")
def export(
    ctx: typer.Context,
    form: Annotated[str, typer.Argument(help="graphml, kgx, neo4j-csv, ntriples, parquet or turtle.")],
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
) -> None:
    """Write the whole graph in a format that other tools read."""
    from kg.export import export_graph, read_content

    with open_store(ctx) as store:
        report = export_graph(read_content(store), form, out)
    typer.echo(f"{report.num_nodes} nodes and {report.num_edges} edges in {', '.join(map(str, report.files))}.")
    if report.next_step:
        typer.echo(report.next_step)
    for violation in report.violations:
        say(f"{violation.focus}: {violation.message}")
    exit_if_skipped(len(report.violations))


@app.command(epilog="Example: theragraph diff release-1 release-2 --patients examples/patients")
def diff(
    old: Annotated[Path, typer.Argument(help="A folder of `export parquet`.")],
    new: Annotated[Path, typer.Argument(help="A later one.")],
    patients: Annotated[
        Path, typer.Option(help="The folder of patients whose recommendations are compared.")
    ] = EXAMPLES,
    as_json: Json = False,
) -> None:
    """Say which edges two releases differ in, and which recommendations for some patients."""
    from kg.diff import diff_releases
    from recommender.read_patient import find_patient_files

    files = tuple(find_patient_files(patients))
    changes = diff_releases(old, new)
    plans, failures = ((), ()) if changes.is_empty else _compare_plans(old, new, files)
    if as_json:
        recommendations = [_to_json(change) for change in plans]
        print_json(changes.to_json() | {"num_patients": len(files), "recommendations": recommendations})
    else:
        _print_changes(changes)
        _print_plans(plans, len(files))
    for failure in failures:
        say(f"{failure.patient}: {failure.error}")
    exit_if_skipped(len(failures))


def _compare_plans(old: Path, new: Path, files: tuple[Path, ...]) -> tuple[tuple[PlanChange, ...], tuple[Failure, ...]]:
    from recommender.compare import compare_plans

    (before, failures), (after, _) = (_make_plans(folder, files) for folder in (old, new))
    return compare_plans(before, after), failures


def _make_plans(release: Path, files: tuple[Path, ...]) -> tuple[dict[str, Plan], tuple[Failure, ...]]:
    from kg.release import open_release
    from recommender.patient_text import open_recommender
    from recommender.recommend import Failure

    say(f"Plans for {len(files)} patients on {release} …")
    with open_release(release) as store:
        items = list(open_recommender(store).recommend_batch(files))
    plans = dict(item for item in items if not isinstance(item, Failure))
    return plans, tuple(item for item in items if isinstance(item, Failure))


def _to_json(change: PlanChange) -> dict[str, Any]:
    from recommender.to_json import to_json_difference

    return {
        "patient": change.patient,
        "abstained": list(change.abstained),
        **to_json_difference(change.difference),
        "new_alerts": list(change.new_alerts),
        "gone_alerts": list(change.gone_alerts),
    }


def _print_changes(changes: GraphDiff) -> None:
    found = changes.to_json()
    rows = [[kind, key, num] for kind, counts in found["counts"].items() for key, num in counts.items()]
    rows += [[kind, "nodes", len(curies)] for kind, curies in found["nodes"].items() if curies]
    print_table(["change", "source and predicate", "number"], rows)
    if changes.is_empty:
        typer.echo("Both releases say the same.")
    _print_edges(changes)


def _print_edges(changes: GraphDiff) -> None:
    """The edges by which the releases differ, as many of each kind as a person reads."""
    kinds = {
        "added": [(edge, "") for edge in changes.added],
        "removed": [(edge, "") for edge in changes.removed],
        "changed": [(change.new, ", ".join(change.fields)) for change in changes.changed],
    }
    shown = [(kind, *pair) for kind, pairs in kinds.items() for pair in pairs[:_EDGES_SHOWN]]
    if not shown:
        return
    rows = [
        [kind, e.subject, f"{'not ' * e.negated}{e.predicate}", e.object, e.primary_knowledge_source, fields]
        for kind, e, fields in shown
    ]
    print_table(["change", "subject", "predicate", "object", "source", "what changed"], rows)
    if len(shown) < sum(map(len, kinds.values())):
        typer.echo(f"The first {_EDGES_SHOWN} of each; --json lists all.")


def _print_plans(plans: tuple[PlanChange, ...], num_patients: int) -> None:
    from rich.console import Console

    from recommender.to_text import to_text_difference

    console = Console(width=None if sys.stdout.isatty() else 140)
    typer.echo(f"Recommendations changed for {len(plans)} of {num_patients} patients.")
    for change in plans:
        typer.echo(f"\n{change.patient}")
        if change.abstained[0] != change.abstained[1]:
            typer.echo(f"No recommendation any more: {change.reason}" if change.abstained[1] else "No longer abstains.")
        console.print(to_text_difference(change.difference))
        for words, alerts in (("New alert", change.new_alerts), ("Gone alert", change.gone_alerts)):
            for alert in alerts:
                typer.echo(f"{words}: {alert}")
