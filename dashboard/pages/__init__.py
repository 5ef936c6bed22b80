"""The pages, one file each; `dashboard/main.py` lists them."""

from pathlib import Path

_HERE = Path(__file__).parent

#: Pages that others link to.
START, WHAT_IF = _HERE / "start.py", _HERE / "what_if.py"
