"""The quick way to read a text and the strict one agree on whatever it is."""

import os
import random
from pathlib import Path

from scopegate import _text, default_policy
from scopegate._facts import Wrong
from scopegate.policy import _laid

FOLDER = Path(__file__).parents[3] / "policies/webriskops/1.0.0/examples"
TEXTS = [file.read_text() for file in sorted(FOLDER.iterdir())]
PIECES = ['"', "\\", "{", "}", "[", "]", ":", ",", "-", ".", "e", "E", "+", "0", "9", "1e3", "1.0", "-0", "9007199254740993", "null", "true", " ", "\t"]
PIECES += ["\ufeff", "\0", "é", "\\u0041", "\\ud800", '"action":"scan",', '"attributes":{"2":1,"1":2},', "NaN", "Infinity"]


def outcome(lay, text):
    try:
        return bytes(lay(text)[1])
    except Wrong as wrong:
        return wrong.path, wrong.message


def test_on_texts_of_which_something_was_changed():
    seed = int(os.environ.get("SCOPEGATE_SEED", "7"))
    print(f"SCOPEGATE_SEED={seed}")
    chance = random.Random(seed)
    instance = default_policy(clock=lambda: 1_795_564_800)._instance()

    def strictly(text):
        value = _text.read(text)
        return value, instance.image(value)

    for _ in range(3_000):
        text = chance.choice(TEXTS)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(text) + 1)
            piece = chance.choice(PIECES) if chance.random() < 0.5 else text[at : at + chance.randrange(60)]
            text = text[:at] + piece + text[at + chance.choice([0, 1, 2, 40]) :]
        assert outcome(lambda text: _laid(instance, text), text) == outcome(strictly, text), text
