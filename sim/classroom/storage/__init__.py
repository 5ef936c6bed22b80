"""Storage of exercises: database, exports, access tokens, folders."""
