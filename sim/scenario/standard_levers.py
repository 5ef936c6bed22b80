"""The levers that a scenario without any of its own is looked at by, and what research expects."""

from __future__ import annotations

from collections.abc import Mapping

from sim.scenario.schema import Ends, Expectation, Lever, LeverRole, Move, Scenario, Source

#: The sources of what the standard levers are expected to do.
SOURCES: Mapping[str, Source] = {
    "babcock-loewenstein-1997": Source(
        url="https://doi.org/10.1257/jep.11.1.109",
        date="1997",
        title="Babcock and Loewenstein, Explaining Bargaining Impasse: The Role of Self-Serving "
        "Biases",
    ),
    "beardsley-2006": Source(
        url="https://doi.org/10.1177/0022002705282862",
        date="2006",
        title="Beardsley, Quinn, Biswas and Wilkenfeld, Mediation Style and Crisis Outcomes",
    ),
    "beardsley-2008": Source(
        url="https://doi.org/10.1111/j.1540-5907.2008.00339.x",
        date="2008",
        title="Beardsley, Agreement without Peace? International Mediation and Time Inconsistency "
        "Problems",
    ),
    "fearon-1994": Source(
        url="https://doi.org/10.2307/2944796",
        date="1994",
        title="Fearon, Domestic Political Audiences and the Escalation of International Disputes",
    ),
    "fearon-1995": Source(
        url="https://doi.org/10.1017/S0020818300033324",
        date="1995",
        title="Fearon, Rationalist Explanations for War",
    ),
    "fearon-1998": Source(
        url="https://doi.org/10.1162/002081898753162820",
        date="1998",
        title="Fearon, Bargaining, Enforcement, and International Cooperation",
    ),
    "fey-ramsay-2010": Source(
        url="https://doi.org/10.1017/S0043887110000183",
        date="2010",
        title="Fey and Ramsay, When Is Shuttle Diplomacy Worth the Commute?",
    ),
    "fortna-2004": Source(
        url="https://doi.org/10.1111/j.0020-8833.2004.00301.x",
        date="2004",
        title="Fortna, Does Peacekeeping Keep Peace?",
    ),
    "kurizaki-2007": Source(
        url="https://doi.org/10.1017/S0003055407070396",
        date="2007",
        title="Kurizaki, Efficient Secrecy: Public versus Private Threats in Crisis Diplomacy",
    ),
    "pruitt-2005": Source(
        date="2005",
        title="Pruitt, Whither Ripeness Theory? (Working Paper 25, Institute for Conflict Analysis "
        "and Resolution, George Mason University)",
    ),
    "putnam-1988": Source(
        url="https://doi.org/10.1017/S0020818300027697",
        date="1988",
        title="Putnam, Diplomacy and Domestic Politics: The Logic of Two-Level Games",
    ),
    "raiffa-1982": Source(
        date="1982",
        title="Raiffa, The Art and Science of Negotiation (Harvard University Press)",
    ),
    "savun-2008": Source(
        url="https://doi.org/10.1111/j.1468-2478.2007.00490.x",
        date="2008",
        title="Savun, Information, Bias, and Mediation Success",
    ),
    "stasavage-2004": Source(
        url="https://doi.org/10.1017/S0020818304040214",
        date="2004",
        title="Stasavage, Open-Door or Closed-Door? Transparency in Domestic and International "
        "Bargaining",
    ),
    "touval-zartman-1985": Source(
        date="1985",
        title="Touval and Zartman (eds.), International Mediation in Theory and Practice "
        "(Westview)",
    ),
    "walter-1997": Source(
        url="https://www.jstor.org/stable/2703607",
        date="1997",
        title="Walter, The Critical Barrier to Civil War Settlement",
    ),
    "werner-yuen-2005": Source(
        url="https://doi.org/10.1017/S0020818305050095",
        date="2005",
        title="Werner and Yuen, Making and Keeping Peace",
    ),
    "zartman-2000": Source(
        url="https://doi.org/10.17226/9897",
        date="2000",
        title="Zartman, Ripeness: The Hurting Stalemate and Beyond (in Stern and Druckman, eds., "
        "International Conflict Resolution After the Cold War)",
    ),
}

_MORE = Ends(low="fewer", high="more")
_FEWER = Ends(low="more", high="fewer")
_NONE = Ends(low="none", high="none")
_OPEN = Ends(low="open", high="open")

#: What research expects of a lever, by its role.
EXPECTATIONS: Mapping[LeverRole, Expectation] = {
    "guarantee": Expectation(
        room=_MORE,
        deal=_OPEN,
        kept=_MORE,
        source=["walter-1997", "fearon-1998", "fortna-2004"],
        why="A side that would pay for going back to war can be believed: more texts are worth "
        "signing, and truces hold for longer. Whether more are signed is open: Walter expects it, "
        "while for Fearon firmer enforcement makes it pay to hold out for better terms.",
    ),
    "war_cost": Expectation(
        room=_MORE,
        deal=_MORE,
        kept=_MORE,
        source=["fearon-1995", "zartman-2000"],
        why="What fighting costs is what a settlement saves, and a stalemate that hurts makes "
        "leaders look for a way out. The same costs await whoever goes back to war.",
    ),
    "leverage": Expectation(
        room=_MORE,
        deal=_MORE,
        kept=_OPEN,
        source=["touval-zartman-1985", "beardsley-2006", "werner-yuen-2005", "beardsley-2008"],
        why="What mediators add to a text, or take from fighting on, brings texts within reach. "
        "Whether more talks end up with a truce that is kept is open: more begin one, and calm is "
        "likelier in the first months (Beardsley), but an imposed truce breaks sooner (Werner and "
        "Yuen).",
    ),
    "access": Expectation(
        room=_NONE,
        deal=_MORE,
        source=["raiffa-1982", "savun-2008", "fey-ramsay-2010"],
        why="A mediator who knows what each side would settle for finds the texts that suit both. "
        "Fey and Ramsay are of another mind: a go-between who hears only what the disputants say "
        "adds nothing, where it cannot keep to itself what it hears. The zone of agreement lies in "
        "what the parties want, whoever knows of it. On how well truces are kept theory does not "
        "say.",
    ),
    "leaks": Expectation(
        room=_NONE,
        deal=_FEWER,
        source=["stasavage-2004", "kurizaki-2007", "fearon-1994"],
        why="Before an audience negotiators posture and cannot retreat. That public stands also "
        "inform (Fearon) would work the other way. Interests on the first day "
        "are not changed by who will hear of them. Kept is not named: fewer truces begin, and what "
        "was promised in public may bind more.",
    ),
    "optimism": Expectation(
        room=_NONE,
        deal=_FEWER,
        source=["babcock-loewenstein-1997"],
        why="Who believes that the other will still give way holds out for it, and both may wait "
        "in vain. What each would settle for is not touched. Kept is not named: the belief is "
        "about the bargaining and not about the truce.",
    ),
    "domestic_push": Expectation(
        room=_MORE,
        deal=_MORE,
        source=["putnam-1988", "pruitt-2005"],
        why="A public in a hurry makes more texts acceptable at home, and waiting harder to bear. "
        "Kept is not named: once it has what it wanted it no longer holds anyone back.",
    ),
}


def standard_levers(scenario: Scenario) -> dict[str, Lever]:
    """Return the standard levers of a scenario; one that would move nothing is left out.

    Parameters
    ----------
    scenario : Scenario
        Any scenario; levers of its own are not looked at.

    Returns
    -------
    dict of str to Lever
        By name: `guarantee_strength`, `war_cost_PARTY` and `leverage_on_PARTY` for each party with
        a veto, `mediator_access`, `leaks`, `optimism` and `domestic_push`.
    """
    numbers = scenario.quantities()
    levers: dict[str, Lever] = {}
    for name, (role, label, low, high, keys) in _scaled_levers(scenario).items():
        there = [key for key in keys if key in numbers]
        if there:
            levers[name] = Lever(
                role=role,
                label=label,
                help="One of the standard levers, as this scenario has none of its own.",
                unit="times today's",
                low=low,
                high=high,
                default=1,
                moves=[Move(key=key, how="scale") for key in there],
                expect=EXPECTATIONS[role],
            )
    return levers | _domestic_push(scenario)


def with_standard_levers(scenario: Scenario) -> Scenario:
    """Return a scenario that has levers: its own, else the standard ones and their sources.

    Parameters
    ----------
    scenario : Scenario
        With or without levers.

    Returns
    -------
    Scenario
        The same where it has levers.
    """
    if scenario.levers:
        return scenario
    levers = standard_levers(scenario)
    cited = {name for lever in levers.values() if lever.expect for name in lever.expect.source}
    sources = {name: source for name, source in SOURCES.items() if name in cited}
    update = {"levers": levers, "sources": {**sources, **scenario.sources}}
    return scenario.model_copy(update=update)


#: What a lever that multiplies is made of: role, label, low end, high end, keys.
_Scaled = tuple[LeverRole, str, float, float, list[str]]


def _scaled_levers(scenario: Scenario) -> dict[str, _Scaled]:
    """Return the levers that multiply, by name, whatever the scenario has of what they move."""
    vetoes = {name: party.title for name, party in scenario.parties.items() if party.veto}
    mediators = list(scenario.mediators)
    bite, leak = ["permanence.numbers.bite"], ["channel.leak"]
    levers: dict[str, _Scaled] = {
        "guarantee_strength": ("guarantee", "What breaking a guarantee costs", 0, 3, bite)
    }
    for party, title in vetoes.items():
        cost = [f"parties.{party}.war.cost_per_day"]
        label = f"What a day of war costs {title}"
        levers[f"war_cost_{party}"] = ("war_cost", label, 0.25, 4, cost)
    for party, title in vetoes.items():
        leverage = [f"mediators.{name}.leverage.{party}" for name in mediators]
        label = f"Pressure and inducements on {title}"
        levers[f"leverage_on_{party}"] = ("leverage", label, 0, 4, leverage)
    access = [f"mediators.{name}.access.{party}" for name in mediators for party in vetoes]
    label = "How much the parties tell the mediators"
    levers["mediator_access"] = ("access", label, 0, 1.3, access)
    levers["leaks"] = ("leaks", "How leaky the talks are", 0, 4, leak)
    hopes = [f"parties.{name}.optimism" for name in scenario.parties]
    label = "How far each side thinks the other will still give way"
    levers["optimism"] = ("optimism", label, 0, 3, hopes)
    return levers


def _domestic_push(scenario: Scenario) -> dict[str, Lever]:
    """Return the lever on how loud those at home are who are in a hurry, if there are any."""
    loudness = {
        f"parties.{name}.constituencies.{group}.mobilised": member.mobilised.centre
        for name, party in scenario.parties.items()
        for group, member in party.constituencies.items()
        if member.urgency is not None
    }
    if not loudness:
        return {}
    lever = Lever(
        role="domestic_push",
        label="How loud those at home are who are in a hurry",
        help="The share of their greatest possible mobilisation, on average over them.",
        unit="share",
        low=0,
        high=1,
        default=sum(loudness.values()) / len(loudness),
        moves=[Move(key=key, how="shift") for key in loudness],
        expect=EXPECTATIONS["domestic_push"],
    )
    return {"domestic_push": lever}
