"""Answers are those of `sim`, and what visitors keep stays theirs."""

import json

import pytest

from dashboard.common import theme
from dashboard.common.disk_cache import Cache
from dashboard.explore import downloads, page_state, progress
from dashboard.explore.compute.context import JobContext
from dashboard.explore.compute.dispatch import answer
from dashboard.explore.query import Query, QueryArm
from dashboard.explore.visitor_store import MAX_KEPT, StorageError, VisitorStore
from sim.engine.simulate import compare, simulate
from sim.reporting.models import FigureData, Headline
from sim.reporting.summary import comparison_summary, summary
from sim.scenario.loading import load_scenario

#: Plays many talks before its first test.
pytestmark = pytest.mark.slow

ARMS = (QueryArm("two-rivers"), QueryArm("two-rivers", (("optimism", 0.0),)))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """What has been answered once is at hand for the next test."""
    return JobContext(Cache(tmp_path_factory.mktemp("answers")))


@pytest.fixture(scope="module")
def whole(desk):
    """A comparison with all its sections."""
    return answer(Query("comparison", ARMS, 60, 3, 40), desk)


def test_a_comparison_is_that_of_the_command_line_and_can_be_kept_as_json(whole):
    found = whole
    scenario = load_scenario("two-rivers")
    both = compare(scenario, levers={"optimism": 0.0}, runs=60, seed=3, days=40)
    assert found["comparison"] == comparison_summary(both, scenario).as_data()
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(found))
    for section in found["sections"]:
        for figure in section["figures"]:
            assert figure["alt"]
            assert figure["title"]
            assert figure["rows"]
            for row in rows_in(figure["spec"]):
                assert not any(isinstance(value, list | dict) for value in row.values())


def rows_in(part):
    """The rows of data anywhere in a chart."""
    if isinstance(part, dict):
        values = part.get("values")
        rows = [row for row in values if isinstance(row, dict)] if isinstance(values, list) else []
        return rows + [row for below in part.values() for row in rows_in(below)]
    return [row for below in part for row in rows_in(below)] if isinstance(part, list) else []


def test_the_first_talks_of_many_are_those_of_few(desk):
    many = Query("outcomes", ARMS[:1], 60, 1, 40)
    answer(many, desk)
    few = answer(Query("headline", ARMS[:1], 20, 1, 40), desk)
    alone = simulate("two-rivers", runs=20, seed=1, days=40)
    deal = summary(alone, load_scenario("two-rivers")).deal.by_day["40"]
    line = few["headline"][-1]
    assert line["arms"]["baseline"]["estimate"] == deal.estimate


def test_what_is_told_before_the_last_day_stands_in_the_answer(tmp_path):
    heard = []
    desk = JobContext(Cache(tmp_path), show=heard.append)
    found = answer(Query("headline", ARMS, 60, 3, 100), desk)
    assert [[line["day"] for line in part["headline"]] for part in heard] == [[30], [30, 90]]
    for part in heard:
        assert part["headline"] == found["headline"][: len(part["headline"])]


def test_a_day_of_few_talks_is_shown_until_it_is_known_of_many():
    shown, drawn = {}, []
    for runs, days in [(200, (30,)), (2000, (30,)), (200, (30, 90)), (2000, (30, 90))]:
        part = [Headline(day=day, arms={}, base_rate=None, effect=None) for day in days]
        progress.show_improved(
            part, runs, shown, lambda lines, of: drawn.extend((line.day, of) for line in lines)
        )
    assert drawn == [(30, 200), (30, 2000), (90, 200), (90, 2000)]


def test_a_section_asked_for_alone_is_that_of_the_whole_answer(desk, whole):
    one = answer(Query("comparison", ARMS, 60, 3, 40, (("section", "people"),)), desk)
    assert one["headline"] == whole["headline"]
    (people,) = one["sections"]
    (same,) = (found for found in whole["sections"] if found["name"] == "people")
    assert told(people) == told(same)
    (words,) = people["words"]  # one paragraph about the people of all sides
    assert all(pool.title in words for pool in load_scenario("two-rivers").captives.values())
    with pytest.raises(ValueError, match="truce-begins"):
        answer(Query("comparison", ARMS, 60, 3, 40, (("section", "weather"),)), desk)


def told(section):
    """What a section says in words and numbers."""
    numbers = [[list(row) for row in figure["rows"]] for figure in section["figures"]]
    return section["heading"], list(section["words"]), numbers


def test_arms_that_are_alike_differ_in_nothing_and_it_is_said(desk):
    alike = (ARMS[0], QueryArm("two-rivers", (("leaks", 1.0),)))
    found = answer(Query("headline", alike, 20, 1, 40), desk)
    assert {line["effect"]["verdict"] for line in found["headline"]} == {"nothing"}


def test_an_unknown_kind_of_question_is_answered_with_the_known_ones(desk):
    with pytest.raises(ValueError, match="comparison"):
        answer(Query("oracle", ARMS, 10, 1, 10), desk)


def test_on_a_dark_ground_no_colour_of_a_light_one_is_left(whole):
    for section in whole["sections"]:
        for figure in section["figures"]:
            dark = json.dumps(theme.in_theme_colours(figure["spec"], on_dark=True))
            assert not [colour for colour in theme.DARK_COLOURS if f'"{colour}"' in dark]


@pytest.mark.parametrize(("ink", "ground"), [("#555f69", "#ffffff"), ("#a9b3bd", "#14181d")])
def test_small_print_has_enough_contrast(ink, ground):
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour):
    """Of WCAG 2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_words_are_shown_as_they_are():
    assert theme.escape("a_b *c* $d$ :e: <f>") == r"a\_b \*c\* \$d\$ \:e\: \<f\>"


def test_a_table_cannot_smuggle_a_formula_into_a_spreadsheet():
    figure = FigureData(
        name="effects",
        title="What changes.",
        alt="",
        head=("what", "change"),
        rows=(("=cmd()", "-4.7 (-5 to -4)"), ("@a", "+1")),
        spec={},
    )
    text = downloads.as_csv(figure, "Parley, not a forecast.").decode("utf-8-sig")
    assert text == (
        "what,change\n'=cmd(),-4.7 (-5 to -4)\n'@a,+1\n\n"
        'What changes.\n"Parley, not a forecast."\n'
    )


def test_a_chart_that_travels_alone_says_what_it_is_of_and_that_it_is_no_forecast():
    asked = page_state.unchanged("two-rivers").with_lever("leaks", 0.0)
    figure = FigureData.model_construct(title="What changes.", spec={"mark": "bar"})
    title = downloads.with_title(figure, asked)["title"]
    assert title["text"] == ["What changes."]
    said = " ".join(title["subtitle"])
    for words in (
        "Two Rivers",
        "How leaky the talks are: 0",
        "2,000 simulated talks",
        "not a forecast",
    ):
        assert words in said


def test_visitors_find_what_they_kept_and_nobody_elses(tmp_path):
    file = tmp_path / "deep" / "notes.sqlite"
    VisitorStore(file).save("ann", "what-if", "mine", "scenario=x")
    VisitorStore(file).save("bob", "what-if", "mine", "scenario=y")
    assert VisitorStore(file).load("ann", "what-if") == {"mine": "scenario=x"}
    assert VisitorStore(file).load("", "what-if") == {}
    VisitorStore(file).remove("ann", "what-if", "mine")
    assert VisitorStore(file).load("ann", "what-if") == {}
    assert b"ann" not in file.read_bytes()


def test_what_cannot_be_kept_is_refused_with_the_way_out(tmp_path):
    notes = VisitorStore(tmp_path / "notes.sqlite")
    with pytest.raises(StorageError, match="cookie"):
        notes.save("", "what-if", "mine", "")
    with pytest.raises(StorageError, match="shorter"):
        notes.save("ann", "what-if", "mine", "x" * 30_000)
    for number in range(MAX_KEPT):
        notes.save("ann", "what-if", str(number), "")
    with pytest.raises(StorageError, match="remove one"):
        notes.save("ann", "what-if", "one more", "")
