"""The verbs of the ranking policy and of clinicians' feedback."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_output import Json, print_json, print_table

if TYPE_CHECKING:
    from recommender.recommend import Recommender

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Learn to rank from logged decisions.")
feedback = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What clinicians said of plans.")

Policy = Annotated[Path, typer.Option("--policy", help="A policy's folder.")]
Episodes = Annotated[Path, typer.Option(help="Episodes as Parquet or JSON Lines.")]
Registry = Annotated[Path, typer.Option(help="The folder that says which policy serves.")]
REGISTRY = Path(".theragraph/policies")
FEEDBACK = Path(".theragraph/feedback.jsonl")


def with_registered_policy(recommender: Recommender, state_dir: Path | None = None) -> Recommender:
    """The recommender with the registered policy behind its plans; a service's `state_dir` lies where shown slates are
    kept, and holds the key of the patients' pseudonyms."""
    if not REGISTRY.is_dir():  # the learners' libraries take seconds to import
        return recommender
    from recommender.policy.serving import with_policy
    from recommender.service.records import open_slates

    return with_policy(recommender, REGISTRY, slates=open_slates(state_dir) if state_dir else None)


@app.command(
    "build-episodes", epilog="Example: theragraph policy build-episodes mimic3 --from DIR --out episodes.parquet"
)
def build_episodes(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="mimic3, eicu, feedback or simulated.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    folder: Annotated[
        Path | None, typer.Option("--from", help="The data set's folder; of feedback its log; of simulated patients.")
    ] = None,
    num_patients: Annotated[int, typer.Option(help="How many patients are simulated without --from.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="The seed of everything random.")] = 0,
) -> None:
    """Make episodes of a demo data set, a feedback log or simulated care; only feedback may come from real care."""
    from kg.errors import InputError
    from recommender.policy.build_episodes import build_episodes as build
    from recommender.policy.build_episodes import build_from_feedback

    if source == "simulated":
        return _simulate(ctx, out, folder, num_patients, seed)
    if folder is None and source == "feedback":
        folder = FEEDBACK
    if folder is None:
        raise InputError(f"The source {source} needs --from; give its folder.")
    built = build_from_feedback(folder, out) if source == "feedback" else build(source, folder, out)
    typer.echo(
        f"{built.num_episodes} episodes with {built.num_steps} steps in {out}; {built.num_skipped} stays left out."
    )


def _simulate(ctx: typer.Context, out: Path, folder: Path | None, num_patients: int, seed: int) -> None:
    """Simulated care of the patients of a folder, or of drawn ones; `out` is written as a feedback log or Parquet."""
    import json

    from cli_output import open_store, shown_progress, write_whole
    from recommender.policy.build_episodes import build_from_feedback
    from recommender.policy.simulate_feedback import draw_patients, simulate_feedback
    from recommender.read_patient import find_patient_files, read_patient
    from recommender.recommend import Recommender

    with open_store(ctx) as store, shown_progress() as progress:
        recommender = Recommender.open(store).warm()
        drawn = draw_patients(recommender.knowledge, num_patients, seed)
        patients = map(read_patient, find_patient_files(folder)) if folder else drawn
        records = []
        for record in simulate_feedback(recommender, patients, seed):
            records.append(json.dumps(record, sort_keys=True))
            progress("simulated decisions", len(records), None)
    log = out.with_suffix(".jsonl")
    write_whole(log, "".join(f"{r}\n" for r in records))
    typer.echo(f"{len(records)} simulated decisions in {log}.")
    if out != log:
        built = build_from_feedback(log, out)
        typer.echo(f"{built.num_episodes} episodes with {built.num_steps} steps in {out}.")


@app.command("train", epilog="Example: theragraph policy train --episodes episodes.parquet --out policy")
def train(
    episodes: Episodes,
    out: Annotated[Path, typer.Option(help="The policy's folder.")],
    learner: Annotated[str, typer.Option(help="contextual, or sequential where rewards come late.")] = "contextual",
    seed: Annotated[int, typer.Option(help="The seed of everything random.")] = 0,
    as_json: Json = False,
) -> None:
    """Learn a policy from logged episodes."""
    from recommender.policy.train import train_policy

    info = train_policy(episodes, out, seed, learner=learner)
    if as_json:
        return print_json(asdict(info))
    typer.echo(f"Policy {info.version} learnt from {info.num_episodes} episodes stands in {out}.")


@app.command("evaluate", epilog="Example: theragraph policy evaluate --policy policy --episodes later.parquet --json")
def evaluate(
    policy: Policy,
    episodes: Annotated[Path | None, typer.Option(help="A log that the policy did not learn from.")] = None,
    env: Annotated[str, typer.Option(help="An environment to act in, as MODULE:CLASS.")] = "",
    num_episodes: Annotated[int | None, typer.Option(help="How many episodes to act for.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="The seed of everything random.")] = 0,
    as_json: Json = False,
) -> None:
    """Say what a policy is worth, with an interval, or refuse and say why."""
    from kg.errors import InputError
    from recommender.policy.evaluate import DEFAULT_EPISODES, evaluate_policy

    if (episodes is None) == (not env):
        raise InputError("Give exactly one of --episodes and --env.")
    answer = evaluate_policy(policy, episodes or env, num_episodes or DEFAULT_EPISODES, seed=seed)
    if as_json:
        return print_json(answer)
    print_table(["what", "value"], list(answer.items()))


@app.command("promote", epilog="Example: theragraph policy promote --policy policy --episodes later.parquet")
def promote(policy: Policy, episodes: Episodes, registry: Registry = REGISTRY) -> None:
    """Let a policy serve when the lower bound of its value beats the base ranking's; else it stays in shadow."""
    from recommender.policy.registry import promote_policy

    done = promote_policy(policy, registry, episodes)
    typer.echo(f"Policy {done.version} serves." if done.promoted else f"{done.version} stays in shadow: {done.reason}")
    if not done.promoted:
        raise typer.Exit(1)


@app.command("rollback", epilog="Example: theragraph policy rollback")
def rollback(registry: Registry = REGISTRY) -> None:
    """Take the serving policy back: the one before it serves again, or the base ranking alone."""
    from recommender.policy.registry import rollback_policy

    typer.echo(f"Now serves: {rollback_policy(registry).promoted or 'the base ranking'}.")


@app.command(
    "report", epilog="Example: theragraph policy report --policy policy --episodes later.parquet --out page.html"
)
def report(policy: Policy, episodes: Episodes, out: Annotated[Path, typer.Option(help="The page to write.")]) -> None:
    """Write a page with the value of a policy, its overlap with the log, and example moves."""
    from recommender.policy.report import write_report

    write_report(policy, episodes, out)
    typer.echo(f"The report is {out}.")


@feedback.command("add", epilog="Example: theragraph feedback add said.jsonl")
def feedback_add(
    records: Annotated[Path, typer.Argument(help="Feedback as JSON Lines.")],
    log: Annotated[Path, typer.Option(help="The log to add to.")] = FEEDBACK,
) -> None:
    """Check feedback and add what the log does not hold yet, all of it or nothing."""
    from recommender.policy.feedback import add_feedback

    count = add_feedback(records, log)
    typer.echo(f"{count.added} records added, {count.known} were known.")
