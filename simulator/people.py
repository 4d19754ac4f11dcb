"""The people outside: regular callers and strangers, with 555-01xx numbers only."""

from random import Random

from simulator.accounts import Account
from simulator.calls import Party
from simulator.dice import dice


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


AREA_CODES = _words(
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 "
    "251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 "
    "317 318 319 320 321 323 330 334 336 337 347 352 360 361 385 386 401 402 404 405 406 407 408 409 410 412 "
    "413 414 415 417 419 423 424 425 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509"
)
FIRST_NAMES = _words(
    "Aaliyah Aiden Alice Amara Andre Anika Ben Bianca Carlos Carmen Chloë Claire Dante Deepa Dmitri Elena Emeka "
    "Emma Ethan Fatima Felix Grace Hana Hugo Imani Isaac Ivy Jamal Joanna José Julia Kai Kavya Kenji Lars Leila "
    "Liam Lucía Malik Marta Mei Miguel Nadia Noah Nora Olga Omar Owen Priya Quinn Rafael Rosa Ruth Samir Sofia "
    "Tariq Tess Umar Vera Walter Wen Yara Zoe"
)
LAST_NAMES = _words(
    "Abbott Adeyemi Alvarez Anderson Bauer Bell Brooks Campbell Castillo Chen Costa Cruz Diaz Dubois Edwards "
    "Fischer Flores Foster Garcia Gomez Gupta Haddad Hall Hansen Hughes Ibrahim Ivanov Jackson Jensen Johnson "
    "Kaplan Kim Kowalski Kumar Larsen Lee Lewis Lopez Martin Miller Moreau Morgan Müller Nakamura Nguyen Novak "
    "Núñez O'Brien Okafor Olsen Park Patel Perez Petrov Quinn Ramirez Reyes Rossi Santos Schmidt Silva Singh "
    "Smith Tanaka Taylor Torres Turner Vargas Walker Weber Williams Wong Wright Young Zhang"
)

REGULARS = 400
REGULAR_SHARE = 0.35
HOME_SHARE = 0.5
WITHHELD_SHARE = 0.01
NAMED_SHARE = 0.75


class Callers:
    """Who calls an account: half from its own area, a third of them people who have called before."""

    def __init__(self, seed: int, account: Account) -> None:
        self._own = {number.e164 for number in account.numbers}
        self._home = [e164[2:5] for e164 in sorted(self._own) if e164.startswith("+1") and len(e164) == 12]
        rng = dice(seed, "people", account.api_key)
        self.regulars = [self._stranger(rng) for _ in range(REGULARS)]

    def draw(self, rng: Random, *, may_withhold: bool = True) -> Party:
        """Return the next person; early regulars turn up more often than late ones."""
        if may_withhold and rng.random() < WITHHELD_SHARE:
            return Party(None)
        if rng.random() < REGULAR_SHARE:
            return self.regulars[int(REGULARS * rng.random() ** 2)]
        return self._stranger(rng)

    def _stranger(self, rng: Random) -> Party:
        phone = self._phone(rng)
        while phone in self._own:
            phone = self._phone(rng)
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        return Party(phone, name if rng.random() < NAMED_SHARE else None)

    def _phone(self, rng: Random) -> str:
        area = rng.choice(self._home) if self._home and rng.random() < HOME_SHARE else rng.choice(AREA_CODES)
        return f"+1{area}55501{rng.randrange(100):02d}"
