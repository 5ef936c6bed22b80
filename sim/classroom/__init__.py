"""The classroom: an exercise in which people take seats at the table and agents fill the rest.

An exercise is an append-only log of records. `decide` returns the records that a command adds,
`state.apply` the state that follows from them, and `views` is the only way to read it.
`table_model` runs the model. Nothing here depends on web pages, and only `storage` on databases.
"""
