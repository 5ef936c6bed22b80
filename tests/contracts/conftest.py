"""What every contract may rely on: the dictionaries are as shipped, whatever a test loads."""

import pytest

from sim.scenario import plugins


@pytest.fixture(autouse=True)
def entries_are_taken_out_again(monkeypatch):
    """Leave the dictionaries as they were."""
    monkeypatch.setattr(plugins, "_loaded", {})
    before = {kind: dict(entries) for kind, entries in plugins._dictionaries().items()}
    yield
    for kind, entries in plugins._dictionaries().items():
        entries.clear()
        entries.update(before[kind])
