"""Areas, points and outlines: vintages, assignment, reprojection; the only place that knows Sedona."""
