"""Hold a study that was read and checked, with all that it refers to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sim.scenario.schema import Scenario
from sim.sweep.factors import Factor
from sim.sweep.study import Study


@dataclass(frozen=True)
class BoundStudy:
    """Hold a study that was read and checked, with all that it refers to.

    Parameters
    ----------
    study : Study
        What the file of the study says.
    text : str
        The file of the study, verbatim.
    scenario : Scenario
        The scenario, with the study's number of days.
    keys : tuple of Factor
        The swept keys, levers first, each with the settings that it takes.
    tables : dict of str to str
        The text of each table (CSV) that the study names, by file name.
    changes : dict of str to str
        What was changed in the text of the study, by path, as with `--set`.
    """

    study: Study
    text: str
    scenario: Scenario
    keys: tuple[Factor, ...]
    tables: dict[str, str]
    changes: dict[str, str]

    @property
    def sha256(self) -> str:
        """Return a fingerprint of what the study says: SHA-256 in hexadecimal digits.

        Comments, layout and the order of keys leave it as it is.
        """
        return sha256_of_study(self.study, self.tables)

    @property
    def name(self) -> str:
        """Return the name of its folder: NAME-HASH."""
        return f"{self.study.study}-{self.sha256[:8]}"


def sha256_of_study(study: Study, tables: Mapping[str, str]) -> str:
    """Return a fingerprint of what a study says, with the text of each table that it names."""
    spec = study.model_dump(mode="json")
    content = json.dumps([spec, tables], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
