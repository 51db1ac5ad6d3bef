// The functions that the server plays, as bytes of the request-reply protocol in and out.
#ifndef BENCHMARK_FUNCTION_H
#define BENCHMARK_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that grow as they are written. One is reused for every answer, so answering allocates nothing in the long run.
struct bytes {
    uint8_t *data;
    size_t count;
    size_t capacity;
};

// Makes room for `more` further bytes; ends the program where there is no memory left.
void bytes_reserve(struct bytes *bytes, size_t more);
void bytes_append(struct bytes *bytes, const void *data, size_t count);
void bytes_append_text(struct bytes *bytes, const char *text);

// Writes the answer that the fixed function gives to everything: a result without effects.
void fixed_function(struct bytes *answer);

// Writes the answer of the counter to a `ToFunction`: it counts invocations in the state `count`, and sends one egress
// message for each of them, whose payload is the first word of the argument. False where the request cannot be read.
bool counter_function(const uint8_t *request, size_t count, struct bytes *answer);

#endif
