"""The draft's own tokenizer is CLIP's class with a vocabulary of the captions' words."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from mti_backend.draft.by_words.captions import words
from mti_backend.draft.by_words.tokenizer import (
    LENGTH,
    make_tokenizer,
    merges_of,
    save_tokenizer,
    vocabulary,
)


def test_every_word_of_the_grammar_is_one_token() -> None:
    tokenizer = make_tokenizer()
    ids = [tokenizer(word).input_ids for word in words()]
    assert [len(found) for found in ids] == [3] * len(words())
    assert len({found[1] for found in ids}) == len(words())


@pytest.mark.parametrize("text", ["a zebra", "Ein Hund fängt 3 Bälle!", "a red doghouse", "日本"])
def test_other_words_fall_apart_and_are_not_lost(text: str) -> None:
    tokenizer = make_tokenizer()
    ids = tokenizer(text).input_ids
    assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id
    assert tokenizer.eos_token_id not in ids[:-1]
    again = tokenizer.decode(ids, skip_special_tokens=True)
    assert again.replace(" ", "") == text.lower().replace(" ", "")


def test_it_is_the_same_from_a_model_s_folder(tmp_path: Path) -> None:
    save_tokenizer(tmp_path / "tokenizer")
    read = CLIPTokenizer.from_pretrained(tmp_path, subfolder="tokenizer")
    assert read.model_max_length == LENGTH == 77
    for text in ("a red dog jumping on grass, camera pans left", "a zebra", ""):
        padded = read(text, padding="max_length", max_length=77).input_ids
        assert padded == make_tokenizer()(text, padding="max_length", max_length=77).input_ids
        assert len(padded) == 77 and padded[-1] == read.eos_token_id


def test_numbers_are_consecutive_and_the_last_two_begin_and_end() -> None:
    numbers, _ = vocabulary()
    assert sorted(numbers.values()) == list(range(len(numbers)))
    tokenizer = make_tokenizer()
    assert tokenizer.bos_token_id == len(numbers) - 2
    assert tokenizer.eos_token_id == tokenizer.pad_token_id == len(numbers) - 1


def test_merges_take_the_most_frequent_pair_first() -> None:
    assert merges_of(["ab", "abc", "abd"])[0] == ("a", "b")
    assert merges_of(["ab"]) == [("a", "b</w>")]
    assert merges_of(["zzz"]) == [("z", "z"), ("zz", "z</w>")]
