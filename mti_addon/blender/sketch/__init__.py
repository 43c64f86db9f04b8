"""The Sketch section: figures to animate, cameras to see them, and capturing."""

from .operators import MTI_OT_capture
from .operators_figures import MTI_MT_add_figure, MTI_OT_add_camera, MTI_OT_add_stick_figure

CLASSES: tuple[type, ...] = (
    MTI_OT_add_stick_figure,
    MTI_OT_add_camera,
    MTI_MT_add_figure,
    MTI_OT_capture,
)
