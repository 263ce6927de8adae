"""Runs the Python and SQL blocks of a Markdown file, each block alone, in the current folder."""

import pathlib
import re
import sys

import duckdb

text = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r"^```(python|sql)\n(.*?)^```$", text, flags=re.S | re.M)
for language, code in blocks:
    print(f"-- {language}: {code.strip().splitlines()[0]}")
    if language == "python":
        exec(compile(code, sys.argv[1], "exec"), {})
    else:
        print(duckdb.sql(code))
assert len(blocks) >= 4, f"only {len(blocks)} blocks found"
