"""Runs the Python and SQL blocks of a Markdown file in the current folder: each block alone, or with --together one after
the other, as somebody would who follows it; then a block of text after one of Python has to be what that printed."""

import contextlib
import io
import pathlib
import re
import sys

*options, path = sys.argv[1:]
together = options == ["--together"]
blocks = re.findall(r"^```(python|sql|text)\n(.*?)^```$", pathlib.Path(path).read_text(), flags=re.S | re.M)
names: dict[str, object] = {"__name__": "snippets"}
printed = io.StringIO()
for language, code in blocks:
    if language == "text":
        if together and code.strip() not in printed.getvalue():
            sys.exit(f"{path} shows\n{code}and what was printed is\n{printed.getvalue()}")
        continue
    print(f"-- {language}: {code.strip().splitlines()[0]}", flush=True)
    if language == "python":
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed if together else sys.stdout):
            exec(compile(code, path, "exec"), names if together else {"__name__": "snippets"})
    else:
        import duckdb

        print(duckdb.sql(code))
assert len(blocks) >= 4, f"only {len(blocks)} blocks found"
