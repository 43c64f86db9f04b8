"""Who works on which job, and when: executors, the queue's order, and the reconcile loop."""
