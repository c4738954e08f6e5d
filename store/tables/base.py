"""What every table is made of.

Times are integers: milliseconds since 1970 in UTC. A person, a member of staff or a part of the desk that acts is a
*subject* (`person:17`, `staff:3`, `desk:worker`), never a name: so a person can be erased and the ledger keeps its chain.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TextClause,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase

from authz import Subject

# What begins alike stands together on PostgreSQL as well: statements.py, `starting`.
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")
Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only on an INTEGER primary key


class SubjectText(TypeDecorator[Subject]):
    """Text that is read as a `Subject`."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> Subject | None:
        return None if value is None else Subject(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        int: BigInteger,
        str: Text,
        Subject: SubjectText,
        bytes: LargeBinary,
        bool: Boolean,
    }


# An id is never given twice, for it is what the ledger knows somebody or something by.
NEVER_AGAIN: Final = {"sqlite_autoincrement": True}


def only(
    name: str, where: str, *columns: str | TextClause, unique: bool = False, postgresql: str | None = None
) -> Index:
    """An index of the rows alone for which that holds. `postgresql`: how it is said there, where SQLite says it otherwise."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(postgresql or where))
