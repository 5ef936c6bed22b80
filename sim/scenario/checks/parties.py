"""Whether parties and their constituencies say what they want, and have what they vote with."""

from __future__ import annotations

from collections.abc import Mapping

from sim.scenario.checks.shared import (
    REMAINS,
    Troubles,
    members,
    must_be_known,
    unused_number,
    wrong,
)
from sim.scenario.errors import Path, did_you_mean
from sim.scenario.schema import Issue, Party, Scenario


def interests(scenario: Scenario) -> Troubles:
    """Check that what is exchanged is worth something to someone, and nothing else is."""
    exchanged = [
        name
        for name, issue in scenario.issues.items()
        if issue.role in ("captives", "ratio", "other")
    ]
    valued = [*exchanged, *([REMAINS] if _remains_return(scenario) else [])]
    wanted: set[str] = set()
    for path, member in members(scenario):
        wanted |= set(member.interests)
        for name in member.interests:
            where = (*path, "interests", name)
            if name in scenario.issues and name not in valued:
                why = f"the worth of {scenario.issues[name].role} is not told in interests"
                yield unused_number(where, why, did_you_mean("", valued), (("issues", name),))
            elif name == REMAINS and name not in valued:
                leans: tuple[Path, ...] = (("issues",), ("captives",))
                yield unused_number(where, "no level brings remains home", leans=leans)
            else:
                yield from must_be_known(where, name, ("issues",), valued)
    for name in exchanged:
        if name not in wanted:
            expected = "some party has it among its interests"
            yield wrong(
                ("issues", name), "is worth nothing to anyone", expected, leans=(("parties",),)
            )


def _remains_return(scenario: Scenario) -> bool:
    """Tell whether any level brings remains home."""
    return any(
        issue.of in scenario.captives
        and scenario.captives[issue.of].remains is not None
        and any(REMAINS in (level.covers or []) for level in issue.levels.values())
        for issue in scenario.issues.values()
        if issue.role == "captives"
    )


def settlement(scenario: Scenario) -> Troubles:
    """Check that each party says what an end of the war at each level is worth to it."""
    issues = {name: issue for name, issue in scenario.issues.items() if issue.role == "settlement"}
    for path, member in members(scenario):
        where = (*path, "settlement")
        for name, worth in member.settlement.items():
            if name not in issues:
                yield from _not_settled(scenario, (*where, name), name, issues)
                continue
            for level in worth:
                levels: Path = ("issues", name, "levels")
                yield from must_be_known((*where, name, level), level, levels, issues[name].levels)
            for level in issues[name].levels:
                if level not in worth:
                    leans: tuple[Path, ...] = (("issues", name),)
                    yield wrong(
                        (*where, name, level),
                        "is missing",
                        "every level has its worth",
                        leans=leans,
                    )
        for name in issues:
            if name not in member.settlement and (isinstance(member, Party) or member.settlement):
                leans = (("issues", name),)
                expected = "every party says what each level is worth to it"
                yield wrong((*where, name), "is missing", expected, leans=leans)


def _not_settled(
    scenario: Scenario, path: Path, name: str, issues: Mapping[str, Issue]
) -> Troubles:
    """Check that a settlement is only of issues with that role."""
    if name in scenario.issues:
        why = f"{name} has the role {scenario.issues[name].role}, not settlement"
        yield unused_number(path, why, "tell its worth in interests", (("issues", name),))
    else:
        yield from must_be_known(path, name, ("issues",), issues)


def domestic(scenario: Scenario) -> Troubles:
    """Votes are counted where there is a vote, and people are stirred by what can happen."""
    for name, party in scenario.parties.items():
        path: Path = ("parties", name)
        seats = sum(member.seats for member in party.constituencies.values())
        if party.ratification is not None and party.ratification.quota > seats:
            found = f"is {party.ratification.quota}"
            expected = f"its constituencies have {seats} seats in all"
            leans: tuple[Path, ...] = ((*path, "constituencies"),)
            yield wrong((*path, "ratification", "quota"), found, expected, leans=leans)
        for member_name, member in party.constituencies.items():
            where = (*path, "constituencies", member_name)
            if member.seats and party.ratification is None:
                leans = ((*path, "ratification"),)
                yield unused_number((*where, "seats"), f"{name} has no ratification", leans=leans)
            if "captive_death" in member.stirred_by and not scenario.captives:
                where = (*where, "stirred_by", "captive_death")
                yield unused_number(where, "there are no captives", leans=(("captives",),))
