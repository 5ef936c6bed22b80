"""Export a sweep to other tools: labelled arrays, and the EMA Workbench's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sim.sweep.analysis.cells import column_of, must_be_finished, numbers
from sim.sweep.design_points import PLACE
from sim.sweep.results import Sweep

if TYPE_CHECKING:
    import xarray

#: The columns of the design that say where a point belongs, rather than what was set.
IDS = ("design_id", "lever_id", "scenario_id", "matrix", "row")


def to_xarray(sweep: Sweep) -> xarray.Dataset:
    """Return the kept outcomes as labelled arrays, with the design as coordinates.

    What did not happen is NaN, in words an empty text.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.

    Returns
    -------
    xarray.Dataset
        One array (design_id, replicate) for each kept outcome.

    Raises
    ------
    ModuleNotFoundError
        Without the extra `arrays`.
    AnalysisError
        For a sweep that is not finished.
    """
    import xarray

    design = sweep.design.sort_by("design_id")
    outcomes, replicates = _outcomes(sweep, design)
    coordinates: dict[str, Any] = {
        "design_id": numbers(design, "design_id"),
        "replicate": np.arange(replicates),
    }
    for name in design.column_names:
        if name != "design_id":
            coordinates[name] = ("design_id", column_of(design, name))
    return xarray.Dataset(
        {
            name: (
                ("design_id", "replicate"),
                values,
                {"long_name": sweep.columns[name]["words"], "kind": sweep.columns[name]["kind"]},
            )
            for name, values in outcomes.items()
        },
        coords=coordinates,
        attrs={"study": sweep.manifest["study"], "scenario": sweep.manifest["scenario"]["name"]},
    )


def to_ema(sweep: Sweep) -> tuple[Any, dict[str, np.ndarray[Any, Any]]]:
    """Return the sweep as the EMA Workbench has its results: (experiments, outcomes).

    The Workbench itself is not needed.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.

    Returns
    -------
    experiments : pandas.DataFrame
        One row for each design point: every swept key, and the Workbench's own columns `scenario`,
        `policy` and `model`.
    outcomes : dict of str to array, (experiments, replicates)
        NaN where nothing happened; `values.mean(axis=1)` is what its PRIM, CART and feature scoring
        take.

    Raises
    ------
    AnalysisError
        For a sweep that is not finished.
    """
    design = sweep.design.sort_by("design_id")
    outcomes, _ = _outcomes(sweep, design)
    swept = [name for name in design.column_names if name not in IDS and name[:2] != PLACE]
    columns = {name: design[name] for name in swept}
    columns["scenario"] = design["scenario_id"]
    columns["policy"] = design["lever_id"]
    model = [sweep.manifest["scenario"]["name"]] * len(design)
    columns["model"] = pa.array(model)
    experiments = pa.table(columns).to_pandas()
    for name in ("scenario", "policy", "model"):
        experiments[name] = experiments[name].astype("category")
    return experiments, outcomes


def _outcomes(sweep: Sweep, design: pa.Table) -> tuple[dict[str, np.ndarray[Any, Any]], int]:
    """Return every kept outcome as (points, replicates), and how many replicates there are."""
    must_be_finished(sweep)
    runs, design_id = sweep.runs, numbers(design, "design_id")
    point, replicate = numbers(runs, "design_id"), numbers(runs, "replicate")
    place = np.searchsorted(design_id, point)
    replicates = int(replicate.max(initial=-1)) + 1
    outcomes = {}
    for name, column in sweep.columns.items():
        if column["kind"] == "word":
            values = np.full((len(design_id), replicates), "", dtype=object)
            values[place, replicate] = [word or "" for word in runs[name].to_pylist()]
        else:
            values = np.full((len(design_id), replicates), np.nan)
            numbers_of_runs = runs[name].cast(pa.float64())
            values[place, replicate] = numbers_of_runs.to_numpy(zero_copy_only=False)
        outcomes[name] = values
    return outcomes, replicates
