"""Which bones of a rig are drawn as which limbs, for any rig."""
