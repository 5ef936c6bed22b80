"""Write a job array for SLURM: each job plays a shard, which needs no other cluster software."""

from __future__ import annotations

import shlex
from pathlib import Path

from sim.sweep.bound_study import BoundStudy

#: Seconds before its end at which a job is told to finish the chunk in flight.
WARNING = 300


def script(bound_study: BoundStudy, spec: Path, out: Path, shards: int, hours: float) -> str:
    """Return the script of a job array; a job that is begun again goes on where it was."""
    words = shlex.join(["parley", "sweep", "run", str(spec), "--out", str(out)])
    merge = shlex.join(["parley", "sweep", "merge", str(out)])
    minutes = round(hours * 60)
    return f"""#!/bin/bash
# {bound_study.study.title or bound_study.study.study}: {shards} shards.
# Submit with sbatch; submit again to go on with what is missing. Then:
#   {merge}
#SBATCH --job-name=parley-{bound_study.study.study}
#SBATCH --array=1-{shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time={minutes}
#SBATCH --signal=B:INT@{WARNING}
#SBATCH --requeue
#SBATCH --output=%x-%A-%a.log
exec {words} --shard "$SLURM_ARRAY_TASK_ID/{shards}" --engine serial
"""
