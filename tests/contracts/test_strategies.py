"""Every tactic, war module, way of judging permanence and formulation keeps its contract.

An entry is tested by being entered. What breaks a contract on purpose is found out, and a plugin
that does is refused with the line and leaves nothing behind.
"""

import re
from pathlib import Path

import pytest

from sim.scenario import plugins
from sim.scenario.contracts import check_entry
from sim.scenario.errors import ScenarioError
from sim.scenario.plugins import load_plugins
from tests.contracts.test_how_tos import PLUGINS

ENTRIES = [
    (kind, name, entry)
    for kind, entries in plugins._dictionaries().items()
    for name, entry in entries.items()
]

#: A plugin of the how-to, what is broken in it, and what is said of that.
BROKEN = [
    ("exponential", '"share conceded at once"', '""', "`opening` is not described"),
    ("exponential", "    numbers: ", "    other: ", "`numbers` is missing"),
    ("exponential", "    bounds: ", "    limits: ", "`bounds` is missing"),
    ("exponential", "    def __call__", "    def concede", "raises"),
    ("exponential", "(1 - given) * at_stake", "(2 - given) * at_stake", "more than the best deal"),
    (
        "exponential",
        "return stance.reservation +",
        "return -0.1 + stance.reservation +",
        "less than",
    ),
    ("exponential", "stance.elapsed,", "30 - stance.elapsed,", "holds out for more as talks"),
    (
        "exponential",
        "at_stake\n\n",
        "np.minimum(at_stake, at_stake.mean())\n\n",
        "when the run is computed alone",
    ),
    ("exponential", "at_stake\n\n", "at_stake[:1]\n\n", "when the run is computed alone"),
    ("exponential", 'numbers["days"]', "30.0", "`days` moves nothing"),
    ("exponential", "@dataclass(frozen=True)", "@dataclass", "frozen"),
    ("exponential", 'numbers["days"]', 'numbers["dayz"]', "raises KeyError: 'dayz'"),
    (
        "exponential",
        "return stance.reservation",
        "return np.nan * stance.reservation",
        "not finite",
    ),
    ("exponential", 'TACTICS["exponential"] = Exponential', "", "enters nothing"),
    ("exponential", 'TACTICS["exponential"]', 'TACTICS["deadline"]', "exists already"),
    ("exponential", "= Exponential\n", "= Exponential()\n", "without brackets"),
    ("exponential", "import numpy as np", "import numpy as nq", "raises NameError"),
    ("exponential", "class Exponential:", "class Exponential", "no Python"),
    ("attrition", "(WarState)", "", "raises TypeError"),
    ("attrition", "    has_sides: ", "    sides: ", "`has_sides`"),
    ("attrition", "return mine +", "return mine[:, :1] +", "shape"),
    ("attrition", 'return own["cost_per_day"]\n', 'return -own["cost_per_day"]\n', "below 0"),
    (
        "attrition",
        'return numbers["battles_per_day"]',
        "return 2 + 0 * state.ours",
        "between 0 and 1",
    ),
    ("attrition", "step = numbers", "state.ours[:] = 1\n        step = numbers", "read-only"),
    ("attrition", "replace(state, ours=ours, theirs=theirs)", "None", "no WarState"),
    ("attrition", "return won, (", "return won | True, True | (", "both sides have won"),
    ("attrition", 'left = 1 - numbers["loss"]', "left = 0.9", "`loss` moves nothing"),
    (
        "attrition",
        "state.theirs) + lift, 0.0, 1.0)\n\n    def adv",
        "state.theirs.max()) + lift, 0.0, 1.0)\n\n    def adv",
        "alone",
    ),
    ("ramp", "0.0, 1.0)\n\n\nPERM", "0.0, 2.0)\n\n\nPERM", "between 0 and 1"),
    ("ramp", "0.5 + temptations", "0.5 - temptations", "more tempted"),
    ("ramp", 'return numbers["bite"]', 'return -numbers["bite"]', "below 0"),
    ("ramp", 'return numbers["bite"]', 'return 0 * numbers["bite"]', "`bite` moves nothing"),
    ("cautious", "= Cautious()", "= Cautious", "with brackets"),
    ("cautious", "worst_off, text)", "text, text)", "always put some text"),
    ("cautious", "worst_off, text)", "worst_off, text + 12)", "of 12"),
    ("cautious", 'return numbers["error"] +', "return 0.1 +", "`error` moves nothing"),
    ("least_envy", "np.where(zopa(worth, reservation), gains", "np.where(True, gains", "zone of"),
    ("least_envy", "spread.argmin", "spread.argmax", "outside the zone"),
]


@pytest.mark.parametrize(
    ("kind", "name", "entry"), ENTRIES, ids=[f"{k} {n}" for k, n, _ in ENTRIES]
)
def test_what_is_entered_keeps_its_contract(kind, name, entry):
    check_entry(kind, entry)


@pytest.mark.parametrize(("name", "old", "new", "said"), BROKEN, ids=range(len(BROKEN)))
def test_what_breaks_a_contract_is_refused_with_its_file(name, old, new, said, tmp_path):
    code = next(code for code, _ in PLUGINS if code.startswith(f"# {name}.py"))
    assert old in code
    file = tmp_path / f"{name}.py"
    file.write_text(code.replace(old, new), encoding="utf-8")
    before = {kind: dict(entries) for kind, entries in plugins._dictionaries().items()}
    with pytest.raises(ScenarioError, match=re.escape(said)) as refusal:
        load_plugins([file])
    assert refusal.value.complaints[0].file == file.name
    assert plugins._dictionaries() == before


def test_a_plugin_that_is_not_there_is_refused():
    with pytest.raises(ScenarioError, match=r"nowhere\.py: the plugin cannot be read"):
        load_plugins([Path("nowhere.py")])
