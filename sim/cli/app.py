"""The command line: one function for each command, and where groups of commands are mounted.

Results go to standard output, progress and complaints to standard error. A command ends with 0 if
all is well, 1 if the run failed, 2 if what it was given cannot be used, 130 if it was stopped. The
engine is imported inside the commands that play, so that the others answer at once.

A group of commands stands in a module of its own, beside what it commands, as a `typer.Typer()`
called `app` that builds on `sim.cli.options`. It is mounted at the end of this module by one line,
`app.add_typer(sweep.app, name="sweep")`; as it imports the engine inside its functions too, the
others still answer at once. A command that starts a server of the package `dashboard`, which
stands above this module, calls `terminal.become("dashboard", …)`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import analyze as analysis
from sim.cli import classroom, sweep
from sim.cli.errors import BAD_INPUT, BadInputError, report_errors
from sim.cli.exec_module import exec_module
from sim.cli.options import (
    Budget,
    Days,
    Events,
    FurtherRuns,
    JsonTo,
    Name,
    Out,
    OutWanted,
    Plugins,
    Runs,
    Seed,
    Settings,
    Workers,
    as_command,
    changes_in,
    cores,
    load,
    pairs,
)
from sim.cli.output import as_json, check_json, deliver, folder_for, on_screen
from sim.cli.progress import progress, status_line, waiting
from sim.io.atomic_write import atomic_path, write_atomically

if TYPE_CHECKING:
    from sim.engine.storage import OutcomeStore
    from sim.findings.sensitivity import SensitivityPlan, SensitivityStudy
    from sim.scenario.schema import Scenario

#: Draws by which `show` looks for a ZOPA before the first day.
GROUND_RUNS = 400

#: Talks in each arm by which a report says why there is no deal and what would matter.
FURTHER_RUNS = 150

#: Beside the parts of the outcomes, a folder holds these.
SUMMARY, SCENARIO = "summary.json", "scenario.yaml"

app = typer.Typer(
    name="parley",
    help="Parley: a simulator of negotiations over truces and exchanges.",
    epilog="Results are conditional on a model and its assumptions; they are not a forecast.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal may lack our dashes
    app()


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
@report_errors
def scenarios() -> None:
    """List the scenarios at hand."""
    from rich.table import Table
    from rich.text import Text

    from sim.scenario.loading import load_scenario, scenario_names

    table = Table("name", "", "day", box=None, pad_edge=False, header_style="dim")
    for name in scenario_names():
        scenario = load_scenario(name)
        day = "invented" if scenario.fictional else str(scenario.as_of)
        table.add_row(Text(name), Text(scenario.title), day)
    on_screen().print(table)


@app.command()
@report_errors
def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="files, or names of scenarios")
    ],
    plugins: Plugins = None,
) -> None:
    """Say everything that is wrong with files: scenarios, studies of sweeps, facts of a case."""
    from sim.scenario.plugins import load_plugins

    load_plugins(plugins or ())
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
    """Return the complaints about a file, or a line that says it is fine."""
    from sim.scenario.errors import ScenarioError
    from sim.scenario.loading import (
        PHRASES,
        find_scenario,
        load_scenario,
        read_file,
        scenario_names,
    )
    from sim.scenario.notes import notes_on
    from sim.scenario.packages import feasible_packages
    from sim.scenario.yaml_tree import keys_at_top

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
        place = Path(file) if Path(file).is_file() else find_scenario(file)
        keys = keys_at_top(read_file(place), place.name)
        if fine := sweep.checked(place, keys) or analysis.checked(place, keys):
            return [], f"{file}: fine ({fine})"
        scenario = load_scenario(place)
        _check_plays(scenario, place)
    except ScenarioError as error:
        return [str(complaint) for complaint in error.complaints], ""
    packages, numbers = len(feasible_packages(scenario)), len(scenario.quantities())
    fine = f"{file}: fine ({scenario.title}; {packages} packages, {numbers} numbers)"
    return [], "\n".join([fine, *(f"  note: {note}" for note in notes_on(scenario))])


def _check_plays(scenario: Scenario, file: Path) -> None:
    """Raise ScenarioError where playing would fail: for strategies of a user's own it is tried."""
    from sim.scenario.contracts import check_strategies

    check_strategies(scenario, file)
    if scenario.plugins:
        from sim.engine.trial_run import probe

        probe(scenario, file)


@app.command()
@report_errors
def schema() -> None:
    """Print the JSON Schema of a scenario file, for editors."""
    from sim.scenario.loading import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
@report_errors
def show(
    name: Name,
    numbers: Annotated[
        bool, typer.Option("--numbers", help="every number with its range and source")
    ] = False,
    plugins: Plugins = None,
) -> None:
    """Show a scenario: parties, positions, issues, levers, and whether there is a ZOPA."""
    from sim.scenario.loading import load_scenario

    scenario = load_scenario(name, plugins=plugins or ())
    from sim.cli import console
    from sim.engine.simulate import initial_bargaining_range

    screen = on_screen()
    console.print_scenario(scenario, screen)
    with waiting("Looking for common ground"):
        ground = initial_bargaining_range(scenario, runs=GROUND_RUNS)
    console.print_ground(ground, scenario, screen)
    console.print_assumptions(scenario, screen)
    if numbers:
        console.print_numbers(scenario, screen)


# --- Commands that play


@app.command()
@report_errors
def run(
    name: Name,
    runs: Runs = 2000,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    events: Events = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    out: Out = None,
    plugins: Plugins = None,
) -> None:
    """Simulate talks many times and report what became of them; --out keeps every run.

    In the JSON, `sides` says who fights forward and who backward, which tells whose victory is
    `victory_forward` and whose `victory_backward`.
    """
    sets = pairs(settings, "--set")
    scenario, levers = load(name, sets, plugins, events, days)
    days = days or scenario.days
    command = as_command(
        "run",
        name,
        runs=runs,
        seed=seed,
        days=days,
        sets={"--set": settings, "--event": events, "--plugin": plugins},
    )
    check_json(json_to)
    from sim.cli import console
    from sim.engine.storage import is_of_another_model, parts_in
    from sim.reporting import summary
    from sim.scenario.loading import find_scenario

    with folder_for(command, out) as folder:
        if any(is_of_another_model(part) for part in parts_in(folder)):
            raise BadInputError(
                f"--out {out} holds results of another model, which knew of no stances, and they "
                "are not played anew; give another folder, or empty this one"
            )
        for old in (*parts_in(folder), folder / SUMMARY):
            old.unlink(missing_ok=True)
        if out is not None:
            with atomic_path(folder / SCENARIO) as beside:
                beside.write_bytes(find_scenario(name).read_bytes())
        asked = {"runs": runs, "seed": seed, "days": days, "workers": workers or cores()}
        with progress(runs) as advance:
            outcomes = _played(scenario, levers, folder, advance, **asked)
        talks = summary.summary(outcomes, scenario, command, changes_in(sets, scenario))
        if out is not None:
            write_atomically(folder / SUMMARY, as_json(talks.as_data()))
    deliver(talks.as_data(), json_to, lambda screen: console.print_summary(talks, scenario, screen))


def _played(
    scenario: Scenario,
    levers: Mapping[str, float],
    folder: Path,
    advance: Callable[[int], None],
    /,
    **asked: Any,
) -> OutcomeStore:
    """Return the outcomes of talks, written to a folder block by block so that memory stays
    flat.
    """
    from sim.engine.simulate import stream
    from sim.engine.storage import OutcomeStore, save

    for done in save(stream(scenario, levers=levers, **asked), folder):
        advance(done)
    return OutcomeStore(folder)


@app.command("report")
@report_errors
def report_page(
    name: Name,
    out: OutWanted,
    runs: Runs = 10_000,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    events: Events = None,
    workers: Workers = None,
    further: FurtherRuns = FURTHER_RUNS,
    plugins: Plugins = None,
) -> None:
    """Write a report to hand in: one page of HTML, its charts and its numbers."""
    sets = pairs(settings, "--set")
    scenario, levers = load(name, sets, plugins, events, days)
    workers, days = workers or cores(), days or scenario.days
    asked = {"runs": runs, "seed": seed, "days": days, "workers": workers}
    options = {"runs": runs, "seed": seed, "days": days, "further": further}
    command = as_command(
        "report",
        name,
        sets={"--set": settings, "--event": events, "--plugin": plugins, "--out": [str(out)]},
        **options,
    )
    from sim.reporting import html_report

    with folder_for(command, out) as folder, folder_for(command, None) as kept:
        with progress(runs) as advance:
            outcomes = _played(scenario, levers, kept, advance, **asked)
        with status_line() as say:
            looked = None
            if further:
                looked = html_report.look_further(
                    outcomes, scenario, runs=further, workers=workers, say=say
                )
            say("Drawing")
            told = html_report.report(
                outcomes, scenario, command, looked, changes_in(sets, scenario)
            )
            typer.echo(html_report.files_in_words(html_report.write(told, folder)))


@app.command()
@report_errors
def compare(
    name: Name,
    settings: Settings = None,
    events: Events = None,
    baseline_settings: Annotated[
        list[str] | None,
        typer.Option("--baseline-set", metavar="KEY=VALUE", help="the same for both arms"),
    ] = None,
    runs: Runs = 2000,
    seed: Seed = 1,
    days: Days = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    out: Out = None,
    plugins: Plugins = None,
) -> None:
    """Play the same talks with and without a change, and report the difference.

    --out writes a page with charts. In the JSON, `to_deal` and `from_deal` are the talks that the
    change turns: those with a truce only after it, and those with a truce only without it.
    """
    before = pairs(baseline_settings, "--baseline-set")
    after = pairs(settings, "--set")
    if not after and not events:
        raise BadInputError(
            "there is nothing to compare: give at least one --set KEY=VALUE or --event NAME@DAY"
        )
    if "days" in after:
        raise BadInputError(
            "both arms are followed for as long: give --days in place of --set days"
        )
    baseline = load(name, before, plugins)
    changed = load(name, {**before, **after}, plugins, events, days)
    days = days or baseline[0].days
    sets = {"--set": settings, "--baseline-set": baseline_settings, "--event": events}
    sets["--plugin"] = plugins
    if out is not None:
        sets["--out"] = [str(out)]
    command = as_command("compare", name, runs=runs, seed=seed, days=days, sets=sets)
    check_json(json_to)
    from sim.cli import console
    from sim.engine.simulate import Comparison
    from sim.reporting import summary

    asked = {"runs": runs, "seed": seed, "days": days, "workers": workers or cores()}
    with (
        folder_for(command, out) as folder,
        folder_for(command, None) as kept,
        folder_for(command, None) as kept_too,
    ):
        with progress(2 * runs) as advance:
            first = _played(*baseline, kept, advance, **asked)
            both = Comparison(first, _played(*changed, kept_too, advance, **asked))
        if out is not None:
            from sim.reporting import html_report

            with waiting("Drawing"):
                html_report.write(html_report.comparison(both, baseline[0], command), folder)
        talks = summary.comparison_summary(both, baseline[0], command)
    deliver(
        talks.as_data(),
        json_to,
        lambda screen: console.print_comparison(talks, baseline[0], screen),
    )


@app.command()
@report_errors
def story(
    name: Name,
    run: Annotated[int, typer.Option(min=0, help="which run, counted from 0")] = 0,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    events: Events = None,
    plugins: Plugins = None,
) -> None:
    """Tell one run day by day."""
    scenario, levers = load(name, pairs(settings, "--set"), plugins, events, days)
    days = days or scenario.days
    command = as_command(
        "story",
        name,
        run=run,
        seed=seed,
        days=days,
        sets={"--set": settings, "--event": events, "--plugin": plugins},
    )
    from rich.text import Text

    from sim.cli import console
    from sim.reporting.narrative import tell

    with waiting("Playing"):
        paragraphs = tell(scenario, run, seed, days, levers)
    screen = on_screen()
    console.caveat(screen)
    for paragraph in paragraphs:
        screen.print(Text(paragraph))
    screen.print()
    console.print_command(command, screen)


@app.command()
@report_errors
def why(
    name: Name,
    runs: Runs = 500,
    seed: Seed = 1,
    days: Days = None,
    settings: Settings = None,
    events: Events = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    plugins: Plugins = None,
) -> None:
    """Say what blocks a deal, what would change if it did not, and what mediation is worth."""
    scenario, levers = load(name, pairs(settings, "--set"), plugins, events, days)
    asked: dict[str, Any] = {"seed": seed, "runs": runs, "days": days or scenario.days}
    command = as_command(
        "why", name, sets={"--set": settings, "--event": events, "--plugin": plugins}, **asked
    )
    check_json(json_to)
    from sim.cli import console_explanation
    from sim.findings import explanation
    from sim.reporting import explanation as summaries

    asked["levers"] = levers
    with status_line() as say:
        reasons = explanation.reasons(scenario, workers=workers or cores(), say=say, **asked)
    why = summaries.why_summary(reasons, scenario, command, **asked)
    deliver(
        why.as_data(),
        json_to,
        lambda screen: console_explanation.print_why(why, scenario, screen),
    )


@app.command()
@report_errors
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
    events: Events = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    plugins: Plugins = None,
) -> None:
    """Find the smallest change of one lever, and of two, that reaches a target."""
    scenario, levers = load(name, pairs(settings, "--set"), plugins, events, days)
    asked: dict[str, Any] = {"seed": seed, "runs": runs, "days": days or scenario.days}
    sets = {"--target": [target], "--set": settings, "--event": events, "--plugin": plugins}
    command = as_command("unlock", name, sets=sets, **asked)
    check_json(json_to)
    from sim.cli import console_explanation
    from sim.findings.lever_search import Target, TargetError
    from sim.findings.lever_search import search_levers as search
    from sim.reporting import explanation

    try:
        aim = Target.read(target, asked["days"])
    except TargetError as error:
        raise BadInputError(str(error)) from None
    asked["levers"] = levers
    with status_line() as say:
        ways = search(scenario, aim, workers=workers or cores(), say=say, **asked)
    changes = explanation.unlock_summary(ways, scenario, command, **asked)
    deliver(
        changes.as_data(),
        json_to,
        lambda screen: console_explanation.print_unlock(changes, scenario, screen),
    )


@app.command()
@report_errors
def sensitivity(
    name: Name,
    runs_budget: Budget = 60_000,
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
    events: Events = None,
    workers: Workers = None,
    json_to: JsonTo = None,
    out: Out = None,
    plugins: Plugins = None,
) -> None:
    """Find the uncertain numbers that matter, and how much is luck; --out keeps the tables."""
    scenario, levers = load(name, pairs(settings, "--set"), plugins, events, days)
    days = days or scenario.days
    options: dict[str, object] = {"runs-budget": runs_budget, "n": n, "replicates": replicates}
    options |= {"outcome": outcome, "top": top, "seed": seed, "days": days}
    given = {option: value for option, value in options.items() if value is not None}
    command = as_command(
        "sensitivity",
        name,
        sets={"--set": settings, "--event": events, "--plugin": plugins},
        **given,
    )
    check_json(json_to)
    from sim.cli import console_sensitivity
    from sim.findings import sensitivity as looks
    from sim.reporting import sensitivity as sensitivity_report

    try:
        looks.check_outcome(outcome, days)
        plan = looks.plan(
            scenario, budget=runs_budget, top=top, n=n, replicates=replicates, seed=seed
        )
    except ValueError as error:
        raise BadInputError(str(error)) from None
    asked: dict[str, Any] = {"seed": seed, "days": days, "levers": levers}
    with folder_for(command, out) as folder:
        found = _studied(scenario, plan, outcome, command, workers=workers or cores(), **asked)
        summary = sensitivity_report.sensitivity_summary(found, scenario, plan, command, **asked)
        data = summary.as_data()
        if out is not None:
            for table in found.tables:
                table.save(folder)
            (folder / SUMMARY).write_text(as_json(data), encoding="utf-8")
    deliver(
        data,
        json_to,
        lambda screen: console_sensitivity.print_study(found, plan, command, screen),
    )


def _studied(
    scenario: Scenario, plan: SensitivityPlan, outcome: str, command: str, /, **asked: Any
) -> SensitivityStudy:
    """Return what a study of a scenario's uncertain numbers finds."""
    from sim.findings.sensitivity import player, study

    with progress(plan.runs) as advance:
        play = player(scenario, advance=advance, **asked)
        return study(scenario, plan, play, outcome, command, asked["days"])


@app.command()
@report_errors
def scorecard(
    runs: Runs = 4000,
    seed: Seed = 1,
    workers: Workers = None,
    json_to: JsonTo = None,
    write: Annotated[
        bool, typer.Option("--write", help="put it into the document of the model, sim/README.md")
    ] = False,
    history: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="what happened, by name or file; else that of the seed case"
        ),
    ] = None,
) -> None:
    """Hold the model against stylised facts, the past, and itself with parts taken out."""
    check_json(json_to)
    from sim.validation import scorecard as cards

    if write and not cards.README.is_file():
        raise BadInputError(f"--write needs {cards.README}, which an installed copy lacks")
    if runs < cards.LEAST_RUNS:
        raise BadInputError(f"--runs {runs}: {cards.TOO_FEW}")
    done = 0
    past = cards.history_named(history)
    with progress(cards.runs_in_all(past, runs)) as advance:

        def move_on(now: int, total: int) -> None:
            nonlocal done
            advance(now - done)
            done = now

        card = cards.scorecard(
            past=past, runs=runs, seed=seed, workers=workers or cores(), progress=move_on
        )
    if write:
        cards.write(card)
    deliver(
        cards.as_dict(card),
        json_to,
        lambda screen: screen.print(cards.as_markdown(card), markup=False, soft_wrap=True),
    )


@app.command()
@report_errors
def signs(
    name: Name,
    runs: Runs = 2000,
    seed: Seed = 1,
    workers: Workers = None,
    json_to: JsonTo = None,
) -> None:
    """Hold what each lever does at both ends against what research expects of it.

    A call judges by its own talks and seed; 10,000 and a second seed make it firmer. Talks are
    followed for 240 days. In the JSON, `expect` is what this end is expected to do, and effects are
    shares of talks, changed minus unchanged.
    """
    scenario, _ = load(name, {})
    command = as_command("signs", name, sets={}, runs=runs, seed=seed)
    check_json(json_to)
    from sim.cli import console_signs
    from sim.validation import signs as sign_tables

    done = 0
    with progress(sign_tables.runs_in_all(scenario, runs)) as advance:

        def move_on(now: int, total: int) -> None:
            nonlocal done
            advance(now - done)
            done = now

        table = sign_tables.sign_table(
            scenario, runs=runs, seed=seed, workers=workers or cores(), progress=move_on
        )
    deliver(
        table.as_data(),
        json_to,
        lambda screen: console_signs.print_signs(table, command, screen),
    )


# --- Commands that start a server


@app.command(
    add_help_option=False,  # its options stand once, in the package itself
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def dashboard(context: typer.Context) -> None:
    """Serve the dashboard to browsers (see `parley dashboard --help`)."""
    exec_module("dashboard", *context.args)


# --- Groups of commands

app.command()(analysis.analyze)
app.add_typer(sweep.app, name="sweep")
app.add_typer(classroom.app, name="classroom")

if __name__ == "__main__":
    main()
