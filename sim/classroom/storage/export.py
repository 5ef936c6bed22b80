"""The instructor's export: the log and tables of its contents, in one archive.

Until the private briefs are revealed, the archive holds nothing that a seat kept to itself: no
log, no scores, no reasons given in private. Names of people are never in it unless they are
handed in.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from sim.classroom import events
from sim.classroom.events import LogRecord, to_line
from sim.classroom.state import State, Table
from sim.scenario.loading import sha256_of

#: Archives of the same exercise are the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)

Row = Sequence[object]

README = """Parley classroom export, format {format}

Exercise {exercise}: {title}
Scenario {scenario} (fingerprint {sha256}), Parley {version}, seed {seed}.

These are the moves of people in a class and of agents of a simulation. They are no forecast and
say nothing about any real negotiator. People appear by pseudonym.

outcomes.csv     one row per table: how it ended{gains}
offers.csv       one row per text and issue{rationale}
seats.csv        who held which seat, by pseudonym
times.csv        when each stage began, and how long it lasted
predictions.csv  what people thought would happen
reflections.csv  what people wrote afterwards
config.json      the plan, the seeds and the versions
{events}
Times are in milliseconds since 1 January 1970, UTC. A text cell that begins with = + - @ has a '
before it, so that no spreadsheet takes it for a formula.
"""


def archive(
    state: State, records: Sequence[LogRecord], names: Mapping[str, str] | None = None
) -> bytes:
    """Return an exercise as a ZIP archive; `names` adds the names that people gave."""
    files = {
        "outcomes.csv": _outcomes(state),
        "offers.csv": _offers(state),
        "seats.csv": _seats(state),
        "times.csv": _times(records),
        "predictions.csv": _predictions(state),
        "reflections.csv": _reflections(state),
        "config.json": _config(state),
        "README.txt": _readme(state),
    }
    if state.revealed:
        files["events.jsonl"] = "".join(to_line(record) + "\n" for record in records)
        files["scenario.json"] = state.scenario
    if names is not None:
        files["names.csv"] = _table(("person", "name"), sorted(names.items()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in sorted(files.items()):
            bundle.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def escape_formula(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell


def _table(head: Row, rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def _outcomes(state: State) -> str:
    issues, parties = list(state.setting.scenario.issues), list(state.setting.scenario.parties)
    head = ["table", "how", "rounds", "day", *issues]
    if state.revealed:
        head += [f"gain_{party}" for party in parties]

    def row(table: Table) -> Row:
        package = table.terms.package if table.terms else {}
        gains = table.terms.gains if table.terms else {}
        cells = [package.get(issue, "") for issue in issues]
        scores = [gains.get(party, "") for party in parties] if state.revealed else []
        return [table.number, table.how, len(table.rounds), table.day, *cells, *scores]

    return _table(head, map(row, state.tables.values()))


def _offers(state: State) -> str:
    head = ["table", "round", "text", "author", "agent", "counters", "at", "issue", "level"]
    head += ["accepted_by", "rejected_by", *(["rationale"] if state.revealed else [])]
    rows = []
    for table in state.tables.values():
        for text in table.texts:
            accepted = " ".join(role for role, yes in text.answers.items() if yes)
            rejected = " ".join(role for role, yes in text.answers.items() if not yes)
            rationale = [text.rationale] if state.revealed else []
            for issue, level in text.package.items():
                rows.append(
                    [
                        table.number,
                        text.round,
                        text.id,
                        text.role,
                        int(text.agent),
                        text.counters or "",
                        text.at,
                        issue,
                        level,
                        accepted,
                        rejected,
                        *rationale,
                    ]
                )
    return _table(head, rows)


def _seats(state: State) -> str:
    rows = [
        (table.number, role, " ".join(seat.people), int(seat.agent))
        for table in state.tables.values()
        for role, seat in table.seats.items()
    ]
    return _table(("table", "role", "people", "agent_at_the_end"), rows)


def _times(records: Sequence[LogRecord]) -> str:
    rows: list[Row] = []
    open_stage: dict[int, tuple[int, str, int]] = {}
    for record in records:
        event = record.event
        if not isinstance(event, events.StageBegan | events.Ended):
            continue
        before = open_stage.pop(event.table, None)
        if before is not None:
            rows.append((event.table, *before, record.at, record.at - before[2]))
        if isinstance(event, events.StageBegan):
            open_stage[event.table] = (event.round, event.stage, record.at)
    return _table(("table", "round", "stage", "began", "ended", "lasted_ms"), rows)


def _predictions(state: State) -> str:
    issues = list(state.setting.scenario.issues)
    rows = [
        (
            person.id,
            person.table or "",
            person.role or "",
            person.deal,
            *((person.package or {}).get(issue, "") for issue in issues),
        )
        for person in state.people.values()
        if person.deal is not None
    ]
    return _table(("person", "table", "role", "deal_of_100", *issues), rows)


def _reflections(state: State) -> str:
    rows = [
        (person.id, person.table or "", person.role or "", person.reflection)
        for person in state.people.values()
        if person.reflection
    ]
    return _table(("person", "table", "role", "reflection"), rows)


def _config(state: State) -> str:
    setting = state.setting
    content = {
        "format": state.format,
        "exercise": state.exercise,
        "version": state.version,
        "scenario": setting.scenario.scenario,
        "sha256": sha256_of(setting.scenario),
        "days_per_round": setting.days_per_round,
        "records": state.seq,
        "plan": setting.plan.model_dump(mode="json"),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _readme(state: State) -> str:
    setting, shown = state.setting, state.revealed
    events = (
        "events.jsonl     the whole log; `parley classroom replay events.jsonl` gives the final "
        "state\nscenario.json    the scenario, with every brief\n"
    )
    left_out = (
        "The log, scores and reasons given in private are left out, since the private briefs have "
        "not\nbeen revealed.\n"
    )
    return README.format(
        format=state.format,
        exercise=state.exercise,
        title=setting.plan.title,
        scenario=setting.scenario.scenario,
        sha256=sha256_of(setting.scenario),
        version=state.version,
        seed=setting.plan.seed,
        gains=", and what each party gained over no deal, in utils" if shown else "",
        rationale=", with the reasons given" if shown else "",
        events=events if shown else left_out,
    )
