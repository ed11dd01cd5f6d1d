"""The verbs of the ranking policy and of clinicians' feedback."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli_output import Json, print_json, print_table

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Learn to rank from logged decisions.")
feedback = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What clinicians said of plans.")

Policy = Annotated[Path, typer.Option("--policy", help="A policy's folder.")]
Episodes = Annotated[Path, typer.Option(help="Episodes as Parquet or JSON Lines.")]
Registry = Annotated[Path, typer.Option(help="The folder that says which policy serves.")]
REGISTRY = Path(".theragraph/policies")
FEEDBACK = Path(".theragraph/feedback.jsonl")


@app.command(
    "build-episodes", epilog="Example: theragraph policy build-episodes mimic3 --from DIR --out episodes.parquet"
)
def build_episodes(
    source: Annotated[str, typer.Argument(help="mimic3 or eicu.")],
    folder: Annotated[Path, typer.Option("--from", help="The data set's folder.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Make episodes from a demo data set: a check of the pipeline, no claim of benefit."""
    from recommender.policy.build_episodes import build_episodes as build

    built = build(source, folder, out)
    typer.echo(
        f"{built.num_episodes} episodes with {built.num_steps} steps in {out}; {built.num_skipped} stays left out."
    )


@app.command("train", epilog="Example: theragraph policy train --episodes episodes.parquet --out policy")
def train(
    episodes: Episodes,
    out: Annotated[Path, typer.Option(help="The policy's folder.")],
    seed: Annotated[int, typer.Option(help="The seed of everything random.")] = 0,
    as_json: Json = False,
) -> None:
    """Learn a policy from logged episodes."""
    from recommender.policy.train import train_policy

    info = train_policy(episodes, out, seed)
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
