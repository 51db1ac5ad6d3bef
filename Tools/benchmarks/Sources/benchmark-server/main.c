// Answers the calls of benchmarks, with one thread that can be pinned to a core, so that what is measured is the caller.
//
// `POST /counter` is answered by a function that counts in its state and sends one egress message for each invocation,
// every other path by a fixed result without effects. It serves until its standard input ends.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "connection.h"

static const char usage[] =
    "usage: benchmark-server [--core N] [--port PORT] [--unix PATH] [--certificate FILE --key FILE]\n"
    "\n"
    "Serves HTTP on a port of 127.0.0.1, with --unix on a socket, and with --certificate over TLS on a further port, and\n"
    "prints `ready http=PORT https=PORT`. Without --port the system chooses one. It ends with its standard input.\n";

static void fail(const char *what) {
    fprintf(stderr, "benchmark-server: %s: %s\n", what, strerror(errno));
    exit(1);
}

// Something that the event loop watches.
struct watched {
    enum { WATCHED_LISTENER, WATCHED_CONNECTION, WATCHED_INPUT } kind;
    int descriptor;
    SSL_CTX *tls;
    struct connection *connection;
    enum interest interest;
};

static int poller;

static void watch(struct watched *watched, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = watched};
    if (epoll_ctl(poller, operation, watched->descriptor, &event) < 0 && operation == EPOLL_CTL_ADD) fail("epoll_ctl");
}

static void watch_listener(struct watched *watched, int descriptor, SSL_CTX *tls) {
    if (listen(descriptor, 4096) < 0) fail("listen");
    *watched = (struct watched){.kind = WATCHED_LISTENER, .descriptor = descriptor, .tls = tls};
    watch(watched, EPOLL_CTL_ADD, EPOLLIN);
}

static int listen_on_port(int port, int *bound) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) fail("getsockname");
    *bound = ntohs(address.sin_port);
    return descriptor;
}

static int listen_on_path(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    unlink(path);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail(path);
    return descriptor;
}

static SSL_CTX *make_tls(const char *certificate, const char *key) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 || SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "benchmark-server: %s and %s are no certificate with its key\n", certificate, key);
        exit(1);
    }
    // An answer is kept until it is written, but moves when another one is appended.
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A record by one read: without it OpenSSL reads the five bytes of its head first.
    SSL_CTX_set_read_ahead(tls, 1);
    return tls;
}

static void accept_all(const struct watched *listener) {
    for (;;) {
        int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct watched *watched = calloc(1, sizeof *watched);
        struct connection *connection = watched ? connection_open(descriptor, listener->tls) : NULL;
        if (!connection) {
            free(watched);
            close(descriptor);
            continue;
        }
        *watched = (struct watched){.kind = WATCHED_CONNECTION, .descriptor = descriptor, .connection = connection};
        watch(watched, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void proceed(struct watched *watched) {
    enum interest interest = connection_proceed(watched->connection);
    if (interest == INTEREST_CLOSE) {
        connection_close(watched->connection);
        free(watched);
    } else if (interest != watched->interest) {
        watched->interest = interest;
        watch(watched, EPOLL_CTL_MOD, interest == INTEREST_READ ? EPOLLIN : EPOLLOUT);
    }
}

static void serve(void) {
    struct epoll_event events[256];
    for (;;) {
        int count = epoll_wait(poller, events, 256, -1);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int place = 0; place < count; place++) {
            struct watched *watched = events[place].data.ptr;
            char byte;
            switch (watched->kind) {
            case WATCHED_LISTENER:
                accept_all(watched);
                break;
            case WATCHED_CONNECTION:
                proceed(watched);
                break;
            case WATCHED_INPUT:
                if (read(watched->descriptor, &byte, 1) <= 0) return;
                break;
            }
        }
    }
}

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) fail("sched_setaffinity");
}

static void raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argument_count, char **arguments) {
    static const struct option options[] = {
        {"core", required_argument, NULL, 'c'}, {"port", required_argument, NULL, 'p'},
        {"unix", required_argument, NULL, 'u'}, {"certificate", required_argument, NULL, 't'},
        {"key", required_argument, NULL, 'k'},  {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int port = 0;
    const char *path = NULL, *certificate = NULL, *key = NULL;
    for (int option; (option = getopt_long(argument_count, arguments, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            pin(atoi(optarg));
            break;
        case 'p':
            port = atoi(optarg);
            break;
        case 'u':
            path = optarg;
            break;
        case 't':
            certificate = optarg;
            break;
        case 'k':
            key = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 64;
        }
    }
    if (optind < argument_count || !certificate != !key) {
        fputs(usage, stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_open_files();
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll_create1");

    struct watched plain, encrypted, local, input = {.kind = WATCHED_INPUT, .descriptor = STDIN_FILENO};
    int plain_port, encrypted_port = 0;
    watch_listener(&plain, listen_on_port(port, &plain_port), NULL);
    if (certificate) watch_listener(&encrypted, listen_on_port(0, &encrypted_port), make_tls(certificate, key));
    if (path) watch_listener(&local, listen_on_path(path), NULL);
    watch(&input, EPOLL_CTL_ADD, EPOLLIN);
    printf("ready http=%d https=%d\n", plain_port, encrypted_port);
    fflush(stdout);
    serve();
    if (path) unlink(path);
    return 0;
}

#else

int main(void) {
    fputs("benchmark-server: benchmarks pin programs to cores, which this system has no call for; run them on Linux\n", stderr);
    return 1;
}

#endif
