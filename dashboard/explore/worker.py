"""A worker process: one query as a line of JSON in, some lines of JSON out.

`dashboard.explore.job_queue` starts it and talks to it through pipes. It ends with its
standard input. What is printed by accident goes to standard error, so that it cannot be taken for
an answer.
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

#: Kinds of messages that a worker writes; each query ends with one of the last two.
READY, PROGRESS, PARTIAL, ANSWER, FAILED = "ready", "progress", "partial", "answer", "wrong"

UNEXPECTED_ERROR = (
    "This could not be computed; the server's log says why. Change the question, or ask again."
)


def main() -> None:
    """Answer the queries on standard input until it ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from altair.utils import schemapi

    from dashboard.explore.compute.context import JobContext
    from dashboard.explore.compute.dispatch import answer

    # To check our own charts against Vega's schema takes a third of the time; the tests do it.
    schemapi.disable_debug_mode()
    context = JobContext(
        Cache(Path(sys.argv[1]), int(sys.argv[2])),
        say=lambda part, text: _write(out, PROGRESS, [part, text]),
        show=lambda partial: _write(out, PARTIAL, partial),
    )
    _write(out, READY, None)
    for line in sys.stdin:
        try:
            _write(out, ANSWER, answer(Query.from_json(json.loads(line)), context))
        except (ScenarioError, ValueError) as error:
            _write(out, FAILED, str(error))
        except Exception:
            traceback.print_exc()
            _write(out, FAILED, UNEXPECTED_ERROR)


def _write(out: TextIO, kind: str, content: Any) -> None:
    out.write(json.dumps([kind, content], ensure_ascii=False, allow_nan=False) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
