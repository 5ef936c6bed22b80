"""Every section of pages and reports is drawn from talks, and has its button."""

import pytest

from sim.engine.simulate import compare, simulate
from sim.reporting import sections, summary
from sim.reporting.sections import SECTIONS
from sim.scenario.loading import load_scenario

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow

CASE = load_scenario("two-rivers")


@pytest.fixture(scope="module")
def drawn() -> dict[str, dict[str, sections.Section]]:
    talks = simulate(CASE, runs=60, seed=1)
    both = compare(CASE, levers={"war_cost": 2}, runs=60, seed=1)
    alone = sections.of_talks(talks, summary.summary(talks, CASE), CASE)
    compared = sections.of_comparison(both, summary.comparison_summary(both, CASE), CASE)
    return {
        "talks": {name: draw() for name, draw in alone.items()},
        "comparison": {name: draw() for name, draw in compared.items()},
    }


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_is_drawn_under_its_own_name(name, drawn):
    kind = SECTIONS[name]
    assert kind.button
    assert kind.of_talks or kind.of_comparison
    for part in ("talks", "comparison"):
        if name not in drawn[part]:
            continue
        section = drawn[part][name]
        assert section.name == name
        assert section.heading
        assert section.words or section.figures or section.tables or section.missing
        for figure in section.figures:
            assert figure.chart.to_dict()
            assert figure.name


def test_figures_of_a_page_have_names_of_their_own(drawn):
    for page in drawn.values():
        names = [figure.name for section in page.values() for figure in section.figures]
        assert len(set(names)) == len(names)
