"""Results as typed records, from where they are summarised to where they are shown.

The records become JSON only at the edge: in a file, on the terminal, on the way to a page. Their
fields are the JSON's keys, in its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:  # pages read results without the engine
    from sim.findings.statistics import Effect, Finding, Spread

#: A number of JSON; what was an integer stays one.
Number = int | float

#: Shares from 0 to 1 by name; None where the outcomes cannot tell.
Shares = dict[str, Number | None]


class Record(BaseModel):
    """A frozen part of a result."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data that becomes JSON as it is."""
        return self.model_dump(by_alias=True)


#: The days on which outside events came in every run, by event; no key where none is scheduled.
ScheduledEvents = Annotated[dict[str, list[int]], Field(exclude_if=lambda events: not events)]


class PluginFile(Record):
    """A file of a user's own that strategies of a scenario come from."""

    file: str
    sha256: str


#: The plugins of a result; no key where there are none.
Plugins = Annotated[list[PluginFile], Field(exclude_if=lambda plugins: not plugins)]


# --- Numbers with intervals


class Estimate(Record):
    """A number and the ends of its interval; None where the outcomes cannot tell."""

    estimate: Number | None
    low: Number | None
    high: Number | None

    @classmethod
    def of(cls, finding: Finding) -> Estimate:
        """Keep estimate and interval of a finding."""
        return Estimate(estimate=finding.estimate, low=finding.low, high=finding.high)


class EffectEstimate(Estimate):
    """A difference between two arms, with the outcome in each."""

    baseline: Number
    changed: Number
    exactly_zero: bool  # in every run

    @classmethod
    def of_effect(cls, effect: Effect) -> EffectEstimate:
        """Keep all numbers of an effect but how many runs it rests on."""
        return cls(
            estimate=effect.estimate,
            low=effect.low,
            high=effect.high,
            baseline=effect.baseline,
            changed=effect.changed,
            exactly_zero=effect.exactly_zero,
        )


class CountedEstimate(Estimate):
    """A number, its interval, and how many runs, deals or truces it rests on."""

    n: int


class Difference(CountedEstimate):
    """A part of a difference between two arms."""

    exactly_zero: bool  # in every run


class CountedEffect(CountedEstimate):
    """A difference between two arms, the outcome in each, and how many runs it rests on."""

    baseline: Number
    changed: Number
    exactly_zero: bool  # in every run


class SpreadSummary(Record):
    """How a count varies over the runs: its mean, median and the span of 90 in 100 runs."""

    mean: Number
    q05: Number
    q50: Number
    q95: Number

    @classmethod
    def of(cls, spread: Spread) -> SpreadSummary:
        """Keep the numbers of a spread."""
        return cls(mean=spread.mean, q05=spread.q05, q50=spread.q50, q95=spread.q95)


# --- What became of talks


class ScenarioId(Record):
    """Which scenario was played, and the hash of its content."""

    name: str
    sha256: str


class ScenarioName(Record):
    """Which scenario was played."""

    name: str


class Deals(Record):
    """When first deals are signed."""

    by_day: dict[str, Estimate]  # share of talks
    restricted_mean_day: Estimate


class Sides(Record):
    """Who fights on which side of the war: whose victory `victory_forward` is."""

    forward: list[str]
    backward: list[str]


class ZopaShares(Record):
    """In which share of talks some package suits everyone with a veto."""

    day0: Number | None
    any_day: Number | None
    objective_day0: Number | None


class Exchange(Record):
    """What becomes of captives and prisoners."""

    captives: dict[str, SpreadSummary]  # by what becomes of them
    prisoners_released: SpreadSummary
    by_pool: dict[str, dict[str, SpreadSummary]]
    prisoners_by_pool: dict[str, SpreadSummary]


class Truces(Record):
    """How first truces last and end."""

    count: int
    survival: dict[str, Estimate]  # by days since they began
    ended_within: dict[str, dict[str, Estimate]]  # by days and cause
    causes: Shares


class BaseRateSource(Record):
    """Where a base rate comes from."""

    name: str
    title: str
    date: str


class BaseRateSummary(Record):
    """The yardstick of the past."""

    by_day: dict[str, Estimate]
    deals: Number
    days_at_risk: Number
    interval: Number
    source: BaseRateSource
    note: str


class Assumptions(Record):
    """How many of a scenario's numbers have a source, are a judgement, or only fix a unit."""

    sourced: int
    judgement: int
    definition: int

    @property
    def total(self) -> int:
        """How many numbers there are."""
        return self.sourced + self.judgement + self.definition


class Summary(Record):
    """What the outcomes of many runs show."""

    schema_name: Literal["parley.summary/1"] = Field("parley.summary/1", alias="schema")
    scenario: ScenarioId
    version: str
    seed: int
    runs: int
    days: int
    levers: dict[str, Number]
    changes: dict[str, str]  # values of the scenario that were set, by their paths
    deal: Deals
    endings: Shares
    sides: Sides
    zopa: ZopaShares
    terms: dict[str, Shares]  # by issue and level
    exchange: Exchange
    truce: Truces
    blockers: dict[str, Shares]  # by party
    base_rate: BaseRateSummary | None
    assumptions: Assumptions
    not_a_forecast: str
    command: str
    plugins: Plugins = []
    events: ScheduledEvents = {}


class Flips(Record):
    """Shares of talks that have a deal only with a change, and only without it."""

    to_deal: Estimate
    from_deal: Estimate


class ComparisonSummary(Record):
    """What the second arm of a comparison changes."""

    schema_name: Literal["parley.comparison/1"] = Field("parley.comparison/1", alias="schema")
    scenario: ScenarioId
    changed_sha256: str
    version: str
    seed: int
    runs: int
    days: int
    baseline_levers: dict[str, Number]
    changed_levers: dict[str, Number]
    effects: dict[str, EffectEstimate]
    flips: Flips
    definitions: dict[str, str]
    base_rate: BaseRateSummary | None
    assumptions: Assumptions
    not_a_forecast: str
    command: str
    plugins: Plugins = []
    baseline_events: ScheduledEvents = {}
    changed_events: ScheduledEvents = {}

    @property
    def same_numbers(self) -> bool:
        """Whether both arms have the same scenario, so that they differ by levers and events only.

        Where events are scheduled in one arm the fingerprints differ, and cannot tell.
        """
        scheduled = self.baseline_events != self.changed_events
        return scheduled or self.changed_sha256 == self.scenario.sha256


# --- Why there was no deal, and what would bring one


class StructuralSummary(Record):
    """What is in the way before the first day."""

    no_zopa: CountedEstimate
    nothing_on_offer: CountedEstimate
    gap: CountedEstimate  # in utils
    concessions: dict[str, CountedEstimate]  # by party, in utils
    concession_shares: dict[str, CountedEstimate]
    blockers: dict[str, CountedEstimate]
    issues: dict[str, CountedEstimate]  # in utils
    issue_shares: dict[str, CountedEstimate]


class MechanismSummary(Record):
    """What one obstacle costs."""

    words: str
    effects: dict[str, CountedEffect]


class MediationSummary(Record):
    """What mediation adds to each outcome: in all, by lever and by mediator."""

    counterfactual: str
    whole: dict[str, CountedEffect]
    levers: dict[str, dict[str, Difference]]
    mediators: dict[str, dict[str, Difference]]


class WhySummary(Record):
    """Why there was no deal."""

    schema_name: Literal["parley.why/1"] = Field("parley.why/1", alias="schema")
    scenario: ScenarioName
    seed: int
    runs: int
    days: int
    levers: dict[str, Number]
    structural: StructuralSummary
    procedural: dict[str, CountedEstimate]  # by reason: shares that add up to 1
    stood_firm: dict[str, CountedEstimate]  # by party with a veto
    mechanisms: dict[str, MechanismSummary]
    mediation: MediationSummary
    not_a_forecast: str
    command: str
    plugins: Plugins = []


class TargetSummary(Record):
    """What a search of levers is to reach."""

    kind: str
    days: int
    goal: Number
    words: str


class LeverChangeSummary(Record):
    """The smallest change of one lever or two that reaches a target, or the most it does."""

    levers: dict[str, Number]
    change: Number
    reached: bool
    found: CountedEstimate
    fresh: CountedEstimate | None  # with other random streams


class UnlockSummary(Record):
    """What would reach a target."""

    schema_name: Literal["parley.unlock/1"] = Field("parley.unlock/1", alias="schema")
    scenario: ScenarioName
    seed: int
    runs: int
    days: int
    levers: dict[str, Number]
    target: TargetSummary
    baseline: CountedEstimate
    already: bool
    alone: dict[str, LeverChangeSummary]
    pair: LeverChangeSummary | None
    not_a_forecast: str
    command: str
    plugins: Plugins = []


# --- Sensitivity


class MorrisSummary(Record):
    """How far an uncertain number moves the outcome, in a screening."""

    mu_star: Estimate
    mu: Estimate
    sigma: Estimate


class ScreeningSummary(Record):
    """A screening of all uncertain numbers."""

    trajectories: int
    replicates: int
    numbers: dict[str, MorrisSummary]


class TrendsSummary(Record):
    """The slope of the outcome against each number."""

    rows: int
    replicates: int
    numbers: dict[str, Estimate]


class SobolIndexSummary(Record):
    """Shares of the variance that a number explains by itself, and with others."""

    first: Estimate
    total: Estimate


class SobolSummary(Record):
    """Sobol's indices of the numbers that matter most."""

    n: int
    replicates: int
    studied_share: Estimate
    residue: Estimate
    numbers: dict[str, SobolIndexSummary]


class CurveSummary(Record):
    """The outcome along one number."""

    settings: list[Number]
    outcome: list[Estimate]
    swing: Estimate


class SensitivitySummary(Record):
    """The uncertain numbers that move an outcome, and how much is random."""

    schema_name: Literal["parley.sensitivity/1"] = Field("parley.sensitivity/1", alias="schema")
    scenario: str
    seed: int
    days: int
    levers: dict[str, Number]
    command: str
    plugins: Plugins = []
    outcome: str
    outcome_in_words: str
    runs: int
    screening: ScreeningSummary
    trends: TrendsSummary
    luck_alone: Estimate
    sobol: SobolSummary
    curves: dict[str, CurveSummary]
    not_a_forecast: str


# --- Pages


class FigureData(Record):
    """A chart as a Vega-Lite specification, with its words and its table."""

    name: str
    title: str
    alt: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spec: dict[str, Any]  # Vega-Lite; opaque to us


class TableData(Record):
    """A table that stands in the text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class SectionData(Record):
    """A part of a page under its own heading."""

    name: str
    heading: str
    words: tuple[str, ...]
    figures: tuple[FigureData, ...]
    tables: tuple[TableData, ...]
    after: tuple[str, ...]
    missing: str  # why something is not here


class ShareInWords(Estimate):
    """A share with its interval, in numbers and in words of a hundred."""

    words: str
    interval: str


class EffectInWords(Estimate):
    """A difference with its interval and a verdict."""

    verdict: Literal["nothing", "noise", "clear"]
    words: str


class Headline(Record):
    """How many of 100 talks of each arm have a truce by a day, and what the change does."""

    day: int
    arms: dict[str, ShareInWords]
    base_rate: ShareInWords | None
    effect: EffectInWords | None


# --- One run


class RunState(Record):
    """How things stand in the evening of a day of one run."""

    truce: int  # 1 where one is in force
    texts: int  # proposals so far
    signed: int  # deals so far
    home: int  # captives who have come home alive, by force or by a deal
    died: int


class RunStep(Record):
    """What is told of one day of a run, and how things stand in its evening."""

    day: int
    words: tuple[str, ...]
    state: RunState


class RunStory(Record):
    """One run, day by day, with its timeline."""

    heading: str
    steps: tuple[RunStep, ...]
    after: tuple[str, ...]
    deal_day: int
    last_day: int
    ending: str
    timeline: FigureData
