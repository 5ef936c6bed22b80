"""Go on as another program: the servers of the dashboard and of the classroom."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    pass


def exec_module(module: str, *words: str) -> NoReturn:
    """Go on as `python -m MODULE WORDS…`, in this very process.

    So a command starts what stands above the command line and may not be imported here, such as
    the server of `dashboard`: a signal then reaches the server itself, and its exit code is ours.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *words])
