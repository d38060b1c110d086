"""Check digits as SQL conditions on ``{d}``: a value in capitals without separators."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789"
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GB_32100: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# ISO 3166 → length of an IBAN, as the SWIFT registry has it.
_IBAN_LENGTHS: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 "
    "FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 "
    "LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 "
    "SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)


def _weighted(weights: list[int], alphabet: str) -> str:
    """The sum of weight × place in the alphabet, over the first characters of ``{d}``."""
    signs = f"string_split({{d}}[1:{len(weights)}], '')"
    return f"list_sum(list_transform({signs}, lambda sign, place: (instr('{alphabet}', sign) - 1) * {weights}[place]))"


_SUM_11: Final = _weighted([pow(2, 17 - place, 11) for place in range(17)], _DIGITS)
#: GB 11643, ISO 7064 MOD 11-2: the 18th character of a resident ID number.
RESIDENT_ID: Final = f"'10X98765432'[CAST({_SUM_11} % 11 AS INTEGER) + 1] = {{d}}[18]"

_SUM_31: Final = _weighted([pow(3, place, 31) for place in range(17)], _GB_32100)
#: GB 32100-2015, MOD 31: the 18th character of a unified social credit code.
CREDIT_CODE: Final = f"'{_GB_32100}'[CAST((31 - {_SUM_31} % 31) % 31 AS INTEGER) + 1] = {{d}}[18]"

# A digit's place in this is twice the digit, less 9 where that has two digits.
_DOUBLED: Final = "0516273849"
_CARD_DIGIT: Final = f"instr(CASE WHEN place % 2 = 0 THEN '{_DOUBLED}' ELSE '{_DIGITS}' END, sign) - 1"
#: ISO/IEC 7812-1 (Luhn): the last digit of a payment card.
LUHN: Final = f"list_sum(list_transform(string_split(reverse({{d}}), ''), lambda sign, place: {_CARD_DIGIT})) % 10 = 0"

_IBAN_LENGTH: Final = f"TRY_CAST(substr('{_IBAN_LENGTHS}', instr('{_IBAN_LENGTHS}', left({{d}}, 2)) + 2, 2) AS INTEGER)"
_REST: Final = "CASE WHEN letter >= 10 THEN (rest * 100 + letter) % 97 ELSE (rest * 10 + letter) % 97 END"
#: ISO 13616: the country's length, and MOD 97-10 of the account number followed by the first four characters.
IBAN: Final = (
    f"length({{d}}) = {_IBAN_LENGTH}"
    f" AND list_reduce(list_transform(string_split({{d}}[5:] || left({{d}}, 4), ''),"
    f" lambda sign: instr('{_LETTERS}', sign) - 1), lambda rest, letter: {_REST}) = 1"
)


def date_at(first: int, form: str = "%Y%m%d") -> str:
    """Whether a real date is written from the ``first`` character on: eight digits, or six with the form %y%m%d."""
    length = 8 if "%Y" in form else 6
    return f"try_strptime({{d}}[{first}:{first + length - 1}], '{form}') IS NOT NULL"


def different(least: int) -> str:
    """At least ``least`` different characters: what people make up as examples repeats one or two."""
    return f"list_unique(string_split({{d}}, '')) >= {least}"
