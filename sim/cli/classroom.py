"""`parley classroom`: rehearse an exercise, replay its log, export it, and purge it.

Results go to standard output, remarks about them to standard error.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.classroom.storage import paths
from sim.cli.errors import BadInputError, complain, report_errors
from sim.cli.exec_module import exec_module
from sim.cli.options import load
from sim.cli.output import as_json
from sim.scenario.errors import count_noun

if TYPE_CHECKING:
    from sim.classroom.storage.store import Store

app = typer.Typer(
    help="An exercise in which people take seats at the table and agents fill the rest. Without a "
    "command: serve it to browsers, and print the instructor's link.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)

Database = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="PARLEY_CLASSROOM",
        help="where exercises are kept, unless in a file of your own data",
    ),
]
Exercise = Annotated[str, typer.Argument(metavar="EXERCISE", help="the id of an exercise")]


@app.callback()
def classroom(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on")] = 8502,
    address: Annotated[str, typer.Option(help="the name that browsers know this machine by")] = "",
    base_path: Annotated[str, typer.Option(help="path under which a proxy serves it")] = "",
    database: Database = "",
    home: Annotated[
        Path | None,
        typer.Option(
            help="folder for what the model computes, unless among your own data",
            envvar="PARLEY_CLASSROOM_HOME",
        ),
    ] = None,
) -> None:
    """Serve the classroom to browsers; with a command, do that instead."""
    if context.invoked_subcommand is not None:
        return
    if database:
        os.environ["PARLEY_CLASSROOM"] = database  # it may hold a password; arguments are public
    if home is not None:
        os.environ["PARLEY_CLASSROOM_HOME"] = str(home)
    exec_module(
        "dashboard.classroom",
        f"--host={host}",
        f"--port={port}",
        f"--address={address}",
        f"--base-path={base_path}",
    )


@app.command()
@report_errors
def rehearse(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="a scenario")],
    tables: Annotated[int, typer.Option(min=1, max=60, help="how many tables")] = 5,
    rounds: Annotated[int, typer.Option(min=1, max=30, help="rounds of talks")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="the luck of all tables")] = 1,
) -> None:
    """Play an exercise with agents in all seats, and say what a class may expect."""
    from sim.classroom.commands import OpenLobby, Request, Start
    from sim.classroom.debrief import ENDED, build_debrief
    from sim.classroom.decide import draft
    from sim.classroom.driver import InMemory, run_due_acts
    from sim.classroom.plan import ExercisePlan
    from sim.classroom.table_model import Model
    from sim.provenance import version
    from sim.scenario.errors import count_noun

    scenario, _ = load(name, {})
    try:
        plan = ExercisePlan(
            title=f"Rehearsal of {scenario.title}", tables=tables, rounds=rounds, seed=seed
        )
        log = InMemory(draft("rehearsal", plan, scenario, version(), 0))
    except ValueError as error:
        raise BadInputError(str(error)) from None
    for act in (OpenLobby(), Start()):
        log.submit(Request(by="instructor", key=act.kind, act=act), 0)
    model = Model(log.state().setting)
    debrief = build_debrief(run_due_acts(log, model, 0), model)
    for table in debrief.tables:
        terms = "; ".join(table.words.values()) or "nothing signed"
        after = count_noun(table.rounds, "round")
        typer.echo(f"Table {table.number} {ENDED[table.how]} after {after}; {terms}.")
    typer.echo(debrief.agreement.words)
    complain("Exploratory model, not a forecast.")


@app.command()
@report_errors
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="events.jsonl of an export")],
) -> None:
    """Write the final state of an exercise, from its log, byte for byte."""
    from sim.classroom.events import from_line
    from sim.classroom.state import canonical
    from sim.classroom.state import replay as replay_records

    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {error.strerror}") from None
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(from_line(line))
        except ValueError:
            raise BadInputError(
                f"{file}:{number}: this is no record of a classroom; export the log again"
            ) from None
    try:
        state = replay_records(records)
    except ValueError as error:
        raise BadInputError(f"{file}: {error}") from None
    sys.stdout.buffer.write(canonical(state))
    sys.stdout.buffer.flush()


@app.command(name="list")
@report_errors
def list_exercises(database: Database = "") -> None:
    """List the exercises that are kept, as JSON."""
    store = _open_store(database)
    exercises = [
        {"exercise": name, "title": title, "drafted": _day(drafted), "purge_after": _day(until)}
        for name, title, drafted, until in store.exercises()
    ]
    store.close()
    typer.echo(as_json({"exercises": exercises}))


@app.command()
@report_errors
def export(
    exercise: Exercise,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="the archive to write")],
    database: Database = "",
    with_names: Annotated[
        bool, typer.Option("--with-names", help="add what people called themselves")
    ] = False,
) -> None:
    """Write an exercise to a ZIP archive; complete once its briefs are revealed."""
    from sim.classroom.storage.export import archive

    store = _open_store(database)
    try:
        state, records = store.state(exercise), store.records(exercise)
    except KeyError:
        raise BadInputError(_no_such_exercise(exercise)) from None
    names = store.names(exercise) if with_names else None
    store.close()
    try:
        out.write_bytes(archive(state, records, names))
    except OSError as error:
        raise BadInputError(f"{out} cannot be written: {error.strerror}") from None
    complain(f"Wrote {out}.")


@app.command()
@report_errors
def purge(
    exercise: Annotated[
        str, typer.Argument(metavar="[EXERCISE]", help="one exercise, whatever its time")
    ] = "",
    database: Database = "",
    yes: Annotated[bool, typer.Option("--yes", help="delete one exercise without asking")] = False,
) -> None:
    """Delete all exercises whose time to be kept is over, or one."""
    store = _open_store(database)
    if exercise:
        if exercise not in [row[0] for row in store.exercises()]:
            raise BadInputError(_no_such_exercise(exercise))
        if not yes and not typer.confirm(f"Delete exercise {exercise} and all that is kept of it?"):
            return
    purged = store.purge(round(time.time() * 1000), exercise or None)
    store.close()
    for name in purged:
        typer.echo(name)
    complain(f"{count_noun(len(purged), 'exercise')} deleted.")


def _open_store(database: str) -> Store:
    from sim.classroom.storage.database import StoreError
    from sim.classroom.storage.store import Store

    try:
        return Store(database or paths.database())
    except StoreError as error:
        raise BadInputError(str(error)) from None


def _no_such_exercise(exercise: str) -> str:
    return f"there is no exercise '{exercise}'; `parley classroom list` names those there are"


def _day(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at / 1000))
