from simulator.accounts import Account
from simulator.contacts import changed, item, planned_contacts


def test_contacts_are_seeded_and_no_number_is_in_two_of_them(account: Account) -> None:
    contacts = planned_contacts(1, account)
    assert contacts == planned_contacts(1, account) != planned_contacts(2, account)
    assert len(contacts) == account.contacts
    phones = [phone for contact in contacts for phone in contact.phones]
    assert len(set(phones)) == len(phones) > len(contacts)
    assert not set(phones) & {number.e164 for number in account.numbers}
    assert planned_contacts(1, account.model_copy(update={"contacts": 0})) == []


def test_hosts_and_entries_name_things_differently(account: Account) -> None:
    classic = account.model_copy(update={"kind": "classic"})
    shapes = set()
    for contact in planned_contacts(1, account):
        for kind in (account, classic):
            shown = item(contact, kind)
            shapes.add(frozenset(shown))
            first_and_last = f"{shown.get('firstName')} {shown.get('lastName')}"
            assert shown.get("name", shown.get("fullName", first_and_last)) == contact.name
            phones = shown.get("phones") or shown["phoneNumbers"]
            assert tuple(phone["number"] if isinstance(phone, dict) else phone for phone in phones) == contact.phones
    assert len(shapes) == 3


def test_a_change_leaves_the_rest(account: Account) -> None:
    contact = planned_contacts(1, account)[0]
    after = changed(contact, {"name": "New Name", "phones": ["+12125550177"]})
    assert (after.name, after.phones) == ("New Name", ("+12125550177",))
    assert (after.id, after.company, after.email) == (contact.id, contact.company, contact.email)
