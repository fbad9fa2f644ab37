"""A small JSON Schema validator: the keywords the API's description uses, and an error for any other."""

import re
from collections.abc import Mapping
from typing import Any, cast

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_KNOWN = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "oneOf", "$ref", "pattern"),
    *("minimum", "maximum", "default", "format", "description"),
}


def faults(schema: Mapping[str, Any], value: Any, components: Mapping[str, Any], where: str = "$") -> list[str]:
    """What of `value` does not follow the schema, in words."""
    unknown = set(schema) - _KNOWN
    if unknown:
        return [f"{where}: keywords this validator does not know: {sorted(unknown)}"]
    if "$ref" in schema:
        return faults(components[schema["$ref"].rpartition("/")[2]], value, components, where)
    if "oneOf" in schema:
        fitting = [each for each in schema["oneOf"] if not faults(each, value, components, where)]
        return [] if len(fitting) == 1 else [f"{where}: {len(fitting)} of oneOf fit"]
    if "type" in schema and not _is_type(schema["type"], value):
        return [f"{where}: {type(value).__name__} is not {schema['type']}"]
    found: list[str] = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is not in the enum")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where}: {value!r} does not match")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{where}: {value} is out of range")
    if isinstance(value, dict):
        found += _object_faults(schema, cast(dict[str, Any], value), components, where)
    if isinstance(value, list) and "items" in schema:
        for place, each in enumerate(cast(list[Any], value)):
            found += faults(schema["items"], each, components, f"{where}[{place}]")
    return found


def _is_type(expected: str | list[str], value: Any) -> bool:
    names = [expected] if isinstance(expected, str) else expected
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _object_faults(
    schema: Mapping[str, Any], value: dict[str, Any], components: Mapping[str, Any], where: str
) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, each in value.items():
        rule = properties.get(name, schema.get("additionalProperties", True))
        if rule is False:
            found.append(f"{where}: {name} is not described")
        elif rule is not True:
            found += faults(rule, each, components, f"{where}.{name}")
    return found
