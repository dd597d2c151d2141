"""icspark: Spark batch jobs for the data teams of NHS Integrated Care Systems."""

__version__ = "0.1.0"
