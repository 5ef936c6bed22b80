"""An example of each kind of inject on two-rivers: the fields that its kind needs."""

from typing import Any

AN_INJECT: dict[str, dict[str, Any]] = {
    "message": {},
    "parameter": {"lever": "war_cost", "setting": 3.0},
    "option": {"issue": "duration", "closes": ("14d",)},
    "event": {"event": "pass_closes"},
}
