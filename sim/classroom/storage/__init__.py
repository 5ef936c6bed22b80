"""Where exercises are kept: database, exports, access tokens, folders."""
