"""The one place of GraphFrames and igraph, behind small interfaces."""
