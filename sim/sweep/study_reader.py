"""Read a study and check it against its scenario, with every complaint in one reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath

from sim.scenario import loading
from sim.scenario.errors import IssueAtPath, Path, ScenarioError, ValidationIssue
from sim.scenario.loading import find_scenario, load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.yaml_tree import keys_at_top
from sim.sweep import design_points, output_columns
from sim.sweep.bound_study import BoundStudy
from sim.sweep.factors import Factor, FactorError, factor_of
from sim.sweep.study import Study

#: Said of a scenario that needs strategies of a user's own.
NO_PLUGINS = "sweeps do not take plugins yet: a study needs a scenario whose strategies are shipped"


def read_study(path: str | FilePath, changes: dict[str, str] | None = None) -> BoundStudy:
    """Read a study from its YAML or JSON file, and check it against its scenario.

    Parameters
    ----------
    path : str or Path
        The file of the study.
    changes : dict of str to str, optional
        Values of the study to change, by path, as with `--set`: `{"replicates": "10"}`.

    Returns
    -------
    BoundStudy
        The study, its scenario, its swept keys and its tables.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with its line and the way out.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sim.sweep import read_study
    >>> text = '''
    ... study: rivers
    ... scenario: two-rivers
    ... replicates: 2
    ... levers: {guarantee_strength: {values: [0, 2]}}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rivers.yaml"
    ...     _ = path.write_text(text)
    ...     bound_study = read_study(path, {"days": "12"})
    >>> bound_study.scenario.days, bound_study.study.replicates, bound_study.keys[0].key
    (12, 2, 'guarantee_strength')
    """
    path = FilePath(path)
    return read_study_text(loading.read_file(path), path.name, path.parent, changes)


def read_study_text(
    text: str,
    name: str,
    folder: FilePath = FilePath(),
    changes: dict[str, str] | None = None,
    scenario: Scenario | None = None,
    tables: dict[str, str] | None = None,
) -> BoundStudy:
    """Read a study from a text; files that it names lie in `folder`, unless they are given."""
    if {"scenario", "parties"} <= keys_at_top(text, name):
        expected = "a study names one by `scenario:`, and what is swept of it"
        hint = "`parley run` plays a scenario as it stands"
        raise ScenarioError(
            [ValidationIssue(name, 0, "", "this is a scenario and no study", expected, hint)]
        )
    studies: list[BoundStudy] = []

    def check(study: Study) -> Iterator[IssueAtPath]:
        case, troubles = _scenario_of(study, folder, scenario)
        troubles += _alone(study)
        texts = dict(tables or {})
        if tables is None:
            troubles += _read_tables(study, folder, texts)
        yield from troubles
        if case is not None:
            bound_study = BoundStudy(study, text, case, (), texts, changes or {})
            yield from _against(bound_study, studies, is_sound=not troubles)

    loading.read_as(text, name, Study, check, changes or {})
    return studies[0]


def _scenario_of(
    study: Study, folder: FilePath, given: Scenario | None
) -> tuple[Scenario | None, list[IssueAtPath]]:
    """Return the scenario of a study, or why there is none."""
    try:
        beside = folder / study.scenario
        case = given or load_scenario(beside if beside.suffix else find_scenario(study.scenario))
    except ScenarioError as error:
        issues = [_outside("scenario", study.scenario, issue) for issue in error.complaints]
        if any(issue.key.split(".")[-1] == "kind" for issue in error.complaints):
            issues.append(IssueAtPath(("scenario",), NO_PLUGINS))
        return None, issues
    if case.plugins:
        return None, [IssueAtPath(("scenario",), NO_PLUGINS)]
    days = case.days if study.days is None else study.days
    return case.model_copy(update={"days": days}), []


def _outside(key: str, named: str, complaint: ValidationIssue) -> IssueAtPath:
    """Return a complaint about what a study refers to, told where the study refers to it."""
    where = f" (line {complaint.line})" if complaint.line else ""
    problem = f"{key} is '{named}': {complaint.found}{where}"
    return IssueAtPath((key,), problem, complaint.expected, complaint.hint)


def _read_tables(study: Study, folder: FilePath, texts: dict[str, str]) -> Iterator[IssueAtPath]:
    """Return the text of each table that a study names."""
    for side in ("levers", "uncertainties", "together"):
        sampling = getattr(study.design, side)
        if sampling is not None and sampling.file is not None:
            try:
                texts[sampling.file] = loading.read_file(folder / sampling.file)
            except ScenarioError as error:
                path: Path = ("design", side, "file")
                problem = f"{sampling.file}: {error.complaints[0].found}"
                yield IssueAtPath(path, problem, "", "a table lies beside its study")


def _alone(study: Study) -> Iterator[IssueAtPath]:
    """Return what does not fit within the study itself."""
    if not study.ranges:
        yield IssueAtPath((), "nothing is swept", "name `levers` or `uncertainties`, or both")
    for key in study.levers:
        if key in study.uncertainties:
            hint = "keep it on one side"
            yield IssueAtPath(("uncertainties", key), f"'{key}' is among the levers too", "", hint)
    design = study.design
    for side, ranges in (("levers", study.levers), ("uncertainties", study.uncertainties)):
        if getattr(design, side) is not None and not ranges:
            hint = f"name `{side}` or leave the plan out"
            yield IssueAtPath(("design", side), f"there are no {side} to plan", "", hint)
    if study.uncertainties and design.uncertainties is None and design.together is None:
        hint = "such as `uncertainties: {method: latin_hypercube, n: 100}`"
        yield IssueAtPath(("design",), "there is no plan for the uncertainties", "", hint)
    if study.stop is not None and study.stop.max_replicates < study.replicates:
        problem = f"stop.max_replicates is {study.stop.max_replicates}"
        expected = f"at least the {study.replicates} replicates that are played first"
        yield IssueAtPath(("stop", "max_replicates"), problem, expected)
    if study.series is not None and study.series.replicates > study.replicates:
        problem = f"series.replicates is {study.series.replicates}"
        expected = f"at most {study.replicates}, the replicates of a design point"
        yield IssueAtPath(("series", "replicates"), problem, expected)


def _against(
    bound_study: BoundStudy, studies: list[BoundStudy], is_sound: bool
) -> Iterator[IssueAtPath]:
    """Return what does not fit the scenario; leaves the whole of it in `studies`.

    The design is looked at where the study is sound by itself, as it would only say so again.
    """
    study, scenario = bound_study.study, bound_study.scenario
    keys: list[Factor] = []
    for side, ranges in (("levers", study.levers), ("uncertainties", study.uncertainties)):
        for key, span in ranges.items():
            try:
                keys.append(factor_of(scenario, key, span, side))
            except FactorError as error:
                yield IssueAtPath((side, key), error.found, error.expected, error.hint)
    names = study.outcomes.keep if study.outcomes else ()
    for place, name in enumerate(names):
        if (why := output_columns.column_issue(scenario, name)) is not None:
            yield IssueAtPath(("outcomes", "keep", place), *why, leans=(("days",),))
    if (
        study.stop is not None
        and (why := output_columns.stop_metric_issue(scenario, study)) is not None
    ):
        yield IssueAtPath(("stop", "metric"), *why)
    if is_sound and len(keys) == len(study.ranges):
        whole = replace(bound_study, keys=tuple(keys))
        studies.append(whole)
        yield from design_points.design_issues(whole)
