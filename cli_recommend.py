"""The verbs that make treatment plans."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_output import Json, exit_if_skipped, open_store, print_json, shown_progress

if TYPE_CHECKING:
    from recommender.plan import Plan
    from recommender.recommend import Recommender
    from recommender.what_if import Difference

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph recommend examples/patients/allergy.json --set egfr=25")
def recommend(
    ctx: typer.Context,
    patient: Annotated[Path, typer.Argument(help="A patient's file; with --batch a folder of them.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="What if: a value, as egfr=25.")] = None,
    add: Annotated[list[str] | None, typer.Option(help="What if: one more, as drug:warfarin.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="What if: one source less, as source:NAME.")] = None,
    batch: Annotated[bool, typer.Option("--batch", help="Plan for every patient of a folder.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the plan as one self-contained page, too.")] = None,
    as_json: Json = False,
) -> None:
    """Print a treatment plan with its reasons, what was excluded and what was not assessed."""
    from recommender.patient_text import open_recommender

    with open_store(ctx) as store:
        with shown_progress() as progress:
            progress("reading what the graph knows", 0, None)
            recommender = open_recommender(store).warm()
        if batch:
            return _recommend_batch(recommender, patient)
        plan, difference = _plan(recommender, patient, {"set": set_, "add": add, "without": without})
    if html:
        from recommender.to_html import to_html

        html.write_text(to_html(plan), encoding="utf-8")
    _print_plan(plan, difference, as_json)


def _plan(
    recommender: Recommender, path: Path, options: Mapping[str, Sequence[str] | None]
) -> tuple[Plan, Difference | None]:
    from recommender.read_patient import read_patient
    from recommender.what_if import read_change

    changes = [read_change(verb, text) for verb, texts in options.items() for text in texts or ()]
    patient = read_patient(path)
    return recommender.what_if(patient, changes) if changes else (recommender.recommend(patient), None)


def _print_plan(plan: Plan, difference: Difference | None, as_json: bool) -> None:
    from rich.console import Console

    from recommender.to_json import to_json, to_json_difference
    from recommender.to_text import to_text, to_text_difference

    if as_json:
        changed = {"difference": to_json_difference(difference)} if difference else {}
        return print_json(to_json(plan) | changed)
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(to_text(plan))
    if difference:
        console.print(to_text_difference(difference))


def _recommend_batch(recommender: Recommender, folder: Path) -> None:
    from recommender.read_patient import find_patient_files
    from recommender.recommend import Failure
    from recommender.to_json import to_json

    failures = 0
    for item in recommender.recommend_batch(find_patient_files(folder)):
        if isinstance(item, Failure):
            failures += 1
            typer.echo(json.dumps({"patient": item.patient, "error": item.error}, ensure_ascii=False))
        else:
            typer.echo(json.dumps(to_json(item[1]), ensure_ascii=False))
    exit_if_skipped(failures)
