"""Run `parley sweep`: plan, run, resume, merge and check a study.

Data and JSON go to standard output, progress to standard error. A command ends with 0 if all is
well, 1 if some runs failed or something does not hold, 2 if what it was given cannot be used, 3 if
the folder was begun with another study, scenario or model, 130 if it was stopped and can be
resumed.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from sim.cli.errors import (
    BAD_INPUT,
    FAILED,
    STOPPED_AND_SAID,
    BadInputError,
    complain,
    report_errors,
)
from sim.cli.options import pairs
from sim.cli.output import as_json
from sim.cli.progress import TELL_EVERY

if TYPE_CHECKING:
    from sim.sweep.bound_study import BoundStudy
    from sim.sweep.execution import ExecutionOptions
    from sim.sweep.results import Sweep

OTHER_FINGERPRINT = 3

P = ParamSpec("P")

app = typer.Typer(
    help="Play a scenario over many settings, headlessly, into a folder that lasts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _some_time(seconds: float | None) -> float | None:
    """Refuse a number of seconds that is no time."""
    if seconds is not None and not 0 < seconds < float("inf"):
        raise typer.BadParameter(f"{seconds:g} seconds are no time to play in; give more than 0")
    return seconds


Spec = Annotated[
    Path, typer.Argument(metavar="SPEC", help="a study in YAML or JSON, or the folder of a sweep")
]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="the folder of a sweep")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="a value of the study by its path; repeatable"),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="its folder", show_default="sweeps/NAME-HASH"),
]
EngineName = Annotated[
    str,
    typer.Option("--engine", help="serial, process, dask, or dask://HOST:PORT"),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, help="how many workers", show_default="all cores")
]
ShardOf = Annotated[
    str | None, typer.Option("--shard", metavar="I/N", help="only the I-th of N parts")
]
ChunkRuns = Annotated[
    int | None,
    typer.Option(
        "--chunk",
        min=1,
        help="runs of a chunk",
        show_default="a block of the engine, or a worker's share",
    ),
]
MaxFailures = Annotated[
    int | None, typer.Option("--max-failures", min=0, help="stop when more runs than these fail")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout-per-run",
        metavar="SECONDS",
        callback=_some_time,
        help="a run that takes longer by itself has failed; n runs side by side that take longer "
        "than √n times as long are played apart",
    ),
]
Force = Annotated[
    bool,
    typer.Option("--force", help="play on though scenario or model have changed; mark such rows"),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def _exit_with_code(command: Callable[P, None]) -> Callable[P, None]:
    """Say what went wrong with a sweep, and end with its code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        from sim.sweep import execution, result_folder
        from sim.sweep.executors import ExecutorError

        try:
            command(*args, **kwargs)
        except result_folder.FingerprintError as error:
            code, message = OTHER_FINGERPRINT, str(error)
        except (result_folder.FolderError, ExecutorError) as error:
            code, message = BAD_INPUT, str(error)
        except execution.TooManyFailuresError as error:
            code, message = FAILED, str(error)
        except execution.InterruptedSweepError as error:
            code, message = STOPPED_AND_SAID, str(error)
        else:
            return
        complain(message)
        raise typer.Exit(code)

    return guarded


# --- Commands


@app.command()
@report_errors
@_exit_with_code
def plan(
    spec: Spec,
    settings: Settings = None,
    shard: ShardOf = None,
    chunk: ChunkRuns = None,
    as_data: Json = False,
) -> None:
    """Say what a study would play and what that takes, or everything that is wrong with it."""
    from sim.scenario.errors import count_noun
    from sim.sweep.plan import SweepPlan, estimate

    estimates = estimate(SweepPlan.of(_bound_study(spec, settings), chunk, shard=_shard(shard)))
    if as_data:
        typer.echo(as_json(estimates), nl=False)
        return
    more = (
        f", at most {estimates['most_runs']:,}"
        if estimates["most_runs"] > estimates["runs"]
        else ""
    )
    runs, replicates = (
        count_noun(estimates["runs"], "run"),
        count_noun(estimates["replicates"], "replicate"),
    )
    typer.echo(f"{count_noun(estimates['points'], 'design point')} × {replicates}")
    typer.echo(f"{runs}{more}, in {count_noun(estimates['chunks'], 'chunk')}")
    if estimates["excluded_points"]:
        typer.echo(
            f"left out for a constraint: {count_noun(estimates['excluded_points'], 'point')}"
        )
    begun = f", for the first {runs}" if more else ""
    typer.echo(
        f"about {_duration(estimates['seconds'])} of one core, {_size(estimates['bytes'])}{begun}"
    )


@app.command()
@report_errors
@_exit_with_code
def run(
    spec: Spec,
    out: Out = None,
    settings: Settings = None,
    engine: EngineName = "process",
    jobs: Jobs = None,
    shard: ShardOf = None,
    chunk: ChunkRuns = None,
    max_failures: MaxFailures = None,
    timeout_per_run: Timeout = None,
    force: Force = False,
    quiet: Quiet = False,
    as_data: Json = False,
) -> None:
    """Play a study into a folder; if the folder is there already, play what is missing."""
    from sim.sweep.execution import ExecutionOptions
    from sim.sweep.execution import run as play

    _check_jobs(engine, jobs)
    bound_study = _bound_study(spec, settings)
    options = ExecutionOptions(engine, jobs, chunk, max_failures, timeout_per_run, force)
    with _with_progress(options, quiet) as shown_options:
        sweep = play(bound_study, out, shard=_shard(shard), options=shown_options)
    if sweep.manifest["shard"] is not None and not sweep.manifest["planned_runs"]:
        complain(f"shard {shard} has no runs; a study has no more shards to play than it has runs")
    _deliver(sweep, as_data)


@app.command()
@report_errors
@_exit_with_code
def resume(
    result_folder: Folder,
    engine: EngineName = "process",
    jobs: Jobs = None,
    max_failures: MaxFailures = None,
    timeout_per_run: Timeout = None,
    force: Force = False,
    quiet: Quiet = False,
    as_data: Json = False,
) -> None:
    """Play what is missing in a folder, after a stop of whatever kind."""
    from sim.sweep.execution import ExecutionOptions
    from sim.sweep.execution import resume as play_missing

    _check_jobs(engine, jobs)
    options = ExecutionOptions(engine, jobs, None, max_failures, timeout_per_run, force)
    with _with_progress(options, quiet) as shown_options:
        sweep = play_missing(result_folder, shown_options)
    _deliver(sweep, as_data)


@app.command()
@report_errors
@_exit_with_code
def status(result_folder: Folder, as_data: Json = False) -> None:
    """Say how far a sweep has come, or its shards."""
    from sim.sweep.execution import lost_message
    from sim.sweep.result_folder import MANIFEST
    from sim.sweep.results import Sweep

    shards = sorted(path.parent for path in result_folder.glob(f"shard-*/{MANIFEST}"))
    places = [result_folder] if (result_folder / MANIFEST).exists() or not shards else shards
    sweeps = {place.resolve().name: Sweep(place) for place in places}
    statuses = {name: sweep.status() for name, sweep in sweeps.items()}
    incomplete = [sweep for sweep in sweeps.values() if sweep.lost_files]
    if as_data:
        typer.echo(as_json(statuses), nl=False)
    else:
        for name, status in statuses.items():
            state = "complete" if status["complete"] else "not finished"
            state = f"lost: {', '.join(status['lost'])}" if status["lost"] else state
            typer.echo(
                f"{name}: {status['played']:,} of {status['planned']:,} runs, "
                f"{status['failed']:,} failed, {state}"
            )
    if incomplete:
        complain(*map(lost_message, incomplete))
        raise typer.Exit(FAILED)


@app.command()
@report_errors
@_exit_with_code
def merge(result_folder: Folder, as_data: Json = False) -> None:
    """Make one sweep of the shards that lie in a folder."""
    from sim.sweep.verify import merge as merged

    _deliver(merged(result_folder), as_data)


@app.command()
@report_errors
@_exit_with_code
def verify(
    result_folder: Folder,
    runs: Annotated[int, typer.Option(min=0, help="how many runs to play again")] = 20,
    as_data: Json = False,
) -> None:
    """Say whether a sweep is as it was left, and whether some of its runs come out the same."""
    from sim.sweep.execution import rerun_command
    from sim.sweep.results import Sweep
    from sim.sweep.verify import verify as verified

    sweep = Sweep(result_folder)
    checks = verified(sweep, runs)
    if as_data:
        typer.echo(as_json({"checks": [vars(check) for check in checks]}), nl=False)
    else:
        for check in checks:
            typer.echo(f"{'ok ' if check.holds else 'NOT'}  {check.what}: {check.words}")
    if sweep.changed_files:
        complain(f"bring them back from a copy, or play all of it again: `{rerun_command(sweep)}`")
    # A tree with changes is told, as its diff has a fingerprint; it is nothing that went wrong.
    if not all(check.holds for check in checks if check.what != "committed"):
        raise typer.Exit(FAILED)


@app.command()
@report_errors
@_exit_with_code
def replay(
    result_folder: Folder,
    run_id: Annotated[int, typer.Argument(metavar="RUN_ID", min=0, help="the run, from `runs`")],
    as_data: Json = False,
) -> None:
    """Play one run again and tell it day by day."""
    from sim.sweep.results import Sweep
    from sim.sweep.verify import replay as replayed

    result = replayed(Sweep(result_folder), run_id)
    if as_data:
        typer.echo(as_json({**vars(result), "differences": result.differences}), nl=False)
    else:
        for key, setting in result.settings.items():
            typer.echo(f"{key} = {setting}")
        typer.echo()
        for paragraph in result.paragraphs:
            typer.echo(paragraph)
        if result.failure:
            typer.echo(f"It failed: {result.failure}")
        typer.echo()
        same = not result.differences
        unlike = ", ".join(result.differences)
        typer.echo("It came out as recorded." if same else f"It came out otherwise: {unlike}")
    if result.differences:
        raise typer.Exit(FAILED)


@app.command()
@report_errors
@_exit_with_code
def diff(
    one: Annotated[Path, typer.Argument(metavar="FOLDER")],
    other: Annotated[Path, typer.Argument(metavar="OTHER")],
    as_data: Json = False,
) -> None:
    """Say how two sweeps differ: in what was asked, in versions, in what came out."""
    from sim.sweep.results import Sweep
    from sim.sweep.verify import diff as difference_between

    difference = difference_between(Sweep(one), Sweep(other))
    if as_data:
        shifts = [vars(shift) for shift in difference.shifts]
        typer.echo(as_json({**vars(difference), "shifts": shifts}), nl=False)
        return
    for kind, unlike in (("asked", difference.settings), ("played by", difference.surroundings)):
        for key, (before, after) in unlike.items():
            typer.echo(f"{kind}: {key}: {before} → {after}")
    typer.echo("runs: the same bytes" if difference.same_bytes else "runs: other bytes")
    for shift in difference.shifts:
        pairing = "paired" if shift.paired else "unpaired"
        typer.echo(
            f"{shift.outcome}: {shift.one:.4g} → {shift.other:.4g}, difference "
            f"{shift.difference:+.4g} ({shift.low:+.4g} to {shift.high:+.4g}), p {shift.p:.2g}, "
            f"{pairing}"
        )


@app.command()
@report_errors
@_exit_with_code
def archive(
    result_folder: Folder,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", show_default="FOLDER.zip")
    ] = None,
) -> None:
    """Put a finished sweep into a zip that others can cite, read and play again."""
    from sim.sweep.archive import archive as write_archive
    from sim.sweep.results import Sweep

    place = result_folder.resolve()
    out = out or place.with_name(f"{place.name}.zip")
    if out.is_dir() or not out.parent.is_dir():
        raise BadInputError(f"--out {out} cannot be a file; name one in a folder that exists")
    typer.echo(write_archive(Sweep(result_folder), out))


@app.command()
@report_errors
@_exit_with_code
def slurm(
    spec: Spec,
    shards: Annotated[int, typer.Option(min=1, help="jobs of the array")] = 64,
    hours: Annotated[float, typer.Option(min=0.1, help="wall time of a job")] = 4.0,
    out: Out = None,
) -> None:
    """Print a SLURM script that plays a study as a job array, a shard in each job."""
    from sim.sweep.execution import SWEEPS
    from sim.sweep.slurm import script

    bound_study = _bound_study(spec, None)
    typer.echo(script(bound_study, spec, out or SWEEPS / bound_study.name, shards, hours), nl=False)


# --- What the commands share


def _bound_study(spec: Path, settings: list[str] | None) -> BoundStudy:
    """Return the study of a file, or of the folder of a sweep."""
    from sim.sweep.results import Sweep
    from sim.sweep.study_reader import read_study

    changes = pairs(settings, "--set")
    if not spec.exists():
        raise BadInputError(f"{spec}: there is no such file, and no folder of a sweep")
    if not spec.is_dir():
        return read_study(spec, changes)
    if changes:
        raise BadInputError("--set changes a study, not a sweep; give the file of the study")
    return Sweep(spec).bound_study


def _check_jobs(engine: str, jobs: int | None) -> None:
    """Refuse a number of workers where it would have no effect."""
    if jobs is not None and engine not in ("process", "dask"):
        whose = "has one" if engine == "serial" else "has those of its cluster"
        raise BadInputError(f"--jobs counts workers, and the engine {engine} {whose}; leave it out")


def _shard(text: str | None) -> tuple[int, int] | None:
    """Return I/N as a pair of numbers; raise BadInputError for anything else."""
    if text is None:
        return None
    number, slash, of = text.partition("/")
    if not (slash and number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise BadInputError(f"--shard {text} is not of the form I/N with I from 1 to N")
    return int(number), int(of)


def _deliver(sweep: Sweep, as_data: bool) -> None:
    """Say where the results are; end with 1 if some runs failed."""
    status = {"folder": str(sweep.folder), **sweep.status()}
    if sweep.manifest["stop"] is not None:
        status["stop"] = sweep.manifest["stop"]
    if as_data:
        typer.echo(as_json(status), nl=False)
    else:
        typer.echo(sweep.folder)
    if status["failed"]:
        complain(f"{status['failed']:,} of {status['played']:,} runs failed; see `failures`")
        raise typer.Exit(FAILED)


def checked(file: Path, keys: Collection[str]) -> str | None:
    """Return what a study asks, in words, for `parley check`; None for a file that is no study.

    Raises ScenarioError with everything that is wrong with it.
    """
    if "study" not in keys:
        return None
    from sim.scenario.errors import count_noun
    from sim.sweep.design_points import design_points
    from sim.sweep.study_reader import read_study

    bound_study = read_study(file)
    points = count_noun(len(design_points(bound_study)), "design point")
    replicates = count_noun(bound_study.study.replicates, "replicate")
    return f"a study of {bound_study.scenario.scenario}; {points} × {replicates}"


def _size(size: float) -> str:
    """Return a number of bytes as people read it."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(size / 1e3, 1):.0f} kB"


def _duration(seconds: float) -> str:
    """Return a number of seconds as people read it."""
    if seconds < 1.5:
        return "a second"
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


@contextmanager
def _with_progress(options: ExecutionOptions, quiet: bool) -> Iterator[ExecutionOptions]:
    """Add progress on standard error to the options: a bar, or a line now and then in a log."""
    from dataclasses import replace

    if quiet:
        yield options
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield replace(options, progress=_log_lines(), tell=complain)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    failed = TextColumn("{task.fields[failed]} failed")
    with Progress(
        BarColumn(), MofNCompleteColumn(), failed, TimeRemainingColumn(), console=console
    ) as bar:
        task = bar.add_task("runs", total=None, failed=0)

        def show(done: int, failures: int, planned: int) -> None:
            bar.update(task, completed=done, total=planned, failed=failures)

        yield replace(options, progress=show, tell=lambda words: bar.console.print(words))


def _log_lines() -> Callable[[int, int, int], Any]:
    """Return what says in a log how far it is, now and then: done, failed, rate, time that is
    left.
    """
    started = reported = time.monotonic()
    first: int | None = None

    def show(done: int, failed: int, planned: int) -> None:
        nonlocal reported, first
        first = done if first is None else first
        now = time.monotonic()
        if now - reported < TELL_EVERY or done == first:
            return
        reported = now
        rate = (done - first) / (now - started)
        left = _duration((planned - done) / rate)
        complain(
            f"{done:,} of {planned:,} runs, {failed:,} failed, {rate:,.0f} a second, about {left} "
            "left"
        )

    return show
