"""The Post Commissioning rule stated anew, as near to the words as it can be, and slow.

What cannot be told of Service Requests is found by trying every world there could be:
met in all of them is met, in none unmet.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Evidence, Registration
from tidegate.commissioning.obligations import CellPopulated, ServiceRequests

UNMET, UNTOLD, MET = 0, 1, 2
FAILED, UNDETERMINED, PENDING, BY_COMMANDS, BY_CREDENTIALS = range(5)
REPLACING = {"6.15.1", "6.21", "6.23"}


class ByHand:
    def __init__(
        self,
        evidence: Sequence[Evidence],
        registrations: Sequence[Registration],
        criteria: Criteria,
        as_at: int,
        device_type: str,
    ) -> None:
        self.criteria, self.as_at, self.type = criteria, as_at, device_type
        self.known = sorted({row for row in evidence if row.at <= as_at})
        self.registrations = [r for r in registrations if r.since <= as_at]
        for row in self.known:
            if row.kind.name == "CHANGE_OF_SUPPLIER":
                self.registrations.append(Registration(0, 1, row.party_id or row.sender, row.at))  # type: ignore[arg-type]
        starts = [row.at for row in self.known if row.kind.name == "COMMISSIONED"]
        self.rows = [row for row in self.known if not starts or row.at >= min(starts)]
        self.starts = min(starts) if starts else min((row.at for row in self.known), default=None)

    def who(self, role: int, at: int) -> str:
        """Registered in a role at an instant; empty: nobody knows."""
        ours = [r for r in self.registrations if r.role == role]
        if not ours:
            return ""
        begun = [r.since for r in ours if r.since <= at]
        since = max(begun) if begun else min(r.since for r in ours)
        named = {r.party_id for r in ours if r.since == since}
        return named.pop() if len(named) == 1 else ""

    def verdict(self) -> int:
        c = self.criteria
        cells = [self.cell(each) for each in c.cells if self.is_asked(each)]
        read = min((truth for truth, _ in cells), default=MET)
        if read == MET and not any(was_read for _, was_read in cells):
            read = UNTOLD
        done = min((self.obligation(each) for each in c.obligations if self.is_asked(each)), default=MET)
        if read == MET:
            return BY_CREDENTIALS
        if read == UNTOLD and done == MET:
            return BY_COMMANDS
        if self.starts is not None and self.as_at < self.begins() + c.time_allowed_us:
            return PENDING
        return FAILED if UNMET in (read, done) else UNDETERMINED

    def begins(self) -> int:
        assert self.starts is not None
        if not self.criteria.proof.registered:
            return self.starts
        instants = sorted({r.since for r in self.registrations if r.role == 1})
        changes = [b for a, b in pairwise(instants) if self.who(1, a) != self.who(1, b)]
        return max([self.starts, *changes])

    def is_asked(self, each) -> bool:
        return not each.device_types or not self.type or self.type in each.device_types

    def obligation(self, each) -> int:
        proof = self.criteria.proof
        if isinstance(each, ServiceRequests):
            return self.commands(each)
        if isinstance(each, CellPopulated):
            asked = next((cells for cells in self.criteria.cells if cells.role is each.role), None)
            found = self.news_of_cell(asked, each.role)
            truth = self.cell(asked)[0] if asked else self.checked(found)
            if not any(found.values()):
                return proof.not_checked
            is_split = truth == UNTOLD and self.is_contradictory(asked, found)
            return proof.contradictory if is_split else truth
        news = [
            r for r in self.rows
            if r.kind.name == "COMMUNICATION_CHECK" or (proof.answers and self.is_answer(r))
        ]  # fmt: skip
        if not news:
            return proof.not_checked
        said = {
            r.outcome.name if r.kind.name == "COMMUNICATION_CHECK" else "SUCCESS"
            for r in news
            if r.at == max(n.at for n in news)
        }
        if {"SUCCESS", "FAILURE"} <= said:
            return proof.contradictory
        if "SUCCESS" in said or "FAILURE" in said:
            return MET if "SUCCESS" in said else UNMET
        return proof.empty if "EMPTY" in said else proof.timeout

    def is_answer(self, r: Evidence) -> bool:
        if r.kind.name == "CREDENTIALS_READ":
            return r.outcome.name in ("NOT_SAID", "SUCCESS")
        return r.kind.name in ("SRV_RESPONSE", "FUTURE_DATED_OUTCOME") and r.outcome.name in (
            "SUCCESS", "FAILURE", "EMPTY",
        )  # fmt: skip

    def commands(self, each: ServiceRequests) -> int:
        proof = self.criteria.proof
        ours = []
        for r in self.rows:
            later = r.kind.name == "FUTURE_DATED_OUTCOME" and proof.future_dated_outcomes
            if later and not r.srv:
                is_ours = bool({"6.15.1", "6.23"} & set(each.any_of))
            else:
                is_ours = r.srv in each.any_of and (
                    r.kind.name == "SRV_RESPONSE" or (later and r.srv in REPLACING)
                )
            replaces = later or r.srv in REPLACING
            if is_ours and not (proof.registered and replaces and self.is_for_another(r)):
                ours.append(r)
        fixed = [r for r in ours if r.outcome.name == "SUCCESS"]
        maybe = [r for r in ours if r.outcome.name == "TIMEOUT" and proof.timeout == UNTOLD]
        waiting = self.left_open(ours)
        maybe += waiting if proof.empty == UNTOLD else []
        worlds = {
            self.count(each, [*fixed, *(r for r, is_so in zip(maybe, world, strict=True) if is_so)])
            >= each.at_least
            for world in product([False, True], repeat=len(maybe))
        }
        if worlds == {True}:
            return MET
        if worlds == {False, True}:
            return UNTOLD
        is_refused = (
            any(r.outcome.name == "FAILURE" for r in ours)
            or (waiting and proof.empty == UNMET)
            or (any(r.outcome.name == "TIMEOUT" for r in ours) and proof.timeout == UNMET)
        )
        return UNMET if is_refused else proof.nothing_sent

    def role(self, r: Evidence) -> int:
        return 1 if r.srv == "6.23" and r.role == 0 else int(r.role)

    def left_open(self, rows: list[Evidence]) -> list[Evidence]:
        """Empty outcomes without one of those that came after."""
        closed: set[Evidence] = set()
        for place, later in enumerate(rows):
            if later.kind.name == "SRV_RESPONSE":
                continue
            variants = {later.srv} if later.srv else {"6.15.1", "6.23"}
            own = self.role(later)
            can_be = [
                r for r in rows[:place]
                if r.kind.name == "SRV_RESPONSE" and r.outcome.name == "EMPTY" and r not in closed
                and r.srv in variants and (own == 0 or self.role(r) in (0, own))
            ]  # fmt: skip
            closed |= set(can_be[-1:])
        return [
            r for r in rows
            if r.kind.name == "SRV_RESPONSE" and r.outcome.name == "EMPTY" and r not in closed
        ]  # fmt: skip

    def count(self, each: ServiceRequests, rows: list[Evidence]) -> int:
        if not each.each_credential_type:
            return len(rows)
        return len({(r.credential_type, r if r.credential_type == 0 else None) for r in rows})

    def is_for_another(self, r: Evidence) -> bool:
        role = self.role(r)
        if role not in (0, 1, 2):
            return True
        supplier, operator = self.who(1, self.as_at), self.who(2, self.as_at)
        told = r.party_id or (r.sender if role != 2 else "")
        if told and told == supplier and role != 2:
            return False
        wanted = [w for w, of in ((supplier, (0, 1)), (operator, (0, 2))) if role in of]
        if told and all(wanted) and told not in wanted:
            return True
        return "" not in (supplier, self.who(1, r.at)) and supplier != self.who(1, r.at)

    def news_of_cell(self, asked, role: int) -> dict[int, list[tuple[int, bool]]]:
        """By usage: when it was read, and whether it was right; None of it where nobody knows what is right."""
        news: dict[int, list[tuple[int, bool]]] = {}
        for r in self.rows:
            if role == 3 and r.kind.name == "RECOVERY_CELL_CHECK" and r.outcome in (1, 2):
                news.setdefault(0, []).append((r.at, r.outcome == 1))
            is_read = r.kind.name == "CREDENTIALS_READ" and r.outcome in (0, 1) and r.role == role
            if not asked or not is_read:
                continue
            if r.party_id or (asked.holds == "listed" and r.certificate_hash):
                news.setdefault(int(r.credential_type), []).append((r.at, self.is_right(asked, r)))
        return news

    def is_right(self, asked, r: Evidence) -> bool:
        if asked.holds == "registered":
            return r.party_id == self.who(asked.role, self.as_at)
        if asked.holds == "not_registered":
            return r.party_id not in (self.who(1, self.as_at), self.who(2, self.as_at))
        return (not asked.parties or r.party_id in asked.parties) and (
            not asked.certificates or r.certificate_hash in asked.certificates
        )

    def latest(self, news: dict[int, list[tuple[int, bool]]], usage: int) -> list[tuple[int, bool]]:
        of_usage = [each for u in {usage, 0} for each in news.get(u, [])]
        return [each for each in of_usage if each[0] == max(at for at, _ in of_usage)]

    def usages(self, asked, news) -> list[int]:
        return list(asked.usages if asked else ()) or [u for u in news if u] or [0]

    def checked(self, news) -> int:
        said = {right for _, right in self.latest(news, 0)}
        return UNTOLD if len(said) != 1 else MET if True in said else UNMET

    def is_contradictory(self, asked, news) -> bool:
        """Whether what is least told of a cell is so because it contradicts itself, and for nothing else."""
        if asked and asked.holds == "registered" and not self.who(asked.role, self.as_at):
            return False
        return any(len({right for _, right in self.latest(news, u)}) == 2 for u in self.usages(asked, news))

    def cell(self, asked) -> tuple[int, bool]:
        news = self.news_of_cell(asked, asked.role)
        truths = [self.one_cell(asked, self.latest(news, usage)) for usage in self.usages(asked, news)]
        least = min(truths)
        was_read = any(
            r.kind.name == "CREDENTIALS_READ" and r.role == asked.role
            and r.outcome in (0, 1) and (r.party_id or (asked.holds == "listed" and r.certificate_hash))
            and (not asked.usages or r.credential_type in (*asked.usages, 0))
            for r in self.rows
        )  # fmt: skip
        return least, was_read

    def one_cell(self, asked, latest: list[tuple[int, bool]]) -> int:
        said = {right for _, right in latest}
        if len(said) != 1 or (asked.holds == "registered" and not self.who(asked.role, self.as_at)):
            return UNTOLD
        right = True in said
        if asked.holds != "registered":
            return MET if right else UNMET
        proof = self.criteria.proof
        otherwise: list[Evidence] = []
        for r in self.rows:
            is_later = r.kind.name == "FUTURE_DATED_OUTCOME"
            is_replacing = r.srv in REPLACING and (is_later or r.kind.name == "SRV_RESPONSE")
            is_replacing |= is_later and not r.srv
            read_at = latest[0][0]
            may_be_ahead = r.at + self.criteria.time_allowed_us > read_at
            if not is_replacing or not may_be_ahead or self.role(r) not in (0, asked.role):
                continue
            told = r.party_id or (r.sender if r.role != 2 else "")
            is_ours = told == self.who(asked.role, self.as_at)
            brings_another = bool(told) and not is_ours and self.role(r) != 0
            if right != brings_another:
                continue
            is_done = r.outcome.name == "SUCCESS"
            if r.at > read_at and (is_done or (r.outcome.name == "TIMEOUT" and proof.timeout == UNTOLD)):
                return UNTOLD
            otherwise.append(r)
        if proof.empty == UNTOLD and self.left_open(otherwise):
            return UNTOLD
        return MET if right else UNMET
