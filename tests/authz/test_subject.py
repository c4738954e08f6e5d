"""Open this to see who can ask or act: each kind is written and read in one way, and nobody is taken for another."""

import pytest

from authz import LENT, LOCKED, OWN_REQUESTS, Subject

KINDS = ("person", "staff", "key", "assistant")


@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_of_one_kind_is_written_with_its_number_and_is_of_no_other_kind(kind: str) -> None:
    one: Subject = getattr(Subject, f"of_{kind}")(17)
    assert one == f"{kind}:17"
    assert isinstance(one, Subject)
    assert [other for other in KINDS if getattr(one, f"is_{other}") is True] == [kind]
    assert [other for other in KINDS if getattr(one, f"is_{other}") is False] == [k for k in KINDS if k != kind]
    assert getattr(one, kind) == 17
    for other in {*KINDS} - {kind}:
        with pytest.raises(ValueError, match=f"{kind}:17 is not"):
            getattr(one, other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", ["", "x", "1x", "1 ", "-1", "1" * 19, "1\n"])
def test_what_only_begins_like_a_subject_is_none(kind: str, number: str) -> None:
    one = Subject(f"{kind}:{number}")
    assert not getattr(one, f"is_{kind}")
    assert getattr(Subject(f"{kind}:{'1' * 18}"), f"is_{kind}")
    with pytest.raises(ValueError, match="is not"):
        getattr(one, kind)


def test_words_that_stand_beside_answers_are_the_ones_the_documents_have() -> None:
    assert (LOCKED, OWN_REQUESTS) == ("locked", "own_requests")
    assert OWN_REQUESTS not in LENT
