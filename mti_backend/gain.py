"""How much of a motion a clip shows. Imports torch only."""

from torch import Tensor


def motion_gain(result: Tensor, answer: Tensor) -> float:
    """1 - MSE(result, right answer) / MSE(first frame held still, right answer), over frames 2..F.

    1 is perfect, 0 is standing still, below 0 is worse than that.

    Args:
        result, answer: (F, 3, H, W), in the same range. The still picture is the answer's first.
    Raises ValueError for an answer that does not move: there is nothing to gain.
    """
    error = (result[1:] - answer[1:]).square().mean()
    still = (answer[:1] - answer[1:]).square().mean()
    if still == 0:
        raise ValueError("the right answer does not move, so it has no motion gain")
    return float(1 - error / still)
