"""The recurrent encoder: cells, layers, and the fast ways to run them."""
