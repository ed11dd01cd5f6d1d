"""The part of JSON Schema that `plan.schema.json` uses."""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def find_violations(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "$") -> list[str]:
    """Return every place where the value is not what the schema says."""
    if "$ref" in schema:
        return find_violations(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, path)
    found = [v for part in schema.get("allOf", ()) for v in find_violations(value, part, root, path)]
    if "type" in schema and not _is_of(value, schema["type"]):
        return [*found, f"{path} is not {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path} is not one of {schema['enum']}")
    if isinstance(value, dict):
        found += [f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, part in schema.get("properties", {}).items():
            found += find_violations(value[name], part, root, f"{path}.{name}") if name in value else []
    if isinstance(value, list):
        found += [f"{path} is too short"] if len(value) < schema.get("minItems", 0) else []
        for i, item in enumerate(value):
            found += find_violations(item, schema.get("items", {}), root, f"{path}[{i}]")
    return found


def _is_of(value: Any, names: str | list[str]) -> bool:
    allowed = [names] if isinstance(names, str) else names
    if isinstance(value, bool):
        return "boolean" in allowed
    return any(isinstance(value, _TYPES[name]) for name in allowed)
