"""The tables that a classroom's exercises are kept in, version by version (Alembic)."""
