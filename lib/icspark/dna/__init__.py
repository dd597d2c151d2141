"""The risk that a patient does not attend: features, models, gates, scores and monitoring."""
