"""The job folder as its runner sees it: inputs, events, checkpoints, output and the lock."""
