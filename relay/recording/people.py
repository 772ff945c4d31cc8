"""Who is in a delivery, and the invented person that each of them becomes."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from phonenumbers import SUPPORTED_REGIONS

from relay.recording import invented
from relay.recording.keys import Says, words_of
from relay.recording.phones import IN_TEXT, Phone, digits_of, read_phone
from relay.recording.phrases import pieces_of
from relay.recording.reading import Person, Read

EMAIL = re.compile(r"(?<![\w.+'%!#$*~^-])[\w.+'%!#$*~^-]+@\w[\w-]*(?:\.\w[\w-]*)+")
WORD = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+")
_LINK = re.compile(r"https?://\S+")
_TOKEN = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?<!\w)(?=\w*\d)(?=\w*[a-zA-Z])\w{16,}"
)
"""What in a link lets whoever has it cancel an appointment or see an order."""

_PLACEHOLDER = re.compile(r"\s*<[^@]*|[^@]*>\s*")
"""What stands where a name would: `<none>`, `<test lead: dummy data>`."""

_WITHOUT_SPACES = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Letters of languages that put no spaces between words."""

_BESIDE_NAMES = """
    and da de del della den der di die do dos dr et jr la las le los miss mr mrs ms mx prof sir sr und van von
"""
_NO_NAMES = frozenset(_BESIDE_NAMES.split())
_NO_ID = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none"})
"""What answers a question and is neither id nor secret, whatever its key is called."""
_SHORTEST_WORD = 3
_SHORTEST_LITERAL = 5
_LOCAL = 7
_MOST_TRIES = 5000

Names = tuple[str | None, str | None]


def same(text: str) -> str:
    """What is compared: without case, in one form of Unicode, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def same_word(word: str) -> str:
    """Words of names are compared without accents, too."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


@dataclass(slots=True)
class Cast:
    """What replaces what; the keys are made by `same` and `same_word`.

    `literals` (with a spelling of each) are replaced wherever they stand, `fields` where a key says what they
    are. Words are replaced everywhere from three letters on, shorter ones in the fields of names.
    """

    emails: dict[str, str] = field(default_factory=dict)
    phones: dict[Phone, Phone] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    literals: dict[str, tuple[str, str, Says]] = field(default_factory=dict)
    fields: dict[tuple[Says, str], str] = field(default_factory=dict)

    def word(self, text: str, *, in_name: bool) -> str | None:
        """The invented word for a word of a text, None where it is nobody's name."""
        if len(text) < (2 if in_name else _SHORTEST_WORD):
            return None
        return self.words.get(same_word(text))


def cast(read: Sequence[Read], secrets: Iterable[str] = (), regions: tuple[str, ...] = ()) -> Cast:
    """Everybody in these values. `secrets` are replaced wherever they stand; `regions` read phone numbers."""
    casting = _Casting(read, (*regions, *_countries(read)))
    for secret in secrets:
        casting.literal(secret, Says.SECRET)
    for one in read:
        casting.learn_names(one)
    for one in read:
        casting.learn_phones(one)
    casting.learn_emails(read)
    for one in read:
        casting.learn_rest(one)
    return casting.cast


def _countries(read: Sequence[Read]) -> list[str]:
    """Countries that the delivery names in two letters, those first whose key says so."""
    pairs = [one.value for one in read if one.value.text.upper() in SUPPORTED_REGIONS]
    pairs.sort(key=lambda value: "country" not in words_of("/".join(value.path[-2:])))
    return list(dict.fromkeys(value.text.upper() for value in pairs))


class _Casting:
    """A cast that is being made. What stands in the delivery is nobody's invention."""

    def __init__(self, read: Sequence[Read], regions: tuple[str, ...]) -> None:
        self.cast = Cast()
        self._regions = regions
        self._text = "\n".join(same(one.value.text) for one in read)
        self._pieces = {piece for one in read for piece in pieces_of(one.value.text)}
        self._words = {same_word(word) for one in read for word in WORD.findall(one.value.text)}
        self._digits = "\n".join(digits_of(one.value.text) for one in read)
        self._counts: dict[str, int] = defaultdict(int)
        self._given: set[str] = set()
        self._used_up: set[str] = set()
        self._names: dict[Person, Names] = {}

    def _fresh(self, what: str, make: Callable[[int], str], taken: Callable[[str], bool]) -> str:
        """The next invention of a kind that is neither given nor taken; where all are used up, any."""
        tries = 1 if what in self._used_up else _MOST_TRIES
        for _ in range(tries):
            made = make(self._counts[what])
            self._counts[what] += 1
            if made not in self._given and not taken(made):
                break
        else:
            self._used_up.add(what)
        self._given.add(made)
        return made

    def _stands_there(self, text: str) -> bool:
        # The whole delivery is searched only for what it could hold.
        return self._pieces.issuperset(pieces_of(text)) and same(text) in self._text

    def _is_a_word_there(self, word: str) -> bool:
        return same_word(word) in self._words

    def learn_names(self, one: Read) -> None:
        if one.says not in (Says.FIRST, Says.LAST, Says.FULL) or _PLACEHOLDER.fullmatch(one.value.text):
            return
        text = EMAIL.sub(" ", one.value.text)
        words = [word for word in WORD.findall(text) if len(word) > 1 and same_word(word) not in _NO_NAMES]
        surname_at = 0 if "," in text else len(words) - 1
        for at, word in enumerate(words):
            is_last = one.says is Says.LAST or (one.says is Says.FULL and len(words) > 1 and at == surname_at)
            self._learn_word(word, one.person, is_last=is_last)
        if words and (any(len(word) < _SHORTEST_WORD for word in words) or _WITHOUT_SPACES.search(text)):
            self._learn_phrase(text.strip())

    def _learn_word(self, word: str, person: Person, *, is_last: bool) -> None:
        key = same_word(word)
        if key not in self.cast.words:
            make = invented.last_name if is_last else invented.first_name
            self.cast.words[key] = self._fresh("last" if is_last else "first", make, self._is_a_word_there)
        first, last = self._names.get(person, (None, None))
        name = self.cast.words[key]
        self._names[person] = (first, last or name) if is_last else (first or name, last)

    def _learn_phrase(self, text: str) -> None:
        """A name whose words are too short to be replaced one by one elsewhere, or not apart at all."""
        if len(text) > 1:
            new = WORD.sub(lambda word: self.cast.word(word[0], in_name=True) or word[0], text)
            self.cast.literals.setdefault(same(text), (text, new, Says.FULL))

    def learn_emails(self, read: Iterable[Read]) -> None:
        """An address is made of the names of the person that it belongs to, in whichever place that shows."""
        names: dict[str, Names] = {}
        for one in read:
            for address in filter(self._is_a_persons, EMAIL.findall(one.value.text)):
                known = self._names.get(one.person) if one.says is Says.EMAIL else None
                if known or same(address) not in names:
                    names[same(address)] = known or (None, None)
        for address, (first, last) in names.items():
            make = partial(invented.email, first, last)
            self.cast.emails[address] = self._fresh(f"{first} {last}", make, self._stands_there)

    def _is_a_persons(self, address: str) -> bool:
        """Not so where a phone's number becomes an address, as `15551234567@sms.example` does: that says how
        it was made, and changes with the number.
        """
        number = address.partition("@")[0].removeprefix("+")
        return not (number.isdigit() and read_phone(f"+{number}", self._regions) in self.cast.phones)

    def learn_phones(self, one: Read) -> None:
        said = IN_TEXT.findall(one.value.text)
        if one.says is Says.PHONE:
            said += re.split(r"[;,|]|\s/\s", one.value.text)
        for text in said:
            phone = read_phone(text, self._regions)
            if phone and phone not in self.cast.phones:
                self.cast.phones[phone] = self._new_phone(phone)

    def _new_phone(self, old: Phone) -> Phone:
        is_local = not old.country_code and len(old.national) == _LOCAL
        country_code = "" if is_local else old.country_code or "1"

        def make(number: int) -> str:
            return " ".join(invented.phone(number, country_code))

        made = self._fresh("phone", make, lambda text: text.partition(" ")[2] in self._digits)
        code, _, national = made.partition(" ")
        return Phone(code, national)

    def learn_rest(self, one: Read) -> None:
        text = one.value.text.strip()
        for token in _LINK.findall(text):
            for part in _TOKEN.findall(token):
                self.literal(part, Says.SECRET)
        if not text or text.lower() in _NO_ID or EMAIL.search(text):
            return
        match one.says:
            case Says.ID | Says.LOGIN | Says.SECRET:
                self.literal(text, one.says)
            case Says.STREET if any(mark.isalpha() for mark in text) and "://" not in text:
                self.literal(text, one.says)
            case Says.CITY | Says.POSTCODE | Says.BIRTH | Says.ALSO:
                self._field(text, one.says)
        version = _ip_version(text) if one.value.kind == "text" else None
        if version and "version" not in words_of("/".join(one.value.path[-1:])):
            self._put(text, partial(invented.ip_address, version=version), Says.IP)

    def literal(self, text: str, says: Says) -> None:
        """Short texts, and ids without a digit, occur elsewhere, too: their fields alone are replaced."""
        telling = says in (Says.STREET, Says.SECRET) or any(mark.isdigit() for mark in text)
        if len(text) < _SHORTEST_LITERAL or not telling:
            self._field(text, says)
        elif says is Says.STREET:
            self._put(text, invented.street, says)
        else:
            self._put(text, partial(invented.of_shape, text), says)

    def _put(self, text: str, make: Callable[[int], str], says: Says) -> None:
        if same(text) not in self.cast.literals:
            self.cast.literals[same(text)] = (text, self._fresh(says, make, self._stands_there), says)

    def _field(self, text: str, says: Says) -> None:
        key = (says, same(text))
        if key not in self.cast.fields:
            # In a field of its own nothing is taken: it may be one digit, and ten of them stand anywhere.
            other = partial(str.__eq__, text)
            self.cast.fields[key] = self._fresh(f"{says} {_shape(text)}", _maker(text, says), other)


def _maker(text: str, says: Says) -> Callable[[int], str]:
    match says:
        case Says.CITY:
            return invented.city
        case Says.BIRTH:
            return lambda _number: invented.date_like(text)
        case Says.ALSO if " " in text:
            return lambda number: f"Invented text {number + 1}"
    return partial(invented.of_shape, text)


def _shape(text: str) -> str:
    return "".join("0" if mark.isdigit() else "a" if mark.isalpha() else mark for mark in text)


def _ip_version(text: str) -> int | None:
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return None
