"""What edits of a learned motion do, measured on the draft against the truly edited motion."""
