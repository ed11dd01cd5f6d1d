"""One patient: records in, a deterministic safety gate, a ranked treatment plan with its reasons out."""
