"""What changes a fingerprint of the source, and what does not."""

import shutil

import pytest

from sim.provenance import (
    COMPLAINTS,
    MODEL,
    ROOT,
    model_fingerprint,
    model_modules,
    report_fingerprint,
)
from sim.scenario import errors
from sim.scenario.checks import shared

COMPUTE = "dashboard.explore.compute"
COMPUTED = COMPUTE.replace(".", "/")


@pytest.fixture
def edited(tmp_path):
    """Change a file of a copy of the source; returns which fingerprints changed with it."""

    def edit(file, old, new):
        copy = tmp_path / "copy"
        skipped = shutil.ignore_patterns("__pycache__")
        for folder in ("sim", COMPUTED):
            shutil.copytree(ROOT / folder, copy / folder, ignore=skipped)
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return (
            model_fingerprint(copy) != model_fingerprint(),
            report_fingerprint(COMPUTE, root=copy) != report_fingerprint(COMPUTE),
        )

    return edit


NEITHER, BOTH, REPORT_ALONE = (False, False), (True, True), (False, True)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sim/engine/talks.py", "import numpy as np\n", "import numpy as np  # arrays\n\n\n"),
        ("sim/theory/war.py", " + ", " \\\n + "),
        ("sim/engine/talks.py", '"""', '"""Other words. '),
        ("sim/reporting/charts/shares.py", '"""', '"""Other words. '),
    ],
)
def test_comments_layout_and_docstrings_change_neither(edited, file, old, new):
    assert edited(file, old, new) == NEITHER


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sim/scenario/checks/truce.py", '"the truce has no', '"oh, the truce has no'),
        ("sim/scenario/quantity.py", 'raise ValueError("', 'raise ValueError("oh, '),
    ],
)
def test_the_words_of_a_complaint_change_neither(edited, file, old, new):
    assert edited(file, old, new) == NEITHER


def test_what_makes_complaints_bears_the_names_that_are_known():
    for name in COMPLAINTS:
        assert hasattr(errors, name) or hasattr(shared, name), f"{name} has another name now"


@pytest.mark.parametrize(
    "file", ["sim/engine/storage.py", "sim/io/atomic_write.py", "sim/sweep/executors.py"]
)
def test_what_writes_files_or_hands_out_work_changes_neither(edited, file):
    assert edited(file, "\ndef ", "\nNUMBER = 1\n\n\ndef ") == NEITHER


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sim/engine/negotiation.py", "0.5 ** (", "0.6 ** ("),
        ("sim/theory/war.py", "REARMING_DAYS = ", "REARMING_DAYS = 1 + "),
        ("sim/sweep/output_columns.py", "import re\n", "import re\nNUMBER = 1\n"),
    ],
)
def test_a_changed_number_of_the_model_changes_both(edited, file, old, new):
    assert edited(file, old, new) == BOTH


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sim/reporting/charts/shares.py", "strokeWidth", "stroke_width"),
        ("sim/findings/attribution.py", "from typing import Any\n", "NUMBER = 1\n"),
        ("sim/reporting/templates/report.html", "<", "<!-- --><"),
        (
            f"{COMPUTE.replace('.', '/')}/section_data.py",
            "PATH_RUNS = 12, 50",
            "PATH_RUNS = 12, 60",
        ),
    ],
)
def test_a_changed_chart_finding_or_page_changes_that_of_the_report_alone(edited, file, old, new):
    assert edited(file, old, new) == REPORT_ALONE


def test_a_new_module_counts_as_soon_as_the_model_imports_it(edited):
    assert "sim.theory.alternating_offers" not in model_modules()
    imported = "import numpy as np\nfrom sim.theory import alternating_offers\n"
    assert edited("sim/engine/talks.py", "import numpy as np\n", imported) == BOTH


def test_a_package_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="name a package that lies in"):
        report_fingerprint("dashboard.nowhere")


def test_a_module_of_the_model_that_is_gone_is_named(tmp_path):
    with pytest.raises(ValueError, match="there is no module sim"):
        model_fingerprint(tmp_path)


ONE_OF_EACH = """
from __future__ import annotations
import numpy as np
def rule(first: int, /, *rest: float, last=1e400, **named) -> str:
    match first:
        case {"key": [1, *others]} if (count := len(others)) > 1_000:
            return f"{first!r:>{count}} {last = } {named['key']:.2f}" "and" u" more"
        case _:
            lambda: (yield b"bytes", 2j, ..., None, True, 10**40, -0.0, [*rest][::2])
    async def wait():
        async with first as second:
            return {**named} | {one: two for one, two in rest if one}
    try:
        raise ValueError(f"{first}") from None
    except* OSError:
        assert first, "never"
"""


def test_every_version_of_python_finds_the_same(tmp_path):
    for name in MODEL:
        file = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(ONE_OF_EACH, encoding="utf-8")
    assert model_fingerprint(tmp_path)[:16] == "c6ad13f05882f200"
