"""Installs the npm packages of the local stack; quick when they are there."""

import sys

from devstack.distribution import install_packages
from devstack.errors import DevstackError

if __name__ == "__main__":
    try:
        if install_packages():
            sys.stdout.write("npm packages: installed into devstack/node_modules\n")
    except DevstackError as error:
        sys.exit(str(error))
