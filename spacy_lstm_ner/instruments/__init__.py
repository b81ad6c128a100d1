"""What is inside of a pipeline, made visible. Drawing needs the extra `inspect`."""
