"""Reading and writing annotation."""
