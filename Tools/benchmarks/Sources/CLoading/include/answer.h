// The answers of an HTTP/1.1 server, cut out of what a connection has received.
#ifndef BENCHMARK_ANSWER_H
#define BENCHMARK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct answer {
    int status;
    const char *body;
    size_t body_count;
    // Head and body together.
    size_t count;
};

enum answer_state { ANSWER_COMPLETE, ANSWER_INCOMPLETE, ANSWER_BROKEN };

// Finds the first answer in the bytes.
enum answer_state answer_find(const char *bytes, size_t count, struct answer *answer);

#endif
