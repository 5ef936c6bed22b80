"""A YAML text as a tree that knows its lines, and the same text with some values written anew.

A value is kept as it is written; what it means is for `sim.scenario.loading` to say. Anchors,
aliases and tags are refused: what a scenario says, it says in one place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml

from sim.scenario.errors import Path, ScenarioError, ValidationIssue, dotted

#: No scenario nests deeper.
MOST_DEPTH = 20

#: How a number may be written.
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

#: How a switch may be written.
SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

#: How nothing may be written.
_EMPTY = ("", "~", "null", "Null", "NULL")


# --- The tree of a file


@dataclass(frozen=True)
class YamlScalar:
    """A single value as it is written; `plain` unless it is in quotes or a block."""

    line: int
    text: str
    plain: bool = True
    begin: int = 0  # where it stands in the text, in characters
    end: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written."""
        return self.plain and self.text in _EMPTY


@dataclass(frozen=True)
class YamlSequence:
    """Values without keys, in their order."""

    line: int
    items: list[Node]


@dataclass(frozen=True)
class YamlMapping:
    """Values by their keys, a mapping of YAML."""

    line: int
    entries: dict[str, Node]
    lines: dict[str, int]  # of the keys


Node = YamlScalar | YamlSequence | YamlMapping


class _TooDeep(Exception):
    """The file nests deeper than any scenario does."""


class YamlComposer:
    """Turns YAML into a tree that knows its lines, and complains of what a scenario cannot use.

    It works on the parser's events rather than on PyYAML's nodes, so that an alias is never
    followed and depth is limited before anything is built.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.complaints: list[ValidationIssue] = []
        self._text = text
        self._events: Iterator[yaml.Event] = iter(())

    def tree(self) -> Node | None:
        """Return the tree, or None where there is none to speak of."""
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
            hint = "write it flatter; `parley schema` says what belongs where"
            line, found = int(str(error)), f"more than {MOST_DEPTH} levels of nesting"
            self._complain(line, (), found, hint=hint)
        return None

    def _document(self) -> Node | None:
        tree: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if tree is not None:
                    line = _line(event)
                    self._complain(line, (), "a second document begins", "one file, one scenario")
                    return None
                tree = self._node(next(self._events), ())
        if tree is None or (isinstance(tree, YamlScalar) and tree.is_empty):
            self._complain(1, (), "the file is empty", "a scenario begins with `scenario: NAME`")
            return None
        return tree

    def _node(self, event: yaml.Event, path: Path) -> Node:
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
            return self._section(line, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._listing(line, path)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and not event.style
            begin, end = (mark.index if mark else 0 for mark in (event.start_mark, event.end_mark))
            return YamlScalar(line, event.value, plain, begin, end)
        return YamlScalar(line, "?")

    def _listing(self, line: int, path: Path) -> YamlSequence:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return YamlSequence(line, items)

    def _section(self, line: int, path: Path) -> YamlMapping:
        made = YamlMapping(line, {}, {})
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, (*path, "?"))
            name = key.text if isinstance(key, YamlScalar) else "?"
            value = self._node(next(self._events), (*path, name))
            if not isinstance(key, YamlScalar):
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
        self.complaints.append(ValidationIssue(self.file, line, dotted(path), found, wanted, hint))


def _line(event: yaml.Event) -> int:
    """Return the line on which an event begins, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


def _indent_of(text: str, line: int) -> str:
    """Return the white space before a line."""
    words = text.split("\n")[line - 1]
    return words[: len(words) - len(words.lstrip())]


@lru_cache(maxsize=4)
def compose_yaml(text: str, file: str) -> tuple[Node | None, tuple[ValidationIssue, ...]]:
    """Return the tree of a text, which nobody changes: one scenario is read anew with many
    changes.
    """
    composer = YamlComposer(text, file)
    return composer.tree(), tuple(composer.complaints)


def line_of(tree: Node | None, path: Path) -> int:
    """Return the line of the key at a place, or of the nearest thing around it."""
    line = tree.line if tree else 0
    for segment in path:
        if isinstance(tree, YamlMapping) and segment in tree.entries:
            line, tree = tree.lines[str(segment)], tree.entries[str(segment)]
        elif (
            isinstance(tree, YamlSequence)
            and isinstance(segment, int)
            and segment < len(tree.items)
        ):
            tree = tree.items[segment]
            line = tree.line
        else:
            break
    return line


# --- What is written, and written anew


def set_values(text: str, name: str = "scenario.yaml") -> dict[str, str]:
    """Return every single value of a text as it is written, by its path.

    Raises ScenarioError for a text that is not YAML; `name` stands for the file in complaints.
    """
    return {path: leaf.text for path, leaf in _leaves_written(text, name).items()}


def keys_at_top(text: str, name: str) -> frozenset[str]:
    """Return the keys at the top of the text of a file of this name, which tell what kind of file
    it is.

    There are none where it is no YAML or no mapping; whoever goes on to read it says so.
    """
    tree, _ = compose_yaml(text, name)
    return frozenset(tree.entries) if isinstance(tree, YamlMapping) else frozenset()


def rewrite_text(text: str, values: Mapping[str, str], name: str = "scenario.yaml") -> str:
    """Return the text with some values written anew, by their paths; all else stays as it is
    written.

    What was without quotes stays so if it is a number; other words are put in quotes. Raises
    ScenarioError for a text that is not YAML, and KeyError for a path where no single value stands.
    """
    leaves = _leaves_written(text, name)
    for path in sorted(values, key=lambda path: leaves[path].begin, reverse=True):
        leaf, value = leaves[path], values[path]
        end = leaf.begin + len(text[leaf.begin : leaf.end].rstrip())
        plain = leaf.plain and (NUMBER.fullmatch(value) or value.lower() in SWITCH)
        new = value if plain else json.dumps(value, ensure_ascii=False)
        text = text[: leaf.begin] + new + text[end:]
    return text


def _leaves_written(text: str, name: str) -> dict[str, YamlScalar]:
    """Return every leaf of a text, by its path."""
    composer = YamlComposer(text, name)
    tree = composer.tree()
    if tree is None:
        raise ScenarioError(composer.complaints)
    return {dotted(path): leaf for path, leaf in _leaves_below(tree, ())}


def _leaves_below(node: Node, path: Path) -> Iterator[tuple[Path, YamlScalar]]:
    """Return each leaf below a node, with its path."""
    if isinstance(node, YamlScalar):
        yield path, node
        return
    below = node.entries.items() if isinstance(node, YamlMapping) else enumerate(node.items)
    for segment, inner in below:
        yield from _leaves_below(inner, (*path, segment))
