"""Studies and sweeps for the tests of `sim.sweep`."""

from tests.support.known_sweeps import known_sweep
from tests.support.studies import scenarios_are_read_once, study, undisturbed, whole_of

__all__ = ["known_sweep", "scenarios_are_read_once", "study", "undisturbed", "whole_of"]
