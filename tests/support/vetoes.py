"""Two Rivers with more parties who can refuse: the Marsh League, and more like it."""

from typing import Any

from sim.scenario.schema import Scenario

#: The party that gets a veto, and is copied for more of them.
LEAGUE, NEIGHBOUR = "marsh", "delta"


def with_vetoes(rivers: Scenario, vetoes: int, camp: str = "") -> Scenario:
    """Two Rivers in which three or more can refuse; the added ones and Delta in one camp."""
    content = rivers.model_dump()
    parties = content["parties"]
    added = [LEAGUE, *(f"{LEAGUE}{k}" for k in range(2, vetoes - 1))]
    side = next(s for s in ("forward", "backward") if LEAGUE in content["war"][s])
    for name in added:
        parties[name] = {**parties[LEAGUE], "veto": True}
        for mediator in content["mediators"].values():
            _like_the_league(mediator, name)
    content["war"][side] = [*content["war"][side], *added[1:]]
    if camp:
        for name in (NEIGHBOUR, *added):
            parties[name] = {**parties[name], "camp": camp}
    return Scenario.model_validate(content)


def _like_the_league(mediator: dict[str, Any], name: str) -> None:
    """Let a mediator know and judge another party as it does the League."""
    for key in ("access", "bias"):
        if LEAGUE in mediator[key]:
            mediator[key] = {**mediator[key], name: mediator[key][LEAGUE]}
