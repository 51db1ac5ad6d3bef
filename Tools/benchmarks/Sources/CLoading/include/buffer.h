// Bytes that grow as more are appended.
#ifndef BENCHMARK_BUFFER_H
#define BENCHMARK_BUFFER_H

#include <stddef.h>

struct buffer {
    char *data;
    size_t count, capacity;
};

// Makes room for so many more bytes. Ends the program where there is no memory.
void buffer_reserve(struct buffer *buffer, size_t more);

void buffer_append(struct buffer *buffer, const char *bytes, size_t count);

// Takes the first bytes away.
void buffer_drop(struct buffer *buffer, size_t count);

#endif
