"""Phones and addresses in a delivery: read as in the forms of town offices, and sealed as they are."""

from dataclasses import dataclass, field

from app.db import Session
from app.jobs.imports.cells import BadCell, is_empty
from app.jobs.imports.contact_columns import CONTACT_COLUMN, news_in
from app.jobs.imports.writing import NamedContact
from app.jobs.sources.block import Part
from app.jobs.sources.matching import NOBODY
from app.models import ContactKind
from app.subjects.cipher import Cipher
from app.subjects.contacts import newest_contacts


@dataclass(slots=True)
class Contacts:
    """What a delivery says of how subjects can be reached; of several rows of one the last that says it."""

    found: dict[int, dict[ContactKind, str]] = field(default_factory=dict)

    def take(self, part: Part) -> None:
        """Read the phones and addresses of one block; what is wrong with a cell is noted."""
        mapping, on = part.asked.mapping, part.asked.on
        for kind, wanted in mapping.contacts.items():
            raws = part.cells(wanted)
            if raws is None:
                continue
            bad: dict[int, BadCell] = {}
            for place, raw in enumerate(raws):
                if is_empty(raw):
                    continue
                try:
                    value = CONTACT_COLUMN[kind].parse(raw, on)
                except BadCell as wrong:
                    bad[place] = wrong
                    continue
                subject_id = int(part.matches.subject_ids[place])
                if subject_id != NOBODY:
                    self.found.setdefault(subject_id, {})[kind] = value
            part.refuse(wanted, raws, bad)

    def news(self, session: Session, cipher: Cipher) -> list[NamedContact]:
        """Those that are not on file; an empty cell takes nothing away."""
        on_file = newest_contacts(session, cipher, self.found)
        return [
            (subject_id, kind, value)
            for subject_id, named in self.found.items()
            for kind, value in news_in(named, on_file=on_file.get(subject_id, {})).items()
        ]
