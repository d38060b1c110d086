"""The demo company, Qinghe Connect (清禾智联): believable raw sources of different kinds, made from a seed.

``write_company`` writes them; ``truths`` says what is planted in them. The door of the room is this module.
"""

from sandbox.demo.company import CLAIMS_SHEET, TICKETS_TABLE, CompanyFiles, Progress, write_company
from sandbox.demo.truths import Truths

__all__ = ["CLAIMS_SHEET", "TICKETS_TABLE", "CompanyFiles", "Progress", "Truths", "write_company"]
