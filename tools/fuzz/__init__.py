"""Damages what is sent to the server, and looks what becomes of it: no fault of ours, no hanging, bounded memory."""
