"""Open this to see what stops a scheme file at the start, and how an operator adds or changes one."""

import re
from pathlib import Path

import pytest

import authz
from authz import (
    Action,
    Ask,
    Denied,
    Elsewhere,
    Grant,
    Proof,
    Reason,
    Scheme,
    SchemeError,
    Standing,
    Status,
    Subject,
    Topic,
    WayForward,
    judge,
    load_schemes,
    matrix,
    read_scheme,
)

SHIPPED = Path(authz.__file__).parent / "schemes"


def edited(folder: Path, name: str, *edits: tuple[str, str]) -> Path:
    """A copy of a shipped file with one thing changed; the edit must hit exactly once."""
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    for pattern, to in edits:
        text, hits = re.subn(pattern, to, text, flags=re.MULTILINE)
        assert hits == 1, (pattern, hits)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def with_square(folder: Path, name: str, row: str, column: str, square: str) -> Path:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    pattern = rf'^("{re.escape(row)}" +=.*?[ {{]"?{re.escape(column)}"? = )(?:"[^"]*"|{{[^}}]*}})'
    text, hits = re.subn(pattern, lambda m: m[1] + square, text, flags=re.MULTILINE)
    assert hits == 1
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_ships_is_sound() -> None:
    schemes = load_schemes()
    assert sorted(schemes) == ["desk", "media_temple", "memset", "standard_roles", "whmcs"]
    assert {name: scheme.owner for name, scheme in schemes.items()} == {
        "desk": None,
        "media_temple": "owner",
        "memset": "admin_contact",
        "standard_roles": "owner",
        "whmcs": "owner",
    }


def test_what_the_importer_needs_is_data() -> None:
    schemes = load_schemes()
    memset = schemes["memset"]
    assert memset.exactly_one == ("admin_contact", "billing_contact")
    assert memset.requires == {"admin_contact": set(memset.permissions), "billing_contact": {"manage_billing"}}
    assert memset.missing({"billing_contact"}) == {"billing_contact": {"manage_billing"}}
    assert memset.missing({"billing_contact", "manage_billing"}) == {}
    assert memset.invoiced == "billing_contact"
    assert memset.domain_contacts == Elsewhere("the OpenSRS interface", "")
    assert schemes["media_temple"].at_least_one == schemes["standard_roles"].at_least_one == ("owner",)
    assert schemes["media_temple"].words == {"owner", "admin", "technical", "billing"}


@pytest.mark.parametrize(
    ("name", "row", "column", "square", "complaint"),
    [
        ("memset", "billing.view", "manage_billing", '"yes"', "a yes cites the rule"),
        ("memset", "billing.view", "manage_billing", '"yes when sla"', "a yes cites the rule"),
        ("memset", "billing.view", "manage_billing", '"maybe MS-26"', "'maybe MS-26' is not"),
        ("memset", "billing.view", "manage_billing", '"yes MS26"', "'MS26' is no citation"),
        ("memset", "billing.view", "manage_billing", '"yes ms-26"', "'ms-26' is no citation"),
        ("memset", "billing.view", "manage_billing", '"yes MS-26,MS-27"', "is no citation"),
        ("memset", "billing.view", "manage_billing", '"yes MS-0"', "is no citation"),
        ("memset", "billing.view", "manage_billing", '"yes MS-51"', "'MS-51' does not exist: the last is MS-50"),
        ("media_temple", "billing.view", "owner", '"yes MT-24"', "'MT-24' does not exist"),
        ("standard_roles", "billing.view", "owner", '"yes SR-24"', "'SR-24' does not exist"),
        ("memset", "billing.view", "manage_billing", '"yes MS-26, MS-26"', "cited twice"),
        ("memset", "billing.view", "manage_billing", '"yes MS-26 when moonlit"', "'when moonlit' is unknown"),
        ("memset", "billing.view", "manage_billing", '"yes MS-26 when queue"', "'when queue' is unknown"),
        ("memset", "billing.view", "manage_users", '"no MS-26 when sla"', "'when sla' is unknown"),
        ("desk", "desk.operate", "operator", '"yes D-desk.operate when sla"', "'when sla' is unknown"),
        ("memset", "billing.view", "manage_billing", "7", "7 is not"),
        ("memset", "billing.view", "manage_support+manage_billing", '"no"', "less than 'manage_billing' alone"),
        ("memset", "billing.view", "manage_support+manage_billing", '"yes MS-26 when sla"', "less than"),
        ("standard_roles", "ticket.open:technical", "support+billing", '"no SR-11"', "less than 'support' alone"),
        ("media_temple", "service.cancel", "admin", '"yes MT-12"', "stays the owner's in every scheme (X1)"),
        ("media_temple", "account.close", "billing", '"yes MT-12"', "stays the owner's in every scheme (X1)"),
        ("media_temple", "account.reopen", "technical", '"yes MT-12"', "stays the owner's in every scheme (X1)"),
        (
            "standard_roles",
            "service.transfer",
            "support+billing",
            '"yes SR-22"',
            "stays the owner's in every scheme (X1)",
        ),
        ("memset", "service.transfer", "manage_services", '"yes MS-27"', "stays the owner's in every scheme (X1)"),
    ],
)
def test_a_faulty_square_is_refused_and_named(
    tmp_path: Path, name: str, row: str, column: str, square: str, complaint: str
) -> None:
    path = with_square(tmp_path, name, row, column, square)
    with pytest.raises(SchemeError) as refusal:
        read_scheme(path)
    said = str(refusal.value)
    assert said.startswith(f"{path}: row '{row}' column '{column}': ")
    assert complaint in said


@pytest.mark.parametrize(
    ("name", "edit", "complaint"),
    [
        ("memset", (r'^"right.lend".*\n', ""), "row 'right.lend': missing: a hole in the table"),
        ("desk", (r'^"desk.operate".*\n', ""), "row 'desk.operate': missing: a hole in the table"),
        ("memset", (r'^"billing.view" ', '"billing.see" '), "row 'billing.see': unknown cell"),
        ("memset", (r'^"ticket.open:billing" ', '"ticket.open" '), "row 'ticket.open': unknown cell"),
        ("memset", (r'^"billing.view" ', '"desk.operate" '), "row 'desk.operate': unknown cell"),
        ("memset", (r'^"billing.view" .*', '"billing.view" = "yes"'), "row 'billing.view': a row is a table"),
        ("memset", (r'(?<=^"right.lend"             = { )admin_contact = "no", ', ""), "row 'right.lend' column 'admin_contact': missing: a hole"),
        ("memset", (r'(?<=^"right.lend"             = { )admin_contact = "no"', 'admin_contact = "no", boss = "no"'), "row 'right.lend' column 'boss': unknown column"),
        ("media_temple", (r'^"account.close".*', '"account.close" = { owner = "no MT-6", admin = "no", technical = "no MT-6", billing = "no MT-6" }'), "row 'account.close': nobody may"),
        ("media_temple", (r'^"account.close".*', '"account.close" = { owner = "no MT-6", admin = "no MT-6", technical = "no MT-6", billing = "no MT-6" }'), ""),
        ("memset", (r'^"D-right.lend".*\n', ""), "D-right.lend is cited but not explained"),
        ("memset", (r'^too_many = .*', 'too_many = "D-once"'), "D-once is cited but not explained"),
        ("memset", (r'^\[decisions\]', '[decisions]\n"D-idle" = "no reason"'), "D-idle is explained but cited nowhere"),
        ("memset", (r'^"D-right.lend" = .*', '"D-right.lend" = " "'), "D-right.lend needs a line"),
        ("memset", (r"^admin_contact = ", "admin = "), "[requires] names an unknown word 'admin'"),
        ("memset", (r'^billing_contact = \["manage_billing"\]', 'billing_contact = ["billing"]'), "[requires] billing_contact names an unknown word 'billing'"),
        ("memset", (r'^owner = "admin_contact"', 'owner = "owner"'), "owner names an unknown word 'owner'"),
        ("memset", (r'^owner = "admin_contact"\n', ""), 'owner = "…" is missing'),
        ("memset", (r'^title = .*\n', ""), 'title = "…" is missing'),
        ("memset", (r'^scheme = .*', 'scheme = "Mem Set"'), "is no name"),
        ("memset", (r'^exactly_one = \["admin_contact"', 'exactly_one = ["chief"'), "exactly_one names an unknown word 'chief'"),
        ("memset", (r'^roles = .*', 'roles = ["admin_contact", "billing_contact", "admin_contact"]'), "roles names 'admin_contact' twice"),
        ("memset", (r'^roles = .*', 'roles = ["admin_contact", "billing_contact", "manage_users"]'), "'manage_users' is both a role and a permission"),
        ("memset", (r'^roles = .*', 'roles = "admin_contact"'), "roles is a list of words"),
        ("memset", (r'^roles = .*', 'roles = ["Admin"]'), "'Admin' is no word"),
        ("memset", (r'^together = .*', 'together = ["manage_support+chief"]'), "names an unknown word 'chief'"),
        ("memset", (r'^together = .*', 'together = ["manage_support"]'), "must join two or more"),
        ("memset", (r'^together = .*', 'together = ["manage_support+manage_billing", "manage_billing+manage_support"]'), "stands there twice"),
        ("memset", (r'^title = ', 'titel = "x"\ntitle = '), "unknown key 'titel'"),
        ("memset", (r'^title = ', 'title == '), "Invalid value"),
        ("memset", (r'^title = ', 'title = "x"\ntitle = '), "Cannot overwrite a value"),
        ("media_temple", (r'^billing_contact_tickets = .*', 'billing_contact_tickets = "some"'), "'some' is none of deny, billing_only, all"),
        ("media_temple", (r'^\[switch\]\nbilling_contact_tickets = .*', ""), "[switch] is missing"),
        ("media_temple", (r'^\[switch\]', '[switch]\nother = "all"'), "room for one switch"),
        ("media_temple", (r'(?<=^"phone.support")(.*) all = ', '\\1 everything = '), "row 'phone.support' column 'billing': the switch has the words"),
        ("memset", (r"^title = ", "switch = 1\ntitle = "), "[switch] is a table"),
        ("memset", (r"^roles = .*\npermissions = .*\ntogether = .*", "roles = []"), "roles and permissions are both empty"),
        ("memset", (r'^billing_contact = .*', 'billing_contact = "manage_billing"'), "[requires] billing_contact is a list of words"),
        ("memset", (r'(?<=^"right.lend"             = { )admin_contact = "no"', "admin_contact = {}"), "row 'right.lend' column 'admin_contact': empty"),
        ("memset", (r'^\[decisions\]', '[switch]\nidle = "on"\n[decisions]'), "[switch] idle is read by no square"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_and_named(tmp_path: Path, name: str, edit: tuple[str, str], complaint: str) -> None:
    pattern, to = edit
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    if pattern.startswith("(?<="):  # columns are aligned; let a single blank after the comma do
        text = re.sub(r", +", ", ", text)
    text, hits = re.subn(pattern, to, text, flags=re.MULTILINE)
    assert hits == 1
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    if not complaint:
        assert read_scheme(path).name == name
        return
    with pytest.raises(SchemeError) as refusal:
        load_schemes(tmp_path) if name != "desk" else read_scheme(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert complaint in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "column", "rule"),
    [("media_temple", "owner", "MT-23"), ("standard_roles", "owner", "SR-23"), ("memset", "manage_billing", "MS-50")],
)
def test_the_last_rule_of_the_page_may_be_cited(tmp_path: Path, name: str, column: str, rule: str) -> None:
    path = with_square(tmp_path, name, "billing.view", column, f'"yes {rule}"')
    assert read_scheme(path).rows["billing.view"][column].rules == (rule,)


def test_where_what_is_not_ours_is_looked_after_may_have_an_address(tmp_path: Path) -> None:
    said = 'domain_contacts = { where = "there", address = "https://x.example/domains" }'
    scheme = read_scheme(edited(tmp_path, "memset", (r"^domain_contacts = .*", said)))
    assert scheme.domain_contacts == Elsewhere("there", "https://x.example/domains")


@pytest.mark.parametrize("said", ["0", '"no"', "[]"])
def test_whether_support_comes_first_is_true_or_false(tmp_path: Path, said: str) -> None:
    path = edited(tmp_path, "memset", (r"^title = .*", rf'title = "Memset"\nsupport_first = {said}'))
    with pytest.raises(SchemeError, match="support_first is true or false"):
        read_scheme(path)


@pytest.mark.parametrize(
    ("line", "said", "why"),
    [
        (r"^invoiced = .*", 'invoiced = "manage_billing"', "invoiced = 'manage_billing' is none of the roles"),
        (r"^domain_contacts = .*", 'domain_contacts = "there"', "domain_contacts = { where"),
        (r"^domain_contacts = .*", 'domain_contacts = { address = "https://x.example" }', "domain_contacts = { where"),
        (r"^domain_contacts = .*", 'domain_contacts = { where = "x", address = "javascript:1" }', "an address or none"),
    ],
)
def test_whom_invoices_name_and_where_domains_are_changed_is_checked(
    tmp_path: Path, line: str, said: str, why: str
) -> None:
    with pytest.raises(SchemeError, match=re.escape(why)):
        read_scheme(edited(tmp_path, "memset", (line, said)))


@pytest.mark.parametrize("title", ["5", '""', "[]"])
def test_a_title_is_a_word(tmp_path: Path, title: str) -> None:
    path = edited(tmp_path, "memset", (r"^title = .*", f"title = {title}"))
    with pytest.raises(SchemeError, match='title = "…" is missing'):
        read_scheme(path)


def test_the_decisions_of_a_file_are_kept_with_their_lines() -> None:
    decisions = load_schemes()["memset"].decisions
    assert decisions["D-right.lend"]
    assert all(rule.startswith("D-") for rule in decisions)


def test_every_reading_of_the_switch_is_checked_not_only_the_chosen_one(tmp_path: Path) -> None:
    square = '{ deny = "no MT-4", billing_only = "yes MT-4", all = "yes" }'
    path = with_square(tmp_path, "media_temple", "ticket.open:billing", "billing", square)
    with pytest.raises(SchemeError, match=r"column 'billing': a yes cites"):
        read_scheme(path)


def _may(scheme: Scheme, held: str, action: Action, topic: Topic | None) -> bool:
    standing = Standing(Subject("person:1"), 1, scheme, Status.ACTIVE, frozenset({held}), frozenset())
    return isinstance(judge(Ask(Subject("person:1"), action, 1, topic, Proof.STEPPED_UP), standing), Grant)


@pytest.mark.parametrize(
    ("word", "technical", "billing", "phone", "when"),
    [
        ("deny", False, False, False, ""),
        ("billing_only", False, True, True, "billing_topics"),
        ("all", True, True, True, ""),
    ],
)
def test_the_switch_for_billing_contacts(
    tmp_path: Path, word: str, technical: bool, billing: bool, phone: bool, when: str
) -> None:
    edited(tmp_path, "media_temple", (r'(?<=^billing_contact_tickets = )"billing_only"', f'"{word}"'))
    scheme = load_schemes(tmp_path)["media_temple"]
    assert scheme.switches == {"billing_contact_tickets": word}
    for action in (Action.TICKET_VIEW, Action.TICKET_OPEN, Action.TICKET_REPLY):
        assert _may(scheme, "billing", action, Topic.TECHNICAL) is technical
        assert _may(scheme, "billing", action, Topic.BILLING) is billing
    assert _may(scheme, "billing", Action.PHONE_SUPPORT, None) is phone
    assert scheme.when(frozenset({"billing"}), "phone.support") == when
    others = {h: row for h, row in matrix(scheme)["holdings"].items() if h != "billing"}
    shipped = {h: row for h, row in matrix(load_schemes()["media_temple"])["holdings"].items() if h != "billing"}
    assert others == shipped


def test_a_fourth_scheme_needs_no_python(tmp_path: Path) -> None:
    text = (SHIPPED / "standard_roles.toml").read_text(encoding="utf-8")
    text = text.replace('scheme = "standard_roles"', 'scheme = "our_own"')
    text = re.sub(r"\bSR-(\d+)", r"XY-\1", text)
    text = re.sub(r"\bowner\b(?! = \"owner\"\n)", "chief", text).replace('owner = "owner"', 'owner = "chief"')
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a scheme", encoding="utf-8")
    schemes = load_schemes(tmp_path)
    assert sorted(schemes) == ["desk", "media_temple", "memset", "our_own", "standard_roles", "whmcs"]
    ours = schemes["our_own"]
    assert ours.owner == "chief"
    standing = Standing(Subject("person:1"), 1, ours, Status.ACTIVE, frozenset({"support"}), frozenset())
    match judge(Ask(Subject("person:1"), Action.SERVICE_CANCEL, 1, None, Proof.VERIFIED), standing):
        case Denied() as no:
            assert no == Denied(Reason.NO_RIGHT, ("XY-7",), WayForward.ASK_OWNER)
        case Grant():
            pytest.fail("only the chief cancels")


def test_of_two_yeses_the_freer_counts_wherever_it_stands(tmp_path: Path) -> None:
    """No limit before a fact that is met, that before a limit; only between equals does the file's order decide."""
    text = (SHIPPED / "media_temple.toml").read_text(encoding="utf-8")
    row = '"phone.support" = { owner = "yes MT-1 when billing_topics", admin = "yes MT-2 when sla", technical = "yes MT-3", billing = "yes MT-4" }'
    text, hits = re.subn(r'^"phone.support".*', row, text, flags=re.MULTILINE)
    assert hits == 1
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    scheme = load_schemes(tmp_path)["media_temple"]
    sla = frozenset({"sla"})
    answers = [
        scheme.ruling(frozenset(held.split()), "phone.support", facts)[:3]
        for held, facts in (
            ("owner admin technical billing", sla),
            ("owner admin technical billing", frozenset[str]()),
            ("owner admin", sla),
            ("owner admin", frozenset[str]()),
        )
    ]
    assert answers == [
        (True, ("MT-3",), ""),
        (True, ("MT-3",), ""),
        (True, ("MT-2",), "sla"),
        (True, ("MT-1",), "billing_topics"),
    ]


def test_the_desk_scheme_cannot_be_replaced(tmp_path: Path) -> None:
    edited(tmp_path, "desk", (r"^title = .*", 'title = "mine"'))
    with pytest.raises(SchemeError, match="'desk' cannot be replaced"):
        load_schemes(tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = edited(tmp_path, "memset", (r"^title = .*", 'title = "mine"'))
    (tmp_path / "second.toml").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(SchemeError, match=r"second\.toml: the scheme 'memset' is also in memset\.toml"):
        load_schemes(tmp_path)


def test_a_missing_folder_is_said_and_an_empty_one_is_fine(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match="no such folder"):
        load_schemes(tmp_path / "nowhere")
    assert sorted(load_schemes(tmp_path)) == sorted(load_schemes())


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SchemeError, match=r"odd\.toml: "):
        load_schemes(tmp_path)
