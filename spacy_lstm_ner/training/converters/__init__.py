"""Readers of annotation in other formats, one file a format."""
