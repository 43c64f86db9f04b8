"""Jobs from outside the runner: start, follow, queue; fold events into a state."""
