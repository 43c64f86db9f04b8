"""Motion gain: how much of a motion a clip shows. Imports torch only."""

from torch import Tensor


def motion_gain(result: Tensor, answer: Tensor) -> float:
    """1 - MSE(result, ground truth) / MSE(static first frame, ground truth), over frames 2..F.

    1 is perfect, 0 is no better than a static image, below 0 is worse.

    Args:
        result, answer: (F, 3, H, W), in the same range; `answer` is the ground truth, whose first
            frame is the static image.
    Raises ValueError for a ground truth without motion.
    """
    error = (result[1:] - answer[1:]).square().mean()
    still = (answer[:1] - answer[1:]).square().mean()
    if still == 0:
        raise ValueError("the ground truth does not move, so the motion gain is undefined")
    return float(1 - error / still)
