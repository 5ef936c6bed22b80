"""A lever that goes against what research expects is marked, and so is what nobody has judged."""

import pytest

from dashboard.explore import caveats, page_state
from sim.scenario.loading import load_scenario
from sim.validation.verdicts import (
    MEDIATION_ARMS,
    OUTCOMES,
    JudgedMediation,
    JudgedTextShare,
    LeverSign,
    Measured,
    MediatorSigns,
    Signs,
    StoredSigns,
    TextShare,
)

CASE = load_scenario("two-rivers")
AS_IT_IS = page_state.unchanged("two-rivers")


def row(name: str, end: str, **estimates: float) -> LeverSign:
    """An end of a lever with effects on some outcomes; the others are exactly 0."""
    effects = {key: Measured(estimate=estimates.get(key, 0.0), se=0.001) for key in OUTCOMES}
    return LeverSign.of(name, CASE.levers[name], end, effects)


def mediators(without: float) -> MediatorSigns:
    """Mediation that is as expected, but for talks without mediators."""
    effects = dict.fromkeys(MEDIATION_ARMS, Measured(estimate=-0.1, se=0.001))
    effects["without_mediators"] = Measured(estimate=without, se=0.001)
    return MediatorSigns(
        own_texts_accepted=TextShare(share=0.1, n=9),
        mediated_texts_accepted=JudgedTextShare(share=0.2, n=9, verdict="as expected"),
        deal_180={arm: JudgedMediation.of(arm, effect) for arm, effect in effects.items()},
    )


@pytest.fixture
def judged(monkeypatch) -> None:
    """Leaks at 4 and talks without mediators go against; the other end is undecided."""
    rows = [row("leaks", "low"), row("leaks", "high", deal_90=0.2, deal_180=-0.2)]
    calls = [Signs(runs=9, seed=s, levers=rows, mediators=mediators(0.1)) for s in (1, 2)]
    record = StoredSigns(scenario="two-rivers", fingerprint="f", calls=calls)
    monkeypatch.setattr(caveats, "verdicts_on", lambda what_if: record)


def test_where_nothing_was_judged_nothing_is_said_of_a_lever(monkeypatch):
    monkeypatch.setattr(caveats, "stored_verdicts", lambda case: None)
    caveats._read.cache_clear()
    assert caveats.verdicts_on(AS_IT_IS) is None
    assert caveats.lever_note(None, "leaks") == ""
    assert caveats.caveats_for(AS_IT_IS.with_lever("leaks", 4)) == []
    assert "not judged yet" in caveats.NOT_JUDGED_YET
    caveats._read.cache_clear()


def test_under_a_lever_stands_what_it_goes_against_and_what_is_too_small(judged):
    note = caveats.lever_note(caveats.verdicts_on(AS_IT_IS), "leaks")
    assert note == (
        "against what research expects: truces by day 90; "
        "too small to judge: truces by day 90, truces by day 180"
    )
    assert caveats.lever_note(caveats.verdicts_on(AS_IT_IS), "optimism") == ""


@pytest.mark.parametrize(("setting", "number"), [(4.0, 1), (0.0, 0)])
def test_a_result_is_cautioned_at_the_end_that_goes_against(judged, setting, number):
    found = caveats.caveats_for(AS_IT_IS.with_lever("leaks", setting))
    assert len(found) == number
    for caveat in found:
        assert "“How leaky the talks are”: truces by day 90. See Sources" in caveat


def test_a_number_that_a_lever_moves_is_cautioned_as_the_lever_is(judged):
    assert len(caveats.caveats_for(AS_IT_IS.with_change("channel.leak", "0.5"))) == 1
    assert caveats.caveats_for(AS_IT_IS.with_change("channel.mediated", "0.5")) == []


def test_what_mediation_is_worth_is_cautioned_where_it_goes_against(judged):
    (caveat,) = caveats.mediation_caveats(AS_IT_IS)
    assert "there are more truces without mediators. See Sources" in caveat


def test_every_part_of_mediation_has_words():
    assert set(caveats.MEDIATION_AGAINST) == {*MEDIATION_ARMS, "mediated_texts"}
