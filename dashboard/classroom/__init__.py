"""The classroom in the browser: doors, pages, and the worker that keeps exercises going.

`sim.classroom` decides everything. Pages read through its views and hand in requests; doors turn
links into cookies; the worker lets the clock tick and asks the model.
"""
