"""Reads a SQLite file as Arrow columns, in a process of its own: `python -m` this module, and the file.

Python and the Arrow driver each bring a SQLite library. Two of them must not open one file in one process:
closing it in one drops the locks of the other (POSIX), and what was being written can be lost. Questions come
in as lines of JSON; each answer goes out as an Arrow stream.
"""

import json
import sys

CHUNK_ROWS = 200_000


def main(file: str) -> None:
    """Answer questions from one state of the database until there are no more, or one cannot be answered."""
    from adbc_driver_manager import Error

    try:
        _answer(file)
    except Error as error:
        sys.exit(str(error).splitlines()[0])


def _answer(file: str) -> None:
    import adbc_driver_sqlite.dbapi
    import pyarrow

    out = sys.stdout.buffer
    with adbc_driver_sqlite.dbapi.connect(f"file:{file}?mode=ro") as connection:
        for line in sys.stdin:
            with connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(CHUNK_ROWS)})
                cursor.execute(json.loads(line))
                reader = cursor.fetch_record_batch()
                with pyarrow.ipc.new_stream(out, reader.schema) as stream:
                    for batch in reader:
                        stream.write_batch(batch)
            out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
