"""The verbs that read texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_output import Json, exit_if_skipped, open_store, print_json, print_table, say, shown_progress

if TYPE_CHECKING:
    from extraction.document import Skipped

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Read literature and clinical text.")


Files = Annotated[list[Path], typer.Argument(help="Files or folders.")]
Model = Annotated[str, typer.Option(help="fast, accurate, dictionary, or an installed spaCy model's name.")]
TextFormat = Annotated[
    str,
    typer.Option(
        "--format", help="text, jsonl, pubtator, bioc, medline, jats, csv, fhir or pdf; found out when absent."
    ),
]
Kind = Annotated[
    str, typer.Option(help="note, abstract or article; the format says it when absent. Notes are de-identified.")
]
Workers = Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core when there are many documents.")]


@app.command("annotate", epilog="Example: theragraph extract annotate examples/documents/notes")
def extract_annotate(
    files: Files,
    form: TextFormat = "",
    kind: Kind = "",
    model: Model = "fast",
    ids: Annotated[str | None, typer.Option(help="The prefix of the CURIEs; PubTator files default to MESH.")] = None,
    gold_mentions: Annotated[bool, typer.Option(help="Keep the file's mentions; only link and relate them.")] = False,
    workers: Workers = 0,
) -> None:
    """Print what is read, one JSON document a line; the graph is not touched."""
    from extraction.document import Annotated as Read
    from extraction.jobs import annotate_files
    from extraction.jsonl import to_json_line

    skipped = []
    with shown_progress(beside_output=True) as progress:
        for item in annotate_files(
            files,
            form=form,
            kind=kind,
            model=model,
            ids=ids,
            gold_mentions=gold_mentions,
            workers=workers,
            progress=progress,
        ):
            if isinstance(item, Read):
                typer.echo(to_json_line(item))
            else:
                skipped.append(item)
    _end_with(skipped)


@app.command("read", epilog="Example: theragraph extract read examples/documents")
def extract_read(
    ctx: typer.Context,
    files: Files,
    form: TextFormat = "",
    kind: Kind = "",
    model: Model = "fast",
    resume: Annotated[bool, typer.Option(help="Pass over documents that stand in the graph unchanged.")] = True,
    workers: Workers = 0,
    as_json: Json = False,
) -> None:
    """Read documents into the graph; reading one again changes nothing."""
    from extraction.jobs import read_into_graph

    with open_store(ctx) as store, shown_progress() as progress:
        report = read_into_graph(
            store, files, form=form, kind=kind, model=model, resume=resume, workers=workers, progress=progress
        )
    if as_json:
        print_json(report.to_json())
    else:
        print_table(["documents", "number"], [[k, v] for k, v in report.to_json().items() if isinstance(v, int)])
    _end_with(report.skipped)


def _end_with(skipped: Sequence[Skipped]) -> None:
    for item in skipped:
        say(f"{item.path}, {item.position}: not read: {item.reason}")
    exit_if_skipped(len(skipped))


@app.command("evaluate", epilog="Example: theragraph extract evaluate --gold corpus.PubTator.txt --json")
def extract_evaluate(
    gold: Annotated[Path, typer.Option(help="An annotated PubTator, BioC or IOB file.")],
    model: Model = "accurate",
    form: TextFormat = "",
    ids: Annotated[str, typer.Option(help="The prefix of the file's identifiers.")] = "MESH",
    as_json: Json = False,
) -> None:
    """Score a model on annotated text: spans, linking, relations, words a second."""
    from extraction.evaluate import EvaluationConfig, evaluate

    with shown_progress() as progress:
        measured = evaluate(gold, EvaluationConfig(model=model, format=form, ids=ids), progress)
    if as_json:
        return print_json(measured)
    entities = [[kind, *measured["entities"][kind].values()] for kind in ("strict", "partial")]
    print_table(["entities", *measured["entities"]["strict"]], entities)
    print_table(["linking", "value"], list(measured["linking"].items()))
    print_table(["relations", "value"], list(measured["relations"].items()))


@app.command("train", epilog="Example: theragraph extract train fast --corpus corpus.PubTator.txt --out models/fast")
def extract_train(
    model: Annotated[str, typer.Argument(help="accurate, fast, linker or relations.")],
    corpus: Annotated[list[Path], typer.Option(help="An annotated PubTator, BioC or IOB file; may be given again.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    exclude: Annotated[Path | None, typer.Option(help="A file of document ids to leave out, one a line.")] = None,
    start: Annotated[
        list[Path] | None, typer.Option(help="A tagger's folder whose training goes on; of several the mean.")
    ] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="A tagger whose probabilities are learnt too; of several their mean.")
    ] = None,
    text: Annotated[list[Path] | None, typer.Option(help="Texts without annotation, for the teacher to label.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda; taggers train on a GPU when there is one.")] = "auto",
    seed: Annotated[int, typer.Option(help="A tagger's random numbers; several seeds make several teachers.")] = 1,
    epochs: Annotated[int | None, typer.Option(help="Passes over the texts; default is what the model takes.")] = None,
    rate: Annotated[
        float | None, typer.Option(help="A tagger's learning rate; going on takes less than the default 1.5e-4.")
    ] = None,
    encoder: Annotated[
        Path | None, typer.Option(help="The BERT that accurate starts from: safetensors or ONNX; default is MiniLM.")
    ] = None,
) -> None:
    """Train a model of this room on annotated texts, as the shipped one was trained."""
    from extraction.train_models import TrainingRequest, train_model

    left_out = frozenset(exclude.read_text("utf-8").split()) if exclude is not None else frozenset[str]()
    with shown_progress() as progress:
        request = TrainingRequest(
            corpora=tuple(corpus),
            out=out,
            exclude=left_out,
            start=tuple(start or ()),
            teachers=tuple(teacher or ()),
            texts=tuple(text or ()),
            device=device,
            seed=seed,
            epochs=epochs,
            rate=rate,
            encoder=encoder,
        )
        folder = train_model(model, request, progress)
    typer.echo(f"{model} is written to {folder}.")


@app.command("review", epilog="Example: theragraph extract review examples/documents --out review.html")
def extract_review(
    files: Files,
    out: Annotated[Path, typer.Option(help="The page to write.")],
    form: TextFormat = "",
    model: Model = "fast",
) -> None:
    """Write a self-contained page that shows what is read, so that a person can look."""
    from extraction.jobs import annotate_files
    from extraction.review import write_review

    num = write_review(annotate_files(files, form=form, model=model), out)
    typer.echo(f"{num} documents are shown in {out}.")
