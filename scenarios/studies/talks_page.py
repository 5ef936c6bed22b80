"""A page about one run, in Mesa's own frame: `solara run scenarios/studies/talks_page.py`.

It needs `pip install "parley-sim[solara]"`. "Step" plays a day; a slider begins anew.
"""

from mesa.visualization import Slider, SolaraViz, make_plot_component

from sim import SingleTalks

page = SolaraViz(
    SingleTalks("two-rivers"),
    components=[
        make_plot_component("flexible"),
        make_plot_component(["rounds", "leaks", "deals"]),
        make_plot_component("held"),
    ],
    model_params={
        "scenario": "two-rivers",
        "run": Slider("Run", 0, 0, 99, 1),
        "leaks": Slider("Leaks, times today's", 1.0, 0.0, 4.0, 0.5),
        "war_cost": Slider("Cost of war, times today's", 1.0, 0.25, 4.0, 0.25),
    },
    name="Two Rivers, one run",
)
