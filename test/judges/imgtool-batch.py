# Runs many imgtool commands in one interpreter: a JSON list of argument lists on standard input, a JSON list of results on standard output.
import contextlib
import io
import json
import sys

from imgtool.main import imgtool


def run(arguments):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            imgtool.main(args=arguments, prog_name="imgtool", standalone_mode=False)
        error = None
    except SystemExit as end:
        error = None if end.code in (None, 0) else "exit %s" % end.code
    except Exception as failure:
        error = "%s: %s" % (type(failure).__name__, failure)
    return {"said": said.getvalue(), "error": error}


json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
