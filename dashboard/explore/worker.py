"""A process that answers questions: one line of JSON in, some lines of JSON out.

`dashboard.explore.job_queue` starts it and speaks to it through pipes. It ends
when nobody is left to ask. What is printed by accident goes to standard error, so that
it cannot be taken for an answer.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

from dashboard.common.disk_cache import Cache
from dashboard.explore.query import Query
from sim.scenario.errors import ScenarioError

#: The kinds of lines that a worker writes. The last two end an answer.
READY, PROGRESS, PARTIAL, ANSWER, WRONG = "ready", "progress", "partial", "answer", "wrong"

WENT_WRONG = (
    "This could not be computed; the server's log says why. Change the question, or ask again."
)


def main() -> None:
    """Answer questions from standard input until it ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from altair.utils import schemapi

    from dashboard.explore.compute import (  # brings the engine along
        comparison,
        explanation,
        single_run,
    )
    from dashboard.explore.compute.summary import ANSWERS, JobContext, answer

    # To check our own charts against Vega's schema takes a third of the time; the tests do it.
    schemapi.disable_debug_mode()
    ANSWERS.update({**comparison.KINDS, **explanation.KINDS, **single_run.KINDS})

    desk = JobContext(
        Cache(Path(sys.argv[1]), int(sys.argv[2])),
        say=lambda part, words: _write(out, PROGRESS, [part, words]),
        show=lambda partial: _write(out, PARTIAL, partial),
    )
    _write(out, READY, None)
    for line in sys.stdin:
        try:
            _write(out, ANSWER, answer(Query.of(json.loads(line)), desk))
        except (ScenarioError, ValueError) as error:
            _write(out, WRONG, str(error))
        except Exception:
            traceback.print_exc()
            _write(out, WRONG, WENT_WRONG)


def _write(out: TextIO, kind: str, content: Any) -> None:
    out.write(json.dumps([kind, content], ensure_ascii=False, allow_nan=False) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
