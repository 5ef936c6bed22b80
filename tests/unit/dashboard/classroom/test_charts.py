"""Charts of the classroom's debrief, as numbers."""

from dashboard.classroom import charts

TEXTS = [
    {"text": "1.1", "round": 1, "accepted_by": ["one"], "least_gain": -0.1},
    {"text": "1.2", "round": 2, "accepted_by": ["guest"], "least_gain": 0.02},
    {"text": "1.3", "round": 2, "accepted_by": ["one", "other"], "least_gain": 0.07},
]
NEWS = [{"from_round": 2}]


def test_offers_stand_in_their_order_with_how_many_of_those_who_can_refuse_accepted():
    spec, rows = charts.offers(TEXTS, NEWS, ("one", "other"), in_points=False)
    assert [row[:3] for row in rows] == [["1.1", "1", "1"], ["1.2", "2", "0"], ["1.3", "2", "2"]]
    assert [row[3] for row in rows] == [charts.NOT_AGREED, charts.NOT_AGREED, charts.AGREED]
    at = [value["at"] for value in spec["data"]["values"]]
    assert at == sorted(at)
    assert [round(place) for place in at] == [1, 2, 2]
    lines = [layer["encoding"]["x"] for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert lines == [{"datum": 1.5}]


def test_offers_show_points_only_where_they_are_asked_for():
    closed, _ = charts.offers(TEXTS, NEWS, ("one", "other"), in_points=False)
    assert "least" not in str(closed)
    assert not any(value["near"] % 1 for value in closed["data"]["values"])
    later = {"text": "1.4", "round": 2, "accepted_by": [], "least_gain": None}
    spec, rows = charts.offers([*TEXTS, later], NEWS, ("one", "other"), in_points=True)
    assert [row[2] for row in rows] == ["-10", "+2", "+7", "–"]
    assert [value["text"] for value in spec["data"]["values"]] == ["1.1", "1.2", "1.3"]
