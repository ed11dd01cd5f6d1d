"""Which queries could write."""

from __future__ import annotations

import pytest

from kg.errors import WriteRefusedError
from kg.read_only import check_read_only

READING = [
    "MATCH (n:Entity {name: 'CREATE me'}) RETURN n",
    'MATCH (n) WHERE n.name = "DELETE" RETURN n',
    "MATCH (n:Set)-[r:CREATED]->() RETURN n.set, r.delete",
    "MATCH (n) RETURN n // MERGE",
    "MATCH (n) /* DROP */ RETURN n",
    "MATCH (n:`CREATE`) RETURN n",
    "CALL db.labels()",
    "CALL { MATCH (n) RETURN n } RETURN n",
    "UNWIND $set AS x RETURN x",
    "WITH {set: 1} AS m RETURN m.set",
    "SHOW CONSTRAINTS",
]
WRITING = [
    "CREATE (n)",
    "match (n) detach delete n",
    "MATCH (n) SET n.x = 1",
    "MATCH (n) REMOVE n.x",
    "MERGE (n:X)",
    "DROP INDEX x",
    "FOREACH (x IN [1] | CREATE (:N))",
    "LOAD  CSV FROM 'file:///etc/passwd' AS row RETURN row",
    "CALL apoc.cypher.doIt('CREATE (n)', {})",
    "CALL dbms.security.createUser('a', 'b')",
    "MATCH (n) RETURN n /* a comment */ DELETE n",
    "ALTER USER x SET PASSWORD 'y'",
]


@pytest.mark.parametrize("text", READING)
def test_reading_passes(text: str) -> None:
    check_read_only(text)


@pytest.mark.parametrize("text", WRITING)
def test_writing_is_refused(text: str) -> None:
    with pytest.raises(WriteRefusedError, match="--write"):
        check_read_only(text)
