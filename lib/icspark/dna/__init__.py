"""The risk that a patient does not attend: features as of a prediction point, models, decisions on them, and scores."""
