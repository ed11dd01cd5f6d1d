"""The service: REST, CDS Hooks and the page, over one graph and one recommender."""
