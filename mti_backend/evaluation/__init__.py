"""Evaluation: metrics, held-out pairs, and the tables and images made from them."""


def main(argv: list[str]) -> int:
    """The command `evaluate`; imports its modules lazily, since they need torch."""
    from .evaluate import main as evaluate

    return evaluate(argv)
