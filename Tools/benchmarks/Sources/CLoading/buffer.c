#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_reserve(struct buffer *buffer, size_t more) {
    if (buffer->capacity - buffer->count >= more) return;
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    while (capacity - buffer->count < more) capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        fputs("error: no memory left\n", stderr);
        exit(1);
    }
    buffer->data = data;
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const char *bytes, size_t count) {
    buffer_reserve(buffer, count);
    memcpy(buffer->data + buffer->count, bytes, count);
    buffer->count += count;
}

void buffer_drop(struct buffer *buffer, size_t count) {
    buffer->count -= count;
    if (buffer->count > 0) memmove(buffer->data, buffer->data + count, buffer->count);
}
