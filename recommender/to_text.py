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
from recommender.plan import DISCLAIMER, RECOMMENDED, Excluded, Line, Plan
from recommender.safety.verdict import Outcome, Verdict
from recommender.to_json import to_not_assessed, to_path_text

_STYLES: Final = {
    Outcome.BLOCKED: "bold red",
    Outcome.CAUTION: "yellow",
    Outcome.NOT_ASSESSED: "blue",
    Outcome.OK: "green",
}
MAX_EXCLUDED: Final = 8


def to_text(plan: Plan) -> RenderableType:
    """Return the plan as one renderable: headline, lines, reasons, exclusions, alerts, what is not known."""
    parts: list[RenderableType] = [_headline(plan)]
    parts += [Text(f"Note: {note}", style="italic") for note in plan.notes]
    if plan.lines:
        parts.append(_lines(plan))
        parts += [_reasons(line, plan) for line in plan.lines if line.role == RECOMMENDED]
    parts += _sections(plan)
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
    if plan.abstained:
        return Panel(Text(f"No recommendation: {plan.reason}", style="bold"), title=f"Patient {plan.patient_id}")
    chosen = [line for line in plan.lines if line.role == RECOMMENDED]
    said = "\n".join(f"{line.condition.name}: {_drugs(line)}" for line in chosen)
    open_ = [f"{c.condition.name}: {c.reason}" for c in plan.conditions if not c.is_treated]
    body = Text(said or "Alternatives only, none fits with the others.", style="bold")
    for sentence in open_:
        body.append(f"\n{sentence}", style="not bold yellow")
    return Panel(body, title=f"Patient {plan.patient_id}, as of {plan.as_of.isoformat()}")


def _lines(plan: Plan) -> Table:
    table = Table(title="Treatment options", expand=True, header_style="bold")
    for name in ("Condition", "Regimen", "Line", "Evidence", "Score", "Cautions and gaps"):
        table.add_column(name, justify="right" if name == "Score" else "left", overflow="fold")
    for line in plan.lines:
        style = "bold" if line.role == RECOMMENDED else ""
        mark = "▶ " if line.role == RECOMMENDED else "  "
        table.add_row(
            Text(line.condition.name),
            Text(mark + _drugs(line)),
            str(line.line_of_therapy or "–"),
            line.level,
            str(line.score),
            _remarks(line.verdicts),
            style=style,
        )
    return table


def _remarks(verdicts: Iterable[Verdict]) -> Text:
    """Cautions in words, and the checks that could not be made."""
    text = Text()
    listed = list(verdicts)
    for verdict in listed:
        if verdict.outcome is Outcome.CAUTION:
            text.append(f"{verdict.check}: {verdict.rule}\n", style=_STYLES[Outcome.CAUTION])
    gaps = dict.fromkeys(v.check.value for v in listed if v.outcome is Outcome.NOT_ASSESSED)
    if gaps:
        text.append(f"not assessed: {', '.join(gaps)}", style=_STYLES[Outcome.NOT_ASSESSED])
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
        body.append(f"• “{sentence.text}” – {sentence.document_id}\n")
    if line.evidence.is_model_only:
        body.append("model only\n", style="bold")
    table = "  ".join(f"{c.name} {c.value:+d}" for c in line.contributions)
    body.append(f"Score {line.score} = {table}\n", style="dim")
    if line.dose:
        body.append(f"Dose: {line.dose} ({line.dose_source})\n")
    for monitoring in line.monitoring:
        body.append(f"Monitor: {monitoring.measure}, {monitoring.when} ({monitoring.citation.label})\n")
    for rule in line.stop_rules:
        body.append(f"Stop: {rule.text} ({rule.citation.label})\n")
    body.rstrip()
    return Panel(body, title=f"Why {_drugs(line)} for {line.condition.name}", title_align="left")


def _sections(plan: Plan) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if plan.excluded:
        parts.append(_excluded(plan.excluded))
    if plan.alerts:
        parts.append(_alerts(plan))
    measures = [f"{c.condition.name}: {m.text}" for c in plan.conditions for m in c.non_drug_measures]
    gaps = [f"{g['check']}: {g['reason']} ({', '.join(g['drugs'])})" for g in to_not_assessed(plan)]
    listed = (
        ("Beside drugs", measures),
        ("Not assessed", gaps),
        ("Not mapped to the graph", [f"{u.kind}: {u.text}" for u in plan.unmapped]),
        ("Diagnoses that the findings suggest", [f"{h.disease.name} ({h.score:g})" for h in plan.hypotheses]),
        ("Elements of the record that could not be read", [f"{i.path}: {i.problem}" for i in plan.issues]),
    )
    parts += [_bullets(title, items) for title, items in listed if items]
    return parts


def _excluded(excluded: tuple[Excluded, ...]) -> Table:
    table = Table(title="Excluded by the safety gate", expand=True, header_style="bold")
    for name in ("Regimen", "For", "Why", "Source"):
        table.add_column(name, overflow="fold")
    for entry in excluded[:MAX_EXCLUDED]:
        worst = max(entry.verdicts, key=lambda v: v.outcome.rank)
        facts = f" [{'; '.join(worst.facts)}]" if worst.facts else ""
        why = Text(f"{worst.check}: {worst.rule}{facts}", style=_STYLES[worst.outcome])
        if entry.counterfactual:
            why.append(f"\n{entry.counterfactual}", style="not bold italic")
        regimen = " + ".join(d.name for d in entry.drugs)
        table.add_row(Text(regimen), Text(entry.condition.name), why, Text(worst.citation.label))
    if len(excluded) > MAX_EXCLUDED:
        table.caption = f"and {len(excluded) - MAX_EXCLUDED} more; --json lists all"
    return table


def _alerts(plan: Plan) -> Table:
    table = Table(title="Alerts about current medication", expand=True, header_style="bold")
    for name in ("Drug", "Alert", "Source"):
        table.add_column(name, overflow="fold")
    for v in plan.alerts:
        said = Text(f"{v.check}: {v.rule}", style=_STYLES[v.outcome])
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


def _drugs(line: Line) -> str:
    return " + ".join(d.name for d in line.drugs)
