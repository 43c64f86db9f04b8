"""Metrics, held-out pairs and the tables and pictures made of them."""


def main(argv: list[str]) -> int:
    """The command `evaluate`; its modules need torch, so they are imported here."""
    from .evaluate import main as evaluate

    return evaluate(argv)
