"""The model held against theory and history."""
