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
    num_seeds: Annotated[int | None, typer.Option(help="Train that many seeds, into OUT/seed-N.")] = None,
    control: Annotated[str | None, typer.Option(help="degree-permuted: on a rewired graph, for comparison.")] = None,
    config: Annotated[Path | None, typer.Option(help="A YAML file of all this; options given here win.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint of a stopped run.")] = False,
    as_json: Json = False,
) -> None:
    """Learn which links of a relation the graph implies."""
    from gnn.run import train_run
    from gnn.settings import TrainSettings, read_settings

    given: dict[str, Any] = {"relation": relation, "out": out, "dev": dev, "format": form, "seed": seed}
    given |= {"device": device, "model": model, "num_seeds": num_seeds, "control": control}
    given |= {"triples": tuple(triples) if triples else None}
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


@app.command(epilog="Example: theragraph tune --config run.yaml --trials 30 --timeout 3600")
def tune(
    ctx: typer.Context,
    config: Annotated[Path, typer.Option(help="A training file; what it fixes is not searched.")],
    trials: Annotated[int, typer.Option(help="Trials that the study shall have in the end.")] = 20,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which no further trial begins.")] = None,
    as_json: Json = False,
) -> None:
    """Search a family and its settings by dev MRR; a stopped study goes on."""
    from gnn.settings import read_settings
    from gnn.tune import BEST
    from gnn.tune import tune as search

    settings = read_settings(config)
    with shown_progress() as progress:
        reader = _graph_reader(ctx, settings.relation, progress)
        report = search(settings, reader, num_trials=trials, timeout_s=timeout, progress=progress)
    if as_json:
        return print_json(report.to_json())
    best = report.study.with_name(BEST)
    typer.echo(f"{report.num_trials} trials ({report.num_pruned} pruned), best dev MRR {report.best_mrr:.3f}: {best}.")


@app.command(epilog="Example: theragraph split --triples graph.tsv --relation treats --by head --out splits/head")
def split(
    ctx: typer.Context,
    relation: Annotated[str, typer.Option(help="The relation whose pairs are split.")],
    out: Annotated[Path, typer.Option(help="Where train.tsv, dev.tsv, test.tsv and split.json go.")],
    triples: Annotated[
        list[Path] | None, typer.Option(help="Files of head, relation, tail; without them the graph is used.")
    ] = None,
    by: Annotated[str, typer.Option(help="random, head (unseen drugs), area (of disease) or time.")] = "random",
    areas: Annotated[Path | None, typer.Option(help="Tails and their areas, for --by area.")] = None,
    form: Annotated[str, typer.Option("--format", help="tsv, or hetionet for Hetionet's own files.")] = "tsv",
    seed: Annotated[int, typer.Option(help="The seed of the split.")] = 0,
    as_json: Json = False,
) -> None:
    """Split a relation's pairs into train, dev and test, and say what leaks."""
    from gnn.read import read_areas, read_dates, read_triples
    from gnn.splits import build_split, keep_split

    with shown_progress() as progress:
        progress("reading", 0, None)
        graph = read_triples(triples, file_format=form) if triples else _graph_reader(ctx, relation, progress)()
    dates = read_dates(triples, relation) if triples and by == "time" else None
    parts = build_split(graph, relation, by, seed=seed, areas=read_areas(areas) if areas else None, dates=dates)
    report = keep_split(graph, relation, parts, by, seed, out).to_json()
    if as_json:
        return print_json(report)
    typer.echo(", ".join(f"{num} {part}" for part, num in report["pairs"].items()) + f" pairs kept in {out}.")
    print_table(
        ["leak", "through", "pairs"], [[leak["kind"], leak["cause"], leak["pairs"]] for leak in report["leaks"]]
    )


@app.command(epilog="Example: theragraph predict --model runs/treats --relation TREATS --out scores.parquet")
def predict(
    ctx: typer.Context,
    model: Folder,
    relation: Annotated[str, typer.Option(help="The relation that was learnt.")],
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    into_graph: Annotated[
        bool, typer.Option("--into-graph", help="Also write each head's ten best new tails into the graph.")
    ] = False,
    min_probability: Annotated[float, typer.Option(help="What goes into the graph is at least as probable.")] = 0.2,
    heads: Annotated[Path | None, typer.Option(help="A file of heads, one a line; all when absent.")] = None,
    tails: Annotated[Path | None, typer.Option(help="A file of tails, one a line; all when absent.")] = None,
    new: Annotated[
        Path | None, typer.Option(help="Entities the model has never seen: their edges, and lines of name or type.")
    ] = None,
) -> None:
    """Score every head with every tail, or what --new describes."""
    from gnn.predict import predict_files

    with shown_progress() as progress:
        num = predict_files(model, relation, out=out, heads=heads, tails=tails, new=new, progress=progress)
    typer.echo(f"{num} pairs scored into {out}.")
    if into_graph:
        from gnn.graph import predict_to_graph

        with open_store(ctx) as store:
            report = predict_to_graph(store, model, min_probability=min_probability)
        typer.echo(
            f"{report.num_predictions} predictions in the graph; "
            f"`theragraph retract --run {report.run}` takes them back."
        )


@app.command(epilog="Example: theragraph evaluate --model runs/treats --test test.tsv --json")
def evaluate(
    model: Folder,
    test: Annotated[Path, typer.Option(help="Pairs to rank.")],
    known: Annotated[list[Path] | None, typer.Option(help="Further true pairs, filtered out of the ranking.")] = None,
    relation: Annotated[str | None, typer.Option(help="The relation, where the model learnt two.")] = None,
    areas: Annotated[Path | None, typer.Option(help="Tails and their areas, to measure each area alone.")] = None,
    contraindicated: Annotated[
        list[str] | None, typer.Option(help="Relations that must not stand first; CONTRAINDICATED_IN when absent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank the tails of test pairs, filtered and with realistic ranks, beside the floors."""
    from gnn.evaluate import evaluate_files
    from gnn.referee import CONTRAINDICATIONS

    relations = contraindicated or CONTRAINDICATIONS
    measured = evaluate_files(
        model, test, known or [], relation=relation, areas=areas, contraindications=relations
    ).to_json()
    if as_json:
        return print_json(measured)
    print_ranking(measured)


def print_ranking(measured: Mapping[str, Any]) -> None:
    """Print the model's ranking beside its members' and the floors'."""
    names = ("mrr", "hits@1", "hits@3", "hits@10")
    rows = [["model", *(measured[name] for name in names)]]
    rows += [[f"member: {name}", *(values[n] for n in names)] for name, values in measured["members"].items()]
    rows += [[f"floor: {floor}", *(values[name] for name in names)] for floor, values in measured["floors"].items()]
    rows += [[f"slice: {slice_} ({v['n']})", *(v[name] for name in names)] for slice_, v in measured["slices"].items()]
    title = f"{measured['side']} side, filtered, {measured['rank_type']} ranks, n = {measured['n']}"
    print_table([title, *names], rows)
    harm = measured["contraindicated_in_top_k"]
    told = "not assessed" if harm is None else ", ".join(f"first {k}: {share:.1%}" for k, share in harm.items())
    typer.echo(f"contraindicated among the first: {told}; AUPRC {measured['auprc']:.3f}, ECE {measured['ece']:.4f}")


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
    if alike := [[told["bridge"], told["head_side"], told["tail_side"]] for told in answer["names"]]:
        print_table(["names alike", "around the head", "around the tail"], alike)


def _path_text(path: Mapping[str, Any]) -> str:
    steps = zip(path["edges"], path["sources"], path["nodes"][1:], strict=True)
    hops = (f" -[{'; '.join((edge, *sources))}]- {node}" for edge, sources, node in steps)
    return str(path["nodes"][0]) + "".join(hops)
