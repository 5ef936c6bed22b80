"""A fingerprint of all outcomes of the three scenarios, to compare interpreters and machines.

    python -m tests.benchmarks.fingerprint

Python 3.11 with Mesa 3.3 and Python 3.12 with Mesa 3.5 print the same fingerprint on one machine.
Between machines the last bits of exp and log may differ; golden results then hold to a tolerance.
"""

from __future__ import annotations

import hashlib
import sys
from importlib import metadata

from sim import simulate
from sim.scenario.loading import scenario_names


def fingerprint(runs: int = 300, seed: int = 5) -> str:
    """A hash of every array of the outcomes, bit for bit."""
    digest = hashlib.sha256()
    for name in sorted(scenario_names()):
        outcomes = simulate(name, runs=runs, seed=seed)
        for column in outcomes.array_names():
            digest.update(getattr(outcomes, column).tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    versions = [f"{name} {metadata.version(name)}" for name in ("numpy", "mesa")]
    print(sys.version.split()[0], *versions, fingerprint())
