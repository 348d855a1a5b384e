"""A teacher's outputs on disk, found by what the teacher saw: computed once, used ever after."""

from .checking import repair, verify
from .fingerprint import fingerprint
from .joining import StoredTeacher, join
from .keys import key_of
from .manifest import NAME as MANIFEST
from .reading import Store
from .writing import write
from .written import WrittenStore

__all__ = [
    "MANIFEST",
    "Store",
    "StoredTeacher",
    "WrittenStore",
    "fingerprint",
    "join",
    "key_of",
    "repair",
    "verify",
    "write",
]
