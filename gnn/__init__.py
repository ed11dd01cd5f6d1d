"""Links that the graph implies but does not state: triples, models, filtered ranking, prediction, explanation."""
