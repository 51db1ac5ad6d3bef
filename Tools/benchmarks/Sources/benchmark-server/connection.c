#include "connection.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { READ_STEP = 64 * 1024, LARGEST_HEAD = 16 * 1024 };
static const size_t largest_body = (size_t)64 << 20;

struct connection *connection_open(int descriptor, SSL_CTX *tls) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) return NULL;
    connection->descriptor = descriptor;
    if (tls) {
        connection->tls = SSL_new(tls);
        if (!connection->tls || SSL_set_fd(connection->tls, descriptor) != 1) {
            SSL_free(connection->tls);
            free(connection);
            return NULL;
        }
        SSL_set_accept_state(connection->tls);
    }
    return connection;
}

void connection_close(struct connection *connection) {
    SSL_free(connection->tls);
    close(connection->descriptor);
    free(connection->input.data);
    free(connection->output.data);
    free(connection);
}

enum progress { PROGRESS_DONE, PROGRESS_WAIT_READ, PROGRESS_WAIT_WRITE, PROGRESS_ENDED };

static enum progress tls_progress(SSL *tls, int count) {
    switch (SSL_get_error(tls, count)) {
    case SSL_ERROR_WANT_READ:
        return PROGRESS_WAIT_READ;
    case SSL_ERROR_WANT_WRITE:
        return PROGRESS_WAIT_WRITE;
    default:
        return PROGRESS_ENDED;
    }
}

static enum progress read_some(struct connection *connection) {
    struct bytes *input = &connection->input;
    size_t wanted = READ_STEP;
    if (connection->request_count > input->count + wanted) wanted = connection->request_count - input->count;
    bytes_reserve(input, wanted);
    size_t room = input->capacity - input->count;
    if (connection->tls) {
        // What went wrong on one connection stands in the thread's queue, where it would count for the next one.
        ERR_clear_error();
        int count = SSL_read(connection->tls, input->data + input->count, (int)room);
        if (count <= 0) return tls_progress(connection->tls, count);
        input->count += (size_t)count;
        return PROGRESS_DONE;
    }
    ssize_t count = read(connection->descriptor, input->data + input->count, room);
    if (count > 0) {
        input->count += (size_t)count;
        return PROGRESS_DONE;
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? PROGRESS_WAIT_READ : PROGRESS_ENDED;
}

static enum progress write_some(struct connection *connection) {
    while (connection->written < connection->output.count) {
        const uint8_t *next = connection->output.data + connection->written;
        size_t left = connection->output.count - connection->written;
        ssize_t count;
        if (connection->tls) {
            ERR_clear_error();
            count = SSL_write(connection->tls, next, (int)left);
            if (count <= 0) return tls_progress(connection->tls, (int)count);
        } else {
            count = write(connection->descriptor, next, left);
            if (count < 0) return errno == EAGAIN || errno == EINTR ? PROGRESS_WAIT_WRITE : PROGRESS_ENDED;
        }
        connection->written += (size_t)count;
    }
    connection->output.count = connection->written = 0;
    return PROGRESS_DONE;
}

// Reads `Content-Length` from a head that ends in an empty line. False where it is missing or no length that is taken.
static bool body_length(const char *head, const char *end, size_t *length) {
    static const char name[] = "content-length:";
    for (const char *line = head; line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (!line_end) return false;
        if ((size_t)(line_end - line) > sizeof name - 1 && strncasecmp(line, name, sizeof name - 1) == 0) {
            char *after;
            unsigned long long value = strtoull(line + sizeof name - 1, &after, 10);
            if (after > line_end || value > largest_body) return false;
            *length = (size_t)value;
            return true;
        }
        line = line_end + 1;
    }
    return false;
}

// Whether the current request is complete. `*is_broken` is set where it never will be.
static bool request_is_complete(struct connection *connection, bool *is_broken) {
    struct bytes *input = &connection->input;
    if (connection->request_count == 0) {
        uint8_t *end = memmem(input->data, input->count, "\r\n\r\n", 4);
        if (!end) {
            *is_broken = input->count > LARGEST_HEAD;
            return false;
        }
        connection->head_count = (size_t)(end - input->data) + 4;
        size_t length;
        if (!body_length((const char *)input->data, (const char *)end + 4, &length)) {
            *is_broken = true;
            return false;
        }
        connection->request_count = connection->head_count + length;
    }
    return input->count >= connection->request_count;
}

static struct bytes body;

static bool answer(struct connection *connection) {
    static const char counter_path[] = "POST /counter ";
    struct bytes *input = &connection->input;
    body.count = 0;
    bool is_counter = input->count >= sizeof counter_path - 1 && memcmp(input->data, counter_path, sizeof counter_path - 1) == 0;
    if (is_counter) {
        const uint8_t *request = input->data + connection->head_count;
        if (!counter_function(request, connection->request_count - connection->head_count, &body)) return false;
    } else {
        fixed_function(&body);
    }
    char head[128];
    int count = snprintf(
        head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n", body.count);
    bytes_append(&connection->output, head, (size_t)count);
    bytes_append(&connection->output, body.data, body.count);

    size_t rest = input->count - connection->request_count;
    memmove(input->data, input->data + connection->request_count, rest);
    input->count = rest;
    connection->request_count = 0;
    return true;
}

// A client waits for its answer before it sends the next request, so a read behind the last answer would find nothing.
static bool expects_more(const struct connection *connection) {
    return connection->input.count > 0 || (connection->tls && SSL_has_pending(connection->tls));
}

enum interest connection_proceed(struct connection *connection) {
    for (;;) {
        bool is_broken = false, has_answered = false;
        while (connection->input.count > 0 && request_is_complete(connection, &is_broken)) {
            if (!answer(connection)) return INTEREST_CLOSE;
            has_answered = true;
        }
        if (is_broken) return INTEREST_CLOSE;
        enum progress progress = write_some(connection);
        if (progress == PROGRESS_DONE) {
            if (has_answered && !expects_more(connection)) return INTEREST_READ;
            progress = read_some(connection);
        }
        switch (progress) {
        case PROGRESS_DONE:
            continue;
        case PROGRESS_WAIT_READ:
            return INTEREST_READ;
        case PROGRESS_WAIT_WRITE:
            return INTEREST_WRITE;
        case PROGRESS_ENDED:
            return INTEREST_CLOSE;
        }
    }
}
