"""A run from texts to a verified file and a report: its folder, its materials, its phases."""
