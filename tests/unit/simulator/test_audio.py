import hashlib
import io
import wave

import pytest

from simulator.audio import measure, wav


@pytest.mark.parametrize("milliseconds", [0, 1, 250, 333, 10_000])
def test_audio_is_wav_of_its_length(milliseconds: int) -> None:
    with wave.open(io.BytesIO(wav("a", milliseconds))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 1)
        assert abs(file.getnframes() - 8 * milliseconds) <= 2
        heard = file.readframes(file.getnframes())
    if milliseconds >= 250:
        assert max(heard) - min(heard) > 100


def test_it_depends_on_the_recording_alone() -> None:
    assert wav("a", 2000) == wav("a", 2000)
    assert wav("a", 2000) != wav("b", 2000)
    assert measure("a", 2000) == (len(wav("a", 2000)), hashlib.sha256(wav("a", 2000)).hexdigest())
