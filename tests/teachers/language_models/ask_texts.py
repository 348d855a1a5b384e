"""Asks a server for texts, as a process that may be killed: URL FOLDER TEXTS."""

import os
import sys
from pathlib import Path

from tfkd.teachers.language_models.answer_journal import AnswerJournal
from tfkd.teachers.language_models.class_asker import ClassAsker, Manner
from tfkd.teachers.language_models.class_guide import ClassGuide
from tfkd.teachers.language_models.http_client import ChatClient
from tfkd.teachers.language_models.server_address import read_address
from tfkd.teachers.language_models.spending import Prices, Spending

if __name__ == "__main__":
    url, folder, count = sys.argv[1:]
    guide = ClassGuide(("good", "bad", "mixed"), ("praise", "blame", "some of both"))
    client = ChatClient(read_address(f"small@{url}"), Spending(Prices()))
    with AnswerJournal(Path(folder)) as journal:
        manner = Manner(at_once=int(os.environ["TFKD_AT_ONCE"]))
        found = ClassAsker(client, guide, journal, manner).ask(
            [f"text {i}" for i in range(int(count))]
        )
    sys.exit(any(each is None for each in found))
