"""From the poses of a motion back to keys in a scene."""
