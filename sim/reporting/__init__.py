"""Summaries, charts and pages, for people and machines; no terminal, no browser."""
