"""What the payer decides, remembers and tells. Never how a hook is parsed; SQL only inside `store`."""
