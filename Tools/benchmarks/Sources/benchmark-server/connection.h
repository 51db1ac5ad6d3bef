// One connection of a client: requests in, answers out, one after the other.
#ifndef BENCHMARK_CONNECTION_H
#define BENCHMARK_CONNECTION_H

#include <openssl/ssl.h>

#include "function.h"

struct connection {
    int descriptor;
    // Null where the connection is not encrypted.
    SSL *tls;
    // What has arrived of the current request, and how many bytes it has in all; 0 until its head is complete.
    struct bytes input;
    size_t request_count;
    size_t head_count;
    // What has been written of the answers, and what still has to be.
    struct bytes output;
    size_t written;
};

// What a connection waits for next.
enum interest { INTEREST_READ, INTEREST_WRITE, INTEREST_CLOSE };

// Takes a connection that was accepted; null where there is no memory for it.
struct connection *connection_open(int descriptor, SSL_CTX *tls);

// Reads, answers and writes as far as it can without waiting.
enum interest connection_proceed(struct connection *connection);

void connection_close(struct connection *connection);

#endif
