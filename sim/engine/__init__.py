"""The simulation engine: one block of runs, day by day."""
