"""The graph: model, store, sources, entity resolution, build and exports."""
