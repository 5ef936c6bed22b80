"""The classroom: an exercise in which people take seats at the table and agents fill the rest.

An exercise is an append-only log of records. `exercise.decide` says what a command brings about,
`state.apply` says what the log amounts to, `view` is the only way to read it, and `playing` asks
the model. Nothing here knows of web pages, and only `store` knows of databases.
"""
