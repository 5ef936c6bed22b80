"""The pages, one file each; `dashboard/explore/app.py` lists them.

The folder is not called `pages`: Streamlit would take that for an app of its older kind, and tell
the first visitor who follows a link that there is no such page.
"""

from pathlib import Path

_HERE = Path(__file__).parent

#: Pages that others link to.
START, WHAT_IF = _HERE / "start.py", _HERE / "what_if.py"
ONE_WORLD, GLOSSARY = _HERE / "one_world.py", _HERE / "glossary.py"
