"""Which column means what: said by the user, by our names, by guessing; never by chance."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidegate.columnar.batches import Columns
from tidegate.tables.columns import DECISION_COLUMNS, find_columns, looks_like, names_in_decisions
from tidegate.tables.mapping_file import read_mapping, write_mapping
from tidegate.vocabulary.faults import InputError

AT, OTHER_AT = "2026-03-01T12:00:00Z", "2026-03-01T11:59:58Z"
DEVICE, USER, CODE = "00-DB-12-34-56-78-90-A0", "90-B3-D5-1F-30-00-00-01", "8F75"


def found(mapping: dict[str, str] | None = None, **sample: str) -> Columns:
    return find_columns(
        "a.csv", list(sample), mapping or {}, {name: [value] for name, value in sample.items()}
    )


def test_our_names_are_found_in_any_letter_case_and_order():
    columns = found(Alert_Code=CODE, RECIPIENT=USER, device_id=DEVICE, Received_At=AT)

    assert {
        "received_at": "Received_At",
        "device_id": "device_id",
        "alert_code": "Alert_Code",
        "recipient": "RECIPIENT",
    } == columns.mapping
    assert ((), (), ()) == (tuple(columns.guessed), tuple(columns.missing), tuple(columns.ignored))


def test_names_of_exports_are_guessed():
    columns = found(ALERT_CD=CODE, EUI=DEVICE, RCVD_TS=AT, USER="Network A", FW="1.04")

    assert {
        "received_at": "RCVD_TS",
        "device_id": "EUI",
        "alert_code": "ALERT_CD",
        "recipient": "USER",
    } == columns.mapping
    assert ("received_at", "device_id", "alert_code", "recipient") == tuple(columns.guessed)
    assert ("FW",) == tuple(columns.ignored)


def test_what_the_user_wrote_goes_before_our_own_names():
    columns = found({"received_at": "rx"}, received_at=OTHER_AT, rx=AT, device_id=DEVICE, alert_code=CODE)

    assert "rx" == columns.mapping["received_at"]
    assert ("received_at",) == tuple(columns.ignored)


def test_a_mapping_to_a_column_that_is_not_there_is_passed_over():
    assert (
        "received_at"
        == found({"received_at": "rx"}, received_at=AT, device_id=DEVICE, alert_code=CODE).mapping[
            "received_at"
        ]
    )


def test_values_tell_where_names_do_not():
    columns = found(a=AT, b=DEVICE, c=CODE, d="words")

    assert {"received_at": "a", "device_id": "b", "alert_code": "c"} == columns.mapping
    assert ("recipient",) == tuple(columns.missing)


def test_a_receipt_time_goes_before_any_other_time():
    assert "RCVD_TS" == found(timestamp=OTHER_AT, RCVD_TS=AT, EUI=DEVICE, code=CODE).mapping["received_at"]


def test_a_name_with_the_wrong_values_is_no_guess():
    with pytest.raises(InputError, match="no column is received_at"):
        found(RCVD_TS="yesterday", device_id=DEVICE, alert_code=CODE)


def test_two_that_would_do_are_asked_about_at_once_with_what_is_missing():
    with pytest.raises(InputError) as refused:
        found(time=AT, timestamp=OTHER_AT, eui=DEVICE, other="x")

    assert [
        "'time' and 'timestamp' could each be received_at",
        "no column is alert_code; the columns are 'time', 'timestamp', 'eui', 'other'",
    ] == [fault.what for fault in refused.value.faults]
    assert 'received_at = "time"' in refused.value.faults[0].remedy


def test_a_column_that_a_spreadsheet_has_mangled_is_still_the_device_column():
    assert looks_like("device_id", ["1.23E+15", "2.5E+15", DEVICE])


@pytest.mark.parametrize(("fitting", "is_it"), [(1, False), (2, True)])
def test_more_than_half_of_the_values_must_fit(fitting, is_it):
    assert is_it == looks_like("alert_code", [CODE] * fitting + ["x", "", None])


@given(
    st.lists(
        st.text(max_size=4) | st.sampled_from(["device_id", "outcome", "a", "a_2", ""]),
        max_size=8,
        unique=True,
    )
)
def test_every_column_has_one_name_beside_the_decisions(names):
    mapping = {"device_id": names[0]} if names else {}

    given_names = names_in_decisions(names, mapping)

    assert len(names) == len(set(given_names))
    assert not set(DECISION_COLUMNS) & set(given_names)
    assert not names or given_names[0] == "device_id"


ANY_NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(st.sampled_from(["received_at", "device_id", "alert_code", "recipient"]), ANY_NAME))
def test_a_saved_mapping_is_read_back(tmp_path_factory, mapping):
    path = tmp_path_factory.mktemp("mapping") / "tidegate.toml"
    write_mapping(path, mapping)

    assert mapping == read_mapping(path)


def test_saving_a_mapping_leaves_the_rest_of_the_file_alone(tmp_path):
    path = tmp_path / "tidegate.toml"
    path.write_text(
        '# ours\n[policy]\nfile = "a.toml"\n\n[columns] # old\n# why\ndevice_id = "x"\n\n[z]\na = 1\n'
    )

    write_mapping(path, {"device_id": "EUI", "received_at": 'a "b"'})

    expected = '# ours\n[policy]\nfile = "a.toml"\n\n[columns]\ndevice_id = "EUI"\nreceived_at = "a \\"b\\""\n# why\n\n[z]\na = 1\n'
    assert expected == path.read_text()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[columns\n", "cannot be read as TOML"),
        ("columns = 3\n", "is not a table"),
        ('[columns]\ndevice = "EUI"\n', "columns.device: is not one of our columns"),
        ("[columns]\ndevice_id = 3\n", "3 is not a column's name"),
    ],
)
def test_a_mapping_file_with_a_fault_is_refused(tmp_path, text, what):
    path = tmp_path / "tidegate.toml"
    path.write_text(text)

    with pytest.raises(InputError, match=what):
        read_mapping(path)


def test_without_a_file_there_is_no_mapping(tmp_path):
    assert {} == read_mapping(tmp_path / "tidegate.toml")
