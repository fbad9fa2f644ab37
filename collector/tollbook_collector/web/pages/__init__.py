"""The pages, one module each: a visit in, a page out."""
