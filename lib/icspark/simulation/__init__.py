"""A synthetic region whose true answers are known: place, people, conditions, care, and their extracts."""
