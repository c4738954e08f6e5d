"""The decision tables (docs/reference/rules.md, whmcs.md) typed once more by hand, as text; hand_table.py reads them."""

# "y" and "n" are the answers of rules.md, with the rules it gives for them and "*" where no document decides. A word
# after "if" must be true or the answer is no (`not_covered`); a word after "only" is a limit that travels with the yes.

MEDIA_TEMPLE = """
actions                        | proof      | owner  | admin   | technical | billing
portal.login        | -          | y      | y       | y         | y
contacts.view       | verified   | y*     | y*      | y*        | y*
ticket.*: technical | verified   | y MT-4 | y MT-4  | y MT-4    | n*
ticket.*: billing   | verified   | y MT-4 | y MT-4  | n MT-17   | y MT-4
phone.support       | verified   | y MT-4 | y MT-4  | y MT-4    | y MT-4 only billing_topics
phone.emergency     | verified   | y*     | y*      | y*        | n*
billing.view        | verified   | y MT-3 | y MT-12 | n MT-17   | y MT-20
billing.pay         | stepped-up | y*     | y MT-12 | n MT-17   | y MT-21
service.view        | verified   | y MT-2 | y MT-12 | y MT-16   | n*
service.manage      | stepped-up | y MT-2 | y MT-12 | y MT-16   | n*
service.credentials | stepped-up | y*     | y*      | y*        | n*
service.order       | stepped-up | y*     | y MT-13 | n*        | n*
service.cancel      | stepped-up | y MT-6 | n MT-14 | n MT-6    | n MT-6
service.transfer    | stepped-up | y MT-9 | n MT-9  | n MT-9    | n MT-9
account.close       | stepped-up | y MT-6 | n MT-6  | n MT-6    | n MT-6
account.reopen      | stepped-up | y MT-8 | n MT-8  | n MT-8    | n MT-8
contacts.manage     | stepped-up | y*     | y*      | n MT-18   | n*
apikeys.manage      | stepped-up | y*     | y*      | n*        | n*
right.lend          | verified   | y*     | y*      | n*        | n*
"""

# C3, the one switch: what the billing contact is answered under each reading. `billing_only` is the column above.
BILLING_CONTACT_TICKETS: dict[str, dict[str, str]] = {
    "deny": {"ticket.*: technical": "n*", "ticket.*: billing": "n*", "phone.support": "n*"},
    "billing_only": {},
    "all": {"ticket.*: technical": "y MT-4", "ticket.*: billing": "y MT-4", "phone.support": "y MT-4"},
}

STANDARD_ROLES = """
actions                        | proof      | owner  | administrator | support        | billing | support+billing
portal.login        | -          | y      | y             | y              | y       | y
contacts.view       | verified   | y*     | y*            | y*             | y*      | y*
ticket.*: technical | verified   | y SR-6 | y SR-17       | y SR-12, SR-13 | n SR-11 | y SR-22
ticket.*: billing   | verified   | y SR-6 | y SR-17       | n SR-15        | n SR-11 | y* SR-22
phone.support       | verified   | y*     | y*            | y*             | n SR-11 | y*
phone.emergency     | verified   | y*     | y*            | y*             | n*      | y*
billing.view        | verified   | y SR-6 | y SR-17       | n SR-16        | y SR-8  | y SR-22
billing.pay         | stepped-up | y SR-6 | y SR-17       | n SR-16        | y SR-9  | y SR-22
service.view        | verified   | y SR-6 | y SR-19       | y*             | n*      | y*
service.manage      | stepped-up | y SR-6 | y SR-19       | n*             | n*      | n*
service.credentials | stepped-up | y SR-6 | y SR-17       | y SR-14        | n*      | y SR-22
service.order       | stepped-up | y SR-6 | n SR-20       | n*             | n*      | n*
service.cancel      | stepped-up | y SR-7 | n SR-21       | n SR-7         | n SR-7  | n SR-7
service.transfer    | stepped-up | y SR-6 | n* SR-19      | n*             | n*      | n*
account.close       | stepped-up | y SR-6 | n*            | n*             | n*      | n*
account.reopen      | stepped-up | y SR-6 | n* SR-19      | n*             | n*      | n*
contacts.manage     | stepped-up | y SR-6 | y SR-18       | n*             | n*      | n SR-23
apikeys.manage      | stepped-up | y SR-6 | y*            | n*             | n*      | n*
right.lend          | verified   | y*     | y*            | n*             | n*      | n*
"""

# SR-1: single permissions of the portal, of which the documents say no more than that there are some. Each rests on the rule of the role that
# has the same; a set of them that is no role is a custom one (C5).
STANDARD_PERMISSIONS = """
actions                        | proof      | tickets        | login_details | invoices | payment | services | contacts | tickets+invoices | tickets+payment
portal.login        | -          | y              | y             | y        | y       | y        | y        | y                | y
contacts.view       | verified   | y*             | y*            | y*       | y*      | y*       | y*       | y*               | y*
ticket.*: technical | verified   | y SR-12, SR-13 | n             | n        | n       | n        | n        | y                | y
ticket.*: billing   | verified   | n              | n             | n        | n       | n        | n        | y* SR-22         | y* SR-22
phone.support       | verified   | y*             | n             | n        | n       | n        | n        | y*               | y*
phone.emergency     | verified   | y*             | n             | n        | n       | n        | n        | y*               | y*
billing.view        | verified   | n              | n             | y SR-8   | y SR-8  | n        | n        | y                | y
billing.pay         | stepped-up | n              | n             | n        | y SR-9  | n        | n        | n                | y
service.view        | verified   | n              | n             | n        | n       | y*       | n        | n                | n
service.manage      | stepped-up | n              | n             | n        | n       | y SR-1   | n        | n                | n
service.credentials | stepped-up | n              | y SR-14       | n        | n       | n        | n        | n                | n
service.order       | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
service.cancel      | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
service.transfer    | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
account.close       | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
account.reopen      | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
contacts.manage     | stepped-up | n              | n             | n        | n       | n        | y SR-18  | n                | n
apikeys.manage      | stepped-up | n              | n             | n        | n       | n        | y*       | n                | n
right.lend          | verified   | n              | n             | n        | n       | n        | y*       | n                | n
"""

# The columns are the lines of the Memset list in rules.md, under the letters of MEMSET_COLUMNS. A and C are what the
# role itself adds: what an admin contact's five permissions give stands in their own columns.
MEMSET = """
actions             | proof      | S              | B       | SB       | T       | U              | P       | A       | C
portal.login        | -          | y MS-40        | y MS-40 | y MS-40  | y MS-40 | y MS-40        | y MS-40 | y       | y
contacts.view       | verified   | y*             | y*      | y*       | y*      | y*             | y*      | y*      | y*
ticket.*: technical | verified   | y MS-28, MS-29 | n       | y        | n       | n              | n       | n       | n
ticket.*: billing   | verified   | n              | n       | y*       | n       | n              | n       | n       | n
phone.support       | verified   | y MS-32        | n       | y        | n       | n              | n       | n       | n
phone.emergency     | verified   | y MS-30 if sla | n       | y if sla | n       | n              | n       | n       | n
billing.view        | verified   | n              | y MS-26 | y        | n       | n              | n       | n       | n
billing.pay         | stepped-up | n              | y MS-26 | y        | n       | n              | n       | n       | n
service.view        | verified   | n              | n       | n        | y MS-27 | n              | n       | n       | n
service.manage      | stepped-up | n              | n       | n        | y MS-27 | n              | n       | n       | n
service.credentials | stepped-up | n              | n       | n        | y*      | n              | n       | n       | n
service.order       | stepped-up | n              | n       | n        | n       | n              | y MS-31 | n       | n
service.cancel      | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
service.transfer    | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
account.close       | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
account.reopen      | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
contacts.manage     | stepped-up | n              | n       | n        | n       | y MS-23, MS-24 | n       | n       | n
apikeys.manage      | stepped-up | n              | n       | n        | n       | y MS-25        | n       | n       | n
right.lend          | verified   | n              | n       | n        | n       | y*             | n       | n       | n
"""
MEMSET_COLUMNS = {
    "S": "manage_support",
    "B": "manage_billing",
    "SB": "manage_support+manage_billing",
    "T": "manage_services",
    "U": "manage_users",
    "P": "purchase_services",
    "A": "admin_contact",
    "C": "billing_contact",
}

# WHMCS, docs/reference/whmcs.md. Under `rest` stand the eight permissions that open nothing here but signing in.
WHMCS = """
actions             | proof      | owner   | tickets  | invoices | tickets+invoices | products | manageproducts | orders  | rest
portal.login        | -          | y WH-2  | y WH-4   | y WH-4   | y WH-4           | y WH-4   | y WH-4         | y WH-4  | y WH-4
contacts.view       | verified   | y WH-2  | y*       | y*       | y*               | y*       | y*             | y*      | y*
ticket.*: technical | verified   | y WH-2  | y WH-14  | n        | y WH-14          | n        | n              | n       | n
ticket.*: billing   | verified   | y WH-2  | n*       | n*       | y* WH-14, WH-12  | n        | n              | n       | n
phone.support       | verified   | y* WH-2 | y* WH-14 | n        | y* WH-14         | n        | n              | n       | n
phone.emergency     | verified   | y* WH-2 | y* WH-14 | n        | y* WH-14         | n        | n              | n       | n
billing.view        | verified   | y WH-2  | n        | y WH-12  | y WH-12          | n        | n              | n       | n
billing.pay         | stepped-up | y WH-2  | n        | n*       | n*               | n        | n              | n       | n
service.view        | verified   | y WH-2  | n        | n        | n                | y WH-7   | n              | n       | n
service.manage      | stepped-up | y WH-2  | n        | n        | n                | n        | n*             | n       | n
service.credentials | stepped-up | y WH-2  | n        | n        | n                | n        | y WH-8         | n       | n
service.order       | stepped-up | y WH-2  | n        | n        | n                | n        | n              | y WH-17 | n
service.cancel      | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
service.transfer    | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
account.close       | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
account.reopen      | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
contacts.manage     | stepped-up | y WH-3  | n        | n        | n                | n        | n              | n       | n
apikeys.manage      | stepped-up | y* WH-3 | n        | n        | n                | n        | n              | n       | n
right.lend          | verified   | y* WH-3 | n        | n        | n                | n        | n              | n       | n
"""
WHMCS_REST = ("profile", "contacts", "productsso", "domains", "managedomains", "quotes", "affiliates", "emails")

DESK = """
actions                        | proof | operator    | worker | assistant       | agent            | supervisor       | administrator    | api_key
desk.deliver                   | -     | n           | y*     | n               | n                | n                | n                | n
desk.ticket.work               | -     | y only read | n      | y only one_case | y only queue     | y*               | y*               | y*
desk.card.view                 | -     | n           | n      | y only one_case | y only open_case | y only open_case | y only open_case | n
desk.proof.ask                 | -     | n           | n      | y only one_case | y*               | y*               | y*               | n
desk.pin.reissue               | -     | y*          | n      | n               | n                | y*               | y*               | n
desk.ledger.read               | -     | y*          | n      | n               | n                | y*               | y*               | y*
desk.threat.switch             | -     | y*          | n      | n               | n                | y*               | y*               | n
desk.staff.manage desk.operate | -     | y*          | n      | n               | n                | n                | y*               | n
desk.accounts.read desk.accounts.write desk.tickets.read | - | y* | n | n | n | n | n | y*
desk.decisions.read desk.verifications.write desk.notices.write | - | y* | n | n | n | n | n | y*
desk.reports.read desk.webhooks.write desk.help_desk | - | y* | n | n | n | n | n | y*
"""

# On a closed account everything is refused except these, to the owner (Memset: the admin contact).
OWNER_WORD = {"media_temple": "owner", "standard_roles": "owner", "memset": "admin_contact", "whmcs": "owner"}
LEFT_TO_THE_OWNER_OF_A_CLOSED_ACCOUNT = {
    "portal.login",
    "billing.view",
    "billing.pay",
    "account.reopen",
    "ticket.view:billing",
    "ticket.open:billing",
    "ticket.reply:billing",
}

# On a suspended account these are refused: new technical tickets, emergencies, lending, and what a request can be for.
REFUSED_ON_A_SUSPENDED_ACCOUNT = {
    "ticket.open:technical",
    "phone.emergency",
    "right.lend",
    "service.order",
    "service.cancel",
    "service.transfer",
    "service.credentials",
    "account.close",
    "account.reopen",
    "billing.pay",
    "contacts.manage",
}
