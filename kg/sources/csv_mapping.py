"""The mapping file of the `csv` source: which column of a table is what."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kg.errors import FormatError
from kg.sources.files import explain_invalid
from kg.sources.yaml_text import read_yaml
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class End(_Strict):
    """Subject or object: `column` holds the identifier, `prefix` goes before it when it has none.

    `name` is the column of the name; without it the identifier is the name. `category` is one for all rows, or
    `category_column` the column that holds it.
    """

    column: str
    prefix: str = ""
    name: str = ""
    category: Category = Category.NAMED_THING
    category_column: str = ""


class Relation(_Strict):
    """The predicate of all rows (`value`), or the column of it with the words of the table per predicate."""

    value: Predicate | None = None
    column: str = ""
    words: dict[str, Predicate] = {}


class CsvMapping(_Strict):
    """A whole mapping file; paths are relative to its folder."""

    file: str
    source: str = Field(pattern=r"^infores:[a-z0-9][a-z0-9._-]*$")
    licence: str
    release: str = ""
    delimiter: str = Field(default=",", pattern=r'^[^"\r\n]$')
    subject: End
    predicate: Relation
    object: End
    publications: str = ""
    confidence: str = ""
    negated: str = ""
    knowledge_level: KnowledgeLevel = KnowledgeLevel.NOT_PROVIDED
    agent_type: AgentType = AgentType.NOT_PROVIDED
    properties: dict[str, str] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the table must have."""
        ends = [c for e in (self.subject, self.object) for c in (e.column, e.name, e.category_column)]
        named = (*ends, self.predicate.column, self.publications, self.confidence, self.negated, *self.properties)
        return tuple(dict.fromkeys(column for column in named if column))


def read_mapping(path: Path) -> CsvMapping:
    """Read a mapping file; FormatError names the key that is wrong and what is allowed."""
    try:
        mapping = CsvMapping.model_validate(read_yaml(path))
    except ValidationError as error:
        raise FormatError(path, explain_invalid(error), "see docs/sources.md for the keys") from error
    if bool(mapping.predicate.value) == bool(mapping.predicate.column):
        raise FormatError(path, "`predicate` has both or none of `value` and `column`", "give exactly one")
    return mapping
