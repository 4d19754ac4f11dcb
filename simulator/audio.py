"""Recordings as audio: a melody in WAV, 8 kHz mono, that depends on the recording's id and length alone."""

import hashlib
import math
import struct
from functools import lru_cache

from simulator.dice import dice

RATE = 8000
CONTENT_TYPE = "audio/wav"
NOTE_SECONDS = 0.25
SCALE = (262, 294, 330, 392, 440, 523, 587, 659)


def wav(identity: str, milliseconds: int) -> bytes:
    """Return the audio."""
    samples = max(1, milliseconds * RATE // 1000)
    per_note = int(NOTE_SECONDS * RATE)
    rng = dice("audio", identity)
    parts = []
    for begin in range(0, samples, per_note):
        wave = _wave(rng.choice(SCALE))
        length = min(per_note, samples - begin)
        parts.append((wave * (length // len(wave) + 1))[:length])
    # RIFF wants whole words.
    data = b"".join(parts) + b"\x80" * (samples % 2)
    header = struct.pack(
        "<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVEfmt ", 16, 1, 1, RATE, RATE, 1, 8, b"data", len(data)
    )
    return header + data


@lru_cache(maxsize=100_000)
def measure(identity: str, milliseconds: int) -> tuple[int, str]:
    """Return the size and the SHA-256, in hex, of the audio."""
    audio = wav(identity, milliseconds)
    return len(audio), hashlib.sha256(audio).hexdigest()


@lru_cache
def _wave(hertz: int) -> bytes:
    period = RATE / hertz
    samples = round(period * 8)
    return bytes(round(128 + 60 * math.sin(2 * math.pi * place / period)) for place in range(samples))
