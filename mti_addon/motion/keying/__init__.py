"""From sampled poses back to what an animator keys: bones, a box, a camera."""
