"""What tasks that write texts have in common: rows, objective, answers and scores."""
