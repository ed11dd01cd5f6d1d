"""Vocabulary and pinned data: Biolink words, CURIE prefixes, SHACL shapes and the starter knowledge."""
