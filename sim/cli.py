"""The command line: one function for each command.

Results go to standard output, progress and complaints to standard error. A command ends with 0 if
all is well, 1 if the run failed, 2 if what it was given cannot be used, 130 if it was stopped. The
engine is imported inside the commands that play, so that the others answer at once.
"""

from __future__ import annotations

import difflib
import functools
import json
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from sim.scenario import Scenario

FAILED, BAD_INPUT, STOPPED = 1, 2, 130

#: A run uses this many cores, unless told otherwise or there are fewer.
CORES = 2

#: Draws by which `show` looks for a ZOPA before the first day.
GROUND_RUNS = 400

#: Talks in each arm by which a report says why there is no deal and what would matter.
FURTHER_RUNS = 150

#: Beside the parts of the outcomes, a folder holds these.
COMMAND, SUMMARY, SCENARIO = "command.txt", "summary.json", "scenario.yaml"

P = ParamSpec("P")


class BadInputError(ValueError):
    """What the user gave cannot be used; the message says why and what to do."""


app = typer.Typer(
    name="parley",
    help="Parley: a simulator of negotiations over truces and exchanges.",
    epilog="Results are conditional on a model and its assumptions; they are not a forecast.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="a scenario's name, or its file")]
Runs = Annotated[int, typer.Option(min=1, help="how many talks to simulate")]
Seed = Annotated[int, typer.Option(min=0, help="the luck: the same seed, the same results")]
Days = Annotated[
    int | None,
    typer.Option(min=1, max=3650, help="how long to follow the talks", show_default="scenario's"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="a lever, or a value by its path; repeatable"),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="how many processes", show_default=f"up to {CORES} cores"),
]
JsonTo = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE|-", help="write the summary as JSON; - prints only that"),
]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal may lack our dashes
    app()


def soberly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what goes wrong in a command into a sentence and an exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        from sim.complaints import ScenarioError
        from sim.draws import LeverError

        try:
            command(*args, **kwargs)
        except ScenarioError as error:
            _complain(*map(str, error.complaints))
            raise typer.Exit(BAD_INPUT) from None
        except (BadInputError, LeverError) as error:
            _complain(str(error))
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            _complain("Stopped before the end; nothing is reported.")
            raise typer.Exit(STOPPED) from None
        except (typer.Exit, typer.Abort):
            raise
        except OSError as error:
            _complain(f"The run failed: {error}")
            raise typer.Exit(FAILED) from None
        except Exception as error:
            traceback.print_exc()
            _complain(f"The run failed: {error}")
            raise typer.Exit(FAILED) from None

    return guarded


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            typer.echo(f"parley {metadata.version('parley-sim')}")
        except metadata.PackageNotFoundError:
            typer.echo("parley, version unknown: it is not installed")
        raise typer.Exit


@app.callback()
def _parley(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="say the version"),
    ] = False,
) -> None:
    pass


# --- Commands that only read


@app.command()
@soberly
def scenarios() -> None:
    """List the scenarios at hand."""
    from rich.table import Table
    from rich.text import Text

    from sim.reading import load_scenario, scenario_names

    table = Table("name", "", "day", box=None, pad_edge=False, header_style="dim")
    for name in scenario_names():
        scenario = load_scenario(name)
        day = "invented" if scenario.fictional else str(scenario.as_of)
        table.add_row(Text(name), Text(scenario.title), day)
    _console().print(table)


@app.command()
@soberly
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="scenario files or names")],
) -> None:
    """Say everything that is wrong with scenario files."""
    wrong = False
    for file in files:
        complaints, line = _checked(file)
        for complaint in complaints:
            typer.echo(complaint)
        wrong |= bool(complaints)
        if not complaints:
            typer.echo(line)
    if wrong:
        raise typer.Exit(BAD_INPUT)


def _checked(file: str) -> tuple[list[str], str]:
    """The complaints about a file, or a line that says it is fine."""
    from sim.complaints import ScenarioError
    from sim.reading import PHRASES, load_scenario, scenario_names
    from sim.theory.packages import packages_of

    if Path(file).name == PHRASES:
        used_by = scenario_names()[:1]
        try:
            for name in used_by:  # whoever uses them reads all of them
                load_scenario(name)
        except ScenarioError as error:
            mine = [str(c) for c in error.complaints if c.file == PHRASES]
            return mine, f"{file}: fine (phrases that scenarios share)"
        return [], f"{file}: fine (phrases that scenarios share)"
    try:
        scenario = load_scenario(file)
    except ScenarioError as error:
        return [str(complaint) for complaint in error.complaints], ""
    packages, numbers = len(packages_of(scenario)), len(scenario.quantities())
    return [], f"{file}: fine ({scenario.title}; {packages} packages, {numbers} numbers)"


@app.command()
@soberly
def schema() -> None:
    """Print the JSON Schema of a scenario file, for editors."""
    from sim.reading import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
@soberly
def show(
    name: Name,
    numbers: Annotated[
        bool, typer.Option("--numbers", help="every number with its range and source")
    ] = False,
) -> None:
    """Show a scenario: parties, positions, issues, levers, and whether there is a ZOPA."""
    from sim.reading import load_scenario

    scenario = load_scenario(name)
    from sim import report
    from sim.experiment import common_ground

    console = _console()
    report.print_scenario(scenario, console)
    with _waiting("Looking for common ground"):
        ground = common_ground(scenario, runs=GROUND_RUNS)
    report.print_ground(ground, scenario, console)
    report.print_assumptions(scenario, console)
    if numbers:
        report.print_numbers(scenario, console)


# --- Commands that play


@app.command()
@soberly
def run(
    name: Name,
    runs: Runs = 2000,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="keep every run's outcome in a folder")
    ] = None,
) -> None:
    """Simulate talks many times and report what became of them."""
    scenario, levers = _load(name, _pairs(settings, "--set"))
    days = days or scenario.days
    command = _command("run", name, runs=runs, seed=seed, days=days, sets={"--set": settings})
    _check_json(json_to)
    from sim.reading import find_scenario

    with _folder(out) as folder:
        if out is not None:
            _claim(folder, scenario, levers, seed, days, command)
            (folder / SCENARIO).write_bytes(find_scenario(name).read_bytes())
        from sim import report
        from sim.experiment import stream
        from sim.shelf import Stored, put

        blocks = stream(
            scenario,
            runs=runs,
            seed=seed,
            days=days,
            levers=levers,
            workers=workers or _cores(),
        )
        with _progress(runs) as advance:
            for done in put(blocks, folder):
                advance(done)
        found = report.summary(Stored(folder), scenario, command)
        if out is not None:
            (folder / SUMMARY).write_text(_as_json(found), encoding="utf-8")
    _deliver(found, json_to, lambda console: report.print_summary(found, scenario, console))


@app.command("report")
@soberly
def report_page(
    name: Name,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="the folder for the page and its charts")
    ],
    runs: Runs = 10_000,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    workers: Workers = None,
    further: Annotated[
        int,
        typer.Option(
            min=0,
            help="talks in each arm, to say why there is no deal and what matters; 0: leave out",
        ),
    ] = FURTHER_RUNS,
) -> None:
    """Write a report to hand in: one page of HTML, its charts and its numbers."""
    scenario, levers = _load(name, _pairs(settings, "--set"))
    asked: dict[str, Any] = {"seed": seed, "days": days or scenario.days, "levers": levers}
    workers = workers or _cores()
    options = {"runs": runs, "seed": seed, "days": days or scenario.days, "further": further}
    command = _command("report", name, sets={"--set": settings, "--out": [str(out)]}, **options)
    with _folder(out) as folder, _folder(None) as kept:
        from sim import page
        from sim.experiment import stream
        from sim.shelf import Stored, put

        with _progress(runs) as advance:
            for done in put(stream(scenario, runs=runs, workers=workers, **asked), kept):
                advance(done)
        outcomes = Stored(kept)
        with _telling() as say:
            looked = None
            if further:
                looked = page.look_further(
                    outcomes, scenario, runs=further, workers=workers, say=say
                )
            say("Drawing")
            told = page.report(outcomes, scenario, command, looked)
            typer.echo(page.files_in_words(page.write(told, folder)))


@app.command()
@soberly
def compare(
    name: Name,
    settings: Settings = None,
    baseline_settings: Annotated[
        list[str] | None,
        typer.Option("--baseline-set", metavar="KEY=VALUE", help="the same for both arms"),
    ] = None,
    runs: Runs = 2000,
    seed: Seed = 1,
    days: Days = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="write the report of it into a folder")
    ] = None,
) -> None:
    """Play the same talks with and without a change, and report the difference."""
    before = _pairs(baseline_settings, "--baseline-set")
    after = _pairs(settings, "--set")
    if not after:
        raise BadInputError("there is nothing to compare: give at least one --set KEY=VALUE")
    baseline, changed = _load(name, before), _load(name, {**before, **after})
    days = days or baseline[0].days
    sets = {"--set": settings, "--baseline-set": baseline_settings}
    if out is not None:
        sets["--out"] = [str(out)]
    command = _command("compare", name, runs=runs, seed=seed, days=days, sets=sets)
    _check_json(json_to)
    from sim import report
    from sim.experiment import Comparison, stream
    from sim.outcomes import Outcomes

    arms: list[Outcomes] = []
    with _progress(2 * runs) as advance:
        for scenario, levers in (baseline, changed):
            blocks = stream(
                scenario,
                runs=runs,
                seed=seed,
                days=days,
                levers=levers,
                workers=workers or _cores(),
            )
            parts = []
            for part in blocks:
                parts.append(part)
                advance(len(part))
            arms.append(Outcomes.joined(parts))
    both = Comparison(*arms)
    if out is not None:
        from sim import page

        with _folder(out) as folder, _waiting("Drawing"):
            page.write(page.comparison(both, baseline[0], command), folder)
    found = report.comparison_summary(both, baseline[0], command)
    _deliver(found, json_to, lambda console: report.print_comparison(found, baseline[0], console))


@app.command()
@soberly
def story(
    name: Name,
    run: Annotated[int, typer.Option(min=0, help="which run, counted from 0")] = 0,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
) -> None:
    """Tell one run day by day."""
    scenario, levers = _load(name, _pairs(settings, "--set"))
    days = days or scenario.days
    command = _command("story", name, run=run, seed=seed, days=days, sets={"--set": settings})
    from rich.text import Text

    from sim import report
    from sim.story import tell

    with _waiting("Playing"):
        paragraphs = tell(scenario, run, seed, days, levers)
    console = _console()
    console.print(Text(report.NOT_A_FORECAST, style="italic"))
    for paragraph in paragraphs:
        console.print(Text(paragraph))
    console.print()
    report.print_command(command, console)


@app.command()
@soberly
def why(
    name: Name,
    runs: Runs = 500,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    workers: Workers = None,
    json_to: JsonTo = None,
) -> None:
    """Say what blocks a deal, what would change if it did not, and what mediation is worth."""
    scenario, levers = _load(name, _pairs(settings, "--set"))
    asked = {"seed": seed, "runs": runs, "days": days or scenario.days}
    command = _command("why", name, sets={"--set": settings}, **asked)
    _check_json(json_to)
    from sim import why as told

    with _telling() as say:
        reasons = told.reasons(
            scenario,
            runs=runs,
            seed=seed,
            days=days or scenario.days,
            levers=levers,
            workers=workers or _cores(),
            say=say,
        )
    found = told.why_summary(reasons, scenario, {**asked, "levers": levers}, command)
    _deliver(found, json_to, lambda console: told.print_why(found, scenario, console))


@app.command()
@soberly
def unlock(
    name: Name,
    target: Annotated[
        str,
        typer.Option(
            metavar="WHAT", help="deal@DAY=SHARE, holds@DAYS=SHARE, returned_alive=NUMBER"
        ),
    ],
    runs: Runs = 500,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    workers: Workers = None,
    json_to: JsonTo = None,
) -> None:
    """Find the smallest change of one lever, and of two, that reaches a target."""
    scenario, levers = _load(name, _pairs(settings, "--set"))
    asked = {"seed": seed, "runs": runs, "days": days or scenario.days}
    sets = {"--target": [target], "--set": settings}
    command = _command("unlock", name, sets=sets, **asked)
    _check_json(json_to)
    from sim import why as told
    from sim.unlock import Target, TargetError
    from sim.unlock import unlock as search

    try:
        aim = Target.read(target, days or scenario.days)
    except TargetError as error:
        raise BadInputError(str(error)) from None
    with _telling() as say:
        ways = search(
            scenario,
            aim,
            runs=runs,
            seed=seed,
            days=days or scenario.days,
            levers=levers,
            workers=workers or _cores(),
            say=say,
        )
    found = told.unlock_summary(ways, scenario, {**asked, "levers": levers}, command)
    _deliver(found, json_to, lambda console: told.print_unlock(found, scenario, console))


@app.command()
@soberly
def sensitivity(
    name: Name,
    runs_budget: Annotated[
        int, typer.Option(min=1, help="about how many talks to simulate in all")
    ] = 60_000,
    n: Annotated[
        int | None,
        typer.Option(min=2, help="rows of Sobol's design, a power of 2", show_default="budget's"),
    ] = None,
    replicates: Annotated[int, typer.Option(min=2, help="talks for each row")] = 16,
    outcome: Annotated[
        str,
        typer.Option(help="deal_by_90, restricted_mean_day, returned_alive or truce_held_60"),
    ] = "deal_by_90",
    top: Annotated[int, typer.Option(min=1, help="how many numbers to look closer at")] = 6,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="keep what was played in a folder, as CSV")
    ] = None,
) -> None:
    """Find the uncertain numbers that matter, and how much is luck alone."""
    scenario, levers = _load(name, _pairs(settings, "--set"))
    days = days or scenario.days
    options: dict[str, object] = {"runs-budget": runs_budget, "n": n, "replicates": replicates}
    options |= {"outcome": outcome, "top": top, "seed": seed, "days": days}
    given = {option: value for option, value in options.items() if value is not None}
    command = _command("sensitivity", name, sets={"--set": settings}, **given)
    _check_json(json_to)
    from rich.text import Text

    from sim import report, sensitivity_report
    from sim import sensitivity as looks

    try:
        looks.check_outcome(outcome, days)
        plan = looks.plan(
            scenario, budget=runs_budget, top=top, n=n, replicates=replicates, seed=seed
        )
    except ValueError as error:
        raise BadInputError(str(error)) from None
    with _folder(out) as folder:
        _claim_for_tables(folder, command)
        with _progress(plan.runs) as advance:
            play = looks.player(
                scenario,
                seed=seed,
                days=days,
                levers=levers,
                workers=workers or _cores(),
                advance=advance,
            )
            found = looks.study(scenario, plan, play, outcome, command)
        head = {"seed": seed, "days": days, "levers": levers, "command": command}
        data = sensitivity_report.study_as_data(found, scenario, plan, head)
        data["not_a_forecast"] = report.NOT_A_FORECAST
        if out is not None:
            for table in found.tables:
                table.save(folder)
            (folder / SUMMARY).write_text(_as_json(data), encoding="utf-8")

    def print_words(console: Console) -> None:
        console.print(Text(report.NOT_A_FORECAST, style="italic"))
        sensitivity_report.print_study(found, plan, console)
        report.print_command(command, console)

    _deliver(data, json_to, print_words)


def _claim_for_tables(folder: Path, command: str) -> None:
    """Take a folder for what a command plays; raises BadInputError if other things are in it."""
    note = folder / COMMAND
    before = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    if before != command and any(folder.iterdir()):
        raise BadInputError(f"{folder} already holds something else; give another folder")
    note.write_text(f"{command}\n", encoding="utf-8")


@app.command()
@soberly
def scorecard(
    runs: Runs = 4000,
    seed: Seed = 1,
    workers: Workers = None,
    json_to: JsonTo = None,
    write: Annotated[
        bool, typer.Option("--write", help="put it into the document of the model, sim/README.md")
    ] = False,
) -> None:
    """Hold the model against stylised facts, the past, and itself with parts taken out."""
    _check_json(json_to)
    from sim import scorecard as cards

    if write and not cards.README.is_file():
        raise BadInputError(f"--write needs {cards.README}, which an installed copy lacks")
    done = 0
    with _progress(cards.runs_in_all(runs)) as advance:

        def progress(now: int, total: int) -> None:
            nonlocal done
            advance(now - done)
            done = now

        card = cards.scorecard(runs=runs, seed=seed, workers=workers or _cores(), progress=progress)
    if write:
        cards.write(card)
    _deliver(
        cards.as_dict(card),
        json_to,
        lambda console: console.print(cards.as_markdown(card), markup=False, soft_wrap=True),
    )


# --- What the user sets


def _pairs(settings: list[str] | None, option: str) -> dict[str, str]:
    """KEY=VALUE settings as a mapping; raises BadInputError for what is not one, or twice."""
    pairs: dict[str, str] = {}
    for setting in settings or []:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not key or not equals or not value:
            raise BadInputError(f"{option} {shlex.quote(setting)} is not of the form KEY=VALUE")
        if key in pairs:
            raise BadInputError(f"{option} sets {key} twice; set it once")
        pairs[key] = value
    return pairs


def _load(name: str, pairs: Mapping[str, str]) -> tuple[Scenario, dict[str, float]]:
    """A scenario with some of its values changed, and the levers that are moved."""
    from sim.complaints import ScenarioError
    from sim.draws import check_levers
    from sim.reading import load_scenario

    scenario = load_scenario(name)
    levers = {key: value for key, value in pairs.items() if key in scenario.levers}
    changes = {key: value for key, value in pairs.items() if key not in scenario.levers}
    if changes:
        try:
            scenario = load_scenario(name, changes)
        except ScenarioError as error:
            unknown = [c.key for c in error.complaints if c.key in changes and not c.line]
            if unknown:
                raise BadInputError("\n".join(_unknown(key, scenario) for key in unknown)) from None
            raise
    return scenario, check_levers(scenario, {k: _number(k, v) for k, v in levers.items()})


def _number(lever: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadInputError(f"lever '{lever}' is {value!r}; it takes a number") from None


def _unknown(key: str, scenario: Scenario) -> str:
    """The complaint about a key that is neither lever nor value, with the nearest of each."""
    found = f"--set {key}: {scenario.scenario} has no lever and no value of this name"
    nearest = [
        f"the {what} '{near}'"
        for what, known in (("lever", scenario.levers), ("value", scenario.quantities()))
        for near in difflib.get_close_matches(key, known, n=1)
    ]
    if nearest:
        return f"{found}; did you mean {' or '.join(nearest)}?"
    levers = ", ".join(scenario.levers) or "none"
    return f"{found}; its levers: {levers}; `parley show --numbers` lists its values"


def _command(
    verb: str, name: str, *, sets: Mapping[str, list[str] | None], **options: object
) -> str:
    """The command that gives the same results again, quoted for a shell."""
    words = ["parley", verb, name]
    for option, value in options.items():
        words += [f"--{option}", str(value)]
    for option, settings in sets.items():
        for setting in settings or []:
            words += [option, setting]
    return shlex.join(words)


def _cores() -> int:
    return min(CORES, os.cpu_count() or 1)


# --- Where results go


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """The folder for the outcomes: the user's, or one that is gone afterwards."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="parley-") as folder:
            yield Path(folder)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"--out {out} cannot be used: {error.strerror}") from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise BadInputError(f"--out {out} cannot be used: nothing may be written there")
    yield out


def _claim(
    folder: Path,
    scenario: Scenario,
    levers: Mapping[str, float],
    seed: int,
    days: int,
    command: str,
) -> None:
    """Take a folder for the outcomes of a command; raises BadInputError if others are in it."""
    from sim.experiment import version
    from sim.reading import sha256_of
    from sim.shelf import parts_in

    parts = parts_in(folder)
    origin = {
        "sha256": sha256_of(scenario),
        "version": version(),
        "seed": seed,
        "days": days,
        "levers": dict(levers),
    }
    note = folder / COMMAND
    before = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    if parts and (before != command or _origin(parts[0]) != origin):
        what = f"of `{before}`" if before and before != command else "of something else"
        raise BadInputError(f"{folder} already holds outcomes {what}; give another folder")
    for old in (*parts, folder / SUMMARY):
        old.unlink(missing_ok=True)
    note.write_text(f"{command}\n", encoding="utf-8")


def _origin(part: Path) -> dict[str, Any] | None:
    from sim.shelf import origin_of

    try:
        return origin_of(part)
    except ValueError:
        return None


def _check_json(json_to: str | None) -> None:
    """Find out before the run whether the JSON can be written after it."""
    if json_to in (None, "-"):
        return
    target = Path(str(json_to))
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise BadInputError(f"--json {json_to} cannot be written; name a file in a folder that is")


def _deliver(
    found: dict[str, Any], json_to: str | None, print_words: Callable[[Console], None]
) -> None:
    """Give the results in words, and as JSON where they are wanted."""
    if json_to == "-":
        typer.echo(_as_json(found), nl=False)
        return
    if json_to is not None:
        Path(json_to).write_text(_as_json(found), encoding="utf-8")
    print_words(_console())


def _as_json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _complain(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where someone watches; yields what moves it on by so many runs."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    unseen = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=unseen) as bar:
        task = bar.add_task("runs", total=total)
        yield lambda runs: bar.advance(task, runs)


@contextmanager
def _waiting(words: str) -> Iterator[None]:
    """A sign of life on standard error where someone watches."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(words):
        yield


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """The same, for work in several parts: the function says which one is under way."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda words: None
        return
    with console.status("Playing") as status:
        yield status.update


if __name__ == "__main__":
    main()
