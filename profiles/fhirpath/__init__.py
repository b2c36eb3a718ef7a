"""FHIRPath, compiled: an expression becomes a Python function over plain JSON. Knows no profile and no message."""
