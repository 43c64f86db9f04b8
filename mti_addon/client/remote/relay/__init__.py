"""The processes that speak to a studio's server; never imported by Blender's own process."""
