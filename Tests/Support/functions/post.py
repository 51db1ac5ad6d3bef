"""Sends the bytes of the standard input as one POST and prints the answer as JSON. An HTTP client that is not ours."""

import argparse
import http.client
import json
import socket
import ssl
import sys
from urllib.parse import urlsplit


def split_socket(path):
    """The socket is the first path component that ends in `.sock`; the rest is the path of the request."""
    components = path.split("/")
    for index, component in enumerate(components):
        if component.endswith(".sock"):
            return "/".join(components[: index + 1]), "/" + "/".join(components[index + 1 :])
    raise SystemExit(f"{path} names no socket")


def connect(arguments, url):
    """Returns a connected socket, the name that its peer's certificate must carry, and the path of the request."""
    if url.scheme.endswith("+unix"):
        path, target = split_socket(url.path)
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(path)
        host = "localhost"
    else:
        stream = socket.create_connection((url.hostname, url.port))
        host, target = url.hostname, url.path or "/"
    if url.scheme.startswith("https"):
        tls = ssl.create_default_context(cafile=arguments.authority)
        if arguments.certificate:
            tls.load_cert_chain(arguments.certificate, arguments.key)
        stream = tls.wrap_socket(stream, server_hostname=host)
    return stream, host, target


def post(arguments, body):
    stream, host, target = connect(arguments, urlsplit(arguments.url))
    connection = http.client.HTTPConnection(host)
    connection.sock = stream
    connection.request("POST", target, body, {"Content-Type": "application/octet-stream"})
    response = connection.getresponse()
    answer = response.read()
    content_type = response.headers.get_content_type()
    print(json.dumps({"status": response.status, "contentType": content_type, "body": answer.hex()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--authority", help="the certificate that signed the server's")
    parser.add_argument("--certificate", help="what to show to a server that asks")
    parser.add_argument("--key", help="its key")
    post(parser.parse_args(), sys.stdin.buffer.read())
