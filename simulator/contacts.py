"""The contacts of an account: some of the people who turn up often, as its address book has them."""

from dataclasses import dataclass, replace
from typing import Any

from simulator.accounts import Account
from simulator.dice import dice, random_id
from simulator.people import Callers

COMPANIES = ("Acme Tools", "Blue Harbor", "Cedar & Sons", "Delta Freight", "Elm Street Dental", "Fjord Optics")


@dataclass(frozen=True, slots=True)
class Contact:
    """One entry of the address book."""

    id: str
    name: str
    phones: tuple[str, ...] = ()
    company: str | None = None
    email: str | None = None


def planned_contacts(seed: int, account: Account) -> list[Contact]:
    """Return the contacts an account has from the start."""
    rng = dice(seed, "contacts", account.api_key)
    contacts: list[Contact] = []
    taken: set[str] = set()
    for person in Callers(seed, account).regulars:
        if len(contacts) == account.contacts:
            break
        if person.phone is None or person.name is None or person.phone in taken:
            continue
        phones = [person.phone]
        taken.add(person.phone)
        second = f"{person.phone[:5]}55501{rng.randrange(100):02d}"
        if rng.random() < 0.2 and second not in taken:
            phones.append(second)
            taken.add(second)
        handle = "".join(letter for letter in person.name.lower() if letter.isascii() and letter.isalpha())
        contacts.append(
            Contact(
                id=random_id(rng),
                name=person.name,
                phones=tuple(phones),
                company=rng.choice(COMPANIES) if rng.random() < 0.5 else None,
                email=f"{handle}@example.test" if rng.random() < 0.6 else None,
            )
        )
    return contacts


def changed(contact: Contact, fields: dict[str, Any]) -> Contact:
    """Return the contact with what was changed about it."""
    return replace(contact, **fields | ({"phones": tuple(fields["phones"])} if "phones" in fields else {}))


def item(contact: Contact, account: Account) -> dict[str, Any]:
    """Return the contact as the list shows it; its fields are not published, so hosts and entries differ."""
    first, _, last = contact.name.partition(" ")
    if account.kind == "classic":
        return {
            "guid": contact.id,
            "firstName": first,
            "lastName": last,
            "companyName": contact.company,
            "email": contact.email,
            "phoneNumbers": list(contact.phones),
        }
    digit = int(contact.id[-1], 16)
    if digit % 3 == 0:
        return {
            "id": contact.id,
            "name": contact.name,
            "company": contact.company,
            "emails": [contact.email] if contact.email else [],
            "phones": list(contact.phones),
        }
    return {
        "id": contact.id,
        "fullName": contact.name,
        "company": contact.company,
        "email": contact.email,
        "phones": [{"number": phone, "type": "Mobile"} for phone in contact.phones],
    }
