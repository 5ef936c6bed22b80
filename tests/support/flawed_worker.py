"""What a Dask worker loads first when it shall die of one run."""

import time

from sim.sweep import chunk
from tests.support import saboteur


def dies_late(scenario, **asked):
    """Die, but not at once: Dask takes longer to replace one that dies while it is started."""
    if saboteur.has_victim(asked):
        time.sleep(1.0)
    return saboteur.dies(scenario, **asked)


chunk.play_rows = dies_late
