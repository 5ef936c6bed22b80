"""Start the classroom: `python -m dashboard.classroom`."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from dashboard.classroom.context import BASE_PATH, DATABASE, FOLDER, AppContext
from dashboard.common import network
from sim.classroom.storage.database import StoreError
from sim.classroom.storage.paths import database, folder
from sim.cli.errors import BAD_INPUT, STOPPED

#: Options of Streamlit that are the dashboard's too.
SHARED = Path(__file__).parents[1] / "explore" / ".streamlit" / "config.toml"

#: Options for safety: no tracebacks, no interface for programs, no uploads.
HARDENED: dict[str, Any] = {
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "server.enableAgentApi": False,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
    "runner.postScriptGC": False,
    "logger.enableRich": False,  # prints what a page failed over, past every filter
}


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return Streamlit's options: the dashboard's, then the hardened, then the command line's."""
    chosen = {
        **flat(tomllib.loads(SHARED.read_text(encoding="utf-8"))),
        **HARDENED,
        "server.address": arguments.host,
        "server.port": arguments.port,
        "server.headless": True,
    }
    if arguments.address:
        chosen["browser.serverAddress"] = arguments.address
    if arguments.base_path:
        chosen["server.baseUrlPath"] = arguments.base_path
    return chosen


def flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return the sections of a configuration as dotted names."""
    flattened: dict[str, Any] = {}
    for name, value in tree.items():
        flattened |= (
            flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        )
    return flattened


def read(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    reader = argparse.ArgumentParser(
        prog="parley classroom", description="Serve the classroom to browsers."
    )
    reader.add_argument("--host", default="127.0.0.1", help="address to listen on")
    reader.add_argument("--port", type=int, default=8502, help="port to listen on")
    reader.add_argument("--address", help="the name that browsers know this machine by")
    reader.add_argument("--base-path", default="", help="path under which a proxy serves it")
    reader.add_argument("--database", metavar="URL", help="where exercises are kept")
    reader.add_argument("--home", type=Path, help="folder for what the model computes")
    return reader.parse_args(words)


def main(words: list[str] | None = None) -> None:
    """Serve until stopped."""
    arguments = read(words)
    os.environ[DATABASE] = arguments.database or os.environ.get(DATABASE) or database()
    os.environ[FOLDER] = str(arguments.home or os.environ.get(FOLDER) or folder())
    try:
        network.check_address(arguments.host, arguments.port)
        context = AppContext(os.environ[DATABASE], Path(os.environ[FOLDER]))
    except (ValueError, StoreError) as error:
        print(f"parley classroom: {error}", file=sys.stderr)
        raise SystemExit(BAD_INPUT) from None
    token = context.new_host_link()
    context.store.close()
    where = arguments.address or arguments.host
    if where in ("0.0.0.0", "::"):
        where = "127.0.0.1"
    base = f"/{arguments.base_path.strip('/')}" if arguments.base_path.strip("/") else ""
    os.environ[BASE_PATH] = base
    print(f"Instructor, open this link: http://{where}:{arguments.port}{base}/begin/{token}")
    print("It is shown only here; whoever has it can set up and see every exercise.")
    if network.is_loopback(where):
        print("Only this machine reaches that address; for a class see --host and --address.")
    sys.stdout.flush()
    from dashboard.classroom.server import app

    try:
        app.run(config=options(arguments))
    except KeyboardInterrupt:
        print("The classroom is closed; what was played is kept.")
        raise SystemExit(STOPPED) from None


if __name__ == "__main__":
    main()
