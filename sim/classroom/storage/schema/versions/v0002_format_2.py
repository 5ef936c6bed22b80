"""Logs of format 2, with wishes for a role and people who watch a table.

The tables stay as they are. That the schema has another number keeps an older Parley, which could
not read such a log, from opening it.
"""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move nothing: what the first format holds is read as it is."""
