"""`python -m tollbook_agent`: what a service manager starts, wherever the script `tollbook` lies."""

from tollbook_agent.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
