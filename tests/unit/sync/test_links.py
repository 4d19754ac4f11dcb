import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import AudioNotYet
from sync.links import Origin, Trusted, is_public, mended, redirected

BASE = "https://api.example.com/v4"
GOOD = "https://media.example.com/a/b.wav?x=1&y=%20"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (GOOD, GOOD),
        (f"  {GOOD}\n", GOOD),
        (f'"{GOOD}"', GOOD),
        (f"<{GOOD}>", GOOD),
        ("https:/media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("https:media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("https:///media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("https:\\\\media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("https//media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("HTTPS:/media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("https://https:/media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("//media.example.com/a.wav", "https://media.example.com/a.wav"),
        ("/records/a.wav", "https://api.example.com/records/a.wav"),
        ("https://media.example.com/my call é.wav", "https://media.example.com/my%20call%20%C3%A9.wav"),
        ("http:/media.example.com/a.wav", "http://media.example.com/a.wav"),
    ],
)
def test_what_is_obviously_wrong_is_mended(link: str, url: str) -> None:
    assert mended(link, BASE) == url


@pytest.mark.parametrize(
    "link",
    [
        "",
        "   ",
        "the recording is being prepared",
        "ftp://media.example.com/a.wav",
        "file:///etc/passwd",
        "gopher://media.example.com",
        "https://",
        "https:///",
        "https://:443/a.wav",
        "https://media.example.com:port/a.wav",
        "https://media.example.com:99999/a.wav",
        "https://[::1/a.wav",
        "https://exämple.com/a.wav",
        "https://user:password@media.example.com/a.wav",
        "https://media.example.com\\@10.0.0.1/a.wav",
        "https://" + "a" * 9000,
    ],
)
def test_what_leads_nowhere_is_not_followed(link: str) -> None:
    with pytest.raises(AudioNotYet, match="link to the audio"):
        mended(link, BASE)


@given(st.text())
def test_whatever_the_link_is_it_is_a_url_or_none(link: str) -> None:
    try:
        url = mended(link, BASE)
    except AudioNotYet:
        return
    assert url.isascii()
    assert Origin.of(url).scheme in ("http", "https")
    assert Origin.of(url).host


def test_a_redirect_may_be_relative() -> None:
    assert redirected("https://a.example/b/c?d", "../e f") == "https://a.example/e%20f"
    assert redirected("https://a.example/b", "//other.example/c") == "https://other.example/c"
    with pytest.raises(AudioNotYet):
        redirected("https://a.example/b", "file:///etc/passwd")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.1"),
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "168.63.129.16", "192.88.99.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001::1", "::127.0.0.1"),
        "not an address",
    ],
)
def test_what_is_not_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_a_trusted_host_is_named_with_a_port_or_without() -> None:
    origin = Origin.of("http://Relay.example:8080/x")
    assert Trusted("relay.example").covers(origin)
    assert Trusted("relay.example", 8080).covers(origin)
    assert not Trusted("relay.example", 80).covers(origin)
    assert not Trusted("example").covers(origin)
    assert Origin.of("https://a.example") == Origin.of("https://A.example.:443/x")
