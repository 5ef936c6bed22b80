"""The first schema: exercises, their logs, tokens and names."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "exercises",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("purge_after", sa.BigInteger, nullable=False),
        sa.Column("join_code", sa.String(12), nullable=True, unique=True),
    )
    op.create_table(
        "records",
        sa.Column("exercise", sa.String(40), sa.ForeignKey("exercises.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(120), nullable=True),
        sa.Column("line", sa.Text, nullable=False),
        sa.UniqueConstraint("exercise", "key", name="one_request_once"),
    )
    op.create_table(
        "tokens",
        sa.Column("exercise", sa.String(40), sa.ForeignKey("exercises.id"), primary_key=True),
        sa.Column("holder", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "names",
        sa.Column("exercise", sa.String(40), sa.ForeignKey("exercises.id"), primary_key=True),
        sa.Column("person", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
