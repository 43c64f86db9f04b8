"""The draft of Motion Inversion's engines: a small text-to-video model, its data and training."""
