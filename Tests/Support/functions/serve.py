"""Serves functions.py over any of the four schemes at once, until the standard input ends.

Every path is answered, so that a URL template can be tried. The line `ready {…}` names the base URL of each scheme.
"""

import argparse
import asyncio
import json
import signal
import ssl
import sys

from aiohttp import web
from statefun import RequestReplyHandler

from functions import functions

LARGEST_REQUEST = 64 * 1024 * 1024


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", action="store_true", help="serve http on a free port")
    parser.add_argument("--https", action="store_true", help="serve https on a free port")
    parser.add_argument("--http-unix", metavar="PATH", help="serve http on this socket")
    parser.add_argument("--https-unix", metavar="PATH", help="serve https on this socket")
    parser.add_argument("--certificate", help="what TLS servers show")
    parser.add_argument("--key", help="its key")
    parser.add_argument("--client-authority", help="ask TLS clients for a certificate that this one signed")
    parser.add_argument("--compress", action="store_true", help="compress answers for clients that ask for it")
    return parser.parse_args()


def make_application(compress):
    handler = RequestReplyHandler(functions)

    async def call(request):
        result = await handler.handle_async(await request.read())
        response = web.Response(body=result, content_type="application/octet-stream")
        if compress:
            response.enable_compression()
        return response

    application = web.Application(client_max_size=LARGEST_REQUEST)
    application.router.add_post("/{path:.*}", call)
    return application


def make_tls(arguments):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(arguments.certificate, arguments.key)
    if arguments.client_authority:
        tls.load_verify_locations(arguments.client_authority)
        tls.verify_mode = ssl.CERT_REQUIRED
    return tls


async def serve(arguments):
    # A connection that a client keeps open does not hold up the end.
    runner = web.AppRunner(make_application(arguments.compress), shutdown_timeout=0.1)
    await runner.setup()
    tls = make_tls(arguments) if arguments.certificate else None
    urls = {}

    async def listen_tcp(scheme, context):
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        # The runner lists its addresses in the order in which they were opened.
        urls[scheme] = f"{scheme}://127.0.0.1:{runner.addresses[-1][1]}"

    async def listen_unix(scheme, path, context):
        await web.UnixSite(runner, path, ssl_context=context).start()
        urls[scheme] = f"{scheme}://{path}"

    if arguments.http:
        await listen_tcp("http", None)
    if arguments.https:
        await listen_tcp("https", tls)
    if arguments.http_unix:
        await listen_unix("http+unix", arguments.http_unix, None)
    if arguments.https_unix:
        await listen_unix("https+unix", arguments.https_unix, tls)
    print("ready", json.dumps(urls), flush=True)

    await asked_to_stop()
    await runner.cleanup()


async def asked_to_stop():
    """Returns on SIGTERM, and when whoever started this program has ended."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    input_ended = asyncio.create_task(reader.read())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([input_ended, stopped], return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    asyncio.run(serve(parse_arguments()))
