"""A study that was read and checked, with all that it refers to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sim.scenario.schema import Scenario
from sim.sweep.factors import Factor
from sim.sweep.study import Study


@dataclass(frozen=True)
class BoundStudy:
    """A study that was read and checked, with all that it refers to."""

    study: Study
    text: str  # of the study, verbatim
    scenario: Scenario  # with the study's numbers of days
    keys: tuple[Factor, ...]
    tables: dict[str, str]  # text of the tables that it names
    changes: dict[str, str]  # of the text, by path

    @property
    def sha256(self) -> str:
        """A fingerprint of what the study says, whatever its comments, layout or order of keys."""
        said = self.study.model_dump(mode="json")
        content = json.dumps([said, self.tables], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def name(self) -> str:
        """What its folder is called."""
        return f"{self.study.study}-{self.sha256[:8]}"
