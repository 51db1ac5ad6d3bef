// Posts one message again and again over many connections, each with one request at a time, with one thread.
//
// It is what `wrk` is for, over UNIX domain sockets also, and with connections that stay: it works window by window, as its
// standard input says, so that what happens in a window is calls and nothing else.

#include <stdio.h>
#include <stdlib.h>

#if __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "CMeasuring.h"
#include "answer.h"
#include "buffer.h"

static const char usage[] =
    "usage: benchmark-poster (--port PORT | --unix PATH) --body FILE [--path PATH] [--connections N] [--core N]\n"
    "\n"
    "Connects to a port of 127.0.0.1 or to a socket, and prints `ready`. For each line of its standard input, a number of\n"
    "seconds, it posts the content of the file over all connections for as long, each time that the answer before has come,\n"
    "and prints `result CALLS SECONDS P50 P90 P99`: seconds until the last answer was there, and latencies in microseconds.\n"
    "All answers have to be the same.\n"
    "It ends with its standard input.\n";

static struct {
    int port, connections, core;
    const char *socket, *body, *path;
} options = {.connections = 1, .core = -1, .path = "/fixed"};

enum { READ_STEP = 4096, LARGEST_BODY = 64 << 20 };

struct connection {
    int descriptor;
    struct buffer input;
    // Bytes of the request that have gone out; all of them while there is none.
    size_t written;
    uint64_t begun;
};

static int poller;
static struct connection *connections;
// The same for all connections.
static struct buffer request;
// The body of the first answer, which is that of all.
static struct buffer expected;
static bool expects;
static uint64_t window_end, last_answer;
static long calls;
static int unanswered;

static void fail(const char *what) {
    fprintf(stderr, "benchmark-poster: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void fail_with(const char *what, const char *text, size_t count) {
    fprintf(stderr, "benchmark-poster: %s: %.*s\n", what, (int)(count < 500 ? count : 500), text);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void make_request(void) {
    FILE *file = fopen(options.body, "rb");
    if (!file) fail(options.body);
    struct buffer body = {0};
    for (;;) {
        buffer_reserve(&body, READ_STEP);
        size_t count = fread(body.data + body.count, 1, READ_STEP, file);
        body.count += count;
        if (count == 0 || body.count > LARGEST_BODY) break;
    }
    if (ferror(file)) fail(options.body);
    if (body.count > LARGEST_BODY) fail_with("the body is larger than 64 MiB", options.body, strlen(options.body));
    fclose(file);
    char head[512];
    int length = snprintf(
        head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n", options.path,
        body.count);
    if (length < 0 || (size_t)length >= sizeof head) fail_with("the path is too long", options.path, strlen(options.path));
    buffer_append(&request, head, (size_t)length);
    buffer_append(&request, body.data, body.count);
    free(body.data);
}

static int connect_to_port(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

static int connect_to_socket(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(options.socket) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(options.socket);
    }
    strcpy(address.sun_path, options.socket);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail(options.socket);
    return descriptor;
}

static void open_connection(struct connection *connection) {
    int descriptor = options.socket ? connect_to_socket() : connect_to_port();
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    *connection = (struct connection){.descriptor = descriptor, .written = request.count};
    // Told of every change once, so that waiting to write needs no further call.
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

static void write_out(struct connection *connection) {
    while (connection->written < request.count) {
        // A peer that is gone is seen when reading, with what it said.
        ssize_t count = send(connection->descriptor, request.data + connection->written, request.count - connection->written, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return;
        connection->written += (size_t)count;
    }
}

static void post(struct connection *connection, uint64_t time) {
    connection->begun = time;
    connection->written = 0;
    unanswered++;
    write_out(connection);
}

static void take_answer(struct connection *connection, const struct answer *answer) {
    if (answer->status != 200) fail_with("the server answered", connection->input.data, answer->count);
    // A proxy that gave answers of its own, or parts of them, would look fast.
    if (!expects) buffer_append(&expected, answer->body, answer->body_count);
    expects = true;
    if (answer->body_count != expected.count || memcmp(answer->body, expected.data, expected.count) != 0) {
        fail_with("an answer is another one than the first", connection->input.data, answer->count);
    }
    if (connection->written < request.count) fail_with("an answer came before its request was sent", "", 0);
    last_answer = now();
    measuring_add_duration(last_answer - connection->begun);
    calls++;
    unanswered--;
    buffer_drop(&connection->input, answer->count);
    if (last_answer < window_end) post(connection, last_answer);
}

static void read_in(struct connection *connection) {
    struct buffer *input = &connection->input;
    for (;;) {
        buffer_reserve(input, READ_STEP);
        size_t room = input->capacity - input->count;
        ssize_t count = read(connection->descriptor, input->data + input->count, room);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) fail_with("the server closed a connection", input->data, input->count);
        input->count += (size_t)count;
        struct answer answer;
        switch (answer_find(input->data, input->count, &answer)) {
        case ANSWER_COMPLETE:
            take_answer(connection, &answer);
            if (input->count > 0) fail_with("more came than an answer", input->data, input->count);
            break;
        case ANSWER_INCOMPLETE:
            break;
        case ANSWER_BROKEN:
            fail_with("the server sent no answer", input->data, input->count);
        }
        if ((size_t)count < room) return;
    }
}

static void run_window(double seconds) {
    measuring_reset_durations();
    calls = 0;
    uint64_t begin = now();
    window_end = begin + (uint64_t)(seconds * 1e9);
    last_answer = begin;
    for (int place = 0; place < options.connections; place++) post(&connections[place], now());
    struct epoll_event events[256];
    while (unanswered > 0) {
        int count = epoll_wait(poller, events, 256, 30000);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("epoll_wait");
        if (count == 0) {
            fprintf(stderr, "benchmark-poster: nothing came for 30 s: %ld calls, %d not answered\n", calls, unanswered);
            exit(1);
        }
        for (int place = 0; place < count; place++) {
            struct connection *connection = events[place].data.ptr;
            if (connection->written < request.count) write_out(connection);
            if (events[place].events & ~(uint32_t)EPOLLOUT) read_in(connection);
        }
    }
    printf(
        "result %ld %.6f %.1f %.1f %.1f\n", calls, (double)(last_answer - begin) / 1e9, (double)measuring_duration_at(0.5) / 1000,
        (double)measuring_duration_at(0.9) / 1000, (double)measuring_duration_at(0.99) / 1000);
    fflush(stdout);
}

static int number(const char *text, int least) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < least || value > 1000000) {
        fprintf(stderr, "benchmark-poster: '%s' is no whole number from %d to 1000000\n%s", text, least, usage);
        exit(64);
    }
    return (int)value;
}

int main(int argument_count, char **arguments) {
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'}, {"unix", required_argument, NULL, 'u'},
        {"body", required_argument, NULL, 'b'}, {"path", required_argument, NULL, 'a'},
        {"core", required_argument, NULL, 'o'}, {"connections", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argument_count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
        case 'p':
            options.port = number(optarg, 1);
            break;
        case 'u':
            options.socket = optarg;
            break;
        case 'b':
            options.body = optarg;
            break;
        case 'a':
            options.path = optarg;
            break;
        case 'c':
            options.connections = number(optarg, 1);
            break;
        case 'o':
            options.core = number(optarg, 0);
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 64;
        }
    }
    if (optind < argument_count || !options.body || !options.port == !options.socket) {
        fputs(usage, stderr);
        return 64;
    }
    if (options.core >= 0 && !measuring_pin(options.core)) fail("sched_setaffinity");
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    make_request();
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)options.connections, sizeof *connections);
    if (poller < 0 || !connections) fail("memory");
    for (int place = 0; place < options.connections; place++) open_connection(&connections[place]);
    puts("ready");
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin);) {
        char *end;
        double seconds = strtod(line, &end);
        if (end == line || !(seconds > 0 && seconds <= 3600)) {
            fprintf(stderr, "benchmark-poster: this is no number of seconds: %s", line);
            return 64;
        }
        run_window(seconds);
    }
    return 0;
}

#else

int main(void) {
    fputs("benchmark-poster: benchmarks pin programs to cores, which this system has no call for; run them on Linux\n", stderr);
    return 1;
}

#endif
