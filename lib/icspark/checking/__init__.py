"""Whether what was planted in a simulated region comes back out of its records. Only check jobs use it.

It reads tables alone and shares nothing with the generator: what both had wrong would not be found.
"""
