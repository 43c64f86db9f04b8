"""Evaluation: metrics, held-out pairs, and the tables and images made from them."""

import argparse


def main(argv: list[str]) -> int:
    """The command `evaluate`; imports its modules lazily, since they need torch."""
    chooser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    chooser.add_argument("--method")
    chosen, rest = chooser.parse_known_args(argv)
    if chosen.method == "motion-inversion":
        from .motion_inversion.evaluate import main as evaluate_by_words

        return evaluate_by_words(rest)
    from .evaluate import main as evaluate

    return evaluate(argv)
