"""Compare scratch_bert with HuggingFace layer by layer: `parity diff` as a script."""

import sys

from parity.cli.main import main

if __name__ == "__main__":
    main(["diff", *sys.argv[1:]])
