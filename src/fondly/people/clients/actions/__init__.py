"""Every write of this room. `perform("clients.create", actor, CreateClient(...))` or call the function itself."""

from fondly.people.clients.actions.agreeing import (
    AddressAllowed,
    AddressSuppressed,
    AllowAddress,
    ConsentSet,
    SetConsent,
    SuppressAddress,
    allow_address,
    set_consent,
    suppress_address,
)
from fondly.people.clients.actions.assigning import Assign, AssignEach, Assigned, assign, assign_each
from fondly.people.clients.actions.contacts import (
    AddContact,
    AddEmail,
    AddPhone,
    ChangeContact,
    ChangeEmail,
    ChangePhone,
    ContactChanged,
    ContactDetails,
    EmailDetails,
    PhoneDetails,
    RemoveContact,
    RemoveEmail,
    RemovePhone,
    RestoreContact,
    add_contact,
    add_email,
    add_phone,
    change_contact,
    change_email,
    change_phone,
    remove_contact,
    remove_email,
    remove_phone,
    restore_contact,
)
from fondly.people.clients.actions.creating import ClientCreated, CreateClient, DiscardClient, create, discard
from fondly.people.clients.actions.editing import (
    ChangeClient,
    Changed,
    SetField,
    SetValue,
    change,
    set_field,
    set_value,
)
from fondly.people.clients.actions.erasing import (
    DemoRemoved,
    EraseClient,
    Erased,
    RemoveDemo,
    erase,
    remove_demo,
)
from fondly.people.clients.actions.merging import MergeClients, Merged, UnmergeClients, Unmerged, merge, unmerge
from fondly.people.clients.actions.places import (
    AddAddress,
    AddressChanged,
    ChangeAddress,
    RemoveAddress,
    add_address,
    change_address,
    remove_address,
)
from fondly.people.clients.actions.talking import (
    LogCall,
    Logged,
    LogMeeting,
    LogNote,
    Retract,
    call,
    meeting,
    note,
    retract,
)

__all__ = [
    "AddAddress", "AddContact", "AddEmail", "AddPhone", "AddressAllowed", "AddressChanged", "AddressSuppressed",
    "AllowAddress", "Assign", "AssignEach", "Assigned", "ChangeAddress", "ChangeClient", "ChangeContact", "ChangeEmail",
    "ChangePhone", "Changed", "ClientCreated", "ConsentSet", "ContactChanged", "ContactDetails", "CreateClient",
    "DemoRemoved", "DiscardClient", "EmailDetails", "EraseClient", "Erased", "LogCall", "LogMeeting", "LogNote",
    "Logged", "MergeClients", "Merged", "PhoneDetails", "RemoveAddress", "RemoveContact", "RemoveDemo", "RemoveEmail",
    "RemovePhone", "RestoreContact", "Retract", "SetConsent", "SetField", "SetValue", "SuppressAddress",
    "UnmergeClients", "Unmerged", "add_address", "add_contact", "add_email", "add_phone", "allow_address", "assign",
    "assign_each", "call", "change", "change_address", "change_contact", "change_email", "change_phone", "create",
    "discard", "erase", "meeting", "merge", "note", "remove_address", "remove_contact", "remove_demo", "remove_email",
    "remove_phone", "restore_contact", "retract", "set_consent", "set_field", "set_value", "suppress_address",
    "unmerge",
]  # fmt: skip
