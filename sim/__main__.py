"""The program `parley`, also `python -m sim`: the command line, which may be stopped at any time.

It stands apart from `sim.cli.app` so that Ctrl-C is heard while that is still being imported.
"""

from __future__ import annotations

import sys

#: The exit code of a program that was stopped, as `sim.cli.errors` has it too.
STOPPED = 130


def main() -> None:
    """Run the command line; stopped with Ctrl-C, say so and end with 130."""
    try:
        from sim.cli.app import main as command_line

        command_line()
    except KeyboardInterrupt:
        _stop()
    except SystemExit as end:
        if end.code == STOPPED and type(end.code) is int:  # else the command has said it itself
            _stop()
        raise


def _stop() -> None:
    print("Stopped before the end; nothing is reported.", file=sys.stderr)
    sys.exit(STOPPED)


if __name__ == "__main__":
    main()
