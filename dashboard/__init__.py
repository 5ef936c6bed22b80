"""The dashboard: students ask "what if?" and see the answer. It draws and does not compute."""
