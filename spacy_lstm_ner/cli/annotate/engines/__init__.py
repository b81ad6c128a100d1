"""What does the parts that are left: processes of this machine."""
