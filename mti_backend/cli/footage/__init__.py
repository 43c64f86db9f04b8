"""Videos, animated images and numbered images as the pictures of a motion."""
