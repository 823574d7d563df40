"""Does the web server in this container answer? Asked from inside, as the proxy would."""

import http.client
import os
import sys

OK = 200


def is_healthy(*, port: int, host: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    try:
        connection.request("GET", "/health/", headers=headers)
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    first_host = os.environ.get("CASEUNIT_HOSTS", "localhost").split(",")[0]
    sys.exit(0 if is_healthy(port=8000, host=first_host) else 1)
