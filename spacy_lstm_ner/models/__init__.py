"""Registered thinc architectures and the shim that holds their torch modules."""
