"""Logs of format 3, which say which model played, how leaderships stood and what the days brought.

The tables stay as they are. That the schema has another number keeps an older Parley, which could
not read such a log, from opening it.
"""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move nothing: what the earlier formats hold is read as it is."""
