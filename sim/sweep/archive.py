"""Write a finished sweep to one file that others can cite, read and play again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sim.provenance import version
from sim.reporting import parameter_tables
from sim.sweep import result_folder as disk
from sim.sweep.execution import rerun_command
from sim.sweep.plan import SweepPlan
from sim.sweep.provenance import HERE
from sim.sweep.readme import KEYS, design_words
from sim.sweep.result_folder import FolderError
from sim.sweep.results import Sweep

#: The same archive has the same bytes whenever it is made.
WHEN = (1980, 1, 1, 0, 0, 0)

LOCK = "requirements.lock"
AUTHORS = "The Parley developers"


def archive(sweep: Sweep, target: Path | str) -> Path:
    """Write a finished sweep to a zip, with all that it takes to read it and to play it again.

    Beside the folder's files it has a dictionary of all columns, the scenario's numbers and levers
    as tables (for an ODD protocol), the lock of the packages where there is one, CITATION.cff,
    codemeta.json and the fingerprints of everything. Raises FolderError for a sweep that is
    not finished, or whose files are no longer what they were.
    """
    if not sweep.is_complete:
        raise FolderError(f"{sweep.folder} is not finished; `parley sweep resume` it first")
    if sweep.changed_files:
        raise FolderError(
            f"{', '.join(sweep.changed_files)} of {sweep.folder} was changed or lost since the "
            "sweep was finished; only results as they came out are archived: bring them back from "
            f"a copy, or play all of it again (`{rerun_command(sweep)}`)"
        )
    names = [disk.MANIFEST, disk.SPEC, disk.README, *sweep.manifest["files"]]
    if missing := [name for name in names if not (sweep.folder / name).is_file()]:
        raise FolderError(
            f"{sweep.folder} has lost {', '.join(missing)}; bring them back from a copy, or play "
            f"all of it again: `{rerun_command(sweep)}`"
        )
    content = {name: (sweep.folder / name).read_bytes() for name in names}
    generated = {
        "dictionary.csv": dictionary(sweep),
        "numbers.md": numbers(sweep),
        "CITATION.cff": citation(sweep),
        "codemeta.json": codemeta(sweep),
        "REPRODUCE.md": reproduce(sweep),
    }
    content |= {name: text.encode() for name, text in generated.items()}
    content |= {name: text.encode() for name, text in sweep.manifest["tables"].items()}
    lock = HERE.parent / LOCK
    if lock.exists():
        content[LOCK] = lock.read_bytes()
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(content.items())]
    content["sha256sums.txt"] = "".join(f"{line}\n" for line in sums).encode()
    target = Path(target)
    with disk.durable_path(target) as beside, zipfile.ZipFile(beside, "w") as file:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(f"{sweep.bound_study.name}/{name}", WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, data)
    return target


def dictionary(sweep: Sweep) -> str:
    """Return every column of every table as CSV: its type, its kind, and in words."""
    outcomes = {
        name: (outcome["kind"], outcome["words"]) for name, outcome in sweep.columns.items()
    }
    ids = {name: ("id", words) for name, words in KEYS.items()}
    settings = {
        name: ("design", words)
        for name, words in design_words(SweepPlan.of(sweep.bound_study, 1)).items()
    }
    days = {
        "day": ("day", "day of the talks"),
        "phase": ("word", "0 war, 1 truce, 2 and 3 victory"),
    }
    descriptions = {
        disk.DESIGN: settings,
        "runs.parquet": ids | outcomes,
        "series.parquet": ids | days,
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "column", "type", "kind", "words"])
    for name in sweep.manifest["files"]:
        if name.endswith(".parquet"):
            for column in pq.read_schema(sweep.folder / name):
                description = descriptions.get(name, {}).get(column.name, ("", ""))
                writer.writerow([name, column.name, column.type, *description])
    return text.getvalue()


def numbers(sweep: Sweep) -> str:
    """Return the scenario's numbers and levers as tables, generated from what was played."""
    scenario = sweep.scenario
    return (
        "\n\n".join(
            [
                f"# {scenario.title}",
                "Every number of the scenario that was played, its range and what it rests on.",
                parameter_tables.parameter_table(scenario),
                "## Levers",
                parameter_tables.lever_table(scenario) if scenario.levers else "None.",
            ]
        )
        + "\n"
    )


def citation(sweep: Sweep) -> str:
    """Return how to cite the sweep and the software, in the Citation File Format."""
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these results, cite them and the software that they come from.",
        "type": "dataset",
        "title": f"{sweep.study.title or sweep.study.study}: a sweep of Parley",
        "authors": [{"name": AUTHORS}],
        "version": sweep.bound_study.sha256[:12],
        "date-released": sweep.manifest["finished"][:10],
        "references": [
            {
                "type": "software",
                "title": "Parley: a negotiation scenario simulator",
                "authors": [{"name": AUTHORS}],
                "version": sweep.manifest["fingerprint"]["version"],
                "license": "Apache-2.0",
            }
        ],
    }
    return "\n".join(_yaml(fields)) + "\n"


def _yaml(fields: dict[str, Any], indent: str = "") -> list[str]:
    """Return plain mappings, lists and texts as lines of YAML; JSON's quoting is YAML's too."""
    lines = []
    for key, value in fields.items():
        if isinstance(value, list):
            lines.append(f"{indent}{key}:")
            for entry in value:
                first, *rest = _yaml(entry, f"{indent}    ")
                lines += [f"{indent}  - {first.strip()}", *rest]
        else:
            lines.append(f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}")
    return lines


def codemeta(sweep: Sweep) -> str:
    """Return what the software is, for machines."""
    packages = sweep.manifest["surroundings"]["packages"]
    fields = {
        "@context": "https://doi.org/10.5063/schema/codemeta-2.0",
        "@type": "SoftwareSourceCode",
        "name": "Parley",
        "description": "A negotiation scenario simulator.",
        "version": version(),
        "license": "https://spdx.org/licenses/Apache-2.0",
        "author": [{"@type": "Organization", "name": AUTHORS}],
        "programmingLanguage": f"Python {sweep.manifest['surroundings']['python']}",
        "softwareRequirements": [f"{name}=={number}" for name, number in packages.items()],
    }
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def reproduce(sweep: Sweep) -> str:
    """Return how to get the same bytes again."""
    manifest = sweep.manifest
    repository = manifest["surroundings"]["repository"]
    commit = f"commit {repository['commit']}" if repository else "no repository"
    if repository and repository["dirty"]:
        commit += f", with changes that are not in it (diff {repository['diff_sha256'][:12]})"
    return f"""# To play this again

Parley {manifest["fingerprint"]["version"]}, {commit}; the packages of `{LOCK}`.

    parley sweep verify .                  # files, fingerprints, and some runs played again
    parley sweep run . --out again         # all of it
    parley sweep diff . again              # says whether the bytes of `runs` are the same
"""
