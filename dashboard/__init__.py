"""Pages that draw what Parley found; nothing is computed here."""
