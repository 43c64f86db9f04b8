"""Learning one motion on several devices: each batch is split among worker processes."""
