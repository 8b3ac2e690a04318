"""`python -m scratch_bert` is `scratch-bert`; torchrun starts it so."""

from scratch_bert.cli.main import main

if __name__ == "__main__":
    main()
