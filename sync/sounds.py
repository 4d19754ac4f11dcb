"""What a file is, by its first bytes: what a server says of it is often wrong."""

from typing import Final

HEAD_BYTES: Final = 512
"""As much of a file as is looked at."""

_BEGINNINGS: Final = (
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR-WB", "audio/amr-wb"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "audio/webm"),
    (b".snd", "audio/basic"),
    (b"caff", "audio/x-caf"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio/x-ms-wma"),
)
_WAVES: Final = (b"RIFF", b"RIFX", b"RF64", b"BW64")


def content_type(head: bytes) -> str | None:
    """The content type of audio that begins so; none where it is no audio that is known."""
    if head[:4] in _WAVES and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    known = next((kind for beginning, kind in _BEGINNINGS if head.startswith(beginning)), None)
    return known or _mpeg(head)


def what_else(head: bytes) -> str:
    """What there is instead of audio, in words."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not head:
        return "nothing at all"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page"
    if text.startswith(b"<"):
        return "a document (XML or HTML)"
    if text.startswith((b"{", b"[")):
        return "a message (JSON)"
    return "a file that is not of any known kind of audio"


def missing_bytes(head: bytes, size_bytes: int) -> int:
    """How much of a WAV file is missing by its own account; 0 where it gives none."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return 0
    stated = int.from_bytes(head[4:8], "little") + 8
    # Recorders that do not know the end when they begin write one of these, or the largest there is.
    is_unknown = stated <= 44 or stated >= 0x7FFFF000
    return 0 if is_unknown or stated <= size_bytes + 1 else stated - size_bytes


def _mpeg(head: bytes) -> str | None:
    """A frame of MPEG audio: its header has to make sense, for many a text begins with 0xFF."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, bitrate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if layer == 0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 and bitrate >> 2 != 3 else None
    return "audio/mpeg" if layer in (1, 2) and version != 1 and bitrate not in (0, 15) and rate != 3 else None
