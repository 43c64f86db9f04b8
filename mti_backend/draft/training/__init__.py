"""Training of the draft, stage by stage, and export of its weights."""
