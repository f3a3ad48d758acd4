"""Bring the console's catalogues up to its pages: new words in, unused ones out.

Run ``python scripts/words.py`` after changing a word in ``bot/web``; what has no
translation yet is named, and a test holds every catalogue to have all of them.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "bot/web"
LANGUAGES = WEB / "languages"

OPTIONS = {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "silent": "false"}


def catalogue() -> Catalog:
    """Collect every word that a page may show, in the order of the files."""
    from bot.web.render import SPOKEN

    words = Catalog(charset="utf-8")
    for _file, _line, said, comments, context in extract_from_dir(
        str(WEB / "pages"),
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": OPTIONS},
    ):
        words.add(said, auto_comments=comments, context=context)
    for said in SPOKEN:
        words.add(said)
    return words


def merged(file: Path, words: Catalog) -> Catalog:
    """Keep what a catalogue says of the words that are still said."""
    with file.open("rb") as written:
        known = read_po(written, locale=file.stem)
    made = Catalog(locale=file.stem, charset="utf-8", fuzzy=False)
    for message in words:
        if message.id:
            before = known.get(message.id)
            made.add(message.id, before.string if before else "")
    return made


def written(words: Catalog) -> bytes:
    """Return a catalogue as a file that changes only where its words do."""
    text = io.BytesIO()
    write_po(text, words, width=0, omit_header=True, sort_output=True)
    return (
        f"# The console's words; brought up to the pages by scripts/words.py.\n"
        f'msgid ""\nmsgstr ""\n"Language: {words.locale}\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {words.plural_forms}\\n"\n\n'
    ).encode() + text.getvalue()


def missing(words: Catalog) -> list[str]:
    """Return the words that have no translation."""
    return [
        str(message.id)
        for message in words
        if message.id
        and not (
            all(message.string)
            if isinstance(message.string, tuple | list)
            else message.string
        )
    ]


def main() -> int:
    """Write every catalogue anew."""
    words, lacking = catalogue(), 0
    for file in sorted(LANGUAGES.glob("*.po")):
        made = merged(file, words)
        file.write_bytes(written(made))
        for said in missing(made):
            print(f"words: {file.name} lacks {said!r}", file=sys.stderr)
            lacking += 1
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
