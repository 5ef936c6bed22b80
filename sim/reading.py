"""From a YAML file to a `Scenario`, or to everything that is wrong with the file.

Types come from the schema, not from YAML's guesses: `no` is a word where words are expected, `1:30`
is never a number and `1e3` always is one. Each key keeps its line, so that a complaint can say
where. Anchors, aliases and tags are refused: what a scenario says, it says in one place.

A file is read in three steps, and the complaints of all three are collected:

1. `_Composer` turns the text into a tree that knows its lines;
2. `Scenario` validates each part by itself;
3. `sim.checks` looks at whether the parts fit together. Where step 2 found a fault, a stand-in
   takes its place, and what may follow from the fault alone is kept back.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_origin

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from sim import checks, expected
from sim.complaints import (
    Complaint,
    Path,
    ScenarioError,
    Trouble,
    did_you_mean,
    dotted,
)
from sim.scenario import Scenario, Selector
from sim.uncertain import Quantity

Model = TypeVar("Model", bound=BaseModel)

#: Where scenarios are kept: inside the installed package, or beside it in the repository.
FOLDERS = (
    FilePath(__file__).parent / "_scenarios",
    FilePath(__file__).parents[1] / "scenarios",
)

#: Inside them, the scenarios that backtests need: found by name, and not offered in the gallery.
BACKTESTS = "backtests"

#: The dictionary of phrases that all scenarios share.
PHRASES = "phrases.yaml"

#: A scenario is a text for people; nothing larger than this is one.
MOST_BYTES = 1_000_000
MOST_DEPTH = 20

#: Words that only say what things are called. They are written in a file and not set from
#: outside, so that results never stand under a name that is not the scenario's own.
_CALLED_AT_TOP = ("scenario", "title", "summary", "content_note", "as_of", "fictional", "limits")
_CALLED_BELOW = ("title", "words", "why", "label", "help", "unit", "source", "basis", "note")

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

#: How a switch may be written.
SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_EMPTY = ("", "~", "null", "Null", "NULL")


def scenario_names() -> list[str]:
    """The names of the scenarios at hand, those for backtests apart."""
    files = (file for folder in FOLDERS for file in folder.glob("*.yaml"))
    return sorted({file.stem for file in files if file.name != PHRASES})


def find_scenario(name_or_path: str | FilePath) -> FilePath:
    """The file of a scenario, by its name or its path.

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
        [Complaint(str(name_or_path), 0, "", "no scenario has this name", "", hint)]
    )


def load_scenario(
    name_or_path: str | FilePath, changes: Mapping[str, object] | None = None
) -> Scenario:
    """Read a scenario by name or path, with some of its values changed.

    `changes` maps the path of a value to a new value: `{"parties.israel.optimism": 0.1}`. Raises
    ScenarioError with everything that is wrong.
    """
    path = find_scenario(name_or_path)
    return _read(text_of(path), path.name, changes or {})


def read_text(text: str, name: str) -> Scenario:
    """Read a scenario from a text; `name` stands for the file in complaints.

    Raises ScenarioError with everything that is wrong.
    """
    return _read(text, name, {})


def changed(scenario: Scenario, changes: Mapping[str, object]) -> Scenario:
    """A scenario with some of its values changed, as `load_scenario` does for a file.

    Raises ScenarioError with everything that is wrong.
    """
    text = json.dumps(scenario.model_dump(mode="json", exclude_unset=True), ensure_ascii=False)
    return _read_once(text, scenario.scenario, changes)


def read_as(
    text: str,
    file: str,
    top: type[Model],
    check: Callable[[Model], Iterable[Trouble]],
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


def check_file(path: str | FilePath) -> list[Complaint]:
    """Everything that is wrong with a scenario file; nothing if it can be used."""
    try:
        load_scenario(path)
    except ScenarioError as error:
        return list(error.complaints)
    return []


def sha256_of(scenario: Scenario) -> str:
    """A fingerprint of what a scenario says, whatever its comments, layout or order of keys.

    The order of parties, issues, levels and other entries by name counts: levels are ordered.
    """
    content = json.dumps(scenario.model_dump(mode="json"), ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, with the strategies that can be named in it."""
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


# --- Editing a text


def values_written(text: str, name: str = "scenario.yaml") -> dict[str, str]:
    """Every single value of a text as it is written, by its path.

    Raises ScenarioError for a text that is not YAML; `name` stands for the file in complaints.
    """
    return {path: leaf.text for path, leaf in _leaves_written(text, name).items()}


def keys_at_top(text: str, name: str) -> frozenset[str]:
    """The keys at the top of the text of a file of this name, which tell what kind of file it is.

    There are none where it is no YAML or no mapping; whoever goes on to read it says so.
    """
    tree, _ = _composed(text, name)
    return frozenset(tree.entries) if isinstance(tree, _Mapping) else frozenset()


def rewritten(text: str, values: Mapping[str, str], name: str = "scenario.yaml") -> str:
    """The text with some values written anew, by their paths; all else stays as it is written.

    What was without quotes stays so if it is a number; other words are put in quotes. Raises
    ScenarioError for a text that is not YAML, and KeyError for a path where no single value stands.
    """
    leaves = _leaves_written(text, name)
    for path in sorted(values, key=lambda path: leaves[path].begin, reverse=True):
        leaf, value = leaves[path], values[path]
        end = leaf.begin + len(text[leaf.begin : leaf.end].rstrip())
        plain = leaf.plain and (_NUMBER.fullmatch(value) or value.lower() in SWITCH)
        new = value if plain else json.dumps(value, ensure_ascii=False)
        text = text[: leaf.begin] + new + text[end:]
    return text


def _leaves_written(text: str, name: str) -> dict[str, _Leaf]:
    composer = _Composer(text, name)
    tree = composer.tree()
    if tree is None:
        raise ScenarioError(composer.complaints)
    return {dotted(path): leaf for path, leaf in _leaves_below(tree, ())}


def _leaves_below(node: _Node, path: Path) -> Iterator[tuple[Path, _Leaf]]:
    if isinstance(node, _Leaf):
        yield path, node
        return
    below = node.entries.items() if isinstance(node, _Mapping) else enumerate(node.items)
    for segment, inner in below:
        yield from _leaves_below(inner, (*path, segment))


# --- The tree of a file


@dataclass(frozen=True)
class _Leaf:
    """A single value as it is written; `plain` unless it is in quotes or a block."""

    line: int
    text: str
    plain: bool = True
    begin: int = 0  # where it stands in the text, in characters
    end: int = 0

    @property
    def is_empty(self) -> bool:
        return self.plain and self.text in _EMPTY


@dataclass(frozen=True)
class _Listing:
    line: int
    items: list[_Node]


@dataclass(frozen=True)
class _Mapping:
    line: int
    entries: dict[str, _Node]
    lines: dict[str, int]  # of the keys


_Node = _Leaf | _Listing | _Mapping


class _TooDeep(Exception):
    """The file nests deeper than any scenario does."""


class _Composer:
    """Turns YAML into a tree that knows its lines, and complains of what a scenario cannot use.

    It works on the parser's events rather than on PyYAML's nodes, so that an alias is never
    followed and depth is limited before anything is built.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.complaints: list[Complaint] = []
        self._text = text
        self._events: Iterator[yaml.Event] = iter(())

    def tree(self) -> _Node | None:
        """The tree, or None where there is none to speak of."""
        odd = yaml.reader.Reader.NON_PRINTABLE.search(self._text)
        if odd:
            line = self._text.count("\n", 0, odd.start()) + 1
            self._complain(line, (), f"character U+{ord(odd.group()):04X} has no place in a text")
            return None
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events = iter(yaml.parse(self._text, Loader=loader))
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            self._not_yaml(error)
        except _TooDeep as error:
            self._complain(int(str(error)), (), f"more than {MOST_DEPTH} levels of nesting")
        return None

    def _document(self) -> _Node | None:
        tree: _Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if tree is not None:
                    line = _line(event)
                    self._complain(line, (), "a second document begins", "one file, one scenario")
                    return None
                tree = self._node(next(self._events), ())
        if tree is None or (isinstance(tree, _Leaf) and tree.is_empty):
            self._complain(1, (), "the file is empty", "a scenario begins with `scenario: NAME`")
            return None
        return tree

    def _node(self, event: yaml.Event, path: Path) -> _Node:
        line = _line(event)
        if len(path) > MOST_DEPTH:
            raise _TooDeep(line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            found = "anchors (&) and aliases (*) are not used in scenarios"
            self._complain(line, path, found, hint="write the value where it belongs")
        if tag := getattr(event, "tag", None):
            found = f"tags such as {tag} are not used in scenarios"
            self._complain(line, path, found, hint="leave it out")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(line, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._listing(line, path)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and not event.style
            begin, end = (mark.index if mark else 0 for mark in (event.start_mark, event.end_mark))
            return _Leaf(line, event.value, plain, begin, end)
        return _Leaf(line, "?")

    def _listing(self, line: int, path: Path) -> _Listing:
        items: list[_Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return _Listing(line, items)

    def _mapping(self, line: int, path: Path) -> _Mapping:
        made = _Mapping(line, {}, {})
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, (*path, "?"))
            name = key.text if isinstance(key, _Leaf) else "?"
            value = self._node(next(self._events), (*path, name))
            if not isinstance(key, _Leaf):
                self._complain(key.line, path, f"a key of {dotted(path) or 'the file'} is no name")
            elif name in made.entries:
                found = f"{dotted((*path, name))} stands here a second time"
                hint = f"it is already on line {made.lines[name]}"
                self._complain(key.line, (*path, name), found, hint=hint)
            else:
                made.entries[name] = value
                made.lines[name] = key.line
        return made

    def _not_yaml(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        hints = {
            "\\t": "indent with spaces, not with tabs",
            "tab": "indent with spaces, not with tabs",
            "mapping values": "put text that contains ': ' in quotes",
            "cannot start any token": "put the text in quotes",
        }
        problem = str(error.problem or error.context or "the file cannot be parsed")
        hint = next((hint for sign, hint in hints.items() if sign in problem), "")
        line = min(mark.line, self._text.rstrip("\n").count("\n")) + 1 if mark else 1
        if "start any token" in problem and _indent_of(self._text, line).count("\t"):
            hint = hints["tab"]
        self._complain(line, (), f"this is not YAML: {problem}", hint=hint)

    def _complain(
        self, line: int, path: Path, found: str, wanted: str = "", hint: str = ""
    ) -> None:
        self.complaints.append(Complaint(self.file, line, dotted(path), found, wanted, hint))


def _line(event: yaml.Event) -> int:
    """The line on which an event begins, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


def _indent_of(text: str, line: int) -> str:
    """The white space before a line."""
    words = text.split("\n")[line - 1]
    return words[: len(words) - len(words.lstrip())]


def _line_of(tree: _Node | None, path: Path) -> int:
    """The line of the key at a place, or of the nearest thing around it."""
    line = tree.line if tree else 0
    for segment in path:
        if isinstance(tree, _Mapping) and segment in tree.entries:
            line, tree = tree.lines[str(segment)], tree.entries[str(segment)]
        elif isinstance(tree, _Listing) and isinstance(segment, int) and segment < len(tree.items):
            tree = tree.items[segment]
            line = tree.line
        else:
            break
    return line


def _value(node: _Node, annotation: Any) -> Any:
    """What is written, as the schema wants it; what the schema does not know stays as it is."""
    if isinstance(node, _Mapping):
        return {
            name: _value(entry, _below(annotation, name)) for name, entry in node.entries.items()
        }
    if isinstance(node, _Listing):
        return [_value(item, _below(annotation, k)) for k, item in enumerate(node.items)]
    return _scalar(node, annotation)


def _below(annotation: Any, segment: str | int) -> Any:
    return None if annotation is None else expected.inner(annotation, segment)


def _scalar(leaf: _Leaf, annotation: Any) -> Any:
    wanted = expected.options(annotation) if annotation is not None else ()
    if leaf.is_empty:
        return None
    if not leaf.plain or (wanted and wanted[0] is str and float not in wanted):
        return leaf.text
    if bool in wanted:
        return SWITCH.get(leaf.text.lower(), leaf.text)
    if _NUMBER.fullmatch(leaf.text):
        return int(leaf.text) if re.fullmatch("[-+]?[0-9]{1,15}", leaf.text) else float(leaf.text)
    return leaf.text


# --- Reading


@lru_cache(maxsize=4)
def _composed(text: str, file: str) -> tuple[_Node | None, tuple[Complaint, ...]]:
    """The tree of a text, which nobody changes: one scenario is read anew with many changes."""
    composer = _Composer(text, file)
    return composer.tree(), tuple(composer.complaints)


class _Reading:
    """One reading of one text: its tree, its content, and the complaints so far."""

    def __init__(self, text: str, file: str, top: Any) -> None:
        self.file = file
        self.top = top
        self.tree, self.of_the_text = _composed(text, file)
        self.complaints = list(self.of_the_text)
        self.damaged: list[Path] = []
        self.content: Any = None
        if isinstance(self.tree, _Mapping):
            self.content = _value(self.tree, top)
            self._mend_empty(self.tree, ())
        elif self.tree is not None:
            self.complain(Trouble((), "the file is no mapping", "it has keys such as `parties:`"))

    def complain(self, trouble: Trouble) -> None:
        """Add a complaint, with the line it belongs to."""
        self.complaints.append(trouble.at(self.file, _line_of(self.tree, trouble.path)))

    def _mend_empty(self, node: _Node, path: Path) -> None:
        """Complain of keys without a value."""
        if isinstance(node, _Mapping):
            for name, entry in node.entries.items():
                self._mend_empty(entry, (*path, name))
        elif isinstance(node, _Listing):
            for position, item in enumerate(node.items):
                self._mend_empty(item, (*path, position))
        elif node.is_empty:
            annotation = expected.annotation_at(path, self.top)
            wanted = "" if annotation is None else f"{expected.in_words(annotation)} belongs here"
            found = f"{dotted(path)} is empty"
            self.complain(Trouble(path, found, wanted, "fill it in or leave the key out"))
            self.damage(path)

    def damage(self, path: Path, is_name: bool = False) -> None:
        """Put a stand-in at a place that was complained about, or take out an impossible key."""
        self.damaged.append(path[:-1] if is_name else path)
        while expected.is_quantity(expected.annotation_at(path[:-1], self.top)):
            path, is_name = path[:-1], False
        annotation = expected.annotation_at(path, self.top)
        if annotation is None or is_name:
            _remove(self.content, path)
        else:
            _put(self.content, path, expected.stand_in(annotation))

    def validated(self, validate: Callable[[Any], Any]) -> Any:
        """What the content says; with stand-ins for what was complained about, or None."""
        for attempt in range(5):
            try:
                return validate(self.content)
            except ValidationError as error:
                for details in error.errors():
                    trouble = expected.trouble_of(details, self.top)
                    if attempt == 0 and not trouble.rests_on(self.damaged):
                        self.complain(trouble)
                for details in error.errors():
                    path = expected.place_of(details, self.top)
                    self.damage(path, is_name=expected.is_about_a_name(details))
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
        troubles = list(checks.misfits(scenario))
        if not changes:
            troubles += checks.left_over(scenario)
        elif not any(key.startswith("levers.") for key in changes):
            # The file's levers suit its own numbers; who sets a number may go beyond them.
            troubles = [trouble for trouble in troubles if trouble.path[:1] != ("levers",)]
        for trouble in troubles:
            if not trouble.rests_on(reading.damaged):
                reading.complain(_at_home(trouble, scenario, shared))
    reading.finish()
    assert scenario is not None, "what does not validate is complained about"
    stated = checks.stated_phrases(scenario)
    phrases = {name: phrase for name, phrase in scenario.phrases.items() if name in stated}
    return scenario.model_copy(update={"phrases": phrases})


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


def _at_home(trouble: Trouble, scenario: Scenario, shared: dict[str, Any]) -> Trouble:
    """A trouble with a shared phrase belongs to whoever states the phrase."""
    if trouble.path[:1] == ("phrases",) and len(trouble.path) > 1 and trouble.path[1] in shared:
        for place, phrase in checks.statements(scenario):
            if phrase == trouble.path[1]:
                hint = trouble.hint or "define the phrase in this scenario's own `phrases`"
                return Trouble(place, trouble.found, trouble.expected, hint)
    return trouble


def _shared_phrases() -> dict[str, Any]:
    """The phrases that all scenarios share. Raises ScenarioError where they cannot be read."""
    path = next((f / PHRASES for f in FOLDERS if (f / PHRASES).is_file()), None)
    if path is None:
        return {}
    reading = _Reading(text_of(path), PHRASES, dict[str, Selector])
    if not isinstance(reading.content, dict):
        reading.finish()
    reading.validated(TypeAdapter(dict[str, Selector]).validate_python)
    reading.finish()
    return dict(reading.content)


def text_of(path: FilePath) -> str:
    """The text of a file that people write. Raises ScenarioError where there is none."""
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
        complaint = Complaint(path.name, line, "", "this is not UTF-8", "", "save it as UTF-8")
        raise ScenarioError([complaint]) from None
    raise ScenarioError([Complaint(str(path), 0, "", found)])


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
                Complaint(reading.file, 0, key, found, "", did_you_mean(key, known))
            )
            continue
        annotation = expected.annotation_at(path, reading.top)
        is_label = reading.top is Scenario and _only_labels(path)
        if not expected.is_quantity(annotation) and is_label:
            found = f"{key} only labels results and cannot be set"
            wanted = "levers and numbers can"
            reading.complain(Trouble(path, found, wanted, "write it into a copy of the file"))
            continue
        if not expected.is_quantity(annotation) and (
            expected.is_model(annotation) or get_origin(expected.core(annotation)) is dict
        ):
            below = [
                name for name in _leaves(reading.content, (), reading.top) if name.startswith(key)
            ]
            reading.complain(
                Trouble(
                    path,
                    f"{key} holds several values",
                    "name one of them",
                    did_you_mean(key, below),
                )
            )
            continue
        _put(reading.content, path, _new_value(value, annotation, reading.file))


def _only_labels(path: Path) -> bool:
    """Whether a place holds words that change no outcome, only what it is called."""
    top, last = path[0], path[-1]
    return top in (*_CALLED_AT_TOP, "sources", "roles") or last in _CALLED_BELOW


def _path_of(key: str, content: Any, top: Any) -> Path | None:
    """The place that a key names, if the file has it or may have it."""
    path: Path = ()
    for word in key.split("."):
        segment = int(word) if isinstance(content, list) and word.isdigit() else word
        annotation = expected.annotation_at(path, top)
        here = _get(content, segment)
        if here is None and not (
            expected.is_model(annotation) and expected.inner(annotation, segment) is not None
        ):
            return None
        path, content = (*path, segment), here
    return path if expected.annotation_at(path, top) is not None else None


def _new_value(value: object, annotation: Any, file: str) -> Any:
    """What a user set, as it would stand in the file."""
    if isinstance(value, str) and expected.core(annotation) is not str:
        tree = _Composer(value, file).tree()
        value = value if tree is None else _value(tree, annotation)
    if expected.is_quantity(annotation) and isinstance(value, int | float):
        return value if isinstance(value, bool) else Quantity.as_fixed(value)
    return value


def _leaves(content: Any, path: Path, annotation: Any) -> Iterator[str]:
    """The path of every value of a scenario that can be changed."""
    if annotation is None:
        return
    if expected.is_quantity(annotation) or not isinstance(content, dict | list) or not content:
        yield dotted(path)
    elif isinstance(content, dict):
        for name, part in content.items():
            yield from _leaves(part, (*path, name), expected.inner(annotation, name))
    else:
        for position, part in enumerate(content):
            yield from _leaves(part, (*path, position), expected.inner(annotation, position))


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
