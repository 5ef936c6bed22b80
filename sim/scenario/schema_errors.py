"""What the schema expects at a place of a scenario, and its errors in plain English."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sim.scenario.errors import IssueAtPath, Path, did_you_mean, dotted, quote_value
from sim.scenario.quantity import Amount, Bias, Fixed, Quantity, Share
from sim.scenario.schema import Scenario

#: A number that passes every bound, for the place of one that was complained about.
STAND_IN = {"value": 0.5, "basis": "judgement"}


def options(annotation: Any) -> tuple[Any, ...]:
    """Return the types that an annotation allows, without None and without remarks."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return tuple(option for part in get_args(annotation) for option in options(part))
    return () if annotation is type(None) else (annotation,)


def core(annotation: Any) -> Any:
    """Return the one type of an annotation, or the first where several are allowed."""
    return next(iter(options(annotation)), Any)


def is_model(annotation: Any) -> bool:
    """Tell whether a mapping with fixed keys belongs here."""
    wanted = core(annotation)
    return isinstance(wanted, type) and issubclass(wanted, BaseModel)


def is_quantity(annotation: Any) -> bool:
    """Tell whether a quantity belongs here."""
    wanted = core(annotation)
    return isinstance(wanted, type) and issubclass(wanted, Quantity)


def inner(annotation: Any, segment: str | int) -> Any:
    """Return what belongs under a key or position of what belongs here; None if nothing does."""
    wanted = core(annotation)
    if is_model(wanted):
        field = wanted.model_fields.get(segment)
        return None if field is None else field.annotation
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is dict:
        return arguments[1] if segment != "[key]" else None
    if origin is list and isinstance(segment, int):
        return arguments[0]
    if origin is tuple and isinstance(segment, int) and segment < len(arguments):
        return arguments[segment]
    return None


def annotation_at(path: Path, top: Any = Scenario) -> Any:
    """Return what belongs at a place; None if the schema knows no such place."""
    annotation = top
    for segment in path:
        annotation = inner(annotation, segment)
        if annotation is None:
            return None
    return annotation


def existing_part(path: Path, top: Any = Scenario) -> Path:
    """Return the longest beginning of a place that the schema knows."""
    while path and annotation_at(path, top) is None:
        path = path[:-1]
    return path


def known_keys(path: Path, top: Any = Scenario) -> list[str]:
    """Return the keys that the schema knows at a place."""
    annotation = annotation_at(path, top)
    return list(core(annotation).model_fields) if is_model(annotation) else []


def removed_keys(path: Path, top: Any = Scenario) -> Mapping[str, str]:
    """Return the keys that earlier versions knew at a place, with what to write instead."""
    wanted = core(annotation_at(path, top))
    removed: Mapping[str, str] = getattr(wanted, "removed", {}) if is_model(wanted) else {}
    return removed


def added_keys(path: Path, top: Any = Scenario) -> Mapping[str, str]:
    """Return the keys that earlier versions did not need at a place, with what to write."""
    wanted = core(annotation_at(path, top))
    added: Mapping[str, str] = getattr(wanted, "added", {}) if is_model(wanted) else {}
    return added


def in_words(annotation: Any) -> str:
    """Return what belongs here, in words for someone who writes a scenario."""
    return " or ".join(dict.fromkeys(_in_words(option) for option in options(annotation)))


def _in_words(wanted: Any) -> str:
    if is_quantity(wanted):
        return f"a quantity{_span(wanted)} such as " + "{value: 0.5, basis: judgement}"
    if is_model(wanted):
        required = [name for name, field in wanted.model_fields.items() if field.is_required()]
        return "a mapping" + (f" with {', '.join(required)}" if required else "")
    if get_origin(wanted) is Literal:
        return "one of " + ", ".join(map(str, get_args(wanted)))
    if get_origin(wanted) is tuple:
        return f"a list of {len(get_args(wanted))} numbers"
    plain = {
        str: "text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        date: "a date such as 2024-01-28",
        dict: "a mapping",
        list: "a list",
    }
    return plain.get(get_origin(wanted) or wanted, "something else")


def _span(wanted: type[Quantity]) -> str:
    """Return the bounds of a kind of quantity, in words."""
    spans = {Share: " between 0 and 1", Bias: " between -1 and 1", Amount: " of at least 0"}
    return " that is one certain number" if wanted is Fixed else spans.get(wanted, "")


def placeholder_value(annotation: Any) -> Any:
    """Return the plainest thing that may stand here, so that the rest can still be looked at."""
    wanted = core(annotation)
    if is_quantity(wanted):
        return dict(STAND_IN)
    if is_model(wanted):
        return {
            name: placeholder_value(field.annotation)
            for name, field in wanted.model_fields.items()
            if field.is_required()
        }
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return arguments[0]
    if origin is dict:
        return (
            {name: placeholder_value(arguments[1]) for name in ("x", "y")}
            if is_model(arguments[1])
            else {}
        )
    if origin is list:
        return [placeholder_value(arguments[0])]
    plain = {str: "x", bool: False, int: 1, float: 0.5, date: "2000-01-01"}
    return plain.get(wanted)


# --- Pydantic's errors in plain English


def place_of(details: ErrorDetails, top: Any) -> Path:
    """Return the place that an error is about."""
    path: Path = tuple(details["loc"])
    if is_about_a_name(details):
        return path[:-1]
    return path if details["type"] == "extra_forbidden" else existing_part(path, top)


def is_about_a_name(details: ErrorDetails) -> bool:
    """Tell whether the error is in a key of the scenario's own, not in its value."""
    return details["loc"][-1:] == ("[key]",)


def issue_from_pydantic(details: ErrorDetails, top: Any) -> IssueAtPath:
    """Return an error of the schema as people say it."""
    kind, path = details["type"], place_of(details, top)
    key = dotted(path)
    if kind == "extra_forbidden":
        place = dotted(path[:-1]) or ("the scenario" if top is Scenario else "the file")
        found = f"unknown key '{path[-1]}' in {place}"
        successor = removed_keys(path[:-1], top).get(str(path[-1]))
        if successor is not None:
            return IssueAtPath(path, found, "earlier versions had it", successor)
        return IssueAtPath(path, found, hint=did_you_mean(path[-1], known_keys(path[:-1], top)))
    annotation = annotation_at(path, top)
    wanted = f"{in_words(annotation)} belongs here"
    if kind == "missing":
        advice = added_keys(path[:-1], top).get(str(path[-1]), "")
        return IssueAtPath(path, f"{key} is missing", wanted, advice)
    if is_about_a_name(details):
        return _bad_name(path, top)
    if kind == "value_error":
        return _said_by_us(path, str(details["ctx"]["error"]))
    found = f"{key} is {quote_value(details['input'])}"
    if kind in ("too_short", "too_long"):
        context = details["ctx"]
        least = context.get("min_length", context.get("max_length"))
        return IssueAtPath(
            path, f"{key} has {context['actual_length']} entries", f"it needs {least}"
        )
    if kind == "literal_error":
        known = list(map(str, get_args(core(annotation))))
        hint = did_you_mean(details["input"], known)
        return IssueAtPath(path, found, hint=hint)
    if kind == "string_pattern_mismatch":
        return IssueAtPath(path, found, "it has lower-case letters, digits and - only")
    bounds = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    for sign, words in bounds.items():
        if sign in details.get("ctx", {}):
            return IssueAtPath(path, found, f"it is {words} {details['ctx'][sign]:g}")
    return IssueAtPath(path, found, wanted)


def _bad_name(path: Path, top: Any) -> IssueAtPath:
    """Return a key that cannot be one: not among the few that can, or not a name."""
    found = f"'{path[-1]}' in {dotted(path[:-1])} is no"
    names = core(get_args(core(annotation_at(path[:-1], top)))[0])
    if get_origin(names) is Literal:
        known = map(str, get_args(names))
        return IssueAtPath(path, f"{found} key there", hint=did_you_mean(path[-1], known))
    if names is float:
        return IssueAtPath(path, f"{found} number", "each entry is a number and its weight")
    return IssueAtPath(path, f"{found} usable name", "a name has letters, digits, spaces, - and _")


def _said_by_us(path: Path, message: str) -> IssueAtPath:
    """Return a complaint of one of our own validators: what is found and, after `; `, what is
    wanted.
    """
    found, _, wanted = message.partition("; ")
    return IssueAtPath(path, f"{dotted(path)} {found}", wanted)
