"""Pages and pictures: plain data in, one self-contained file out."""
