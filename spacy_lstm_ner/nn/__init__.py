"""Torch modules and the lattice: tensors in, tensors out, with neither spaCy nor thinc."""
