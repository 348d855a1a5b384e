"""The sections of the page: plain values from the answers of models to examples."""
