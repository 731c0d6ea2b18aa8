"""The quick way to read a text and the strict one agree on whatever it is."""

import json
import os
import random
import re
from pathlib import Path

from scopegate import _text, default_policy
from scopegate._facts import Wrong
from scopegate._shapes import REQUEST
from scopegate.policy import _laid

FOLDER = Path(__file__).parents[3] / "policies/webriskops/1.1.0/examples"
TEXTS = [file.read_text() for file in sorted(FOLDER.iterdir())]
PIECES = ['"', "\\", "{", "}", "[", "]", ":", ",", "-", ".", "e", "E", "+", "0", "9", "1e3", "1.0", "-0", "9007199254740993", "null", "true", " ", "\t"]
PIECES += ["\ufeff", "\0", "é", "\\u0041", "\\ud800", '"action":"scan",', '"attributes":{"2":1,"1":2},', "NaN", "Infinity"]


POLICY = default_policy(clock=lambda: 1_795_564_800)


def ordered(shape, value):
    """The value with its names in the contract's order, in which both ways lay its texts alike."""
    if value is None:
        return None
    if shape.kind == "option":
        return ordered(shape.inner, value)
    if shape.kind == "list":
        return [ordered(shape.inner, element) for element in value]
    if shape.kind == "record":
        return {field.name: ordered(field.shape, value[field.name]) for field in shape.fields if field.name in value}
    return value


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

    def mutated():
        text = chance.choice(TEXTS)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(text) + 1)
            piece = chance.choice(PIECES) if chance.random() < 0.5 else text[at : at + chance.randrange(60)]
            text = text[:at] + piece + text[at + chance.choice([0, 1, 2, 40]) :]
        return text

    def strictly(text):
        value = _text.read(text)
        return value, instance.image(value)

    texts = [mutated() for _ in range(3_000)]
    for text in texts:
        assert outcome(lambda text: _laid(instance, text), text) == outcome(strictly, text), text
    # In a batch they are laid in a way of their own, each in its own order.
    ordinary = 0
    for text in texts:
        _, (action,) = instance.images([text])
        if action is None:
            continue
        ordinary += 1
        value, alone = strictly(text)
        assert action == value["action"], text
        image, _ = instance.images([json.dumps(ordered(REQUEST, value))])
        assert bytes(image) == bytes(alone), text
        assert POLICY.evaluate_batch([text, text])[0] == POLICY.evaluate(text), text
    assert ordinary > 500


def test_what_is_wrong_is_left_to_who_says_where():
    instance = default_policy()._instance()
    text = json.dumps(json.loads(TEXTS[0]), separators=(",", ":"))
    assert instance.images([text])[1] != [None]
    for name in sorted(set(re.findall(r'"([a-z_]+)":', text))):
        # Each name twice, with another value, not known, and not there.
        doubled = re.sub(rf'"{name}":', f'"{name}":null,"{name}":', text, count=1)
        unknown = re.sub(rf'"{name}":', f'"{name}s":', text, count=1)
        wrong = re.sub(rf'"{name}":', f'"{name}":7.5,"was":', text, count=1)
        assert instance.images([doubled, unknown, wrong])[1] == [None] * 3, name


def test_attributes_in_a_batch():
    instance = default_policy()._instance()
    base = json.loads(TEXTS[0])
    for attributes, is_laid in [
        ({}, True),
        ({"a": "text", "b": -5, "c": True, "d": ["x", "é"], "é": 2**63 - 1}, True),
        ({"a": 2**63}, False),
        ({"a": {"b": 1}}, False),
        ({"a": None}, False),
        ({"a": [1]}, False),
        ({f"a{number}": 1 for number in range(257)}, False),
    ]:
        text = json.dumps({**base, "attributes": attributes})
        _, (action,) = instance.images([text])
        assert (action is not None) == is_laid, attributes
        if is_laid:
            value = _text.read(text)
            image, _ = instance.images([json.dumps(ordered(REQUEST, value))])
            assert bytes(image) == bytes(instance.image(value))
    # Without a time, or with `null` for one, the clock tells it.
    instance = POLICY._instance()
    for timeless in ({**base, "now": None}, {name: value for name, value in base.items() if name != "now"}):
        image, (action,) = instance.images([json.dumps(ordered(REQUEST, timeless))])
        assert action and bytes(image) == bytes(instance.image(timeless))
    doubled = json.dumps({**base, "attributes": {"a": 1}}).replace('{"a": 1}', '{"a": 1, "a": 1}')
    assert instance.images([doubled])[1] == [None]
