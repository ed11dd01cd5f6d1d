"""The verbs that make treatment plans."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_output import Json, exit_if_skipped, open_store, print_json, shown_progress, write_whole

if TYPE_CHECKING:
    from recommender.difference import Difference, Standings
    from recommender.patient import Patient
    from recommender.plan import Plan
    from recommender.recommend import Recommender
    from recommender.what_if import Change

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: theragraph recommend examples/patients/allergy.json --set egfr=25")
def recommend(
    ctx: typer.Context,
    patient: Annotated[
        Path, typer.Argument(help="A patient's file; with --batch a folder of them, MIMIC-III's or eICU's.")
    ],
    set_: Annotated[list[str] | None, typer.Option("--set", help="What if: a value, as egfr=25.")] = None,
    add: Annotated[list[str] | None, typer.Option(help="What if: one more, as drug:warfarin.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="What if: one source less, as source:NAME.")] = None,
    previous: Annotated[Path | None, typer.Option(help="Follow up on an earlier plan's --json.")] = None,
    genome: Annotated[Path | None, typer.Option(help="The patient's genetic results: a report of PharmCAT.")] = None,
    formulary: Annotated[Path | None, typer.Option(help="Drugs to prefer: a name or CURIE a line.")] = None,
    batch: Annotated[bool, typer.Option("--batch", help="Plan for every patient of a folder.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the plan as one self-contained page, too.")] = None,
    fhir: Annotated[Path | None, typer.Option(help="Write the plan as a FHIR R4 Bundle of proposals, too.")] = None,
    show_query: Annotated[bool, typer.Option("--show-query", help="Show the candidates' Cypher.")] = False,
    as_json: Json = False,
) -> None:
    """Print a treatment plan with its reasons, what was excluded and what was not assessed."""
    from cli_policy import with_registered_policy
    from recommender.patient_text import open_recommender
    from recommender.read_patient import find_patients

    changes = {"set": set_, "add": add, "without": without}
    asked = list(find_patients(patient)) if batch else _read_asked(patient, changes, previous, genome)
    with open_store(ctx) as store:
        with shown_progress() as progress:
            progress("reading what the graph knows", 0, None)
            recommender = with_registered_policy(open_recommender(store).warm())
        if formulary:
            recommender = _prefer(recommender, formulary)
        if isinstance(asked, list):
            return _recommend_batch(recommender, asked)
        answer = _answer(recommender, asked)
    _write_faces(answer.plan, html, fhir)
    _print_plan(answer, show_query, as_json)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the files and options of a call say, read before the graph is: a patient, changes, an earlier plan."""

    patient: Patient
    changes: tuple[Change, ...]
    previous: Standings | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """A plan, the patient that it was made for, and what changed."""

    plan: Plan
    patient: Patient
    difference: Difference | None = None


def _read_asked(
    path: Path, options: Mapping[str, Sequence[str] | None], previous: Path | None, genome: Path | None
) -> _Asked:
    from recommender.difference import read_standings
    from recommender.read_fhir import read_json
    from recommender.read_patient import read_patient
    from recommender.what_if import read_change

    patient = read_patient(path)
    if genome:
        patient = replace(patient, genome=patient.genome + read_patient(genome).genome)
    changes = tuple(read_change(verb, text) for verb, texts in options.items() for text in texts or ())
    return _Asked(patient, changes, read_standings(read_json(previous), previous.name) if previous else None)


def _answer(recommender: Recommender, asked: _Asked) -> _Answer:
    if asked.previous:
        plan, difference = recommender.follow_up(asked.patient, asked.previous)
    elif asked.changes:
        plan, difference = recommender.what_if(asked.patient, asked.changes)
    else:
        return _Answer(recommender.recommend(asked.patient), asked.patient)
    return _Answer(plan, asked.patient, difference)


def _prefer(recommender: Recommender, formulary: Path) -> Recommender:
    from recommender.formulary import read_formulary

    return recommender.prefer(read_formulary(formulary, recommender.codes))


def _write_faces(plan: Plan, html: Path | None, fhir: Path | None) -> None:
    if html:
        from recommender.to_html import to_html

        write_whole(html, to_html(plan))
    if fhir:
        from recommender.to_fhir import to_fhir

        write_whole(fhir, json.dumps(to_fhir(plan), ensure_ascii=False, indent=2))


def _print_plan(answer: _Answer, show_query: bool, as_json: bool) -> None:
    from recommender.candidate_queries import to_queries
    from recommender.to_json import to_json, to_json_difference, to_json_query

    asked = to_queries(answer.plan, answer.patient) if show_query else ()
    if as_json:
        changed = {"difference": to_json_difference(answer.difference)} if answer.difference else {}
        queries = {"queries": [to_json_query(a) for a in asked]} if show_query else {}
        return print_json(to_json(answer.plan) | changed | queries)
    from rich.console import Console

    from recommender.to_text import to_text, to_text_difference, to_text_queries

    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(to_text(answer.plan))
    if answer.difference:
        console.print(to_text_difference(answer.difference))
    if asked:
        console.print(to_text_queries(asked))


def _recommend_batch(recommender: Recommender, patients: Iterable[Path | Patient]) -> None:
    from recommender.recommend import Failure
    from recommender.to_json import to_json

    failures = 0
    for item in recommender.recommend_batch(patients):
        if isinstance(item, Failure):
            failures += 1
            typer.echo(json.dumps({"patient": item.patient, "error": item.error}, ensure_ascii=False))
        else:
            typer.echo(json.dumps(to_json(item[1]), ensure_ascii=False))
    exit_if_skipped(failures)
