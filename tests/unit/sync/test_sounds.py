import struct

import pytest

from sync.sounds import content_type, missing_bytes, what_else

WAV = b"RIFF" + struct.pack("<I", 36 + 100) + b"WAVEfmt " + bytes(20) + b"data" + struct.pack("<I", 100)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (WAV, "audio/wav"),
        (b"RF64\xff\xff\xff\xffWAVE", "audio/wav"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\x00", "audio/mpeg"),
        (b"\xff\xf3\x48\xc4", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"OggS\x00", "audio/ogg"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x01", "audio/webm"),
        (b"#!AMR\n", "audio/amr"),
        (b"#!AMR-WB\n", "audio/amr-wb"),
        (b"fLaC\x00", "audio/flac"),
        (b"FORM\x00\x00\x00\x00AIFF", "audio/aiff"),
        (b".snd\x00", "audio/basic"),
    ],
)
def test_audio_is_known_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert content_type(head) == kind


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "nothing at all"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf \n<HTML>", "a web page"),
        (b"<?xml version='1.0'?><Error>", "a document"),
        (b' {"message":"no"}', "a message"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "not of any known kind"),
        (b"\xff\xfe<\x00h\x00t\x00m\x00l\x00", "not of any known kind"),
        (b"\xff\xff\xff\xff", "not of any known kind"),
        (b"PK\x03\x04", "not of any known kind"),
        (bytes(100), "not of any known kind"),
    ],
)
def test_what_is_no_audio_is_named(head: bytes, words: str) -> None:
    assert content_type(head) is None
    assert words in what_else(head)


def test_a_wav_file_tells_what_is_missing_of_it() -> None:
    assert missing_bytes(WAV, 144) == 0
    assert missing_bytes(WAV, 100) == 44
    assert missing_bytes(WAV, 1000) == 0
    assert missing_bytes(b"RIFF\xff\xff\xff\xffWAVE", 1000) == 0
    assert missing_bytes(b"RIFF\x00\x00\x00\x00WAVE", 1000) == 0
    assert missing_bytes(b"OggS" + bytes(20), 5) == 0
