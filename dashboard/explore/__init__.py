"""The pages for students: what-ifs in the browser."""
