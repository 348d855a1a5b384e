"""What is checked of a file before it is opened: the model, and the tokenizer inside."""
