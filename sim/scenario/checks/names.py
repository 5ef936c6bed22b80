"""Whether every name that is used exists, is nothing else's, and is listed for a reason."""

from __future__ import annotations

from sim.scenario.checks.positions import stated_phrases
from sim.scenario.checks.shared import REMAINS, Troubles, must_be_known, wrong
from sim.scenario.errors import Path, quote_value
from sim.scenario.schema import Scenario


def distinct(scenario: Scenario) -> Troubles:
    """Parties, mediators, levers and categories can be told apart by their names."""
    for name in scenario.mediators:
        if name in scenario.parties:
            yield wrong(("mediators", name), "has the name of a party", "", "give it another name")
    for name in scenario.levers:
        if name in type(scenario).model_fields:
            found = "has the name of a part of the scenario"
            yield wrong(("levers", name), found, "", "give it another name")
    for name, pool in scenario.captives.items():
        if REMAINS in pool.categories:
            path = ("captives", name, "categories", REMAINS)
            yield wrong(path, "is no category", "the dead are told in `remains` beside categories")
    if REMAINS in scenario.issues:
        yield wrong(
            ("issues", REMAINS), "has a name with another meaning", "", "give it another name"
        )


def sources(scenario: Scenario) -> Troubles:
    """Check that every source that a number cites is listed, and can be found."""
    for name, source in scenario.sources.items():
        if not source.url and not source.title:
            yield wrong(("sources", name), "cannot be found", "it has a `url` or a `title`")
    for path, quantity in scenario.places():
        if quantity.source is not None:
            yield from must_be_known(
                (*path, "source"), quantity.source, ("sources",), scenario.sources
            )
    if scenario.base_rate is not None:
        place: Path = ("base_rate", "source")
        yield from must_be_known(place, scenario.base_rate.source, ("sources",), scenario.sources)


def references(scenario: Scenario) -> Troubles:
    """Parties, mediators and captives that are named elsewhere exist."""
    parties = scenario.parties
    for name, pool in scenario.captives.items():
        yield from _two_parties(("captives", name), pool.holder, pool.home, scenario)
    for name, group in scenario.prisoners.items():
        path: Path = ("prisoners", name)
        yield from _two_parties(path, group.holder, group.home, scenario)
        yield from must_be_known(
            (*path, "paid_for"), group.paid_for, ("captives",), scenario.captives
        )
    for name, party in parties.items():
        if party.speaks_through is not None:
            path = ("parties", name, "speaks_through")
            yield from must_be_known(path, party.speaks_through, ("mediators",), scenario.mediators)
    for name, mediator in scenario.mediators.items():
        for field in ("bias", "access", "leverage"):
            for party_name in getattr(mediator, field):
                path = ("mediators", name, field, party_name)
                yield from must_be_known(path, party_name, ("parties",), parties)
    for name, spoiler in scenario.spoilers.items():
        yield from must_be_known(("spoilers", name, "side"), spoiler.side, ("parties",), parties)
    for name, seat in scenario.roles.items():
        players = [*parties, *scenario.mediators]
        leans: tuple[Path, ...] = (("parties", seat.plays), ("mediators", seat.plays))
        yield from must_be_known(("roles", name, "plays"), seat.plays, ("parties",), players, leans)


def _two_parties(path: Path, holder: str, home: str, scenario: Scenario) -> Troubles:
    """Check that the holder and the home of people who are held are two parties."""
    yield from must_be_known((*path, "holder"), holder, ("parties",), scenario.parties)
    yield from must_be_known((*path, "home"), home, ("parties",), scenario.parties)
    if holder == home:
        leans: tuple[Path, ...] = ((*path, "holder"),)
        yield wrong(
            (*path, "home"),
            f"is {quote_value(home)}",
            "it is another party than the holder",
            leans=leans,
        )


def unused_keys(scenario: Scenario) -> Troubles:
    """Return sources and phrases that nothing refers to."""
    cited = {quantity.source for quantity in scenario.quantities().values()}
    if scenario.base_rate is not None:
        cited.add(scenario.base_rate.source)
    cited |= scenario.sources_of_expectations()
    for name in scenario.sources:
        if name not in cited:
            yield wrong(
                ("sources", name), "is cited by no number", "", "cite it or take it out", ((),)
            )
    stated = stated_phrases(scenario)
    for name in scenario.phrases:
        if name not in stated:
            hint = "state it or take it out"
            yield wrong(("phrases", name), "is stated by no party", "", hint, (("parties",),))
