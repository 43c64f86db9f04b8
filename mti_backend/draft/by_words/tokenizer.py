"""The draft's own tokenizer, in the format of CLIP's. Imports transformers.

Every word of the captions is one token. Other words are not refused: they fall apart into shorter
pieces, at worst into letters.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from transformers import CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

from .captions import words

LENGTH = 77
"""Tokens of a prompt, with the two that begin and end it."""
_BEGIN, _END = "<|startoftext|>", "<|endoftext|>"
_LAST = "</w>"
Pair = tuple[str, str]


def merges_of(known: Iterable[str]) -> list[Pair]:
    """Byte-pair merges, in order, after which every known word is one token.

    The most frequent pair first, of equals the first in the alphabet. A tokenizer makes the same
    merges in the same order, so it ends with the same pieces.
    """
    pieces = [[*word[:-1], word[-1] + _LAST] for word in sorted(set(known))]
    merges: list[Pair] = []
    while pairs := Counter(pair for word in pieces for pair in zip(word, word[1:], strict=False)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        pieces = [_merged(word, best) for word in pieces]
    return merges


def _merged(word: list[str], pair: Pair) -> list[str]:
    found: list[str] = []
    for piece in word:
        if found and (found[-1], piece) == pair:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def vocabulary() -> tuple[dict[str, int], list[Pair]]:
    """Token -> number, and the merges: 256 letters, the same at a word's end, merged, and the
    tokens that begin and end a prompt."""
    letters = list(bytes_to_unicode().values())
    merges = merges_of(words())
    tokens = [*letters, *(f"{letter}{_LAST}" for letter in letters), *map("".join, merges)]
    return {token: i for i, token in enumerate([*dict.fromkeys(tokens), _BEGIN, _END])}, merges


def make_tokenizer() -> CLIPTokenizer:
    """The tokenizer; the same one in every process."""
    numbers, merges = vocabulary()
    return CLIPTokenizer(vocab=numbers, merges=merges, model_max_length=LENGTH)


def save_tokenizer(folder: Path) -> None:
    """Write the three files from which `CLIPTokenizer.from_pretrained` makes the same one."""
    numbers, merges = vocabulary()
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["#version: 0.2", *map(" ".join, merges)]
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH}
    files = {
        "vocab.json": json.dumps(numbers),
        "merges.txt": "\n".join(lines) + "\n",
        "tokenizer_config.json": json.dumps(config),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
