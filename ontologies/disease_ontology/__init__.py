"""The Human Disease Ontology's report tables of 2026-08-19 (CC0 1.0); see `ontologies/SOURCES.md`."""
