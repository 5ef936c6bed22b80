"""Code shared by the dashboard and the classroom."""
