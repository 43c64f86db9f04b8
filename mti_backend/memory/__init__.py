"""GPU memory: planned before a job starts, and reduced if it runs out."""
