"""Who is calling and what they may do. Never what they ask for."""
