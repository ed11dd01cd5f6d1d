"""Documents in, statements out: readers, de-identification, entities, assertion, linking, relations."""
