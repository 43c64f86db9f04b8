"""Images of poses: cameras, rasters, looks, PNG."""
