"""The sources that a graph is built from, one file each, imported when they are opened."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from kg.errors import UnknownNameError
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo

__all__ = ["SOURCE_NAMES", "RemoteFile", "Skip", "Source", "SourceInfo", "open_source"]

_CLASSES: Final = {
    "starter": "kg.sources.starter:StarterSource",
    "hpo": "kg.sources.hpo:HpoSource",
    "do": "kg.sources.do:DoSource",
    "symp": "kg.sources.symp:SympSource",
    "obo": "kg.sources.obo:OboSource",
    "hetionet": "kg.sources.hetionet:HetionetSource",
    "sider": "kg.sources.sider:SiderSource",
    "atc": "kg.sources.atc:AtcSource",
    "drugmechdb": "kg.sources.drugmechdb:DrugMechDbSource",
    "kgx": "kg.sources.kgx:KgxSource",
    "csv": "kg.sources.csv_triples:CsvSource",
    "primekg": "kg.sources.primekg:PrimeKgSource",
    "drkg": "kg.sources.drkg:DrkgSource",
    "ndc": "kg.sources.ndc:NdcSource",
    "rxnorm": "kg.sources.rxnorm:RxNormSource",
    "drugcentral": "kg.sources.drugcentral:DrugCentralSource",
    "cpic": "kg.sources.cpic:CpicSource",
}
SOURCE_NAMES: Final = tuple(sorted(_CLASSES))


def open_source(name: str) -> Source:
    """Return the source of that name; UnknownNameError when there is none."""
    if name not in _CLASSES:
        raise UnknownNameError("source", name, SOURCE_NAMES)
    module, _, attribute = _CLASSES[name].partition(":")
    return cast(Source, getattr(import_module(module), attribute)())
