"""The sequencer: image strips, what they show, and the scene in which a shot is edited."""
