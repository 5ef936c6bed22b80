"""Whether the parts of a scenario fit together.

Every name that is used exists; every number that is needed is given; and every key moves something
or is refused. Each check is a generator of troubles; `CHECKS` and `left_over` list them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.complaints import Path, Trouble, did_you_mean, dotted, shown
from sim.scenario import (
    Bound,
    Captives,
    Constituency,
    Issue,
    Level,
    Party,
    Scenario,
    Selector,
    Strategy,
)
from sim.uncertain import Quantity

Troubles = Iterator[Trouble]
Bounds = tuple[float, float]

#: The dead who are held, as one more kind of captive and one more thing to be interested in.
REMAINS = "remains"

#: Which numbers the levels of an issue need, by its role.
NEEDED = {
    "duration": ("number", "reach"),
    "guarantee": ("number",),
    "settlement": (),
    "captives": ("covers",),
    "ratio": ("number",),
    "other": (),
}

#: Which they may have as well.
ALLOWED = {
    "duration": ("exchange_days", "permanent"),
    "guarantee": (),
    "settlement": ("number",),
    "captives": ("most",),
    "ratio": (),
    "other": ("number",),
}

#: Between which bounds the numbers of a level lie.
LEVEL_BOUNDS = {
    "number": (0.0, np.inf),
    "reach": (0.0, 1.0),
    "exchange_days": (0.0, np.inf),
    "most": (0.0, np.inf),
}

#: More combinations of levels than this are not even counted.
MOST_COMBINATIONS = 1_000_000


@dataclass(frozen=True)
class Kinds:
    """The strategies that a scenario can name, by their kind."""

    war: Mapping[str, Any]
    tactic: Mapping[str, Any]
    permanence: Mapping[str, Any]
    formulation: Mapping[str, Any]


def known_kinds() -> Kinds:
    """The strategies of the theory."""
    from sim.theory import bargaining, commitment, concession, war

    return Kinds(
        war.WAR_MODULES, concession.TACTICS, commitment.PERMANENCE, bargaining.FORMULATIONS
    )


def misfits(scenario: Scenario) -> Troubles:
    """Everything in a scenario that does not fit."""
    for check in CHECKS:
        yield from check(scenario)


def left_over(scenario: Scenario) -> Troubles:
    """Sources and phrases that nothing refers to."""
    cited = {quantity.source for quantity in scenario.quantities().values()}
    if scenario.base_rate is not None:
        cited.add(scenario.base_rate.source)
    for name in scenario.sources:
        if name not in cited:
            yield _wrong(
                ("sources", name), "is cited by no number", "", "cite it or take it out", ((),)
            )
    stated = stated_phrases(scenario)
    for name in scenario.phrases:
        if name not in stated:
            hint = "state it or take it out"
            yield _wrong(("phrases", name), "is stated by no party", "", hint, (("parties",),))


def statements(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Every phrase that a party states, with its place."""
    for name, party in scenario.parties.items():
        for position, phrase in enumerate(party.positions.states):
            yield ("parties", name, "positions", "states", position), phrase


def stated_phrases(scenario: Scenario) -> set[str]:
    """The phrases that some party states."""
    return {phrase for _, phrase in statements(scenario)}


# --- Names


def _sources(scenario: Scenario) -> Troubles:
    """Every source that a number cites is listed, and can be found."""
    for name, source in scenario.sources.items():
        if not source.url and not source.title:
            yield _wrong(("sources", name), "cannot be found", "it has a `url` or a `title`")
    for path, quantity in scenario.places():
        if quantity.source is not None:
            yield from _known((*path, "source"), quantity.source, ("sources",), scenario.sources)
    if scenario.base_rate is not None:
        place: Path = ("base_rate", "source")
        yield from _known(place, scenario.base_rate.source, ("sources",), scenario.sources)


def _names(scenario: Scenario) -> Troubles:
    """Parties, mediators, levers and categories can be told apart by their names."""
    for name in scenario.mediators:
        if name in scenario.parties:
            yield _wrong(("mediators", name), "has the name of a party", "", "give it another name")
    for name in scenario.levers:
        if name in type(scenario).model_fields:
            found = "has the name of a part of the scenario"
            yield _wrong(("levers", name), found, "", "give it another name")
    for name, pool in scenario.captives.items():
        if REMAINS in pool.categories:
            path = ("captives", name, "categories", REMAINS)
            yield _wrong(path, "is no category", "the dead are told in `remains` beside categories")
    if REMAINS in scenario.issues:
        yield _wrong(
            ("issues", REMAINS), "has a name with another meaning", "", "give it another name"
        )


def _references(scenario: Scenario) -> Troubles:
    """Parties, mediators and captives that are named elsewhere exist."""
    parties = scenario.parties
    for name, pool in scenario.captives.items():
        yield from _two_parties(("captives", name), pool.holder, pool.home, scenario)
    for name, group in scenario.prisoners.items():
        path: Path = ("prisoners", name)
        yield from _two_parties(path, group.holder, group.home, scenario)
        yield from _known((*path, "paid_for"), group.paid_for, ("captives",), scenario.captives)
    for name, party in parties.items():
        if party.speaks_through is not None:
            path = ("parties", name, "speaks_through")
            yield from _known(path, party.speaks_through, ("mediators",), scenario.mediators)
    for name, mediator in scenario.mediators.items():
        for field in ("bias", "access", "leverage"):
            for party_name in getattr(mediator, field):
                path = ("mediators", name, field, party_name)
                yield from _known(path, party_name, ("parties",), parties)
    for name, spoiler in scenario.spoilers.items():
        yield from _known(("spoilers", name, "side"), spoiler.side, ("parties",), parties)
    for name, seat in scenario.roles.items():
        players = [*parties, *scenario.mediators]
        leans: tuple[Path, ...] = (("parties", seat.plays), ("mediators", seat.plays))
        yield from _known(("roles", name, "plays"), seat.plays, ("parties",), players, leans)


def _two_parties(path: Path, holder: str, home: str, scenario: Scenario) -> Troubles:
    """The holder and the home of people who are held are two parties."""
    yield from _known((*path, "holder"), holder, ("parties",), scenario.parties)
    yield from _known((*path, "home"), home, ("parties",), scenario.parties)
    if holder == home:
        leans: tuple[Path, ...] = ((*path, "holder"),)
        yield _wrong(
            (*path, "home"), f"is {shown(home)}", "it is another party than the holder", leans=leans
        )


# --- Issues and their levels


def _issues(scenario: Scenario) -> Troubles:
    """Each issue has what its role needs, and nothing else."""
    first: dict[str, str] = {}
    for name, issue in scenario.issues.items():
        path: Path = ("issues", name)
        if issue.role in ("duration", "guarantee"):
            if issue.role in first:
                found = f"is a second issue of the role {issue.role}"
                expected = f"there is at most one, and '{first[issue.role]}' is it"
                yield _wrong(
                    (*path, "role"), found, expected, leans=(("issues", first[issue.role]),)
                )
            first.setdefault(issue.role, name)
        yield from _whose(scenario, path, issue)
        for level_name, level in issue.levels.items():
            yield from _level(scenario, (*path, "levels", level_name), issue, level)
        yield from _order(path, issue)
    for role in ("captives", "ratio"):
        yield from _one_per_pool(scenario, role)


def _whose(scenario: Scenario, path: Path, issue: Issue) -> Troubles:
    """Issues of captives and ratio say whose return or price they are; no other does."""
    if issue.role not in ("captives", "ratio"):
        if issue.of is not None:
            found = f"goes with no issue of the role {issue.role}"
            yield _wrong(
                (*path, "of"), found, "only captives and ratio have it", "leave it out", (path,)
            )
        return
    if issue.of is None:
        hint = did_you_mean("", scenario.captives)
        yield _wrong(
            (*path, "of"), "is missing", f"an issue of the role {issue.role} needs it", hint
        )
        return
    yield from _known((*path, "of"), issue.of, ("captives",), scenario.captives)
    paid_for = [group.paid_for for group in scenario.prisoners.values()]
    if issue.role == "ratio" and issue.of in scenario.captives and issue.of not in paid_for:
        expected = f"someone among the `prisoners` is `paid_for: {issue.of}`"
        yield _wrong((*path, "of"), "has no price", expected, leans=(("prisoners",),))


def _one_per_pool(scenario: Scenario, role: str) -> Troubles:
    """Captives have one issue of their return and one of their price."""
    first: dict[str, str] = {}
    for name, issue in scenario.issues.items():
        if issue.role == role and issue.of is not None:
            if issue.of in first:
                found = f"is {shown(issue.of)}, like that of the issue '{first[issue.of]}'"
                yield _wrong(
                    ("issues", name, "of"),
                    found,
                    f"captives have one issue of the role {role}",
                    leans=(("issues", first[issue.of]),),
                )
            first.setdefault(issue.of, name)


def _level(scenario: Scenario, path: Path, issue: Issue, level: Level) -> Troubles:
    """A level has the numbers that its role needs, within their bounds."""
    needed, allowed = NEEDED[issue.role], ALLOWED[issue.role]
    if issue.role == "duration" and scenario.captives:
        needed = (*needed, "exchange_days")
    for field in ("number", "reach", "exchange_days", "covers", "most", "permanent"):
        value = getattr(level, field)
        given = value is not None and value is not False
        why = f"a level of the role {issue.role}"
        leans: tuple[Path, ...] = ((*path[:2], "role"),)
        if field in needed and not given:
            yield _wrong((*path, field), "is missing", f"{why} needs it", leans=leans)
        elif given and field not in (*needed, *allowed):
            yield _idle((*path, field), f"{why} has none", leans=leans)
        elif field == "exchange_days" and given and not scenario.captives:
            yield _idle((*path, field), "there are no captives", leans=(("captives",),))
        elif isinstance(value, Quantity):
            yield from _within((*path, field), value, LEVEL_BOUNDS[field])
    if issue.role == "captives" and issue.of in scenario.captives:
        yield from _covers(path, issue.of, scenario.captives[issue.of], level)


def _covers(path: Path, name: str, pool: Captives, level: Level) -> Troubles:
    """A level covers categories that are held."""
    held = [*pool.categories, *([REMAINS] if pool.remains else [])]
    leans: tuple[Path, ...] = (("captives", name),)
    for position, category in enumerate(level.covers or []):
        where: Path = (*path, "covers", position)
        yield from _known(where, category, ("captives", name, "categories"), held, leans)
    if level.most is not None and not level.covers:
        yield _idle((*path, "most"), "the level covers nobody")


def _order(path: Path, issue: Issue) -> Troubles:
    """Levels go from least to most."""
    numbers = {name: level.number for name, level in issue.levels.items()}
    given = {name: number.centre for name, number in numbers.items() if number is not None}
    missing = [name for name in numbers if name not in given]
    if given and missing and "number" in ALLOWED[issue.role]:
        where: Path = (*path, "levels", missing[0], "number")
        yield _wrong(
            where, "is missing", "all levels of an issue have a number, or none", leans=(path,)
        )
    last = ("", -np.inf)
    for name, number in given.items():
        if number <= last[1]:
            where = (*path, "levels", name, "number")
            expected = f"it is more than {last[1]:g}, the number of '{last[0]}' before it"
            leans: tuple[Path, ...] = ((*path, "levels", last[0]),)
            yield _wrong(where, f"is {number:g}", expected, "put the levels in order", leans)
        last = (name, number)
    endless = ""
    for name, level in issue.levels.items():
        if endless and not level.permanent:
            where = (*path, "levels", endless, "permanent")
            yield _wrong(
                where, "is true", "a truce without end is longer than any other", "put it last"
            )
            return
        endless = name if level.permanent else endless


# --- What is said: phrases, red lines, constraints


def _selectors(scenario: Scenario) -> Troubles:
    """Every partial choice of levels names levels that exist, and chooses some."""
    for path, selector in _every_selector(scenario):
        if not selector:
            yield _wrong(path, "is empty", "it names at least one issue")
        for issue, bound in selector.items():
            where = (*path, issue)
            if issue not in scenario.issues:
                yield from _known(where, issue, ("issues",), scenario.issues)
            else:
                yield from _bound(where, issue, scenario.issues[issue], bound)


def _every_selector(scenario: Scenario) -> Iterator[tuple[Path, Selector]]:
    for name, phrase in scenario.phrases.items():
        yield ("phrases", name), phrase
    for position, constraint in enumerate(scenario.constraints):
        yield ("constraints", position, "when"), constraint.when
        yield ("constraints", position, "needs"), constraint.needs
    for name, party in scenario.parties.items():
        for position, line in enumerate(party.positions.red_lines):
            yield ("parties", name, "positions", "red_lines", position, "keeps"), line.keeps


def _bound(path: Path, name: str, issue: Issue, bound: Bound) -> Troubles:
    """A bound names levels of its issue, and chooses at least one."""
    from sim.theory.packages import levels_within

    leans: tuple[Path, ...] = (("issues", name),)
    ends = (bound.min, bound.max)
    if bound.only is not None and ends != (None, None):
        yield _wrong(path, "has `only` beside `min` or `max`", "it has one or the other")
        return
    if bound.only is None and ends == (None, None):
        yield _wrong(path, "names no level", "it has `min`, `max` or `only`")
        return
    wrong = list(_unknown_levels(path, name, issue, bound))
    yield from wrong
    if not wrong and not levels_within(issue, bound).any():
        yield _wrong(
            path,
            f"chooses no level of {name}",
            f"its levels: {', '.join(issue.levels)}",
            leans=leans,
        )


def _unknown_levels(path: Path, name: str, issue: Issue, bound: Bound) -> Troubles:
    leans: tuple[Path, ...] = (("issues", name),)
    for end in ("min", "max"):
        value = getattr(bound, end)
        if isinstance(value, str):
            levels: Path = ("issues", name, "levels")
            yield from _known((*path, end), value, levels, issue.levels, leans)
        elif value is not None and any(level.number is None for level in issue.levels.values()):
            expected = f"the levels of {name} have no numbers: {', '.join(issue.levels)}"
            yield _wrong((*path, end), f"is {value:g}", expected, "name a level", leans)
    for position, value in enumerate(bound.only or []):
        levels = ("issues", name, "levels")
        yield from _known((*path, "only", position), value, levels, issue.levels, leans)


def _positions(scenario: Scenario) -> Troubles:
    """Parties state phrases that exist; a red line has a price or is hard."""
    for path, phrase in statements(scenario):
        yield from _known(path, phrase, ("phrases",), scenario.phrases)
    for name, party in scenario.parties.items():
        said = party.positions.states
        for position, phrase in enumerate(said):
            if phrase in said[:position]:
                path = ("parties", name, "positions", "states", position)
                yield _wrong(path, f"is {shown(phrase)} a second time", "", "leave it out")
        for position, line in enumerate(party.positions.red_lines):
            path = ("parties", name, "positions", "red_lines", position)
            if line.hard and line.price is not None:
                yield _idle((*path, "price"), "a hard red line is crossed at no price")
            elif line.hard and not party.veto:
                why = f"{name} has no veto to hold it with"
                yield _idle((*path, "hard"), why, "give it a price")
            elif not line.hard and line.price is None:
                expected = "a red line has a price, or is `hard: true`"
                yield _wrong((*path, "price"), "is missing", expected)


def _grid(scenario: Scenario) -> Troubles:
    """The constraints leave packages, all phrases are possible, and no level is in vain."""
    from sim.theory.packages import feasible_levels, selected

    if any(_selectors(scenario)):
        return  # complained about there
    sizes = [len(issue.levels) for issue in scenario.issues.values()]
    if (count := float(np.prod(sizes, dtype=float))) > MOST_COMBINATIONS:
        expected = f"at most {MOST_COMBINATIONS:,} can be looked at"
        yield _wrong(
            ("issues",), f"combine to {count:,.0f} packages", expected, "have fewer levels"
        )
        return
    grid = np.indices(sizes).reshape(len(sizes), -1).T.astype(np.int64)
    feasible = np.ones(len(grid), dtype=bool)
    leans: tuple[Path, ...] = (("issues",), ("constraints",))
    for position, constraint in enumerate(scenario.constraints):
        when = selected(scenario, grid, constraint.when)
        needs = selected(scenario, grid, constraint.needs)
        yield from _constraint(("constraints", position), when, needs)
        feasible &= ~when | needs
    if not feasible.any():
        yield _wrong(
            ("constraints",),
            "leave no package",
            "some combination of levels fits them all",
            leans=leans,
        )
        return
    for name, phrase in scenario.phrases.items():
        if not (feasible & selected(scenario, grid, phrase)).any():
            expected = "some package that the constraints allow fits it"
            yield _wrong(("phrases", name), "chooses no package", expected, leans=leans)
    for column, (name, issue) in enumerate(scenario.issues.items()):
        for position, level in enumerate(issue.levels):
            if not (feasible & (grid[:, column] == position)).any():
                path = ("issues", name, "levels", level)
                expected = "some package that the constraints allow has it"
                yield _wrong(path, "is in no package", expected, leans=leans)
    yield from _red_lines(scenario, grid, feasible)
    try:
        feasible_levels(scenario)
    except ValueError as error:
        yield Trouble(("constraints",), str(error), leans=(*leans, ("parties",)))


def _constraint(path: Path, when: Any, needs: Any) -> Troubles:
    """A constraint can be met, and rules something out."""
    leans: tuple[Path, ...] = (("issues",),)
    if not (when & needs).any():
        expected = "some package meets both `when` and `needs`"
        yield _wrong((*path, "needs"), "contradicts `when`", expected, leans=(path, *leans))
    elif not (when & ~needs).any():
        expected = "a constraint rules something out"
        yield _wrong((*path, "needs"), "rules no package out", expected, leans=(path, *leans))


def _red_lines(scenario: Scenario, grid: Any, feasible: Any) -> Troubles:
    """A red line leaves something, and rules something out."""
    from sim.theory.packages import selected

    for name, party in scenario.parties.items():
        for position, line in enumerate(party.positions.red_lines):
            path = ("parties", name, "positions", "red_lines", position, "keeps")
            kept = selected(scenario, grid, line.keeps)
            leans: tuple[Path, ...] = (("issues",), ("constraints",))
            if not (feasible & kept).any():
                yield _wrong(
                    path, "keeps no package", "some package does not cross the line", leans=leans
                )
            elif not (feasible & ~kept).any():
                yield _wrong(
                    path, "keeps every package", "a red line rules something out", leans=leans
                )


# --- Captives and prisoners


def _captives(scenario: Scenario) -> Troubles:
    """People are counted in whole numbers, and each number about them is one that is used."""
    for name, pool in scenario.captives.items():
        path: Path = ("captives", name)
        priced = any(i.role == "ratio" and i.of == name for i in scenario.issues.values())
        for category_name, category in pool.categories.items():
            where = (*path, "categories", category_name)
            yield from _people((*where, "number"), category.number)
            if category.price is not None and category.outside_ratio:
                yield _idle((*where, "price"), "who is outside the ratio has no price")
            elif category.price is not None and not priced:
                why = f"no issue of the role ratio is `of: {name}`"
                yield _idle((*where, "price"), why, leans=(("issues",),))
        if pool.remains is not None:
            yield from _people((*path, REMAINS, "number"), pool.remains.number)
        if pool.side_channel and not any(c.outside_ratio for c in pool.categories.values()):
            why = "some category has `outside_ratio: true`"
            yield _idle((*path, "side_channel"), why, leans=((*path, "categories"),))


def _prisoners(scenario: Scenario) -> Troubles:
    """Prisoners are exchanged for captives in some ratio, one group for each pool of captives."""
    priced = {issue.of for issue in scenario.issues.values() if issue.role == "ratio"}
    first: dict[str, str] = {}
    for name, group in scenario.prisoners.items():
        path: Path = ("prisoners", name)
        yield from _people((*path, "number"), group.number)
        if group.paid_for in scenario.captives and group.paid_for not in priced:
            why = f"an issue of the role ratio is `of: {group.paid_for}`"
            yield _idle(path, why, "add the issue", (("issues",),))
        if group.paid_for in first:
            found = f"is {shown(group.paid_for)}, like that of '{first[group.paid_for]}'"
            yield _wrong((*path, "paid_for"), found, "one group is exchanged for them")
        first.setdefault(group.paid_for, name)


def _people(path: Path, number: Quantity) -> Troubles:
    """A number of people is whole and not negative."""
    if number.centre < 0 or number.centre != round(number.centre):
        yield _wrong(path, f"is {number.centre:g}", "it is a whole number of people")


# --- What parties want


def _interests(scenario: Scenario) -> Troubles:
    """What is exchanged is worth something to someone, and nothing else is."""
    exchanged = [
        name
        for name, issue in scenario.issues.items()
        if issue.role in ("captives", "ratio", "other")
    ]
    known = [*exchanged, *([REMAINS] if _remains_return(scenario) else [])]
    wanted: set[str] = set()
    for path, member in _members(scenario):
        wanted |= set(member.interests)
        for name in member.interests:
            where = (*path, "interests", name)
            if name in scenario.issues and name not in known:
                why = f"the worth of {scenario.issues[name].role} is not told in interests"
                yield _idle(where, why, did_you_mean("", known), (("issues", name),))
            elif name == REMAINS and name not in known:
                leans: tuple[Path, ...] = (("issues",), ("captives",))
                yield _idle(where, "no level brings remains home", leans=leans)
            else:
                yield from _known(where, name, ("issues",), known)
    for name in exchanged:
        if name not in wanted:
            expected = "some party has it among its interests"
            yield _wrong(
                ("issues", name), "is worth nothing to anyone", expected, leans=(("parties",),)
            )


def _remains_return(scenario: Scenario) -> bool:
    """Whether any level brings remains home."""
    return any(
        issue.of in scenario.captives
        and scenario.captives[issue.of].remains is not None
        and any(REMAINS in (level.covers or []) for level in issue.levels.values())
        for issue in scenario.issues.values()
        if issue.role == "captives"
    )


def _settlement(scenario: Scenario) -> Troubles:
    """Each party says what the war ending at each level of the settlement is worth to it."""
    issues = {name: issue for name, issue in scenario.issues.items() if issue.role == "settlement"}
    for path, member in _members(scenario):
        where = (*path, "settlement")
        for name, worth in member.settlement.items():
            if name not in issues:
                yield from _not_settled(scenario, (*where, name), name, issues)
                continue
            for level in worth:
                levels: Path = ("issues", name, "levels")
                yield from _known((*where, name, level), level, levels, issues[name].levels)
            for level in issues[name].levels:
                if level not in worth:
                    leans: tuple[Path, ...] = (("issues", name),)
                    yield _wrong(
                        (*where, name, level),
                        "is missing",
                        "every level has its worth",
                        leans=leans,
                    )
        for name in issues:
            if name not in member.settlement and (isinstance(member, Party) or member.settlement):
                leans = (("issues", name),)
                expected = "every party says what each level is worth to it"
                yield _wrong((*where, name), "is missing", expected, leans=leans)


def _not_settled(
    scenario: Scenario, path: Path, name: str, issues: Mapping[str, Issue]
) -> Troubles:
    """A settlement is only of issues with that role."""
    if name in scenario.issues:
        why = f"{name} has the role {scenario.issues[name].role}, not settlement"
        yield _idle(path, why, "tell its worth in interests", (("issues", name),))
    else:
        yield from _known(path, name, ("issues",), issues)


def _domestic(scenario: Scenario) -> Troubles:
    """Votes are counted where there is a vote, and people are stirred by what can happen."""
    for name, party in scenario.parties.items():
        path: Path = ("parties", name)
        seats = sum(member.seats for member in party.constituencies.values())
        if party.ratification is not None and party.ratification.quota > seats:
            found = f"is {party.ratification.quota}"
            expected = f"its constituencies have {seats} seats in all"
            leans: tuple[Path, ...] = ((*path, "constituencies"),)
            yield _wrong((*path, "ratification", "quota"), found, expected, leans=leans)
        for member_name, member in party.constituencies.items():
            where = (*path, "constituencies", member_name)
            if member.seats and party.ratification is None:
                leans = ((*path, "ratification"),)
                yield _idle((*where, "seats"), f"{name} has no ratification", leans=leans)
            if "captive_death" in member.stirred_by and not scenario.captives:
                where = (*where, "stirred_by", "captive_death")
                yield _idle(where, "there are no captives", leans=(("captives",),))


# --- War, strategies, mediators, the truce


def _sides(scenario: Scenario) -> Troubles:
    """Where the war or captives pull on two sides, every party is on one of them."""
    war = scenario.war
    for field, side in (("forward", war.forward), ("backward", war.backward)):
        for position, name in enumerate(side):
            path = ("war", field, position)
            yield from _known(path, name, ("parties",), scenario.parties)
            if name in side[:position] or (field == "backward" and name in war.forward):
                yield _wrong(path, f"is {shown(name)} a second time", "a party is on one side", "")
    module = known_kinds().war.get(war.kind)
    if module is None:
        return  # complained about among the strategies
    if not module.has_sides and not scenario.captives:
        for field, side in (("forward", war.forward), ("backward", war.backward)):
            if side:
                why = f"a war of the kind {war.kind} has no sides where there are no captives"
                leans: tuple[Path, ...] = (("captives",), ("war", "kind"))
                yield _idle(("war", field), why, leans=leans)
        return
    for field, side in (("forward", war.forward), ("backward", war.backward)):
        if not side:
            yield _wrong(("war", field), "names no party", "each side has at least one")
    for name in scenario.parties:
        if war.forward and war.backward and name not in (*war.forward, *war.backward):
            leans = (("parties", name),)
            yield _wrong(
                ("war",),
                f"has {name} on no side",
                "every party is forward or backward",
                leans=leans,
            )


def _strategies(scenario: Scenario) -> Troubles:
    """Every strategy is known, and has the numbers it needs, within their bounds."""
    for path, strategy, known in _every_strategy(scenario):
        module = known.get(strategy.kind)
        if module is None:
            yield from _known((*path, "kind"), strategy.kind, (*path, "kind"), known)
        else:
            what = f"{dotted(path)} of the kind {strategy.kind}"
            where = (*path, "numbers")
            yield from _numbers(where, strategy.numbers, module.numbers, _bounds_of(module), what)
    module = known_kinds().war.get(scenario.war.kind)
    if module is not None:
        for name, party in scenario.parties.items():
            what = f"a war of the kind {scenario.war.kind}"
            where = ("parties", name, "war")
            yield from _numbers(where, party.war, module.party_numbers, _bounds_of(module), what)


def _every_strategy(
    scenario: Scenario,
) -> Iterator[tuple[Path, Strategy | Any, Mapping[str, Any]]]:
    """Each strategy that the scenario names, with its place and the kinds it may be of."""
    kinds = known_kinds()
    yield ("war",), scenario.war, kinds.war
    yield ("permanence",), scenario.permanence, kinds.permanence
    for name, party in scenario.parties.items():
        yield ("parties", name, "tactic"), party.tactic, kinds.tactic
    for name, mediator in scenario.mediators.items():
        if mediator.formulation is not None:
            yield ("mediators", name, "formulation"), mediator.formulation, kinds.formulation


def _numbers(
    path: Path,
    given: Mapping[str, Quantity],
    needed: tuple[str, ...],
    bounds: Mapping[str, Bounds],
    what: str,
) -> Troubles:
    """A strategy has exactly the numbers it needs."""
    needs = f"{what} needs {', '.join(needed) or 'no numbers'}"
    leans: tuple[Path, ...] = ((*path[:-1], "kind"), ("war", "kind"))
    for name in needed:
        if name not in given:
            yield _wrong((*path, name), "is missing", needs, leans=leans)
    for name, quantity in given.items():
        if name not in needed:
            hint = did_you_mean(name, needed) if needed else "leave it out"
            found = f"unknown number '{name}' in {dotted(path)}"
            yield Trouble((*path, name), found, needs, hint, leans)
        elif name in bounds:
            yield from _within((*path, name), quantity, bounds[name])


def _bounds_of(module: Any) -> Mapping[str, Bounds]:
    """Between which bounds the numbers of a strategy lie."""
    bounds: Mapping[str, Bounds] = getattr(module, "bounds", {})
    return bounds


def _mediators(scenario: Scenario) -> Troubles:
    """Each number of a mediator has what it works through."""
    for name, mediator in scenario.mediators.items():
        path: Path = ("mediators", name)
        if mediator.information is not None and not mediator.access:
            expected = "who has information has access to some party"
            yield _wrong((*path, "access"), "is missing", expected)
        if mediator.bias and mediator.information is None:
            expected = "a bias only matters where there is `information` to be believed"
            yield _wrong((*path, "bias"), "is given", expected)
        if mediator.information is not None:
            low, high = mediator.information.cost_low, mediator.information.cost_high
            if low.centre >= high.centre:
                expected = f"it is more than cost_low, {low.centre:g}"
                where = (*path, "information", "cost_high")
                yield _wrong(
                    where, f"is {high.centre:g}", expected, leans=((*path, "information"),)
                )
        if (mediator.formulation is None) != (mediator.drafting is None):
            absent, present = "formulation", "drafting"
            if mediator.formulation is not None:
                absent, present = present, absent
            expected = f"it goes with {present}"
            yield _wrong((*path, absent), "is missing", expected, f"add it or leave {present} out")
        if mediator.guarantee is not None and scenario.issue_of_role("guarantee") is None:
            why = "no issue has the role guarantee"
            yield _idle((*path, "guarantee"), why, leans=(("issues",),))


def _truce(scenario: Scenario) -> Troubles:
    """A truce is extended only where captives come home; what nothing would read is left out."""
    path: Path
    if scenario.truce.effects.extension is not None and scenario.truce.extension is None:
        path = ("truce", "effects", "extension")
        yield _idle(path, "the truce has no extension rule")
    endogenous = scenario.permanence.kind != "given"
    path = ("truce", "effects", "guarantee")
    if scenario.truce.effects.guarantee is not None and not endogenous:
        yield _idle(path, "breaking a truce that is given costs nothing")
    if scenario.truce.effects.guarantee is None and endogenous:
        expected = "what the cost of breaking a truce does to its risk"
        yield _wrong(path, "is missing", expected, "add it")
    spoken_for = any(p.veto and p.speaks_through for p in scenario.parties.values())
    if scenario.channel.lag_days is not None and not spoken_for:
        yield _idle(("channel", "lag_days"), "nobody with a veto is spoken for")
    hands_over = {pool.holder for pool in scenario.captives.values()}
    hands_over |= {pool.holder for pool in scenario.prisoners.values()}
    for name, party in scenario.parties.items():
        if party.compliance is not None and name not in hands_over:
            path = ("parties", name, "compliance")
            yield _idle(path, f"{name} holds nobody whom it could hand over")
    for name, mediator in scenario.mediators.items():
        for party_name in mediator.access:
            if party_name in scenario.parties and not scenario.parties[party_name].veto:
                path = ("mediators", name, "access", party_name)
                yield _idle(path, f"{party_name} has no veto")
    if scenario.truce.extension is not None and not scenario.captives:
        path = ("truce", "extension")
        yield _idle(path, "there are no captives", leans=(("captives",),))


# --- Levers


def _levers(scenario: Scenario) -> Troubles:
    """A lever moves numbers that exist, and they stay within bounds all the way."""
    numbers = {dotted(path): (path, quantity) for path, quantity in scenario.places()}
    strategic = _strategic_bounds(scenario)
    for name, lever in scenario.levers.items():
        path: Path = ("levers", name)
        if not lever.low < lever.high:
            found = f"is {lever.high:g}"
            yield _wrong((*path, "high"), found, f"it is more than low, {lever.low:g}")
        elif not lever.low <= lever.default <= lever.high:
            expected = f"it lies between low, {lever.low:g}, and high, {lever.high:g}"
            yield _wrong((*path, "default"), f"is {lever.default:g}", expected)
        for position, move in enumerate(lever.moves):
            where = (*path, "moves", position)
            if move.key not in numbers:
                found = f"{dotted((*where, 'key'))} is {shown(move.key)}"
                target: Path = tuple(move.key.split("."))
                yield Trouble(
                    (*where, "key"),
                    found,
                    "it is the path of a number",
                    did_you_mean(move.key, numbers),
                    (target,),
                )
                continue
            if move.how == "scale" and lever.default == 0:
                yield _wrong(
                    (*path, "default"),
                    "is 0",
                    "a lever that scales starts elsewhere",
                    "let it shift",
                )
                continue
            target, quantity = numbers[move.key]
            bounds = _narrower(_bounds_at(target, quantity), strategic.get(target))
            for end in ("low", "high"):
                yield from _moved(where, (*path, end), lever, move.how, quantity, bounds, (target,))


def _moved(
    move: Path,
    end: Path,
    lever: Any,
    how: str,
    quantity: Quantity,
    bounds: Bounds,
    leans: tuple[Path, ...],
) -> Troubles:
    """At the end of a lever the number that it moves is still within its bounds."""
    setting, centre = float(getattr(lever, str(end[-1]))), quantity.centre
    if how == "scale" and quantity.is_certain and centre == 0:
        if end[-1] == "low":
            yield _wrong(
                (*move, "how"), "is 'scale'", "scaling 0 moves nothing", "let it shift", leans
            )
        return
    moved = centre * setting / lever.default if how == "scale" else centre + setting - lever.default
    if not bounds[0] - 1e-9 <= moved <= bounds[1] + 1e-9:
        target = dotted(leans[0])
        expected = (
            f"it would move {target} from {centre:g} to {moved:g}, which lies {_span(bounds)}"
        )
        yield _wrong(end, f"is {setting:g}", expected, leans=leans)


def _bounds_at(path: Path, quantity: Quantity) -> Bounds:
    """Between which bounds a number of the scenario lies by its type or by its level."""
    is_level = path[0] == "issues" and path[-1] in LEVEL_BOUNDS
    return _narrower(quantity.within, LEVEL_BOUNDS[str(path[-1])] if is_level else None)


def _strategic_bounds(scenario: Scenario) -> dict[Path, Bounds]:
    """Between which bounds the numbers of strategies lie, by their paths."""
    bounds: dict[Path, Bounds] = {}
    for path, strategy, known in _every_strategy(scenario):
        for name, span in _bounds_of(known.get(strategy.kind)).items():
            bounds[(*path, "numbers", name)] = span
    for party in scenario.parties:
        for name, span in _bounds_of(known_kinds().war.get(scenario.war.kind)).items():
            bounds[("parties", party, "war", name)] = span
    return bounds


def _narrower(one: Bounds, other: Bounds | None) -> Bounds:
    return one if other is None else (max(one[0], other[0]), min(one[1], other[1]))


# --- What the checks share


def _wrong(
    path: Path, says: str, expected: str = "", hint: str = "", leans: tuple[Path, ...] = ()
) -> Trouble:
    """A trouble whose sentence begins with the key."""
    return Trouble(path, f"{dotted(path)} {says}", expected, hint, leans)


def _idle(
    path: Path, why: str, hint: str = "leave it out", leans: tuple[Path, ...] = ()
) -> Trouble:
    """A trouble with a key that nothing in the talks would read."""
    return _wrong(path, "would move nothing", why, hint, leans)


def _known(
    path: Path,
    word: str,
    among: Path,
    names: Iterable[str],
    leans: tuple[Path, ...] = (),
) -> Troubles:
    """A word is one of some names, which are told at a place of the scenario."""
    known = list(names)
    if word not in known:
        found = f"{dotted(path)} is {shown(word)}"
        if path[-1] == word:
            found = f"unknown name '{word}' in {dotted(path[:-1])}"
        expected = "" if among == path else f"nothing in `{dotted(among)}` has this name"
        leans = ((*among, word), *leans)
        yield Trouble(path, found, expected, did_you_mean(word, known), leans)


def _within(path: Path, quantity: Quantity, bounds: Bounds) -> Troubles:
    """A quantity stays within bounds that its type does not know of."""
    low, high = quantity.support
    if quantity.normal is not None:
        low = high = quantity.centre
    if low < bounds[0] or high > bounds[1]:
        found = f"is {low:g}" + (f" to {high:g}" if high != low else "")
        yield _wrong(path, found, f"it lies {_span(bounds)}")


def _span(bounds: Bounds) -> str:
    if np.isinf(bounds[1]):
        return f"at or above {bounds[0]:g}"
    return f"between {bounds[0]:g} and {bounds[1]:g}"


def _members(scenario: Scenario) -> Iterator[tuple[Path, Party | Constituency]]:
    """Each party and each of its constituencies."""
    for name, party in scenario.parties.items():
        yield ("parties", name), party
        for member_name, member in party.constituencies.items():
            yield ("parties", name, "constituencies", member_name), member


CHECKS: tuple[Callable[[Scenario], Troubles], ...] = (
    _names,
    _sources,
    _references,
    _issues,
    _selectors,
    _positions,
    _grid,
    _captives,
    _prisoners,
    _interests,
    _settlement,
    _domestic,
    _sides,
    _strategies,
    _mediators,
    _truce,
    _levers,
)
