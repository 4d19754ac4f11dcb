"""Installs the npm packages of the local stack; quick when they are there."""

import sys

from devstack.distribution import install_packages
from devstack.errors import DevstackError

if __name__ == "__main__":
    try:
        install_packages()
    except DevstackError as error:
        sys.exit(str(error))
