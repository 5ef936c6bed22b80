"""What workers compute; only they import this package."""
