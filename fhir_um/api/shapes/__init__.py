"""What our own API answers with, as JSON Schema, one module for each part of it."""
