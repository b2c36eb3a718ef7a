"""What a payer's server of PAS must do: the scenes that are played for it, and the checks of what it said."""
