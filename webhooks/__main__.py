import logging

from gevent import monkey


def main() -> None:
    """Run the app until it is told to end."""
    # Before what waits is imported: psycopg looks once at how it is to wait.
    monkey.patch_all()
    from webhooks.config import Config
    from webhooks.server import Server

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # It would log every address it asks, the query included.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    Server(Config.load_or_exit()).run()


if __name__ == "__main__":
    main()
