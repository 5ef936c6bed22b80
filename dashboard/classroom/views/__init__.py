"""The pages of the classroom, one file each; `dashboard/classroom/app.py` lists them."""

from pathlib import Path

_HERE = Path(__file__).parent

WELCOME, SEAT, HOST = _HERE / "welcome.py", _HERE / "seat.py", _HERE / "host.py"
INSTRUCTOR, PROJECTOR = _HERE / "instructor.py", _HERE / "projector.py"
DEBRIEF = _HERE / "debrief.py"
