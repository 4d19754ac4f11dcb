import logging

from webhooks.config import Config
from webhooks.server import Server

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It would log every address it asks, the query included.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    Server(Config.load_or_exit()).run()
