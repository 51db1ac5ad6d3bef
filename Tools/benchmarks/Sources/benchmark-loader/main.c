// Sends messages to the ingress of a runtime and takes the records of its egress, with one thread.
//
// The body of a message begins with the time at which it was due to be sent; the counter function of `benchmark-server`
// makes that the payload of its egress record, so the record says how long it all took: from the moment when the message was
// due until the record has been read by a taker that waited for it.

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
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "CMeasuring.h"
#include "answer.h"
#include "buffer.h"

static const char usage[] =
    "usage: benchmark-loader --ingress PORT --egress PORT --messages N [--function NAMESPACE/TYPE] [--ids N] [--bytes N]\n"
    "                        [--connections N] [--burst N] [--takers N] [--rate N] [--each N]\n"
    "                        [--core N]\n"
    "\n"
    "Sends N messages over kept-alive connections, each with --burst requests at a time, as fast as they are accepted or at\n"
    "--rate messages in a second, takes as many records from the topic `counts`, or --each times as many, and prints\n"
    "`result ACCEPTED REFUSED SECONDS P50 P90 P99`: seconds until the last record was there, and latencies in\n"
    "microseconds.\n";

static struct {
    int ingress, egress, connections, burst, takers, core;
    long messages, ids, bytes, rate, each;
    const char *function;
} options = {.connections = 256, .burst = 1, .takers = 2, .core = -1, .each = 1, .ids = 1000, .bytes = 100, .function = "example/counter"};

// Records that a taker asks for at once: the most that the egress gives.
enum { RECORDS = 1000, READ_STEP = 64 * 1024 };

struct connection {
    enum { SENDS, TAKES, TIMER } kind;
    int descriptor;
    struct buffer input, output;
    size_t written;
    bool waits_to_write;
    // Requests whose answers have not come.
    int unanswered;
};

static int poller;
static struct connection *senders;
// Senders that have nothing under way.
static struct connection **idle;
static int idle_count;
static long begun, accepted, refused, taken;
static uint64_t first_due, last_taken;

static void fail(const char *what) {
    fprintf(stderr, "benchmark-loader: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void fail_with(const char *what, const char *text, size_t count) {
    fprintf(stderr, "benchmark-loader: %s: %.*s\n", what, (int)(count < 500 ? count : 500), text);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void open_connection(struct connection *connection, int kind, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    *connection = (struct connection){.kind = kind, .descriptor = descriptor};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

static void write_out(struct connection *connection) {
    while (connection->written < connection->output.count) {
        ssize_t count =
            write(connection->descriptor, connection->output.data + connection->written, connection->output.count - connection->written);
        if (count < 0) {
            if (errno != EAGAIN && errno != EINTR) fail("write");
            break;
        }
        connection->written += (size_t)count;
    }
    bool waits = connection->written < connection->output.count;
    if (!waits) connection->output.count = connection->written = 0;
    if (waits != connection->waits_to_write) {
        connection->waits_to_write = waits;
        struct epoll_event event = {.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = connection};
        epoll_ctl(poller, EPOLL_CTL_MOD, connection->descriptor, &event);
    }
}

static void add_message(struct connection *connection, uint64_t due) {
    static char body[64 * 1024];
    char head[512];
    if (first_due == 0) first_due = due;
    size_t count = (size_t)snprintf(body, sizeof body, "t%llu ", (unsigned long long)due);
    while (count < (size_t)options.bytes) body[count++] = 'x';
    int length = snprintf(
        head, sizeof head,
        "PUT /%s/%ld HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.example/Message\r\nContent-Length: %zu\r\n\r\n",
        options.function, begun % options.ids, count);
    if (length < 0 || (size_t)length >= sizeof head) fail_with("the function's name is too long", options.function, strlen(options.function));
    buffer_append(&connection->output, head, (size_t)length);
    buffer_append(&connection->output, body, count);
    begun++;
    connection->unanswered++;
}

static void send_burst(struct connection *connection) {
    uint64_t due = now();
    for (int place = 0; place < options.burst && begun < options.messages; place++) add_message(connection, due);
    write_out(connection);
}

static void ask_for_records(struct connection *connection) {
    static const char request[] = "GET /counts?wait=1s&max=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    buffer_append(&connection->output, request, sizeof request - 1);
    connection->unanswered = 1;
    write_out(connection);
}

static void count_records(const char *list, size_t count) {
    uint64_t time = now();
    const char *end = list + count;
    for (const char *next = list; next < end;) {
        const char *record = memchr(next, '"', (size_t)(end - next));
        if (!record) break;
        const char *close = memchr(record + 1, '"', (size_t)(end - record - 1));
        if (!close) break;
        if (record[1] == 't') {
            uint64_t due = strtoull(record + 2, NULL, 10);
            measuring_add_duration(time > due ? time - due : 0);
        }
        taken++;
        last_taken = time;
        next = close + 1;
    }
}

static void take_answer(struct connection *connection, const struct answer *answer) {
    connection->unanswered--;
    if (connection->kind == TAKES) {
        if (answer->status != 200 && answer->status != 204) fail_with("the egress answered", answer->body, answer->body_count);
        count_records(answer->body, answer->body_count);
        if (taken < (options.messages - refused) * options.each) ask_for_records(connection);
        return;
    }
    if (answer->status == 202) {
        accepted++;
    } else if (answer->status == 429 || answer->status == 503) {
        // It is not sent again: how much is accepted is what is measured.
        refused++;
    } else {
        fail_with("the ingress answered", answer->body, answer->body_count);
    }
    if (connection->unanswered > 0) return;
    if (options.rate == 0 && begun < options.messages) {
        send_burst(connection);
    } else {
        idle[idle_count++] = connection;
    }
}

static void read_in(struct connection *connection) {
    struct buffer *input = &connection->input;
    for (;;) {
        buffer_reserve(input, READ_STEP);
        size_t room = input->capacity - input->count;
        ssize_t count = read(connection->descriptor, input->data + input->count, room);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) fail_with("the runtime closed a connection", input->data, input->count);
        input->count += (size_t)count;
        size_t done = 0;
        struct answer answer;
        enum answer_state state;
        while ((state = answer_find(input->data + done, input->count - done, &answer)) == ANSWER_COMPLETE) {
            take_answer(connection, &answer);
            done += answer.count;
        }
        if (state == ANSWER_BROKEN) fail_with("the runtime sent no answer", input->data + done, input->count - done);
        buffer_drop(input, done);
        if ((size_t)count < room) return;
    }
}

// Sends what has become due since the last time, over as many connections as there are idle ones.
static void send_due(struct connection *timer, uint64_t begin) {
    uint64_t ticks;
    if (read(timer->descriptor, &ticks, sizeof ticks) < 0) return;
    uint64_t time = now();
    while (begun < options.messages && idle_count > 0) {
        uint64_t due = begin + (uint64_t)begun * 1000000000 / (uint64_t)options.rate;
        if (due > time) return;
        struct connection *connection = idle[--idle_count];
        add_message(connection, due);
        write_out(connection);
    }
}

static void start_timer(struct connection *timer) {
    int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor < 0) fail("timerfd_create");
    long period = 1000000000 / options.rate;
    struct itimerspec times = {.it_interval = {period / 1000000000, period % 1000000000}, .it_value = {0, 1}};
    if (timerfd_settime(descriptor, 0, &times, NULL) < 0) fail("timerfd_settime");
    *timer = (struct connection){.kind = TIMER, .descriptor = descriptor};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = timer};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

static void run(void) {
    poller = epoll_create1(EPOLL_CLOEXEC);
    senders = calloc((size_t)options.connections, sizeof *senders);
    idle = calloc((size_t)options.connections, sizeof *idle);
    struct connection *takers = calloc((size_t)options.takers, sizeof *takers);
    struct connection timer;
    if (poller < 0 || !senders || !idle || !takers) fail("memory");
    for (int place = 0; place < options.takers; place++) {
        open_connection(&takers[place], TAKES, options.egress);
        ask_for_records(&takers[place]);
    }
    for (int place = 0; place < options.connections; place++) {
        open_connection(&senders[place], SENDS, options.ingress);
        idle[idle_count++] = &senders[place];
    }
    uint64_t begin = now();
    if (options.rate > 0) {
        start_timer(&timer);
    } else {
        while (idle_count > 0) send_burst(idle[--idle_count]);
    }
    struct epoll_event events[256];
    while (accepted + refused < options.messages || taken < accepted * options.each) {
        int count = epoll_wait(poller, events, 256, 30000);
        if (count == 0) {
            fprintf(stderr, "benchmark-loader: nothing came for 30 s: %ld accepted, %ld refused, %ld taken\n", accepted, refused, taken);
            exit(1);
        }
        for (int place = 0; place < count; place++) {
            struct connection *connection = events[place].data.ptr;
            if (connection->kind == TIMER) {
                send_due(connection, begin);
                continue;
            }
            if (events[place].events & EPOLLOUT) write_out(connection);
            if (events[place].events & ~(uint32_t)EPOLLOUT) read_in(connection);
        }
    }
}

static long number(const char *text, long least) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < least) {
        fprintf(stderr, "benchmark-loader: '%s' is no whole number from %ld\n%s", text, least, usage);
        exit(64);
    }
    return value;
}

int main(int argument_count, char **arguments) {
    static const struct option known[] = {
        {"ingress", required_argument, NULL, 'i'},  {"egress", required_argument, NULL, 'e'},
        {"messages", required_argument, NULL, 'm'}, {"function", required_argument, NULL, 'f'},
        {"ids", required_argument, NULL, 'd'},      {"bytes", required_argument, NULL, 'b'},
        {"connections", required_argument, NULL, 'c'}, {"burst", required_argument, NULL, 'u'},
        {"takers", required_argument, NULL, 't'},   {"rate", required_argument, NULL, 'r'},
        {"core", required_argument, NULL, 'o'},     {"each", required_argument, NULL, 'a'},
           {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argument_count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
        case 'i':
            options.ingress = (int)number(optarg, 1);
            break;
        case 'e':
            options.egress = (int)number(optarg, 1);
            break;
        case 'm':
            options.messages = number(optarg, 1);
            break;
        case 'f':
            options.function = optarg;
            break;
        case 'd':
            options.ids = number(optarg, 1);
            break;
        case 'b':
            options.bytes = number(optarg, 1);
            if (options.bytes > 60 * 1024) options.bytes = 60 * 1024;
            break;
        case 'c':
            options.connections = (int)number(optarg, 1);
            break;
        case 'u':
            options.burst = (int)number(optarg, 1);
            break;
        case 't':
            options.takers = (int)number(optarg, 1);
            break;
        case 'r':
            options.rate = number(optarg, 1);
            break;
        case 'a':
            options.each = number(optarg, 1);
            break;
        case 'o':
            options.core = (int)number(optarg, 0);
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 64;
        }
    }
    if (optind < argument_count || !options.ingress || !options.egress || !options.messages) {
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
    run();
    printf(
        "result %ld %ld %.6f %.1f %.1f %.1f\n", accepted, refused, (double)(last_taken - first_due) / 1e9,
        (double)measuring_duration_at(0.5) / 1000, (double)measuring_duration_at(0.9) / 1000, (double)measuring_duration_at(0.99) / 1000);
    return 0;
}

#else

int main(void) {
    fputs("benchmark-loader: benchmarks pin programs to cores, which this system has no call for; run them on Linux\n", stderr);
    return 1;
}

#endif
