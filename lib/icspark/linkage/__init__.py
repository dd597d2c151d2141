"""Who is the same person, and whose records may be used."""
