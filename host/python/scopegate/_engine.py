"""The engines that run policies: none lets a policy run for ever."""

import os
import threading
import time
from functools import cache

from wasmtime import Config, Engine

#: How often the clock is looked at, in seconds.
_TICK = 0.5
#: The ticks that a call of a policy whose work is not counted may take.
TICKS = 10


@cache
def engine(counts_fuel: bool) -> Engine:
    """One that counts work, or one that looks at the clock, which is quicker."""
    config = Config()
    config.consume_fuel = counts_fuel
    config.epoch_interruption = not counts_fuel
    # Decisions are the same on every machine, to the bit of a NaN. What a module may use is looked at before it gets here: see `_features`.
    config.cranelift_nan_canonicalization = True
    made = Engine(config)
    if not counts_fuel:
        _watch(made)
    return made


def _watch(watched: Engine) -> None:
    def tick() -> None:
        while True:
            time.sleep(_TICK)
            watched.increment_epoch()

    def begin() -> None:
        threading.Thread(target=tick, name="scopegate-clock", daemon=True).start()

    begin()
    # A thread does not come along into a forked process.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin)
