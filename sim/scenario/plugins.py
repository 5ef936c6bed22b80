"""Plugins: files of a user's own that enter tactics, war modules and other strategies.

A plugin is plain Python. It defines classes or functions and enters them in `TACTICS`,
`WAR_MODULES`, `PERMANENCE`, `FORMULATIONS` or `SOLUTIONS`, as the modules of `sim.theory` do. It is
loaded once per process, and what it enters is held to the contracts that hold for what Parley
ships.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.scenario.errors import ScenarioError, ValidationIssue

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

#: The way out where a plugin cannot be used.
HOW_TO = "sim/theory/README.md shows a whole plugin"


@dataclass(frozen=True)
class Plugin:
    """A file that was loaded: where it is, what was in it, and the names it has entered."""

    path: str
    sha256: str
    entries: tuple[tuple[str, str], ...]  # kind and name of each

    def __str__(self) -> str:
        """Return the file and what it brings in words."""
        brings = ", ".join(f"{kind} '{name}'" for kind, name in self.entries)
        return f"{Path(self.path).name} ({brings})"


#: What this process has loaded, by the path of the file.
_loaded: dict[str, Plugin] = {}


def load_plugins(files: str | Path | Iterable[str | Path]) -> tuple[str, ...]:
    """Load a file or some files, each once, and return their full paths.

    Raises ScenarioError for a file that cannot be imported, enters nothing, takes a name that
    exists, or enters what breaks its contract; nothing of such a file stays entered.
    """
    if isinstance(files, str | Path):
        files = [files]
    return tuple(_load(Path(file).expanduser().resolve()).path for file in files)


def require(plugins: Iterable[tuple[str, str]]) -> None:
    """Load plugins by full path in a process that has to go on with them, each as it was.

    Raises ScenarioError as `load_plugins` does, and where a file has changed since.
    """
    for path, sha256 in plugins:
        if _load(Path(path)).sha256 != sha256:
            found = "the plugin has changed since the scenario was read"
            raise _refused(Path(path), 0, found, "give the command again")


def needed_by(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """Return the loaded plugins whose strategies a scenario names: full path and SHA-256 of
    each.
    """
    from sim.scenario.checks.strategies import every_strategy

    kinds = {id(entries): kind for kind, entries in _dictionaries().items()}
    named = {
        (kinds[id(entries)], strategy.kind) for _, strategy, entries in every_strategy(scenario)
    }
    return tuple(
        (plugin.path, plugin.sha256) for plugin in _loaded.values() if named & set(plugin.entries)
    )


def _dictionaries() -> dict[str, dict[str, Any]]:
    """Return the dictionaries in which strategies are entered, by the kind of what they hold."""
    from sim.theory import bargaining, commitment, concession, war

    return {
        "tactic": concession.TACTICS,
        "war module": war.WAR_MODULES,
        "way of judging permanence": commitment.PERMANENCE,
        "formulation": bargaining.FORMULATIONS,
        "solution": bargaining.SOLUTIONS,
    }


def _load(path: Path) -> Plugin:
    if str(path) in _loaded:
        return _loaded[str(path)]
    try:
        source = path.read_bytes()
    except OSError as error:
        raise _refused(path, 0, f"the plugin cannot be read: {error.strerror}", "") from None
    before = {kind: dict(entries) for kind, entries in _dictionaries().items()}
    name = f"parley_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    try:
        _execute(path, name)
        entries = _entered(path, before)
    except BaseException:
        sys.modules.pop(name, None)
        for kind, kept in before.items():
            entered = _dictionaries()[kind]
            entered.clear()
            entered.update(kept)
        raise
    plugin = Plugin(str(path), hashlib.sha256(source).hexdigest(), entries)
    _loaded[str(path)] = plugin
    return plugin


def _execute(path: Path, name: str) -> None:
    """Run a file as a module that pickles can find again."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise _refused(path, 0, "this is no Python file", "its name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise _refused(path, error.lineno or 0, f"this is no Python: {error.msg}", "") from None
    except (Exception, SystemExit) as error:  # whatever somebody else's file raises
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno or 0 for frame in frames if frame.filename == str(path)]
        found = f"importing it raises {type(error).__name__}: {error}"
        raise _refused(path, lines[-1] if lines else 0, found, "") from None


def _entered(path: Path, before: dict[str, dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return what a file has entered, after holding each entry to its contract."""
    from sim.scenario.contracts import ContractError, check_entry, line_of_entry
    from sim.theory.bargaining import FORMULATIONS, SOLUTIONS, SingleText

    new: list[tuple[str, str]] = []
    for kind, entries in _dictionaries().items():
        for name in before[kind].keys() - entries.keys():
            raise _refused(
                path, 0, f"it takes out the {kind} '{name}'", "enter, and leave the rest"
            )
        for name, entry in entries.items():
            if name not in before[kind]:
                new.append((kind, name))
            elif entry is not before[kind][name]:
                found = f"the {kind} '{name}' exists already"
                raise _refused(path, line_of_entry(entry), found, "give yours a name of its own")
    if not new:
        raise _refused(
            path, 0, "the plugin enters nothing", 'enter a class: TACTICS["my-tactic"] = MyTactic'
        )
    for kind, name in new:
        entry = _dictionaries()[kind][name]
        try:
            check_entry(kind, entry)
        except ContractError as error:
            raise _refused(path, error.line, f"the {kind} '{name}': {error}", HOW_TO) from None
    for name in SOLUTIONS.keys() - FORMULATIONS.keys():  # a solution is something to aim at
        FORMULATIONS[name] = SingleText(SOLUTIONS[name])
        new.append(("formulation", name))
    return tuple(new)


def _refused(path: Path, line: int, found: str, hint: str) -> ScenarioError:
    return ScenarioError([ValidationIssue(path.name, line, "", found, "", hint)])
