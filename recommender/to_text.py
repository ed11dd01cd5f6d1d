"""The plan as rich renderables for a terminal; nothing is printed here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from recommender.candidate_queries import AskedQuery
from recommender.difference import Difference
from recommender.paths import Path
from recommender.plan import (
    DISCLAIMER,
    RANKED_LOWER,
    RECOMMENDED,
    Excluded,
    Hypothesis,
    Line,
    Named,
    Plan,
)
from recommender.safety.verdict import Check, Outcome
from recommender.to_json import to_not_assessed, to_path_text

_STYLES: Final = {
    Outcome.BLOCKED: "bold red",
    Outcome.CAUTION: "yellow",
    Outcome.NOT_ASSESSED: "blue",
    Outcome.OK: "green",
}
MAX_EXCLUDED: Final = 8


def to_text(plan: Plan) -> RenderableType:
    """Return the plan as one renderable: what to do, what warns, the options, their reasons, what is not known."""
    parts: list[RenderableType] = [_headline(plan), _known(plan)]
    parts += [Text(f"Note: {note}", style="italic") for note in plan.notes]
    if plan.hypotheses:
        parts.append(_bullets("Diagnoses that the findings suggest", [_hypothesis(h) for h in plan.hypotheses]))
    if plan.alerts:
        parts.append(_alerts(plan))
    if plan.lines:
        parts += _options(plan)
        parts += [_reasons(line, plan) for line in plan.lines if line.role == RECOMMENDED]
    parts += _sections(plan)
    if plan.sources:
        parts.append(Text(f"Sources in the graph: {plan.sources}", style="dim"))
    parts.append(Text(DISCLAIMER, style="dim"))
    return Group(*parts)


def to_text_difference(difference: Difference) -> RenderableType:
    """Return what changed between two plans as a table."""
    table = Table(title="What changes", expand=True, header_style="bold")
    for name in ("Condition", "Regimen", "Place", "Score", "Because"):
        table.add_column(name, overflow="fold")
    for move in difference.moves:
        place = f"{move.place_before or '–'} → {move.place_after or '–'}"
        score = f"{_shown(move.score_before)} → {_shown(move.score_after)}"
        table.add_row(Text(move.condition), Text(move.regimen), place, score, Text("; ".join(move.because)))
    listed = (
        ("Newly excluded", difference.newly_excluded),
        ("No longer excluded", difference.no_longer_excluded),
        ("Asked for by the previous plan and not found since", difference.due),
    )
    return Group(table, *(_bullets(title, list(items)) for title, items in listed if items))


def to_text_queries(asked: Iterable[AskedQuery]) -> RenderableType:
    """Return the queries that find the candidates, each with its parameters, ready to be copied."""
    text = Text("The Cypher that finds the candidates\n", style="bold")
    for query in asked:
        text.append(f"  // {query.purpose}\n", style="not bold dim")
        text.append(f"  {query.query.text}\n", style="not bold")
        text.append(f"  // {json.dumps(query.parameters, ensure_ascii=False)}\n", style="not bold dim")
    text.rstrip()
    return text


def _shown(score: int | None) -> str:
    return "–" if score is None else str(score)


def _headline(plan: Plan) -> Panel:
    """One line a condition: what to give or go on with, or why there is nothing."""
    title = f"Patient {plan.patient_id}, as of {plan.as_of.isoformat()}"
    if plan.abstained:
        return Panel(Text(f"No recommendation: {plan.reason}", style="bold"), title=title)
    body = Text()
    for entry in plan.conditions:
        body.append(f"{entry.condition.name}: ", style="bold")
        actions = plan.actions(entry.condition)
        body.append("; ".join(actions) if actions else entry.reason, style="bold" if actions else "yellow")
        body.append("\n")
    body.rstrip()
    return Panel(body, title=title)


def _known(plan: Plan) -> Text:
    """What the plan rests on; what is missing stands out."""
    text = Text("What this plan knows\n", style="bold")
    for known in plan.known:
        text.append(f"  {known.what}: ", style="not bold dim")
        text.append("; ".join(known.said) + "\n", style="not bold blue" if known.is_missing else "not bold")
    text.rstrip()
    return text


def _options(plan: Plan) -> list[RenderableType]:
    """One table a condition, so that the cautions have room on a narrow terminal."""
    conditions = dict.fromkeys(line.condition for line in plan.lines)
    tables = [_lines(condition, [x for x in plan.lines if x.condition == condition]) for condition in conditions]
    tables[
        -1
    ].caption = "Evidence: L1 guideline, L2 approved, L3 off-label with a trial, L4 text or class, L5 model only"
    return list(tables)


def _lines(condition: Named, lines: list[Line]) -> Table:
    table = Table(title=f"Treatment options: {condition.name}", expand=True, header_style="bold")
    for name in ("Regimen", "Line", "Level", "Score", "Cautions and gaps"):
        table.add_column(name, justify="right" if name == "Score" else "left", overflow="fold")
    for line in lines:
        table.add_row(
            _regimen(line),
            str(line.line_of_therapy or "–"),
            line.level,
            str(line.score),
            _remarks(line),
            style="bold" if line.role == RECOMMENDED else "",
        )
    return table


def _regimen(line: Line) -> Text:
    """The regimen, whether it is taken now, and for whom only it is meant."""
    mark = "▶" if line.role == RECOMMENDED else " "
    text = Text(f"{mark} {line.regimen}{' (taken now)' if line.is_taken else ''}")
    if line.added_to:
        text.append(f"\nonly in addition to {line.added_to}", style="not bold blue")
    if line.condition_of_use:
        text.append(f"\nif: {line.condition_of_use}", style="not bold blue")
    return text


def _remarks(line: Line) -> Text:
    """Cautions in words, the checks that could not be made, and what would put an alternative first."""
    text = Text()
    for verdict in line.verdicts:
        if verdict.outcome is Outcome.CAUTION:
            text.append(f"{verdict.check.label}: {verdict.rule}\n", style=_STYLES[Outcome.CAUTION])
    gaps = dict.fromkeys(v.check.label for v in line.verdicts if v.outcome is Outcome.NOT_ASSESSED)
    if gaps:
        text.append(f"not assessed: {', '.join(gaps)}\n", style=_STYLES[Outcome.NOT_ASSESSED])
    if line.role != RECOMMENDED:
        text.append("\n".join(line.counterfactuals), style="dim")
    text.rstrip()
    return text


def _reasons(line: Line, plan: Plan) -> Panel:
    """Why the recommended line stands where it does."""
    body = Text()
    for reason in line.evidence.reasons:
        body.append(f"• {reason.text} – {reason.citation}\n")
    for path in line.evidence.paths:
        body.append(f"• {to_path_text(path, plan)} – {_sources(path)}\n")
    for sentence in line.evidence.sentences:
        body.append(f"• “{sentence.text}” – {sentence.document_id}, {sentence.assertion}\n")
    if line.evidence.is_model_only:
        body.append("model only\n", style="bold")
    table = "  ".join(f"{c.name.replace('_', ' ')} {c.value:+d}" for c in line.contributions)
    body.append(f"Score {line.score} = {table}\n", style="dim")
    for told in line.counterfactuals:
        body.append(f"It {told}\n", style="dim")
    if line.dose:
        body.append(f"Dose: {line.dose} ({line.dose_source})\n")
    for monitoring in line.monitoring:
        body.append(f"Monitor: {monitoring.measure}, {monitoring.when} ({monitoring.citation.label})\n")
    for rule in line.stop_rules:
        body.append(f"Stop: {rule.text} ({rule.citation.label})\n")
    body.rstrip()
    return Panel(body, title=f"Why {line.regimen} for {line.condition.name}", title_align="left")


def _sections(plan: Plan) -> list[RenderableType]:
    parts: list[RenderableType] = [_excluded(plan.excluded)] if plan.excluded else []
    measures = [(c.condition.name, [m.text for m in c.non_drug_measures]) for c in plan.conditions]
    listed = (
        ("Beside drugs", [f"{name}: {'; '.join(texts)}" for name, texts in measures if texts]),
        ("Not assessed", _gaps(plan)),
        ("Considered and left out", _left_out(plan)),
        ("Not mapped to the graph", [f"{u.kind}: {u.text}" for u in plan.unmapped]),
        ("Elements of the record that could not be read", [f"{i.path}: {i.problem}" for i in plan.issues]),
    )
    return [*parts, *(_bullets(title, items) for title, items in listed if items)]


def _gaps(plan: Plan) -> list[str]:
    """What could not be assessed, one line a check and drugs."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for gap in to_not_assessed(plan):
        grouped.setdefault((Check(gap["check"]).label, ", ".join(gap["drugs"])), []).append(gap["reason"])
    return [f"{check} ({drugs}): {'; '.join(reasons)}" for (check, drugs), reasons in grouped.items()]


def _left_out(plan: Plan) -> list[str]:
    """Treatments that were considered, those that merely ranked lower in one line a condition."""
    lower: dict[str, list[str]] = {}
    items = []
    for entry in plan.left_out:
        drugs = " + ".join(d.name for d in entry.drugs)
        if entry.reason.startswith(RANKED_LOWER):
            lower.setdefault(entry.condition.name, []).append(drugs)
        else:
            items.append(f"{drugs} for {entry.condition.name}: {entry.reason}")
    return [*items, *(f"{name}, {RANKED_LOWER}: {', '.join(drugs)}" for name, drugs in lower.items())]


def _hypothesis(hypothesis: Hypothesis) -> str:
    return f"{hypothesis.disease.name} ({hypothesis.score:g}): {', '.join(hypothesis.phenotypes)}"


def _excluded(excluded: tuple[Excluded, ...]) -> Table:
    """What is excluded, regimens of one condition and reason in one row."""
    table = Table(title="Excluded by the safety gate", expand=True, header_style="bold")
    for name in ("Regimen", "For", "Why", "Source"):
        table.add_column(name, overflow="fold")
    groups: dict[tuple[str, str, tuple[str, ...]], list[Excluded]] = {}
    for entry in excluded:
        verdict = entry.reason
        groups.setdefault((entry.condition.name, verdict.rule, verdict.facts), []).append(entry)
    for entries in list(groups.values())[:MAX_EXCLUDED]:
        verdict = entries[0].reason
        facts = f" [{'; '.join(verdict.facts)}]" if verdict.facts else ""
        why = Text(f"{verdict.check.label}: {verdict.rule}{facts}", style=_STYLES[verdict.outcome])
        told = next((e.counterfactual for e in entries if e.counterfactual), "")
        if told:
            why.append(f"\n{told}", style="not bold italic")
        regimens = "\n".join(" + ".join(d.name for d in e.drugs) for e in entries)
        table.add_row(Text(regimens), Text(entries[0].condition.name), why, Text(verdict.citation.label))
    if len(groups) > MAX_EXCLUDED:
        more = sum(len(entries) for entries in list(groups.values())[MAX_EXCLUDED:])
        table.caption = f"and {more} more; --json lists all"
    return table


def _alerts(plan: Plan) -> Table:
    table = Table(title="Alerts about current medication", expand=True, header_style="bold")
    for name in ("Drug", "Alert", "Source"):
        table.add_column(name, overflow="fold")
    for v in plan.alerts:
        said = Text(f"{v.check.label}: {v.rule}", style=_STYLES[v.outcome])
        if v.advice:
            said.append(f"\n{v.advice}", style="not bold default")
        table.add_row(Text(plan.name(v.drug)), said, Text(v.citation.label))
    return table


def _bullets(title: str, items: list[str]) -> Text:
    text = Text(f"{title}\n", style="bold")
    for item in items:
        text.append(f"  • {item}\n", style="not bold")
    text.rstrip()
    return text


def _sources(path: Path) -> str:
    return ", ".join(dict.fromkeys(source for _, source in path.edges if source))
