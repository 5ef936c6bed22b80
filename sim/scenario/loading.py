"""From a YAML file to a `Scenario`, or to everything that is wrong with the file.

Types come from the schema, not from YAML's guesses: `no` is a word where words are expected, `1:30`
is never a number and `1e3` always is one.

A file is read in three steps, and the complaints of all three are collected:

1. `sim.scenario.yaml_tree` turns the text into a tree whose keys know their lines, so that a
   complaint can say where;
2. `Scenario` validates each part by itself;
3. `sim.scenario.checks` looks at whether the parts fit together. Where step 2 found a fault, a
   stand-in takes its place, and what may follow from the fault alone is kept back.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from sim.scenario import checks, schema_errors
from sim.scenario.errors import (
    IssueAtPath,
    Path,
    ScenarioError,
    ValidationIssue,
    did_you_mean,
    dotted,
)
from sim.scenario.plugins import load_plugins, needed_by
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Scenario, Selector
from sim.scenario.yaml_tree import (
    NUMBER,
    SWITCH,
    Node,
    YamlComposer,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    compose_yaml,
    keys_at_top,
    line_of,
)

Model = TypeVar("Model", bound=BaseModel)

#: Where scenarios are kept: inside the installed package, or beside it in the repository.
FOLDERS = (
    FilePath(__file__).parents[1] / "_scenarios",
    FilePath(__file__).parents[2] / "scenarios",
)

#: Inside them, the scenarios that backtests need: found by name, and not offered in the gallery.
BACKTESTS = "backtests"

#: The dictionary of phrases that all scenarios share.
PHRASES = "phrases.yaml"

#: A scenario is a text for people; nothing larger than this is one.
MOST_BYTES = 1_000_000

#: By a key at their top, files that are no scenarios: what they are, and what they are for.
_OTHER_KINDS = {
    "study": ("this is a study", "play it with `parley sweep run {}`"),
    "history": ("this is a history", "`parley scorecard --history {}` holds the model against it"),
    "facts": ("these are facts of a case", "`parley analyze FOLDER --facts {}` asks about them"),
}

#: Words that only say what things are called. They are written in a file and not set from
#: outside, so that results never stand under a name that is not the scenario's own.
_CALLED_AT_TOP = ("scenario", "title", "summary", "content_note", "as_of", "fictional", "limits")
_CALLED_BELOW = ("title", "words", "why", "label", "help", "unit", "source", "basis", "note")

#: Optional keys that change no outcome and no path: they do not count for what a scenario is.
_ONLY_DESCRIBE: Any = {
    "base_rate": {"fitted"},
    "levers": {"__all__": {"role", "expect"}},
}


def scenario_names() -> list[str]:
    """Return the names of the scenarios at hand, those for backtests apart."""
    files = (file for folder in FOLDERS for file in folder.glob("*.yaml"))
    return sorted({file.stem for file in files if file.name != PHRASES})


def backtest_names() -> list[str]:
    """Return the names of the scenarios that only backtests need, sorted."""
    return sorted({file.stem for folder in FOLDERS for file in (folder / BACKTESTS).glob("*.yaml")})


def find_scenario(name_or_path: str | FilePath) -> FilePath:
    """Return the file of a scenario, by its name or its path.

    Raises ScenarioError for a name that no scenario has.
    """
    path = FilePath(name_or_path)
    if path.suffix in (".yaml", ".yml") or len(path.parts) != 1:
        return path
    for folder in (*FOLDERS, *(folder / BACKTESTS for folder in FOLDERS)):
        if (folder / f"{path}.yaml").is_file() and f"{path}.yaml" != PHRASES:
            return folder / f"{path}.yaml"
    hint = did_you_mean(path, scenario_names())
    raise ScenarioError(
        [ValidationIssue(str(name_or_path), 0, "", "no scenario has this name", "", hint)]
    )


def load_scenario(
    name_or_path: str | FilePath,
    changes: Mapping[str, object] | None = None,
    *,
    plugins: str | FilePath | Iterable[str | FilePath] = (),
) -> Scenario:
    """Read a scenario by name or path, with some of its values changed.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a shipped scenario, or the path of a file.
    changes : mapping of str to object, optional
        New values by the paths of old ones: `{"parties.north.optimism": 0.1}`.
    plugins : str, Path, or an iterable of them
        Python files that enter strategies which the scenario names; see `sim/theory/README.md`.

    Returns
    -------
    Scenario
        Frozen and validated.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with its line and the way out.

    Examples
    --------
    >>> from sim import load_scenario
    >>> case = load_scenario("two-rivers", {"parties.delta.optimism": 0.1})
    >>> case.scenario, len(case.levers)
    ('two-rivers', 9)
    """
    load_plugins(plugins)
    path = find_scenario(name_or_path)
    text = read_file(path)
    keys = keys_at_top(text, path.name)
    if "parties" not in keys and (kind := next((k for k in _OTHER_KINDS if k in keys), None)):
        found, way_out = _OTHER_KINDS[kind]
        hint = way_out.format(path)
        raise ScenarioError([ValidationIssue(str(name_or_path), 0, "", found, "", hint)])
    return _read(text, path.name, changes or {})


def read_text(text: str, name: str) -> Scenario:
    """Read a scenario from a text; `name` stands for the file in complaints.

    Raises ScenarioError with everything that is wrong.
    """
    return _read(text, name, {})


def with_changes(scenario: Scenario, changes: Mapping[str, object]) -> Scenario:
    """Return a scenario with some of its values changed, as `load_scenario` does for a file.

    Raises ScenarioError with everything that is wrong.
    """
    text = json.dumps(scenario.model_dump(mode="json", exclude_unset=True), ensure_ascii=False)
    return _read_once(text, scenario.scenario, changes)


def read_as(
    text: str,
    file: str,
    top: type[Model],
    check: Callable[[Model], Iterable[IssueAtPath]],
    changes: Mapping[str, object],
) -> Model:
    """Read another kind of file as scenarios are read: validated as `top`, then checked.

    `changes` maps the path of a value to a new value. Raises ScenarioError with everything that is
    wrong, line by line.
    """
    reading = _Reading(text, file, top)
    if not isinstance(reading.content, dict):
        reading.finish()
    _change(reading, changes)
    found: Model | None = reading.validated(top.model_validate)
    if found is not None:
        for trouble in check(found):
            if not trouble.rests_on(reading.damaged):
                reading.complain(trouble)
    reading.finish()
    assert found is not None, "what does not validate is complained about"
    return found


def line_in(file: FilePath, path: Path) -> int:
    """Return the line of a file on which a place of its scenario stands; 0 where nobody knows."""
    tree, _ = compose_yaml(read_file(file), file.name)
    return line_of(tree, path)


def sha256_of(scenario: Scenario) -> str:
    """Return a fingerprint of what a scenario says, whatever its comments, layout or order of keys.

    The order of parties, issues, levels and other entries by name counts: levels are ordered. Keys
    that only describe are left out, so that a file in which they are filled in stays the same.
    Where strategies come from plugins, what stands in those files counts too.
    """
    fields = scenario.model_dump(mode="json", exclude=_ONLY_DESCRIBE)
    cited = {quantity.source for _, quantity in scenario.places()}
    if scenario.base_rate is not None:
        cited.add(scenario.base_rate.source)
    for name in scenario.sources_of_expectations() - cited:
        fields["sources"].pop(name, None)
    content = json.dumps(fields, ensure_ascii=False)
    content += "".join(sha256 for _, sha256 in scenario.plugins)
    return hashlib.sha256(content.encode()).hexdigest()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, with the strategies that can be named in it."""
    schema = Scenario.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Parley scenario"
    kinds = checks.known_kinds()
    parts = schema["$defs"]
    parts["War"]["properties"]["kind"]["enum"] = list(kinds.war)
    for owner, key, known in (
        (schema, "permanence", kinds.permanence),
        (parts["Party"], "tactic", kinds.tactic),
        (parts["Mediator"], "formulation", kinds.formulation),
    ):
        place = owner["properties"][key]
        place["properties"] = {"kind": {"enum": list(known)}}
    return schema


# --- Reading


def _value(node: Node, annotation: Any) -> Any:
    """Return what is written, as the schema wants it; what the schema does not know stays as it
    is.
    """
    if isinstance(node, YamlMapping):
        return {
            name: _value(entry, _below(annotation, name)) for name, entry in node.entries.items()
        }
    if isinstance(node, YamlSequence):
        return [_value(item, _below(annotation, k)) for k, item in enumerate(node.items)]
    return _scalar(node, annotation)


def _below(annotation: Any, segment: str | int) -> Any:
    return None if annotation is None else schema_errors.inner(annotation, segment)


def _scalar(leaf: YamlScalar, annotation: Any) -> Any:
    wanted = schema_errors.options(annotation) if annotation is not None else ()
    if leaf.is_empty:
        return None
    if not leaf.plain or (wanted and wanted[0] is str and float not in wanted):
        return leaf.text
    if bool in wanted:
        return SWITCH.get(leaf.text.lower(), leaf.text)
    if NUMBER.fullmatch(leaf.text):
        digits = 40 if int in wanted else 15  # so that one that is too large hears its bound
        is_whole = re.fullmatch(f"[-+]?[0-9]{{1,{digits}}}", leaf.text)
        return int(leaf.text) if is_whole else float(leaf.text)
    return leaf.text


class _Reading:
    """One reading of one text: its tree, its content, and the complaints so far."""

    def __init__(self, text: str, file: str, top: Any) -> None:
        self.file = file
        self.top = top
        self.tree, self.of_the_text = compose_yaml(text, file)
        self.complaints = list(self.of_the_text)
        self.damaged: list[Path] = []
        self.content: Any = None
        if isinstance(self.tree, YamlMapping):
            self.content = _value(self.tree, top)
            self._mend_empty(self.tree, ())
        elif self.tree is not None:
            self.complain(
                IssueAtPath((), "the file is no mapping", "it has keys such as `parties:`")
            )

    def complain(self, trouble: IssueAtPath) -> None:
        """Add a complaint, with the line it belongs to."""
        self.complaints.append(trouble.at(self.file, line_of(self.tree, trouble.path)))

    def _mend_empty(self, node: Node, path: Path) -> None:
        """Complain of keys without a value."""
        if isinstance(node, YamlMapping):
            for name, entry in node.entries.items():
                self._mend_empty(entry, (*path, name))
        elif isinstance(node, YamlSequence):
            for position, item in enumerate(node.items):
                self._mend_empty(item, (*path, position))
        elif node.is_empty:
            annotation = schema_errors.annotation_at(path, self.top)
            wanted = (
                "" if annotation is None else f"{schema_errors.in_words(annotation)} belongs here"
            )
            found = f"{dotted(path)} is empty"
            self.complain(IssueAtPath(path, found, wanted, "fill it in or leave the key out"))
            self.damage(path)

    def damage(self, path: Path, is_name: bool = False) -> None:
        """Put a stand-in at a place that was complained about, or take out an impossible key."""
        self.damaged.append(path[:-1] if is_name else path)
        while schema_errors.is_quantity(schema_errors.annotation_at(path[:-1], self.top)):
            path, is_name = path[:-1], False
        annotation = schema_errors.annotation_at(path, self.top)
        if annotation is None or is_name:
            _remove(self.content, path)
        else:
            _put(self.content, path, schema_errors.placeholder_value(annotation))

    def validated(self, validate: Callable[[Any], Any]) -> Any:
        """Return what the content says; with stand-ins for what was complained about, or None."""
        for attempt in range(5):
            try:
                return validate(self.content)
            except ValidationError as error:
                for details in error.errors():
                    trouble = schema_errors.issue_from_pydantic(details, self.top)
                    if attempt == 0 and not trouble.rests_on(self.damaged):
                        self.complain(trouble)
                for details in error.errors():
                    path = schema_errors.place_of(details, self.top)
                    self.damage(path, is_name=schema_errors.is_about_a_name(details))
        return None

    def finish(self) -> None:
        """Raise what there is to complain about, in the order of the file.

        What is wrong with the text itself comes first, as other complaints may follow from it.
        """
        if self.complaints:
            once = dict.fromkeys(self.complaints)
            raise ScenarioError(sorted(once, key=lambda c: (c not in self.of_the_text, c.line)))


def _read(text: str, file: str, changes: Mapping[str, object]) -> Scenario:
    """Read a text, then once more with its changes."""
    scenario = _read_once(text, file, {})
    return _read_once(text, file, changes) if changes else scenario


def _read_once(text: str, file: str, changes: Mapping[str, object]) -> Scenario:
    """Parse, change, validate and cross-check a text."""
    reading = _Reading(text, file, Scenario)
    if not isinstance(reading.content, dict):
        reading.finish()
    _change(reading, changes)
    own = _own_phrases(reading.content)
    shared = {name: phrase for name, phrase in _shared_phrases().items() if name not in own}
    _lend_phrases(reading.content, shared)
    scenario: Scenario | None = reading.validated(Scenario.model_validate)
    if scenario is not None:
        troubles = list(checks.validate(scenario))
        if not changes:
            troubles += checks.unused_keys(scenario)
        elif not any(key.startswith("levers.") for key in changes):
            # The file's levers suit its own numbers; who sets a number may go beyond them.
            troubles = [trouble for trouble in troubles if trouble.path[:1] != ("levers",)]
        if changes and not any(key.startswith("events.") for key in changes):  # nor are events
            troubles = [t for t in troubles if t.path[:1] != ("events",) or t.path[-1] != "by"]
        for trouble in troubles:
            if not trouble.rests_on(reading.damaged):
                reading.complain(_at_home(trouble, scenario, shared))
    reading.finish()
    assert scenario is not None, "what does not validate is complained about"
    stated = checks.stated_phrases(scenario)
    phrases = {name: phrase for name, phrase in scenario.phrases.items() if name in stated}
    scenario = scenario.model_copy(update={"phrases": phrases})
    return scenario.needing(needed_by(scenario))


def _own_phrases(content: dict[str, Any]) -> dict[str, Any]:
    phrases = content.get("phrases", {})
    return phrases if isinstance(phrases, dict) else {}


def _lend_phrases(content: dict[str, Any], shared: dict[str, Any]) -> None:
    """Give a scenario the shared phrases that it uses and does not define itself."""
    phrases = content.get("phrases", {})
    parties = content.get("parties")
    stated: set[str] = set()
    for name in parties if isinstance(parties, dict) else ():
        said = _get(_get(_get(parties, name), "positions"), "states")
        if isinstance(said, list):
            stated.update(phrase for phrase in said if isinstance(phrase, str))
    used = {name: phrase for name, phrase in shared.items() if name in stated}
    if used and isinstance(phrases, dict):
        content["phrases"] = {**phrases, **copy.deepcopy(used)}


def _at_home(trouble: IssueAtPath, scenario: Scenario, shared: dict[str, Any]) -> IssueAtPath:
    """Attach a trouble with a shared phrase: it belongs to whoever states the phrase."""
    if trouble.path[:1] == ("phrases",) and len(trouble.path) > 1 and trouble.path[1] in shared:
        for place, phrase in checks.statements(scenario):
            if phrase == trouble.path[1]:
                hint = trouble.hint or "define the phrase in this scenario's own `phrases`"
                return IssueAtPath(place, trouble.found, trouble.expected, hint)
    return trouble


def _shared_phrases() -> dict[str, Any]:
    """Return the phrases that all scenarios share. Raises ScenarioError where they cannot be
    read.
    """
    path = next((f / PHRASES for f in FOLDERS if (f / PHRASES).is_file()), None)
    if path is None:
        return {}
    reading = _Reading(read_file(path), PHRASES, dict[str, Selector])
    if not isinstance(reading.content, dict):
        reading.finish()
    reading.validated(TypeAdapter(dict[str, Selector]).validate_python)
    reading.finish()
    return dict(reading.content)


def read_file(path: FilePath) -> str:
    """Return the text of a file that people write. Raises ScenarioError where there is none."""
    found = ""
    try:
        if not path.exists():
            found = "there is no such file"
        elif not path.is_file():
            found = "this is no file"
        elif path.stat().st_size > MOST_BYTES:
            found = f"the file is larger than {MOST_BYTES:,} bytes"
        else:
            return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        found = f"the file cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        complaint = ValidationIssue(
            path.name, line, "", "this is not UTF-8", "", "save it as UTF-8"
        )
        raise ScenarioError([complaint]) from None
    raise ScenarioError([ValidationIssue(str(path), 0, "", found)])


# --- Changes


def _change(reading: _Reading, changes: Mapping[str, object]) -> None:
    """Put new values into the content, and complain of places that do not exist."""
    for key, value in changes.items():
        path = _path_of(key, reading.content, reading.top)
        if path is None:
            known = list(_leaves(reading.content, (), reading.top))
            kind = "scenario" if reading.top is Scenario else "file"
            found = f"'{key}' is no value of this {kind}"
            reading.complaints.append(
                ValidationIssue(reading.file, 0, key, found, "", did_you_mean(key, known))
            )
            continue
        annotation = schema_errors.annotation_at(path, reading.top)
        is_label = reading.top is Scenario and _only_labels(path)
        if not schema_errors.is_quantity(annotation) and is_label:
            found = f"{key} only labels results and cannot be set"
            wanted = "levers and numbers can"
            reading.complain(IssueAtPath(path, found, wanted, "write it into a copy of the file"))
            continue
        if not schema_errors.is_quantity(annotation) and (
            schema_errors.is_model(annotation) or get_origin(schema_errors.core(annotation)) is dict
        ):
            leaves = _leaves(reading.content, (), reading.top)
            hint = did_you_mean(key, (leaf for leaf in leaves if leaf.startswith(f"{key}.")))
            reading.complain(
                IssueAtPath(path, f"{key} holds several values", "name one of them", hint)
            )
            continue
        _put(reading.content, path, _new_value(value, annotation, reading.file))


def _only_labels(path: Path) -> bool:
    """Tell whether a place holds words that change no outcome, only what it is called."""
    top, last = path[0], path[-1]
    return top in (*_CALLED_AT_TOP, "sources", "roles") or last in _CALLED_BELOW


def _path_of(key: str, content: Any, top: Any) -> Path | None:
    """Return the place that a key names, if the file has it or may have it."""
    path: Path = ()
    for word in key.split("."):
        segment = int(word) if isinstance(content, list) and word.isdigit() else word
        annotation = schema_errors.annotation_at(path, top)
        here = _get(content, segment)
        if here is None and not (
            schema_errors.is_model(annotation)
            and schema_errors.inner(annotation, segment) is not None
        ):
            return None
        path, content = (*path, segment), here
    return path if schema_errors.annotation_at(path, top) is not None else None


def _new_value(value: object, annotation: Any, file: str) -> Any:
    """Return what a user set, as it would stand in the file."""
    if isinstance(value, str) and schema_errors.core(annotation) is not str:
        tree = YamlComposer(value, file).tree()
        value = value if tree is None else _value(tree, annotation)
    if schema_errors.is_quantity(annotation) and isinstance(value, int | float):
        return value if isinstance(value, bool) else Quantity.as_fixed(value)
    return value


def _leaves(content: Any, path: Path, annotation: Any) -> Iterator[str]:
    """Return the path of every value of a scenario that can be changed."""
    if annotation is None:
        return
    if schema_errors.is_quantity(annotation) or not isinstance(content, dict | list) or not content:
        yield dotted(path)
    elif isinstance(content, dict):
        for name, part in content.items():
            yield from _leaves(part, (*path, name), schema_errors.inner(annotation, name))
    else:
        for position, part in enumerate(content):
            yield from _leaves(part, (*path, position), schema_errors.inner(annotation, position))


def _get(content: Any, segment: str | int) -> Any:
    if isinstance(content, dict):
        return content.get(segment)
    if isinstance(content, list) and isinstance(segment, int) and segment < len(content):
        return content[segment]
    return None


def _put(content: Any, path: Path, value: Any) -> None:
    """Put a value into nested content, where the content reaches that far."""
    for segment in path[:-1]:
        content = _get(content, segment)
    last = path[-1]
    if isinstance(content, dict):
        content[last] = value
        return
    if isinstance(content, list) and isinstance(last, int) and last < len(content):
        content[last] = value


def _remove(content: Any, path: Path) -> None:
    """Take a key out of nested content, if it is there."""
    for segment in path[:-1]:
        content = _get(content, segment)
    if isinstance(content, dict):
        content.pop(path[-1], None)
