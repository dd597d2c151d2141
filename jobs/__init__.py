"""One module per job; what each reads and writes stands at its top, and the order follows from that."""
