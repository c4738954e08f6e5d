"""Open this to see what the judge offers the rest of the house: who may be told or do what, as a value.

Pure: no database, no clock, no network. Files are read once, at start, by load_schemes().
"""

from authz.grant import Denied, Grant
from authz.judge import Allowed, Ask, Rights, Standing, judge, requests_followed, rights
from authz.matrix import matrix, table
from authz.scheme import Scheme, SchemeError
from authz.scheme_files import load_schemes, read_scheme
from authz.vocabulary import (
    ABOUT_A_SERVICE,
    CELL_OF,
    CELLS,
    CUSTOMER_ACTIONS,
    DESK_ACTIONS,
    DESK_CELLS,
    FACTS,
    HOUSE_DECISIONS,
    LENDABLE,
    LENT,
    OWN_REQUESTS,
    PROOF_NEEDED,
    REASON_WORDS,
    REQUESTS,
    TOPIC_ACTIONS,
    TOPIC_OF,
    WAY_FORWARD_WORDS,
    Action,
    Proof,
    Reason,
    Status,
    Subject,
    Topic,
    WayForward,
)
from authz.way_forward import NAMES, billing_alone, can_help, can_lend, leaves_out_suspension

__all__ = [
    "ABOUT_A_SERVICE",
    "CELLS",
    "CELL_OF",
    "CUSTOMER_ACTIONS",
    "DESK_ACTIONS",
    "DESK_CELLS",
    "FACTS",
    "HOUSE_DECISIONS",
    "LENDABLE",
    "LENT",
    "NAMES",
    "OWN_REQUESTS",
    "PROOF_NEEDED",
    "REASON_WORDS",
    "REQUESTS",
    "TOPIC_ACTIONS",
    "TOPIC_OF",
    "WAY_FORWARD_WORDS",
    "Action",
    "Allowed",
    "Ask",
    "Denied",
    "Grant",
    "Proof",
    "Reason",
    "Rights",
    "Scheme",
    "SchemeError",
    "Standing",
    "Status",
    "Subject",
    "Topic",
    "WayForward",
    "billing_alone",
    "can_help",
    "can_lend",
    "judge",
    "leaves_out_suspension",
    "load_schemes",
    "matrix",
    "read_scheme",
    "requests_followed",
    "rights",
    "table",
]
