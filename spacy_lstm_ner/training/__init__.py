"""Annotation that is read, written and learned from, and what is fitted to it."""
