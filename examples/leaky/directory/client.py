"""The company's directory."""

import ldap3
from django.conf import settings

LDAP_PASSWORD = "Reader_of_1815"  # hole: passwords.secret-in-code
ATTRIBUTES = ["cn", "mail", "telephoneNumber"]
DEMO = {
    "ada": {"cn": "Ada Lovelace", "mail": "ada@example.org", "telephoneNumber": "1815"},
    "alan": {"cn": "Alan Turing", "mail": "alan@example.org", "telephoneNumber": "1912"},
}


def connect():
    """Return a connection; without a server, one to a small directory in memory."""
    server = ldap3.Server(settings.LDAP_SERVER)
    connection = ldap3.Connection(
        server,
        settings.LDAP_USER,
        LDAP_PASSWORD,
        client_strategy=settings.LDAP_STRATEGY,
    )
    if settings.LDAP_STRATEGY == ldap3.MOCK_SYNC:
        reader = {"objectClass": "person", "sn": "reader", "userPassword": LDAP_PASSWORD}
        connection.strategy.add_entry(settings.LDAP_USER, reader)
        for uid, entry in DEMO.items():
            attributes = {"objectClass": "inetOrgPerson", "uid": uid, "sn": uid, **entry}
            connection.strategy.add_entry(f"uid={uid},{settings.LDAP_BASE}", attributes)
    connection.bind()
    return connection


def find(name):
    """Return the people of that name."""
    connection = connect()
    wanted = f"(&(objectClass=inetOrgPerson)(cn=*{name}*))"
    connection.search(settings.LDAP_BASE, wanted, attributes=ATTRIBUTES)  # hole: ldap.formatted-filter
    return [entry.entry_attributes_as_dict for entry in connection.entries]


def everybody():
    """Return all people."""
    connection = connect()
    connection.search(settings.LDAP_BASE, "(objectClass=inetOrgPerson)", attributes=ATTRIBUTES)
    return [entry.entry_attributes_as_dict for entry in connection.entries]


def person(uid):
    """Return one person, or None."""
    connection = connect()
    connection.search(
        f"uid={uid},{settings.LDAP_BASE}",  # hole: ldap.formatted-name
        "(objectClass=inetOrgPerson)",
        attributes=ATTRIBUTES,
    )
    return connection.entries[0].entry_attributes_as_dict if connection.entries else None
