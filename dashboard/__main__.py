"""Start the dashboard: `python -m dashboard`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from dashboard.common import network, paths
from dashboard.common.paths import HOME, WORKERS
from sim.cli.errors import BAD_INPUT, STOPPED


def streamlit_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the Streamlit options set on the command line; config.toml holds the others."""
    options: dict[str, Any] = {
        "server.address": arguments.host,
        "server.port": arguments.port,
        "server.headless": not arguments.browser,
    }
    if arguments.address:
        options["browser.serverAddress"] = arguments.address
    if arguments.base_path:
        options["server.baseUrlPath"] = arguments.base_path
    return options


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="parley dashboard", description="Serve the dashboard to browsers."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on")
    parser.add_argument("--address", help="the name that browsers know this machine by")
    parser.add_argument("--base-path", help="path under which a proxy serves the dashboard")
    parser.add_argument("--home", type=Path, help="folder for answers and saved what-ifs")
    parser.add_argument("--workers", type=int, help="processes that compute (up to 2 cores)")
    parser.add_argument("--browser", action="store_true", help="open a browser here as well")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Serve the dashboard until it is stopped."""
    options = parse_arguments(arguments)
    if options.home is not None:
        os.environ[HOME] = str(options.home.absolute())
    if options.workers is not None:
        os.environ[WORKERS] = str(max(1, options.workers))
    try:
        paths.make_home()
        network.check_address(options.host, options.port)
    except ValueError as error:
        print(f"parley dashboard: {error}", file=sys.stderr)
        raise SystemExit(BAD_INPUT) from None
    from dashboard.explore.server import app

    try:
        app.run(config=streamlit_options(options))
    except KeyboardInterrupt:
        print("The dashboard is closed; what was saved is kept.")
        raise SystemExit(STOPPED) from None


if __name__ == "__main__":
    main()
