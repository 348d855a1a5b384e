"""What a task knows: how its predictions are scored."""
