"""The classroom in the browser: routes, pages, and the worker process.

`sim.classroom` decides everything. Pages read its views and submit requests; routes turn links
into cookies; the worker runs the clock and the model.
"""
