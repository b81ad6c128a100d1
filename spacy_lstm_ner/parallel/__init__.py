"""Training by several processes at once, each with a share of every batch."""
