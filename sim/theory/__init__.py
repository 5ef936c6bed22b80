"""The textbook: bargaining, war and truces as plain functions on arrays, without Mesa."""
