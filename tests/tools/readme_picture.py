"""Draw the picture of the README: how many talks have come to a first truce, day by day.

The base rate stands beside them with its interval, and below them those talks whose first truce is
in force. The picture is written from the numbers, as SVG.

    python -m tests.tools.readme_picture
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim import Outcomes, findings, load_scenario, simulate
from sim.scenario.schema import BaseRate

SCENARIO, RUNS, SEED, DAYS = "gaza-2024-01", 10_000, 1, 180
PICTURE = Path(__file__).parents[2] / "README.svg"

Shares = NDArray[np.floating]

#: The field of the picture, in pixels, and the size of the whole.
LEFT, TOP, RIGHT, BOTTOM = 70.0, 66.0, 690.0, 366.0
WIDTH, HEIGHT = 720, 440

MODEL, HELD, PAST, INK, FAINT = "#0b5c8a", "#1b7f72", "#8a8f98", "#24292f", "#d8dee4"

ALT = (
    "A line chart of 10,000 simulated talks. The share with a first truce rises from none on the "
    "first day to about {by_30:.0f} of 100 by day 30, {by_90:.0f} by day 90 and {by_180:.0f} by "
    "day 180, close to the base rate, whose 90 per cent interval is wide. The share whose first "
    "truce is in force on a day stays below {most:.0f} of 100."
)


def begun(outcomes: Outcomes) -> Shares:
    """The share of talks with a first truce by each day, from the day before the first."""
    return np.array([0.0, *(findings.dealt_by(outcomes, d).mean() for d in range(1, DAYS + 1))])


def in_force(outcomes: Outcomes) -> Shares:
    """The share of talks whose first truce is in force at the end of each day."""
    began, lasted = outcomes.deal_day, outcomes.truce_days
    over = np.where(outcomes.truce_end >= 0, began + lasted, DAYS + 1)
    return np.array([((began > 0) & (began <= d) & (d < over)).mean() for d in range(DAYS + 1)])


def past(base: BaseRate) -> tuple[Shares, Shares, Shares]:
    """The base rate by each day: low, estimate and high."""
    by_day = [findings.base_rate_by(base, day) for day in range(DAYS + 1)]
    low, estimate, high = zip(*((f.low, f.estimate, f.high) for f in by_day), strict=True)
    return np.array(low), np.array(estimate), np.array(high)


def x(day: float) -> float:
    """Where a day lies."""
    return LEFT + (RIGHT - LEFT) * day / DAYS


def y(share: float) -> float:
    """Where a share lies."""
    return BOTTOM - (BOTTOM - TOP) * share


def points(shares: Shares) -> str:
    """A curve as SVG has it."""
    return " ".join(f"{x(day):.1f},{y(share):.1f}" for day, share in enumerate(shares))


def words(at: Sequence[float], said: str, colour: str = INK, extra: str = "") -> str:
    """Words at a place of the picture."""
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" fill="{colour}" {extra}>{said}</text>'


def axes() -> list[str]:
    """Lines of equal share, ticks and what the axes mean."""
    drawn = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        line = f'x1="{LEFT}" x2="{RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}"'
        drawn.append(f'<line {line} stroke="{FAINT if share else INK}"/>')
        drawn.append(words((LEFT - 10, y(share) + 4), f"{100 * share:.0f}", extra='class="end"'))
    for day in range(0, DAYS + 1, 30):
        line = f'x1="{x(day):.1f}" x2="{x(day):.1f}" y1="{BOTTOM}" y2="{BOTTOM + 5}"'
        drawn.append(f'<line {line} stroke="{INK}"/>')
        drawn.append(words((x(day), BOTTOM + 20), f"{day}", extra='class="middle"'))
    middle = ((LEFT + RIGHT) / 2, BOTTOM + 42)
    drawn.append(words(middle, "day of the talks", extra='class="middle"'))
    turned = f'class="middle" transform="rotate(-90 22 {(TOP + BOTTOM) / 2:.0f})"'
    drawn.append(words((22, (TOP + BOTTOM) / 2), "talks, of 100", extra=turned))
    return drawn


def picture(outcomes: Outcomes, base: BaseRate, title: str) -> str:
    """The whole picture."""
    deals, held = begun(outcomes), in_force(outcomes)
    low, estimate, high = past(base)
    told = {f"by_{d}": 100 * deals[d] for d in (30, 90, 180)}
    alt = ALT.format(**told, most=np.ceil(100 * held.max()))
    band = f"{points(high)} {' '.join(reversed(points(low).split()))}"
    dots = [
        f'<circle cx="{x(d):.1f}" cy="{y(deals[d]):.1f}" r="4" fill="{MODEL}"/>'
        + words((x(d) - 8, y(deals[d]) - 10), f"{100 * deals[d]:.0f}", MODEL, 'class="end strong"')
        for d in (30, 90, 180)
    ]
    small = f"{len(outcomes):,} simulated talks, seed {outcomes.seed}. Not a forecast."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title alt">',
            f'<title id="title">{title}: talks with a first truce, by day</title>',
            f'<desc id="alt">{alt}</desc>',
            "<style>text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}"
            ".end{text-anchor:end}.middle{text-anchor:middle}.strong{font-weight:600}"
            ".title{font-size:16px;font-weight:600}.small{font-size:12px}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
            words((LEFT, 30), "How often the simulated talks reach a truce", extra='class="title"'),
            words((LEFT, 50), f"{title}. {small}", "#57606a", 'class="small"'),
            f'<polygon points="{band}" fill="{PAST}" opacity="0.16"/>',
            *axes(),
            f'<polyline points="{points(estimate)}" fill="none" stroke="{PAST}" '
            'stroke-width="2" stroke-dasharray="5 4"/>',
            f'<polyline points="{points(held)}" fill="none" stroke="{HELD}" stroke-width="2"/>',
            f'<polyline points="{points(deals)}" fill="none" stroke="{MODEL}" stroke-width="2.5"/>',
            *dots,
            words(
                (x(101), y(0.305)),
                "a first truce has begun",
                MODEL,
                'class="strong"',
            ),
            words(
                (x(112), y(held[112]) + 24),
                "the first truce is in force",
                HELD,
                'class="strong"',
            ),
            words((x(6), y(0.9)), "base rate:", "#57606a", 'class="small strong"'),
            words(
                (x(6), y(0.9) + 16),
                f"{base.deals} deals in {base.days:g} days (dashed),",
                "#57606a",
                'class="small"',
            ),
            words((x(6), y(0.9) + 32), "90 % interval (shaded)", "#57606a", 'class="small"'),
            "</svg>\n",
        ]
    )


def main() -> None:
    """Play and draw."""
    scenario = load_scenario(SCENARIO)
    assert scenario.base_rate is not None
    outcomes = simulate(scenario, runs=RUNS, seed=SEED, days=DAYS, workers=2)
    PICTURE.write_text(picture(outcomes, scenario.base_rate, scenario.title), encoding="utf-8")


if __name__ == "__main__":
    main()
