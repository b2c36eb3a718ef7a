"""The verbs of `python -m profiles`, one per file, and how what they find is told to people and programs."""
