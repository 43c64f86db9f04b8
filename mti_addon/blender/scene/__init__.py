"""Contents of the scene: what moves and when, what it depends on, how it looks."""
