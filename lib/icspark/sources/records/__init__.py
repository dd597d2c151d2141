"""How each kind of record of an ICS's linked extract becomes a source table."""
