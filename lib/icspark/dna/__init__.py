"""The risk that a patient does not attend: the only place that knows MLflow and scikit-learn models."""
