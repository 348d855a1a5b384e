"""What a task knows: how its predictions are scored. A folder for each task."""
